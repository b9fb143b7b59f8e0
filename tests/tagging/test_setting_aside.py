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
        (passage(0, "Agreements with our partners", section=("Table of Contents",)), "contents"),
        (passage(0, section=("Appendix B: References",)), "references"),
        (passage(0, section=("7.2 Works Cited",)), "references"),
        (passage(0, section=("References", "Rural partners, county by county")), ""),
        (
            passage(0, "Agreements that last. Journal of Partners (2019).", section=("References", "Books")),
            "references",
        ),
        (passage(0, f"{EVIDENCE} Retrieved from the archive."), "references"),
        (passage(0, "Memoranda that last. 2019; 12(3): e118."), "references"),
        (passage(0, f"{EVIDENCE[:-1]} (Birch et al. 2019)."), ""),
        (passage(0, section=("Endnotes",)), "references"),
        (passage(0, section=("Referral partners",)), ""),
        (passage(0, kind=Kind.FOOTNOTE), "footnote"),
        (passage(0, kind=Kind.LIST_ITEM, section=("Survey instrument",)), "questionnaire"),
        (passage(0, section=("Survey instrument",)), ""),
        (passage(0, "Please name your agreements.", section=("Appendix A: Focus Group Guide",)), "questionnaire"),
        (passage(0, "We thank the partners who signed an agreement."), "thanks"),
        (passage(0, "A special thank you to the analyst who agreed in writing."), "thanks"),
        (passage(0, "Thanks to a signed agreement, the food bank opens daily."), ""),
        (passage(0, "Special thanks to all who signed an agreement with us."), "thanks"),
        (passage(0, "Food bank with an agreement", Kind.LIST_ITEM, ("Acknowledgements",)), "thanks"),
        (passage(0, section=("Acknowledgements",)), ""),
        (passage(0, "The hospital acknowledged receipt of the signed agreement."), ""),
        (passage(0, section=("About the Consultant",)), "consultant"),
        (passage(0, section=("About Birchfield Consulting",)), "consultant"),
        (passage(0, section=("About our partners",)), ""),
        (passage(0, "The Affordable Care Act requires hospitals to hear the public."), "legal"),
        (passage(0, "All tax-exempt hospitals must make their assessment public and invite comments."), "legal"),
        (passage(0, "The agreements on this website are for general planning purposes only."), "legal"),
        (passage(0, "Listing an agreement here does not constitute an endorsement."), "legal"),
        (passage(0, "As the Affordable Care Act requires, we heard the public."), ""),
        (passage(0, "The hospital, which is tax-exempt, must wait for the signed agreement."), ""),
        (replace(passage(0), ocr_confidence=DOUBTFUL - 0.01), "ocr"),
        (replace(passage(0), ocr_confidence=DOUBTFUL), ""),
    ],
)
def test_where_it_stands_decides(case: Passage, reason: str) -> None:
    assert document_reasons(document(case)).get(0, "").partition(":")[0] == reason


LINE = "In partnership with the food bank, by written agreement"


def test_a_line_that_stands_too_often_is_boilerplate():
    often = document(*(passage(n, f"  {LINE} " if n else LINE) for n in range(REPEATED + 1)))
    assert len(document_reasons(often)) == REPEATED + 1
    assert not document_reasons(document(*(passage(n, LINE) for n in range(REPEATED))))


def test_a_sentence_that_is_said_of_each_facility_is_said():
    assert not document_reasons(document(*(passage(n) for n in range(REPEATED + 1))))


def test_what_is_said_of_many_things_is_no_boilerplate():
    lines = [passage(n, "Lead: Food bank, by written agreement", Kind.LIST_ITEM) for n in range(REPEATED + 1)]
    cells = [passage(n, "Food bank, by written agreement", Kind.TABLE_CELL) for n in range(REPEATED + 1)]
    assert not document_reasons(document(*lines))
    assert not document_reasons(document(*cells))


def on_page(page: int, *passages: Passage) -> list[Passage]:
    return [replace(one, page=page) for one in passages]


def numbered(*passages: Passage) -> list[Passage]:
    return [replace(one, index=index) for index, one in enumerate(passages)]


UNDER = ("Contents",)
ENTRIES = [
    passage(0, text, Kind.LIST_ITEM, UNDER) for text in ("Our partners", "Agreements", "Needs we leave to others")
]
HEADING = passage(0, "Contents", Kind.HEADING)


def test_a_table_of_contents_ends_where_sentences_begin():
    """Headings are guessed: the whole document may seem to stand under "Contents"."""
    body = [
        passage(0, text, section=(*UNDER, "Our partners")) for text in (EVIDENCE, f"Since 2019, {EVIDENCE}", "Partners")
    ]
    read = numbered(*on_page(2, HEADING, *ENTRIES), *on_page(3, *ENTRIES), *on_page(4, *body))
    reasons = document_reasons(document(*read))
    assert {read[index].page for index in reasons} == {2, 3}
    assert len(reasons) == 2 * len(ENTRIES)


def test_a_sentence_beside_a_table_of_contents_counts_and_an_entry_with_its_page_does_not():
    letter = passage(0, EVIDENCE, section=UNDER)
    entry = passage(0, "What the hospital and the food bank have agreed upon. 12", section=UNDER)
    read = numbered(*on_page(2, HEADING, *ENTRIES, *ENTRIES, letter, entry))
    reasons = document_reasons(document(*read))
    assert len(read) - 2 not in reasons
    assert reasons[len(read) - 1].startswith("contents")


def test_asking_for_some_passages_gives_what_asking_for_all_does():
    read = numbered(*on_page(2, HEADING, *ENTRIES), *on_page(3, passage(0, section=UNDER), passage(0)))
    everything = document_reasons(document(*read))
    for one in read:
        assert document_reasons(document(*read), {one.index}) == {k: v for k, v in everything.items() if k == one.index}


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
