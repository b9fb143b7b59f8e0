"""Places in a document where words of a lesson are no evidence: contents, references, thanks, what the law demands.

A heading says what stands under it, but headings are guessed from how a page looks: a table of contents may
seem to have the whole document under it. So a heading is believed where the passage, or its page, bears it out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from chna_toolkit.model import Document, Kind, Passage


def _title(words: str) -> re.Pattern[str]:
    """Match a whole heading, with a number or the name of an appendix before it."""
    return re.compile(
        rf"^\W*(?:appendix\s+\w+\W+|appendix\W+|[\dIVX]+(?:\.\d+)*\W+)?(?:{words})(?:\W+continued)?\W*$", re.I
    )


_REFERENCES = _title(
    r"(?:references?|bibliography|works cited|endnotes|literature cited|sources?|citations?)(?: cited| and notes)?"
)
_CONTENTS = _title(r"(?:table of )?contents|list of (?:tables|figures|tables and figures)")
_THANKS = _title(
    r"acknowled?ge?ments?|(?:with|our|special|a word of)? ?thanks|thank you|acknowledge?ments? and (?:special )?thanks"
)
_WRITERS = r"(?:consultants?|consulting firm|authors?|report authors?)"
_CONSULTANT = _title(
    rf"about (?:the )?{_WRITERS}|{_WRITERS}(?:’s|'s|s’)? qualifications?|"
    rf"(?:qualifications|identity) of (?:the )?{_WRITERS}|"
    r"about .{2,40} (?:consulting|consultants|advisors|associates|research (?:group|partners))"
)
_QUESTIONNAIRE = re.compile(
    r"\b(?:survey (?:instrument|questions?|tool|form)|questionnaires?|"
    r"(?:interview|discussion|focus group|moderator|facilitator)(?:[’']?s)? (?:guide|questions?|script|protocol))\b",
    re.I,
)
_DOT_LEADER = re.compile(r"\.{4,}|(?:\. ){4,}|…{2,}")
_ENDS_IN_PAGE = re.compile(r"\s\d{1,3}$")
_SENTENCE_END = re.compile(r"[.!?:;][\"'”’)\]]*$")

# Marks of an entry in a list of sources; one of the first kind is enough by itself.
_ENTRY = re.compile(
    r"\bdoi[:.]|\bRetrieved (?:from|on)\b|\bAccessed (?:on |at )?[A-Z][a-z]{2,8}\.? \d|"
    r"\b\d{1,4} ?\(\d{1,3}(?:[-–]\d+)?\)[:,] ?e?\d+|;\d+(?:\(\d+\))?:e?\d+",
)
_LIKE_ENTRY = re.compile(
    rf"{_ENTRY.pattern}|\bet al\b|https?:|\bwww\.|\((?:19|20)\d\d[a-z]?\)|^(?:19|20)\d\d[a-z]?\.|\bpp?\. ?\d+"
)
_THANKING = re.compile(
    r"\b(?:we|the authors?|the (?:hospital|department|team|committee|collaborative)) (?:would like to |wish(?:es)? to |"
    r"also |gratefully |sincerely )*(?:thanks?|acknowledges?|(?:is|are|am) (?:deeply |very |most )?grateful)\b|"
    r"^\W*(?:(?:an?|and|special|many|our|sincere|heartfelt) )+thanks?(?: you)?,? to\b|^\W*thank you,? to\b",
    re.I,
)

# The law as the one who says what hospitals must do: no deed of this one.
_LAW = (
    r"(?:affordable care act|\bACA|internal revenue (?:code|service)|\bIRS|501 ?\(r\)(?:\(\d\))?|treasury|the statute|"
    r"public health law|federal (?:tax )?law|state law|(?:federal|state|treasury|final|these) regulations)"
)
_DEMAND = r"(?:requires?|required|mandates?|mandated|stipulates?|obliges?|demands?)"
_LEGAL = re.compile(
    rf"{_LAW}\b[^.;]{{0,40}}\b{_DEMAND}\b|"
    rf"^\W*(?:all |every |each )?(?:tax-exempt|not-for-profit|non-?profit|charitable|501\(c\)\(3\))[^.;]{{0,60}}"
    r"\b(?:hospitals?|hospital (?:organizations|facilit(?:y|ies)))\b[^.;]{0,40}\b(?:(?:is|are) required|must|shall)\b",
    re.I,
)
_DISCLAIMER = re.compile(
    r"\bpurposes only\b|\bnot be construed as\b|"
    r"\bnot constitute (?:an? )?(?:legal|medical|professional|advice|endorsement)\b|"
    r"\b(?:assumes?|accepts?|has|have) no (?:responsibility|liability)\b|"
    r"\bnot (?:be )?(?:liable|responsible) for (?:any|errors)\b|"
    r"\b(?:no|without|any) warrant(?:y|ies)\b|\ball rights reserved\b",
    re.I,
)
_OWN = re.compile(r"\b(?:we|our|us)\b", re.I)
_ADDRESSED = re.compile(r"\b(?:you|your|please|check (?:all|one)|select|circle|choose)\b", re.I)
_FIELD = re.compile(r"^\W*[^\W\d][\w/&’' -]{2,40}:\s+\S")  # "Lead: County Health Department"

DOUBTFUL = 0.6  # confidence of OCR in a passage; see docs/ocr.md
REPEATED = 3  # times that a text may stand in a document before it is boilerplate
_SHORT = 6  # words up to which a text with a full stop may still be an entry of a table of contents


def document_reasons(document: Document, passages: Collection[int] | None = None) -> dict[int, str]:
    """Return why mentions in the passages asked for (all by default) do not count, by index; most have no entry."""
    asked = document.passages if passages is None else [document.passages[index] for index in sorted(passages)]
    keys = set(map(_key, asked))
    counts = Counter(key for key in map(_key, document.passages) if key in keys)
    under = any(_is_under(passage, _CONTENTS) for passage in asked)
    contents = _contents_pages(document) if under else frozenset()
    return {
        passage.index: reason
        for passage in asked
        if (reason := _reason(passage, contents) or _repeated(passage, counts[_key(passage)]))
    }


def _key(passage: Passage) -> str:
    return " ".join(passage.text.casefold().split())


def _is_under(passage: Passage, title: re.Pattern[str]) -> bool:
    return any(title.match(heading) for heading in passage.section)


def _stands_under(passage: Passage, title: re.Pattern[str]) -> bool:
    """Say whether the nearest heading is of this kind."""
    return bool(passage.section) and bool(title.match(passage.section[-1]))


def _is_statement(passage: Passage) -> bool:
    """Whether a text reads like a sentence, and not like an entry of a list."""
    text = passage.text.rstrip()
    return bool(_SENTENCE_END.search(text)) and len(text.split()) > _SHORT and not _DOT_LEADER.search(text)


def _contents_pages(document: Document) -> frozenset[int]:
    """Return the pages of tables of contents: from the heading on, as long as most of a page is no sentence."""
    by_page: dict[int, list[bool]] = {}
    starts = {
        passage.page for passage in document.passages if passage.kind is Kind.HEADING and _CONTENTS.match(passage.text)
    }
    for passage in document.passages:
        if _is_under(passage, _CONTENTS):
            by_page.setdefault(passage.page, []).append(_is_statement(passage))
    pages: set[int] = set()
    for page in starts or {min(by_page, default=0)}:
        while page in by_page and 2 * sum(by_page[page]) < len(by_page[page]):
            pages.add(page)
            page += 1
    return frozenset(pages)


def _reason(passage: Passage, contents: Collection[int]) -> str:
    """Say by its place and its words why a passage is no evidence."""
    text = passage.text.strip()
    if passage.ocr_confidence is not None and passage.ocr_confidence < DOUBTFUL:
        return "ocr: read from a picture, with little confidence"
    if _is_in_contents(passage, contents):
        return "contents: a table of contents"
    if _is_reference(passage):
        return "references: a list of sources"
    if passage.kind is Kind.FOOTNOTE:
        return "footnote: a note or a source"
    if text.endswith("?"):
        return "question: asked, not said"
    if any(map(_QUESTIONNAIRE.search, passage.section)) and (
        passage.kind is not Kind.PARAGRAPH or _ADDRESSED.search(text)
    ):
        return "questionnaire: a survey's own words"
    if _THANKING.search(text) or (_stands_under(passage, _THANKS) and not _is_statement(passage)):
        return "thanks: who is thanked, not what is done"
    if _stands_under(passage, _CONSULTANT):
        return "consultant: about who wrote the document"
    if _LEGAL.search(text) and not _OWN.search(text):
        return "legal: what the law demands, not what is done"
    if _DISCLAIMER.search(text):
        return "legal: a disclaimer"
    return ""


def _is_in_contents(passage: Passage, contents: Collection[int]) -> bool:
    if _DOT_LEADER.search(passage.text):
        return True
    if passage.page not in contents or not _is_under(passage, _CONTENTS):
        return False
    return not _is_statement(passage) or bool(_ENDS_IN_PAGE.search(passage.text.rstrip()))


def _is_reference(passage: Passage) -> bool:
    """Whether a passage is of a list of sources; under a further heading only if it looks like an entry."""
    if _stands_under(passage, _REFERENCES) or _ENTRY.search(passage.text):
        return True
    return _is_under(passage, _REFERENCES) and any(map(_LIKE_ENTRY.search, (passage.text, passage.section[-1])))


def _repeated(passage: Passage, times: int) -> str:
    """Say of a line that stands in many places that it is boilerplate.

    A sentence that is said of each of many facilities or counties is said (it counts once, see `scoring`),
    and a cell or "Lead: …" says the same of other things.
    """
    if times <= REPEATED or passage.kind is Kind.TABLE_CELL or _FIELD.match(passage.text) or _is_statement(passage):
        return ""
    return "repeated: stands more than three times in the document"
