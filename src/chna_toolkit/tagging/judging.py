"""Texts as tagged, with the mentions behind each label and what was set aside: for evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chna_toolkit.model import Document, Mention, Passage
from chna_toolkit.tagging.assertion_learned import Evidence, Setting, evidence_of
from chna_toolkit.tagging.tagger import _BATCH, _CAUTION, Label, Tagger, _unit_of, _units_of


@dataclass(frozen=True, slots=True)
class Judged:
    """One text as tagged: its labels by lesson number, and all its mentions, also those set aside."""

    labels: dict[str, Label]
    mentions: list[Mention]


def judge_texts(tagger: Tagger, texts: Iterable[tuple[str, str]]) -> Iterator[Judged]:
    """Judge (text, text before it) pairs as `chna tag` does, in order."""
    for _, mentions, chances in tagger._tag_units(_units_of(texts), _BATCH):
        yield Judged(tagger._summed_up(mentions, chances), mentions)


def judge_passages(tagger: Tagger, passages: Iterable[Passage]) -> Iterator[Judged]:
    """Judge passages by what is known of them (kind, headings, headers), without the rest of their document."""
    units = (_unit_of(passage) for passage in passages)
    for _, mentions, chances in tagger._tag_units(units, _BATCH, _CAUTION[tagger.method]):
        yield Judged(tagger._summed_up(mentions, chances), mentions)


def evidence_in(
    tagger: Tagger, wanted: Iterable[tuple[Passage | tuple[str, str], Sequence[str]]]
) -> Iterator[list[Evidence]]:
    """Gather what the assertions of some lessons (ids) are decided by, in passages or (text, text before it) pairs."""
    asked = list(wanted)
    texts = [one if isinstance(one, tuple) else None for one, _ in asked]
    units = (
        next(_units_of([text])) if text else _unit_of(one)  # type: ignore[arg-type]  # a passage, where there is no text
        for text, (one, _) in zip(texts, asked, strict=True)
    )
    settling = tagger.settling()
    looks = (look for some in tagger._look(units, _BATCH) for look in some)
    for look, (_, lessons) in zip(looks, asked, strict=True):
        mentions = tagger._tag_one(look)
        setting = Setting(look.unit.text, look.unit.kind, look.unit.context[::-1], tagger._reading(look))
        yield [evidence_of(lesson, mentions, setting, settling) for lesson in lessons]


def judge_document(tagger: Tagger, document: Document) -> dict[int, Judged]:
    """Judge the passages of a document as a scan does; those without any mention are left out."""
    found: dict[int, list[Mention]] = {}
    for mention in tagger.tag(document):
        found.setdefault(mention.passage, []).append(mention)
    # A scan shows what its mentions say; the model's view of a passage as a whole is not kept.
    return {place: Judged(tagger._summed_up(mentions, {}), mentions) for place, mentions in found.items()}
