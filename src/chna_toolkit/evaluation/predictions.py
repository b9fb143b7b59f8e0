"""What is measured: labels by the built-in tagger, by `chna tag` written to a file, or of a finished run."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation.documents import Resolved, passage_of
from chna_toolkit.evaluation.gold import GoldUnit, lesson_number, text_key
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.model import Assertion, DocumentStatus, Mention, combined
from chna_toolkit.tagging import Label, Tagger
from chna_toolkit.tagging.judging import Judged, judge_document, judge_passages, judge_texts


@dataclass(frozen=True, slots=True)
class Prediction:
    """What one unit was labelled with, and by lesson why what else was found in it does not count."""

    labels: Mapping[str, Label] = field(default_factory=dict)
    near: Mapping[str, str] = field(default_factory=dict)


Predictions = list[Prediction | None]  # None: nothing is known of the unit, it is left out


def by_tagger(resolved: Resolved, tagger: Tagger) -> Predictions:
    """Label units with the tagger: in their document as a scan does, else with the context that gold gives."""
    numbers = {lesson.id: str(lesson.number) for lesson in tagger.lexicon.lessons}
    found: dict[int, Judged] = {}
    by_file: dict[str, list[int]] = defaultdict(list)
    alone: list[int] = []
    texts: list[int] = []
    for place, (unit, source) in enumerate(zip(resolved.units, resolved.sources, strict=True)):
        if source:
            by_file[source.file].append(place)
        else:
            (alone if unit.kind else texts).append(place)
    for places in by_file.values():
        source = resolved.sources[places[0]]
        assert source
        judged = judge_document(tagger, source.document)
        for place in places:
            passage = resolved.passages[place]
            assert passage
            found[place] = judged.get(passage.index, Judged({}, []))
    units = resolved.units
    found |= dict(zip(alone, judge_passages(tagger, (passage_of(units[one]) for one in alone)), strict=True))
    found |= dict(zip(texts, judge_texts(tagger, ((units[one].text, units[one].prev) for one in texts)), strict=True))
    return [_prediction(found[place], numbers) for place in range(len(units))]


def _prediction(judged: Judged, numbers: Mapping[str, str]) -> Prediction:
    return Prediction(judged.labels, _near(judged.mentions, numbers))


def _near(mentions: Iterable[Mention], numbers: Mapping[str, str]) -> dict[str, str]:
    """Say of each lesson what came nearest and why it does not count."""
    best: dict[str, Mention] = {}
    for mention in mentions:
        if not mention.counted:
            other = best.get(mention.lesson)
            if other is None or mention.confidence > other.confidence:
                best[mention.lesson] = mention
    return {numbers[lesson]: f"{one.rule} — {one.set_aside}" for lesson, one in best.items() if lesson in numbers}


def read_predictions(path: Path, units: Sequence[GoldUnit], lexicon: Lexicon) -> Predictions:
    """Read labels of the units from a run folder, or from what `chna tag` wrote. Raises `UsageError`."""
    if path.is_dir() or path.name == "run.json":
        return _of_run(path, units, lexicon)
    by_id: dict[str, Prediction] = {}
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}", "Give a run folder, or the output of `chna tag`.") from error
    for number, line in enumerate(lines, 1):
        try:
            if line.strip():
                row = json.loads(line)
                by_id[str(row["id"])] = Prediction({lesson_number(k): _label(v) for k, v in row["labels"].items()})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{path}:{number}: not a line of `chna tag`: {error!r}",
                'A line is {"id": …, "labels": {"10": {"assertion": "practice", "confidence": 0.9}}}.',
            ) from None
    if not any(unit.id in by_id for unit in units):
        raise UsageError(f"{path} has no id that the gold has", "Tag the gold file itself: `chna tag GOLD`.")
    return [by_id.get(unit.id) for unit in units]


def _label(value: Any) -> Label:
    values = value if isinstance(value, Mapping) else {"assertion": value}
    return Label(
        Assertion(values["assertion"]),
        float(values.get("confidence", 1.0)),
        tuple(values.get("rules", ())),
        tuple((int(first), int(last)) for first, last in values.get("spans", ())),
    )


def _of_run(path: Path, units: Sequence[GoldUnit], lexicon: Lexicon) -> Predictions:
    """Read labels from the mentions of a run; units of documents that it has not are left out."""
    from chna_toolkit.results.run import read_run

    run = read_run(path)
    numbers = {lesson.id: str(lesson.number) for lesson in lexicon.lessons}
    if unknown := sorted(set(run.lessons) - numbers.keys()):
        raise UsageError(f"{path} was made with other lessons, such as {unknown[0]}", "Give its lexicon, --lexicon.")
    ids: dict[str, str] = {}
    for row in run.rows("documents"):
        if DocumentStatus(str(row["extraction_status"])).is_searchable:
            document = str(row["document_id"])
            files = [str(row["file"]), *str(row["other_files"] or "").split(";")]
            ids |= {document: document, str(row["sha256"]): document}
            ids |= {PurePosixPath(file).stem: document for file in files if file}
    found: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in run.rows("mentions"):
        found[str(row["document_id"]), text_key(str(row["sentence"]))].append(dict(row))
    if not any(unit.doc in ids or unit.sha256 in ids for unit in units):
        raise UsageError(f"{path} has no document that the gold speaks of", "Gold of a run needs `doc` and `key`.")
    homes = [ids.get(unit.sha256) or ids.get(unit.doc) or ids.get(unit.doc[:12]) for unit in units]
    return [
        _summed_up(_at_page(found.get((home, unit.key), []), unit.page), numbers) if home else None
        for unit, home in zip(units, homes, strict=True)
    ]


def _at_page(rows: list[dict[str, Any]], page: int) -> list[dict[str, Any]]:
    """Of a text that stands on several pages, keep the mentions on the unit's own, else on the first."""
    pages = {row["page_number"] for row in rows}
    kept = page if page in pages else min(pages, default=0)
    return [row for row in rows if row["page_number"] == kept]


def _summed_up(rows: Sequence[Mapping[str, Any]], numbers: Mapping[str, str]) -> Prediction:
    counted: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    near: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        lesson = numbers[row["lesson_id"]]
        if row["counted"]:
            counted[lesson].append(row)
        elif lesson not in near or row["confidence"] > near[lesson]["confidence"]:
            near[lesson] = row
    labels = {}
    for lesson, found in counted.items():
        best = max(found, key=lambda row: (row["confidence"], -row["start_char"], row["rule_id"]))
        rules = {str(row["rule_id"]): float(row["confidence"]) for row in found}
        labels[lesson] = Label(
            Assertion(best["assertion"]), round(combined(rules.values()), 3), tuple(sorted(rules)), ()
        )
    return Prediction(labels, {one: f"{row['rule_id']} — {row['set_aside_reason']}" for one, row in near.items()})
