"""How mentions become a status: the specification of scoring."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chna_toolkit.model import Assertion, Document, DocumentStatus, Kind, LessonResult, Mention, Status, combined
from chna_toolkit.scoring import DEFAULT_THRESHOLDS, Thresholds, hospital_status, score
from results.made_up import LESSONS, write

ORDER = list(Status)
LESSON = "L10"


def document(pages: int = 3, sentences: int = 8, unread: int = 0) -> Document:
    """A readable document; passage n stands on page n // sentences + 1."""
    writer = write()
    for _ in range(pages):
        writer.turn().fill(sentences)
    return writer.done("made-up.pdf", unread=unread).document


DOCUMENT = document()


def mention(
    passage: int, assertion: Assertion = Assertion.PRACTICE, confidence: float = 0.7, **others: object
) -> Mention:
    base = Mention(LESSON, f"{LESSON}.a", passage, 0, 3, ((0, 3),), assertion, confidence, counted=True)
    return replace(base, **others)  # type: ignore[arg-type]


def judged(*mentions: Mention, document: Document = DOCUMENT, **others: float) -> LessonResult:
    (result,) = score(document, mentions, [LESSON], Thresholds(**others))  # type: ignore[arg-type]
    return result


@pytest.mark.parametrize(
    ("assertion", "status"),
    [
        (Assertion.PRACTICE, Status.COVERED),
        (Assertion.PLAN, Status.PLANNED),
        (Assertion.CALL, Status.ACKNOWLEDGED),
        (Assertion.LACK, Status.ACKNOWLEDGED),
    ],
)
def test_one_confident_passage_gives_the_status_of_its_assertion(assertion: Assertion, status: Status) -> None:
    assert judged(mention(0, assertion)).status is status


def test_nothing_found_in_searchable_text_is_silent_and_says_what_was_searched() -> None:
    result = judged()
    assert result.status is Status.SILENT
    assert result.reason == f"nothing found on 3 pages ({DOCUMENT.words} words)"
    assert not result.fragile


def test_a_confidence_at_the_threshold_suffices() -> None:
    assert judged(mention(0, confidence=0.6)).status is Status.COVERED
    assert judged(mention(0, confidence=0.59)).status is Status.ACKNOWLEDGED
    assert judged(mention(0, confidence=0.4)).status is Status.SILENT


def test_doubtful_passages_add_up() -> None:
    result = judged(mention(0, confidence=0.4), mention(9, confidence=0.4))
    assert result.status is Status.COVERED
    assert result.strength == pytest.approx(0.64)


def test_mentions_in_one_passage_do_not_add_up() -> None:
    twice = judged(mention(0, confidence=0.4), mention(0, confidence=0.4, rule="L10.b", start=5, end=8))
    assert twice.status is Status.SILENT


def test_repeated_text_is_one_piece_of_evidence() -> None:
    same = write().fill(20)
    for _ in range(3):
        same.turn().say("Our partners  count on us.").bears(LESSON, "partners", confidence=0.4)
    read = same.done("boilerplate.pdf")
    (result,) = score(read.document, read.mentions, [LESSON])
    assert result.status is Status.SILENT
    assert result.pages == (2, 3, 4)
    assert len(result.best) == 1


def test_plan_and_doubtful_practice_together_are_planned() -> None:
    result = judged(mention(0, confidence=0.4), mention(9, Assertion.PLAN, 0.4))
    assert result.status is Status.PLANNED


def test_mentions_set_aside_never_decide() -> None:
    result = judged(mention(0, counted=False, set_aside="excluded: L10.x.payer"))
    assert result.status is Status.SILENT
    assert result.set_aside == 1
    assert result.nearest == (0,)
    assert "1 mention set aside" in result.reason


@pytest.mark.parametrize(
    "unreadable",
    [
        replace(DOCUMENT, status=DocumentStatus.NEEDS_OCR, reason="pages are pictures"),
        replace(DOCUMENT, status=DocumentStatus.TIMEOUT),
        document(pages=1, sentences=3),  # too few words
        document(pages=3, unread=4),  # too few readable pages
        Document("0" * 64, DocumentStatus.ENCRYPTED, "needs a password", ""),
    ],
)
def test_too_little_readable_text_is_never_silence(unreadable: Document) -> None:
    results = score(unreadable, (), LESSONS)
    assert {result.status for result in results} == {Status.NOT_ASSESSED}
    assert all(result.reason for result in results)


def test_evidence_in_a_document_that_cannot_be_assessed_is_kept_but_gives_no_status() -> None:
    result = judged(mention(0), document=document(pages=3, unread=4))
    assert result.status is Status.NOT_ASSESSED
    assert result.best == (0,)


def test_a_document_of_which_half_can_be_read_is_assessed() -> None:
    half = replace(document(pages=3, unread=3), status=DocumentStatus.PARTIAL)
    assert judged(mention(0), document=half).status is Status.COVERED
    silent = judged(document=half)
    assert silent.status is Status.SILENT
    assert "3 of 6 pages" in silent.reason


def test_a_status_is_fragile_when_it_hangs_on_one_rule_or_one_page() -> None:
    lone = judged(mention(0))
    assert lone.fragile
    assert lone.reason == "practice on 1 page by 1 rule; hangs on one rule and one page"
    one_rule = judged(mention(0), mention(9))
    assert one_rule.reason.endswith("; hangs on one rule")
    one_page = judged(mention(0), mention(1, rule="L10.b"))
    assert one_page.reason.endswith("; hangs on one page")
    sure = judged(mention(0), mention(9, rule="L10.b"))
    assert not sure.fragile
    assert sure.reason == "practice on 2 pages by 2 rules"


def test_a_status_that_falls_to_planned_without_one_page_is_fragile() -> None:
    result = judged(mention(0), mention(9, Assertion.PLAN, rule="L10.b"), mention(17, Assertion.PLAN))
    assert result.status is Status.COVERED
    assert result.fragile


def test_the_best_evidence_of_a_status_comes_first() -> None:
    mentions = (
        mention(0, Assertion.PLAN, 0.9),
        mention(9, confidence=0.3),
        mention(3, Assertion.PLAN, 0.95),
        mention(4, Assertion.CALL, 0.99),
    )
    assert judged(*mentions).best == (2, 0, 1, 3)  # planned: plans first
    assert judged(*mentions, mention(17, confidence=0.8)).best == (4, 1, 2, 0, 3)  # covered: practice first


def test_a_passage_that_counts_is_no_near_miss() -> None:
    result = judged(mention(0), mention(0, counted=False, set_aside="weak", start=4, end=7))
    assert result.nearest == ()


def test_one_result_a_lesson_in_the_order_asked_for() -> None:
    wanted = ["L05", "L10", "L01"]
    results = score(DOCUMENT, [mention(0)], wanted)
    assert [result.lesson for result in results] == wanted
    assert all(set(result.mentions) == set(Assertion) for result in results)


def test_a_hospital_has_the_best_status_of_its_documents() -> None:
    assert hospital_status([Status.SILENT, Status.PLANNED, Status.NOT_ASSESSED]) is Status.PLANNED
    assert hospital_status([Status.NOT_ASSESSED, Status.SILENT]) is Status.SILENT
    assert hospital_status([Status.NOT_ASSESSED]) is Status.NOT_ASSESSED
    assert hospital_status([]) is Status.NOT_ASSESSED


def test_thresholds_have_a_version_that_changes_with_them() -> None:
    assert Thresholds().version == DEFAULT_THRESHOLDS.version
    assert len({Thresholds().version, Thresholds(covered=0.7).version, Thresholds(min_words=1).version}) == 3


mentions_of_any_kind = st.lists(
    st.builds(
        mention,
        st.integers(0, len(DOCUMENT.passages) - 1),
        st.sampled_from(Assertion),
        st.floats(0, 1),
        rule=st.sampled_from(["L10.a", "L10.b", "L10.c"]),
        counted=st.booleans(),
    ),
    max_size=12,
)


@given(mentions_of_any_kind, st.integers(0, len(DOCUMENT.passages) - 1), st.floats(0, 1))
def test_more_practice_never_lowers_a_status(found: list[Mention], passage: int, confidence: float) -> None:
    before = judged(*found).status
    after = judged(*found, mention(passage, confidence=confidence, rule="L10.new")).status
    assert ORDER.index(after) <= ORDER.index(before)


@given(mentions_of_any_kind, st.randoms())
def test_the_order_of_mentions_does_not_matter(found: list[Mention], random) -> None:
    shuffled = random.sample(found, len(found))
    one, other = judged(*found), judged(*shuffled)
    assert (one.status, one.reason, one.strength, one.fragile) == (
        other.status,
        other.reason,
        other.strength,
        other.fragile,
    )


@given(mentions_of_any_kind)
def test_fragile_is_what_leaving_out_each_rule_and_page_shows(found: list[Mention]) -> None:
    result = judged(*found)

    def page(one: Mention) -> int:
        return DOCUMENT.passages[one.passage].page

    without = [[one for one in found if one.rule != rule] for rule in {one.rule for one in found}]
    without += [[one for one in found if page(one) != number] for number in {page(one) for one in found}]
    lower = any(ORDER.index(judged(*rest).status) > ORDER.index(result.status) for rest in without)
    assert result.fragile == lower


@given(st.lists(st.floats(0, 1)))
def test_strength_of_several_is_a_share_and_no_less_than_the_best(confidences: list[float]) -> None:
    joined = combined(confidences)
    assert 0 <= joined <= 1
    assert joined >= max(confidences, default=0) - 1e-12


def test_kind_of_a_passage_does_not_matter_to_the_score() -> None:
    writer = write().fill(20).say("A charter binds the partners.", Kind.TABLE_CELL).bears(LESSON, "charter")
    read = writer.done("cell.pdf")
    assert score(read.document, read.mentions, [LESSON])[0].status is Status.COVERED
