"""Words: how text is cut into them and brought to a normal form.

Rules and documents pass through the same two functions, so what a rule says and what a page
prints meet whatever their inflection, capitals, quotes, hyphens, line breaks and spelling.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import accumulate, repeat
from typing import TypeVar

import simplemma

NUMBER, YEAR, MONEY, PERCENT = "#", "#year", "#money", "#percent"
NAME = "#name"  # a proper name of two words and more; found by `names`, no word has it as its normal form

_REMEMBERED = 50_000  # words, and gaps between them, that are kept; more than a scan of ordinary text meets

# Strength of the punctuation before a word.
NO_BREAK, COMMA, CLAUSE, SENTENCE = 0, 1, 2, 3

# A plain word is what the last line would find too, only sooner; the look ahead passes over gaps at once.
_WORD = re.compile(
    r"([A-Za-z]{2,}(?![\w'’])|"
    r"(?=[^\W_]|\$\d)(?:"
    r"\$?\d+(?:[.,]\d+)*%?(?:st|nd|rd|th|s)?\b%?|"
    r"(?:[^\W\d_]\.){2,}|"
    r"[^\W_]+(?:['’][^\W\d_]+)*))"
)
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
    "adviser": "advisor", "advisers": "advisors", "cancelled": "canceled", "cancelling": "canceling",
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
_TAILS = {"re": "are", "ve": "have", "ll": "will", "d": "would", "m": "am"}  # of contractions

_V = TypeVar("_V")


class Words:
    """A text cut into words; all sequences have one entry a word.

    `breaks[i]` is the strength of the punctuation between word `i - 1` and word `i`;
    `sentences[i]` counts sentences within the text from 0.
    """

    __slots__ = ("_pieces", "_places", "breaks", "capitals", "forms", "norms", "sentences")

    def __init__(
        self,
        pieces: list[str],
        forms: tuple[str, ...],
        norms: tuple[str, ...],
        breaks: list[int],
        sentences: list[int],
        capitals: tuple[bool, ...],
    ) -> None:
        self.forms = forms  # lower case, as printed
        self.norms = norms  # normal form
        self.breaks = breaks
        self.sentences = sentences
        self.capitals = capitals  # begins with a capital
        self._pieces = pieces  # of the text: what stands before a word and the word, in turn
        self._places: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self.norms)

    @property
    def places(self) -> list[tuple[int, int]]:
        """Character offsets: start and end of each word. Few texts are asked for them."""
        if not self._places:
            ends = list(accumulate(map(len, self._pieces)))
            spans = zip(ends[::2], ends[1::2], strict=False)
            if len(self.norms) == len(self._pieces) // 2:
                self._places = list(spans)
            else:  # a contraction stands for two words in one place
                words = self._pieces[1::2]
                self._places = [span for span, word in zip(spans, words, strict=False) for _ in _READINGS[word]]
        return self._places


class Remembered(dict[str, _V]):
    """What a function gave for each word or gap met; all are forgotten when there are too many."""

    def __init__(self, make: Callable[[str], _V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: str) -> _V:
        if len(self) >= _REMEMBERED:
            self.clear()
        value = self[key] = self._make(key)
        return value


def cut(text: str) -> Words:
    """Cut a text into words. Hyphens separate, quotes vanish, a contraction becomes one word and `not`."""
    pieces = _WORD.split(text)  # gap, word, gap, word, …, gap
    printed = pieces[1::2]
    breaks = [0] * len(printed)
    for place, gap in [(place, gap) for place, gap in enumerate(pieces[:-1:2]) if gap != " " and gap]:
        strength = _ALWAYS[gap]
        breaks[place] = _break_in(gap, printed, place) if strength is None else strength
    read = list(map(_FIRST_READING.__getitem__, printed))
    if "'" in text or "’" in text:  # some may be contractions
        readings = list(map(_READINGS.__getitem__, printed))
        read = [part for parts in readings for part in parts]
        breaks = [
            one
            for strength, parts in zip(breaks, readings, strict=True)
            for one in (strength, *repeat(0, len(parts) - 1))
        ]
    sentences = [0] * len(read)
    if SENTENCE in breaks:
        sentences = list(accumulate((strength == SENTENCE for strength in breaks[1:]), initial=0))
    forms, norms, capitals = zip(*read, strict=True) if read else ((), (), ())
    return Words(pieces, forms, norms, breaks, sentences, capitals)


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
    capitals, norms = words.capitals, words.norms
    if not 2 <= sum(capitals) <= 0.6 * len(words):
        return []
    spans: list[tuple[int, int]] = []
    done = 0  # words before it are dealt with
    for place, capital in enumerate(capitals):
        if not capital or place < done or norms[place] in _NOT_FIRST:
            continue
        end = done = place + 1
        while end < len(words) and not words.breaks[end]:
            if capitals[end]:
                done = end + 1
            elif norms[end] not in _IN_NAMES:
                break
            end += 1
        if sum(capitals[place:done]) > 1 and _OWN_NAMES.isdisjoint(norms[place:done]):
            spans.append((place, done))
    return spans


def _break_in(gap: str, printed: list[str], place: int) -> int:
    """Strength of the punctuation in the gap before a printed word, where it depends on the words beside it."""
    word = printed[place]
    before = _READINGS[printed[place - 1]][-1][0] if place else ""
    is_digit = word[0].isdigit()
    is_short = before in _ABBREVIATIONS or len(before) == 1
    return _strength(gap, is_short, is_digit or word[0].isupper(), is_digit and before[-1:].isdigit())


@lru_cache(maxsize=_REMEMBERED)
def _strength(gap: str, after_short: bool, before_capital: bool, in_range: bool) -> int:
    """Strength of a gap after an abbreviation or letter, before a capital or figure, and between figures."""
    strength = NO_BREAK
    for match in _BREAKS.finditer(gap):
        mark = match.group()
        if mark in _SENTENCE_END:
            if mark == "." and (after_short or match.end() == len(gap)):
                continue
            strength = max(strength, SENTENCE if before_capital or mark != "." else CLAUSE)
        elif mark in _CLAUSE_END:
            # a dash between numbers is a range, not a clause
            if not (mark in "–—" and in_range):
                strength = max(strength, CLAUSE)
        elif mark != "\n":
            strength = max(strength, COMMA)
    return strength


def _always(gap: str) -> int | None:
    """Strength of a gap whatever stands beside it, or None."""
    return None if any(mark in gap for mark in ".–—") else _strength(gap, False, False, False)


def _readings_of(word: str) -> tuple[tuple[str, str, bool], ...]:
    """What one printed word stands for: for each word form, normal form and whether it begins with a capital."""
    return tuple((form, normal(form), word[0].isupper()) for form in _forms(word))


_ALWAYS = Remembered(_always)
_READINGS = Remembered(_readings_of)
_FIRST_READING = Remembered[tuple[str, str, bool]](lambda word: _READINGS[word][0])


def _forms(word: str) -> tuple[str, ...]:
    low = word.lower().replace("’", "'")
    if low.endswith(("'s", "s'")):
        low = low[:-2] if low.endswith("'s") else low[:-1]
    if low.endswith("n't"):
        return tuple(_CONTRACTIONS.get(low, low[:-3] + " not").split())
    head, *tails = low.split("'")
    if tails and tails[0] in _TAILS:
        return (head, *(_TAILS[tail] for tail in tails if tail in _TAILS))
    return (low,)


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
    word = _RESPELT.get(word, word)
    if "is" in word:  # before the expressions, which take a hundred times as long
        word = _ISE.sub(r"\1iz", word)
    if "our" in word:
        word = _OUR.sub(r"\1or", word)
    if word in _LEMMAS:
        return _LEMMAS[word]
    lemma: str = simplemma.lemmatize(word, lang="en").lower()
    if lemma[-1:] == "e":
        lemma = _NO_E.sub(r"\1", lemma)
    if "our" in lemma:  # the dictionary has some lemmas in British spelling
        lemma = _OUR.sub(r"\1or", lemma)
    if lemma == word and word[-1:] == "s" and _UNKNOWN_PLURAL.search(word):  # FQHCs, promotoras: not in the dictionary
        return word[:-1]
    return lemma
