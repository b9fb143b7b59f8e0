"""Places in a document where a lesson's words are no evidence, and the mentions that say so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.model import Document, DocumentStatus, Kind, Page, PageStatus, Passage
from chna_toolkit.tagging import Tagger
from chna_toolkit.tagging.setting_aside import DOUBTFUL, REPEATED, document_reasons

EVIDENCE = "The hospital signed a memorandum of understanding with the food bank."


def passage(index: int, text: str = EVIDENCE, kind: Kind = Kind.PARAGRAPH, section: tuple[str, ...] = ()) -> Passage:
    return Passage(index, 1, "1", kind, text, 0, len(text), (0.0, 0.0, 9.0, 9.0), section)


def document(*passages: Passage) -> Document:
    page = Page(1, "1", 612.0, 792.0, PageStatus.OK, EVIDENCE, 11)
    return Document("0" * 64, DocumentStatus.OK, "", "", (page,), passages)


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (passage(0), ""),
        (passage(0, EVIDENCE[:-1] + "?"), "question"),
        (passage(0, "Memoranda of understanding ........ 12"), "contents"),
        (passage(0, section=("Table of Contents",)), "contents"),
        (passage(0, section=("Appendix B: References",)), "references"),
        (passage(0, section=("Endnotes",)), "references"),
        (passage(0, section=("Referral partners",)), ""),
        (passage(0, kind=Kind.FOOTNOTE), "footnote"),
        (passage(0, kind=Kind.LIST_ITEM, section=("Survey instrument",)), "questionnaire"),
        (passage(0, section=("Survey instrument",)), ""),
        (replace(passage(0), ocr_confidence=DOUBTFUL - 0.01), "ocr"),
        (replace(passage(0), ocr_confidence=DOUBTFUL), ""),
    ],
)
def test_where_it_stands_decides(case: Passage, reason: str) -> None:
    assert document_reasons(document(case)).get(0, "").partition(":")[0] == reason


def test_what_stands_too_often_is_boilerplate() -> None:
    often = document(*(passage(n, f"  {EVIDENCE} " if n else EVIDENCE) for n in range(REPEATED + 1)))
    assert len(document_reasons(often)) == REPEATED + 1
    assert not document_reasons(document(*(passage(n) for n in range(REPEATED))))


def test_mentions_there_are_kept_with_the_reason_and_do_not_count() -> None:
    tagger = Tagger(load_lexicon(), ["L10"])
    plain, note = tagger.tag(document(passage(0))), tagger.tag(document(passage(0, kind=Kind.FOOTNOTE)))
    assert [m.rule for m in plain] == [m.rule for m in note]
    assert any(m.counted for m in plain)
    assert not any(m.counted for m in note)
    assert {m.set_aside.partition(":")[0] for m in note} == {"footnote"}


def test_mentions_lie_in_their_passage() -> None:
    tagger = Tagger(load_lexicon())
    for mention in tagger.tag(document(passage(0))):
        assert 0 <= mention.start < mention.end <= len(EVIDENCE)
        assert mention.start == mention.parts[0][0]
        assert mention.end == max(end for _, end in mention.parts)
