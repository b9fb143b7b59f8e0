"""Clauses: where each begins, and which words are verbs that say what is or was.

No tagger of parts of speech: what can be known from the words' forms and their neighbours, in a few microseconds.
"""

from __future__ import annotations

from chna_toolkit.lexicon.words import CLAUSE, COMMA, NUMBER, SENTENCE, YEAR, Words

# A relative clause has its own verb and tense.
_RELATIVES = frozenset(("who", "whom", "whose", "which"))
# A clause begins at these words wherever they stand …
_OPENERS = _RELATIVES | frozenset(
    ("but", "while", "whereas", "although", "though", "however", "because", "unless", "until")
)
# … at these after a comma …
_OPENERS_AFTER_COMMA = frozenset(("where", "when", "so", "and", "or", "as", "if", "since", "after", "before", "yet"))
# … and at these when one of those follows: a new verb with its own tense.
_JOINERS = frozenset(("and", "or", "then", "that"))
_AUXILIARIES = frozenset(("will", "have", "be", "plan", "intend", "can", "could", "should", "must", "do"))
# The next comma ends a clause that one of these opened.
_SUBORDINATORS = _RELATIVES | frozenset(
    ("while", "whereas", "although", "though", "because", "unless", "until", "when", "if", "since", "after", "before")
)

# A list follows these and a colon.
_LISTS = frozenset(("include", "following", "follow", "to", "by"))

# Forms that are finite wherever they stand …
_FINITE = frozenset((
    "was", "were", "is", "are", "has", "have", "had", "did", "does", "do", "began", "became", "came", "chose", "drew",
    "fell", "gave", "grew", "knew", "rose", "saw", "spoke", "took", "went", "wrote", "met", "spent", "sent", "sought",
    "told", "said", "asks", "attends", "becomes", "begins", "brings", "carries", "chooses", "comes", "conducts",
    "consists", "continues", "convenes", "coordinates", "decides", "delivers", "depends", "describes", "employs",
    "engages", "ensures", "gives", "goes", "helps", "holds", "identifies", "includes", "invites", "joins", "keeps",
    "knows", "lends", "maintains", "makes", "manages", "meets", "offers", "operates", "organizes", "oversees", "owns",
    "pays", "provides", "publishes", "puts", "receives", "refers", "relies", "remains", "requires", "says", "sends",
    "serves", "sits", "speaks", "stands", "takes", "teaches", "tells", "uses", "writes",
))  # fmt: skip
# … and forms that are so in a full sentence: a line may use them as participles of what is to come.
_PAST = frozenset((
    "held", "led", "made", "built", "found", "brought", "paid", "put", "set", "kept", "left", "lost", "won", "taught",
    "sat", "stood", "heard", "ran",
))  # fmt: skip
_SUBJECTS = frozenset(("we", "they", "who", "i", "you"))  # before a verb in its bare form
_NOT_BARE = frozenset(("will", "shall", "should", "would", "can", "could", "may", "might", "must", "all", "both"))

# An -ed form after these is an adjective …
_DETERMINERS = frozenset((
    "a", "an", "the", "of", "its", "their", "our", "his", "her", "this", "these", "those", "each", "every", "all", "no",
    "more", "most", "new", "other", "any", "some", "to", "for", "with", "by", "as", "than",
))  # fmt: skip
_ADJECTIVES = frozenset((
    "based", "located", "related", "needed", "proposed", "planned", "projected", "anticipated", "intended", "expected",
    "scheduled", "need", "seed", "feed", "speed", "indeed", "exceed", "proceed", "succeed",
))  # fmt: skip
# … and a verb before these.
_FOLLOWERS = frozenset((
    "a", "an", "the", "its", "their", "our", "his", "her", "by", "in", "to", "at", "with", "from", "for", "on", "into",
    "through", "over", "that", "during", "after", "since", "as", "up", "out", "how", "what", "which", "whether", "each",
    "every", "all", "both", "between", "among", "more", "nearly", "about", "jointly", "monthly", "quarterly",
    "annually", "weekly", "twice", "once", "it", "them", "us", "this", "these", NUMBER, YEAR,
))  # fmt: skip
# No object begins with these, so the word before them is a noun.
_AFTER_NOUNS = frozenset(("of", "since", "by", "be", "have", "do", "will"))


def number_clauses(text: Words) -> list[int]:
    """Number the clauses: one number a word."""
    numbers: list[int] = []
    clause = 0
    subordinate = False  # inside a clause that the next comma ends
    listing = False  # after "including:", where each item belongs to the verb before
    norms = text.norms
    for place, norm in enumerate(norms):
        strength = text.breaks[place]
        following = norms[place + 1] if place + 1 < len(norms) else ""
        if strength >= CLAUSE:
            listing = strength < SENTENCE and (listing or (place > 0 and norms[place - 1] in _LISTS))
        opens = (
            (strength >= CLAUSE and not listing)
            or norm in _OPENERS
            or (strength == COMMA and (subordinate or norm in _OPENERS_AFTER_COMMA))
            or (norm in _JOINERS and following in _AUXILIARIES)
        )
        if place and opens:
            clause += 1
        if opens or place == 0:
            subordinate = norm in _SUBORDINATORS
        numbers.append(clause)
    return numbers


def is_enumerator(form: str) -> bool:
    """Whether a word is what a list counts by, such as `3`, `5a` or `f`."""
    return form[0].isdigit() or (len(form) == 1 and form not in ("a", "i"))


def states(text: Words, *, is_line: bool) -> list[int]:
    """Return the places of verbs that say what is or was.

    In a line that is no full sentence participles are none: they may name what is to come.
    """
    forms = text.forms
    found = [place for place, form in enumerate(forms) if form in _FINITE and forms[place - 1 : place] != ("to",)]
    if not is_line:
        found += [place for place, form in enumerate(forms) if _is_past(text, place, form)]
    for place, form in enumerate(forms[:-1]):
        if form in _SUBJECTS and not text.breaks[place + 1] and forms[place + 1] not in _NOT_BARE:
            found.append(place + 1)
    return sorted(found)


def is_verb(text: Words, end: int) -> bool:
    """Whether a word that may be a verb is one, by what follows it at `end`: a label or noun has no object."""
    if end >= len(text):
        return False
    return text.breaks[end] < CLAUSE and text.norms[end] not in _AFTER_NOUNS and not _is_participle(text, end)


def _is_participle(text: Words, place: int) -> bool:
    following = text.norms[place + 1] if place + 1 < len(text) else ""
    form = text.forms[place]
    return (form.endswith("ed") or form in _PAST) and form not in _ADJECTIVES and following in _FOLLOWERS


def _is_past(text: Words, place: int, form: str) -> bool:
    if not (form in _PAST or (form.endswith("ed") and form not in _ADJECTIVES)):
        return False
    before = text.forms[place - 1] if place else ""
    following = text.norms[place + 1] if place + 1 < len(text) else "in"
    return before not in _DETERMINERS and (following in _FOLLOWERS or following.endswith("ly"))
