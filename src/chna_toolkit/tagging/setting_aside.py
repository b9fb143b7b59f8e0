"""Places in a document where words of a lesson are no evidence: contents, references, repetitions."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from chna_toolkit.model import Document, Kind, Passage

_REFERENCES = re.compile(
    r"^\W*(?:appendix\s+\w+\W+)?(?:references?|bibliography|works cited|endnotes|literature cited|"
    r"sources?|citations?)(?: cited| and notes)?\W*$",
    re.IGNORECASE,
)
_CONTENTS = re.compile(r"^\W*(?:table of )?contents\W*$", re.IGNORECASE)
_DOT_LEADER = re.compile(r"\.{4,}|(?:\. ){4,}|…{2,}")
_QUESTIONNAIRE = re.compile(
    r"\b(?:survey (?:instrument|questions?|tool)|questionnaire|interview guide|discussion guide)\b", re.I
)

DOUBTFUL = 0.6  # confidence of OCR in a passage; see docs/ocr.md
REPEATED = 3  # times that a text may stand in a document before it is boilerplate


def document_reasons(document: Document, passages: Collection[int] | None = None) -> dict[int, str]:
    """Return why mentions in the passages asked for (all by default) do not count, by index; most have no entry."""
    asked = document.passages if passages is None else [document.passages[index] for index in sorted(passages)]
    keys = set(map(_key, asked))
    counts = Counter(key for key in map(_key, document.passages) if key in keys)
    return {passage.index: reason for passage in asked if (reason := _reason(passage, counts))}


def _key(passage: Passage) -> str:
    return " ".join(passage.text.casefold().split())


def _reason(passage: Passage, counts: Counter[str]) -> str:
    if passage.ocr_confidence is not None and passage.ocr_confidence < DOUBTFUL:
        return "ocr: read from a picture, with little confidence"
    if _DOT_LEADER.search(passage.text) or any(_CONTENTS.match(title) for title in passage.section):
        return "contents: a table of contents"
    if any(_REFERENCES.match(title) for title in passage.section):
        return "references: a list of sources"
    if passage.kind is Kind.FOOTNOTE:
        return "footnote: a note or a source"
    if passage.text.rstrip().endswith("?"):
        return "question: asked, not said"
    if any(_QUESTIONNAIRE.search(title) for title in passage.section) and passage.kind is not Kind.PARAGRAPH:
        return "questionnaire: a survey's own words"
    if counts[_key(passage)] > REPEATED:
        return "repeated: stands more than three times in the document"
    return ""
