"""Words: how text is cut into them and brought to a normal form.

Rules and documents pass through the same two functions, so what a rule says and what a page
prints meet whatever their inflection, capitals, quotes, hyphens, line breaks and spelling.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import simplemma

NUMBER, YEAR, MONEY, PERCENT = "#", "#year", "#money", "#percent"
NAME = "#name"  # a proper name of two words and more; found by `names`, no word has it as its normal form

_REMEMBERED = 50_000  # words whose normal form is kept; more than a scan of ordinary text meets

# Strength of the punctuation before a word.
NO_BREAK, COMMA, CLAUSE, SENTENCE = 0, 1, 2, 3

_WORD = re.compile(r"\$?\d+(?:[.,]\d+)*%?(?:st|nd|rd|th|s)?\b%?|(?:[^\W\d_]\.){2,}|[^\W_]+(?:['’][^\W\d_]+)*")
_UNKNOWN_PLURAL = re.compile(r"[^\W\d_]{2}[^siu'\W\d_]s$")
_YEAR = re.compile(r"(?:19|20)\d\d$")
_BREAKS = re.compile(r"[.?!•▪◦●■□✓\n]|[;:—–|]|[,()\[\]{}]")
_SENTENCE_END = frozenset(".?!•▪◦●■□✓")
_CLAUSE_END = frozenset(";:—–|")

# Before these a full stop ends no sentence.
_ABBREVIATIONS = frozenset((
    "mr", "mrs", "ms", "dr", "st", "mt", "ft", "jr", "sr", "no", "vs", "etc", "inc", "co", "dept", "rev", "hon",
    "gov", "rep", "sen", "prof", "capt", "cpt", "lt", "col", "gen", "fig", "figs", "sec", "vol", "pp", "al",
    "approx", "est", "min", "max", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sept", "sep", "oct", "nov",
    "dec", "ave", "blvd", "rd", "treas", "reg", "cmty", "ctr", "assn", "e.g", "i.e", "u.s", "a.m", "p.m", "d.c",
    "ph.d", "m.d", "r.n", "l.p.n",
))  # fmt: skip

# British spellings read as American ones.
_ISE = re.compile(
    r"^(organ|priorit|util|recogn|formal|mobil|maxim|minim|summar|central|emphas|final|standard|custom|subsid"
    r"|real|special|general|stabil|normal)is(?=e|ing|ation)"
)
_OUR = re.compile(r"(neighb|lab|fav|harb|behavi|hon|endeav)our")
_RESPELT = {
    "programme": "program", "programmes": "programs", "centre": "center", "centres": "centers",
    "analyse": "analyze", "analysed": "analyze", "analysing": "analyze", "paediatric": "pediatric",
    "adviser": "advisor", "advisers": "advisors",
}  # fmt: skip

# Where the dictionary lemma joins words that mean different things here, or misses a family.
_LEMMAS = {
    "worse": "worse", "better": "better", "best": "best", "left": "left", "training": "training",
    "trainings": "training", "meeting": "meeting", "meetings": "meeting", "building": "building",
    "buildings": "building", "housing": "housing", "funding": "funding", "findings": "finding",
    "finding": "finding", "hearing": "hearing", "hearings": "hearing", "lives": "live", "lives'": "life",
    "data": "data", "media": "media", "underserved": "underserved", "leadership": "leadership",
    "lead": "lead", "led": "lead", "leads": "lead", "leading": "leading", "held": "hold",
    "board": "board", "boards": "board", "staffing": "staffing", "planning": "planning",
    "setting": "setting", "settings": "setting", "standing": "standing", "saw": "see", "seen": "see",
    "felt": "feel", "rose": "rise", "ground": "ground", "found": "find", "founded": "found",
    "founding": "found", "us": "us", "as": "as", "was": "be", "were": "be", "is": "be", "are": "be",
    "been": "be", "being": "be", "am": "be", "has": "have", "had": "have", "having": "have",
    "does": "do", "did": "do", "done": "do", "doing": "do", "wo": "will", "memoranda": "memorandum",
    "memorandums": "memorandum", "mous": "mou", "chws": "chw", "bylaws": "bylaw", "people": "people",
    "cannot": "cannot", "those": "those", "elder": "elder", "elders": "elder", "lasting": "lasting",
    "according": "according", "ta": "ta", "acting": "act", "benchmarking": "benchmark", "borrowing": "borrow",
    "brainstorming": "brainstorm", "preferred": "prefer", "mixed": "mix", "buying": "buy",
    "closing": "close", "doubling": "double",
    "drawing": "draw", "ending": "end", "feeding": "feed", "filing": "file", "filling": "fill",
    "financing": "finance", "fixing": "fix", "folding": "fold", "freezing": "freeze", "gathering": "gather",
    "gatherings": "gather", "handling": "handle", "leasing": "lease", "mapping": "map", "outsourcing": "outsource",
    "restructuring": "restructure", "scaling": "scale", "serving": "serve", "sitting": "sit", "tracing": "trace",
    "undertaking": "undertake", "writing": "write", "determining": "determine",
}  # fmt: skip

# Stems whose past tense or participle the dictionary gives an "e" too many.
_NO_E = re.compile(r"^(craft|deposit|develop|fix|format|grow|guard|intern|long|patrol|play|smooth|thank|think)e$")

_CONTRACTIONS = {"won't": "will not", "can't": "cannot", "shan't": "shall not"}


@dataclass(frozen=True, slots=True)
class Words:
    """A text cut into words; all lists have one entry a word.

    `starts` and `ends` are character offsets; `breaks[i]` is the strength of the punctuation
    between word `i - 1` and word `i`; `sentences[i]` counts sentences within the text from 0.
    """

    forms: list[str]  # lower case, as printed
    norms: list[str]  # normal form
    starts: list[int]
    ends: list[int]
    breaks: list[int]
    sentences: list[int]
    capitals: list[bool]  # begins with a capital

    def __len__(self) -> int:
        return len(self.norms)


def cut(text: str) -> Words:
    """Cut a text into words. Hyphens separate, quotes vanish, a contraction becomes one word and `not`."""
    forms: list[str] = []
    norms: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    breaks: list[int] = []
    sentences: list[int] = []
    capitals: list[bool] = []
    last, sentence = 0, 0
    for match in _WORD.finditer(text):
        start, end = match.span()
        word = match.group()
        strength = NO_BREAK
        if (start - last != 1 and forms) or (start > last and text[last] != " "):
            strength = _break_between(text, last, start, forms[-1] if forms else "", word)
            if strength == SENTENCE and forms:
                sentence += 1
        last = end
        for form, norm in _forms(word):
            forms.append(form)
            norms.append(norm)
            starts.append(start)
            ends.append(end)
            breaks.append(strength)
            sentences.append(sentence)
            capitals.append(word[0].isupper())
            strength = NO_BREAK
    return Words(forms, norms, starts, ends, breaks, sentences, capitals)


# Small words inside a name, and words that a sentence may begin with and a name does not.
_IN_NAMES = frozenset(("of", "the", "for", "and", "at", "on", "in"))
_NOT_FIRST = _IN_NAMES | frozenset((
    "a", "an", "our", "this", "these", "that", "its", "his", "her", "their", "we", "they", "it", "to", "by", "with",
    "from", "as", "when", "while", "since", "after", "before", "if", "all", "each",
))  # fmt: skip
_OWN_NAMES = frozenset(("hospital", "medical", "health"))  # of issuers, who are no outside body


def names(words: Words) -> list[tuple[int, int]]:
    """Return the word spans of proper names of outside bodies: runs of capitalised words, small ones between.

    A text in capitals or title case has none, and neither have names of hospitals.
    """
    if not words.norms or sum(words.capitals) > 0.6 * len(words):
        return []
    spans = []
    place = 0
    while place < len(words):
        if not words.capitals[place] or words.norms[place] in _NOT_FIRST:
            place += 1
            continue
        end = last = place + 1
        while end < len(words) and not words.breaks[end]:
            if words.capitals[end]:
                last = end + 1
            elif words.norms[end] not in _IN_NAMES:
                break
            end += 1
        if sum(words.capitals[place:last]) > 1 and _OWN_NAMES.isdisjoint(words.norms[place:last]):
            spans.append((place, last))
        place = last
    return spans


def _break_between(text: str, last: int, start: int, before: str, word: str) -> int:
    strength = NO_BREAK
    for match in _BREAKS.finditer(text, last, start):
        mark = match.group()
        if mark in _SENTENCE_END:
            if mark == "." and (before in _ABBREVIATIONS or len(before) == 1 or start == match.end()):
                continue
            opens = word[0].isupper() or word[0].isdigit() or mark != "."
            strength = max(strength, SENTENCE if opens else CLAUSE)
        elif mark in _CLAUSE_END:
            # a dash between numbers is a range, not a clause
            if mark in "–—" and word[0].isdigit() and before[-1:].isdigit():
                continue
            strength = max(strength, CLAUSE)
        elif mark != "\n":
            strength = max(strength, COMMA)
    return strength


@lru_cache(maxsize=_REMEMBERED)
def _forms(word: str) -> tuple[tuple[str, str], ...]:
    """The (form, normal form) pairs that one printed word stands for."""
    low = word.lower().replace("’", "'")
    if low.endswith(("'s", "s'")):
        low = low[:-2] if low.endswith("'s") else low[:-1]
    if low.endswith("n't"):
        spelt = _CONTRACTIONS.get(low, low[:-3] + " not").split()
        return tuple((part, normal(part)) for part in spelt)
    if "'" in low and low.split("'")[1] in ("re", "ve", "ll", "d", "m"):
        low, _, tail = low.partition("'")
        full = {"re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}[tail]
        return ((low, normal(low)), (full, normal(full)))
    return ((low, normal(low)),)


@lru_cache(maxsize=_REMEMBERED)
def normal(word: str) -> str:
    """Normal form of one word in lower case: its lemma; numbers become `#`, `#year`, `#money`, `#percent`."""
    if word[0] == "$":
        return MONEY
    if word[0].isdigit():
        if word.endswith("%"):
            return PERCENT
        return YEAR if _YEAR.match(word) else NUMBER
    word = word.rstrip(".")
    word = _OUR.sub(r"\1or", _ISE.sub(r"\1iz", _RESPELT.get(word, word)))
    if word in _LEMMAS:
        return _LEMMAS[word]
    lemma: str = simplemma.lemmatize(word, lang="en").lower()
    lemma = _NO_E.sub(r"\1", lemma)
    if lemma == word and _UNKNOWN_PLURAL.search(word):  # FQHCs, promotoras: not in the dictionary
        return word[:-1]
    return lemma
