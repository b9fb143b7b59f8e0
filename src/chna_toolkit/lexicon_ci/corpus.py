"""What lexicons find in a corpus: a snapshot for each, of the same texts read once.

A corpus is a folder of PDFs, a run folder (whose PDFs are read again) or a file of labelled
texts. Documents stream through: of each only what was found is kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chna_toolkit.assess import trim
from chna_toolkit.config import Settings
from chna_toolkit.errors import NoInputError, UsageError
from chna_toolkit.evaluation import GoldUnit, evaluate, load_gold
from chna_toolkit.hospitals import HospitalList, guess_identities, read_hospitals
from chna_toolkit.inputs import find_inputs
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.lexicon_ci.cases import assertion_of
from chna_toolkit.model import Assessed, Document, Identity, Mention
from chna_toolkit.results.hospitals import group_hospitals
from chna_toolkit.scan import make_plan
from chna_toolkit.scoring import score
from chna_toolkit.tagging import Tagger
from chna_toolkit.texts import read_texts

_FORMAT = 2  # of a snapshot's file
_CONTEXT = 50  # characters on each side of what was found


@dataclass(frozen=True, slots=True)
class Found:
    """A lesson counted in one passage of a document, or in one labelled text."""

    document: str  # file as shown, or id of the text
    page: int  # 0: a labelled text
    passage: int
    lesson: str
    assertion: str
    rules: tuple[str, ...]
    left: str  # the text around the words, for a concordance
    words: str
    right: str

    @property
    def key(self) -> tuple[str, int, str]:
        """What makes it the same place in another snapshot."""
        return self.document, self.passage, self.lesson


@dataclass(frozen=True, slots=True)
class Hospital:
    """A hospital in one cycle, with the statuses of all lessons."""

    name: str
    documents: tuple[str, ...]
    statuses: Mapping[str, str]
    hinges: Mapping[str, tuple[str, ...]]  # by lesson, the rules on which its status hangs alone


@dataclass(frozen=True)
class Snapshot:
    """All that one lexicon finds in a corpus."""

    lexicon: str  # name and version
    hash: str
    method: str
    found: tuple[Found, ...]
    hospitals: tuple[Hospital, ...]
    figures: Mapping[str, float] = field(default_factory=dict)  # against gold, if the corpus is labelled

    def to_json(self) -> str:
        """Return the text of a baseline file: a line a place, so that version control shows what changed."""
        values = {"format": _FORMAT, **{name: value for name, value in asdict(self).items() if name != "found"}}
        lines = [f" {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in values.items()]
        rows = [f"  {json.dumps(_row(one), ensure_ascii=False)}" for one in self.found]
        found = ",\n".join(rows)
        return "{\n" + ",\n".join([*lines, f' "found": [\n{found}\n ]']) + "\n}\n"

    @classmethod
    def from_json(cls, text: str, file: Path) -> Snapshot:
        """Read a baseline file. Raises `UsageError` if it is none."""
        try:
            values = json.loads(text)
            if values.pop("format") != _FORMAT:
                raise UsageError(f"{file} is a baseline of another version", "Make it again with --accept.")
            found = tuple(map(_of_row, values.pop("found")))
            hospitals = tuple(_hospital(one) for one in values.pop("hospitals"))
            return cls(**values, found=found, hospitals=hospitals)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(f"{file} is no baseline: {error}", "Make one with --accept.") from None


def _row(one: Found) -> list[object]:
    words = [one.left, one.words, one.right] if one.page else [one.words]  # a labelled text is there to be looked up
    return [one.document, one.page, one.passage, one.lesson, one.assertion, list(one.rules), *words]


def _of_row(row: Sequence[Any]) -> Found:
    document, page, passage, lesson, assertion, rules, *words = row
    left, found, right = words if page else ("", *words, "")
    return Found(document, page, passage, lesson, assertion, tuple(rules), left, found, right)


def _hospital(values: dict[str, Any]) -> Hospital:
    hinges = {lesson: tuple(rules) for lesson, rules in values["hinges"].items()}
    return Hospital(values["name"], tuple(values["documents"]), values["statuses"], hinges)


@dataclass(frozen=True, slots=True)
class Corpus:
    """Texts to be looked through."""

    files: tuple[str, ...]  # PDFs, or folders of them
    hospitals: Path | None
    gold: tuple[GoldUnit, ...]  # labelled texts; then there are no files


def open_corpus(path: Path, hospitals: Path | None = None) -> Corpus:
    """Recognise a corpus: a `.jsonl` of labelled texts, a run folder, a folder of PDFs or one PDF.

    Raises `UsageError`, `NoInputError`.
    """
    if path.suffix == ".jsonl":
        return labelled_texts([path])
    if (path / "run.json").is_file():
        return _of_run(path, hospitals)
    return Corpus((str(path),), hospitals, ())


def labelled_texts(paths: Sequence[Path]) -> Corpus:
    """Return the labelled texts of some files as one corpus. Raises `UsageError`."""
    for path in paths:
        if path.suffix != ".jsonl" or not path.is_file():
            raise UsageError(f"{path} is no file of labelled texts", "Name a .jsonl file that is there.")
    return Corpus((), None, tuple(unit for path in paths for unit in load_gold(path)))


def _of_run(folder: Path, hospitals: Path | None) -> Corpus:
    from chna_toolkit.results.run import read_run

    manifest = read_run(folder).manifest
    files = [(folder / one.link).resolve() for one in manifest.inputs if one.link]
    missing = [file for file in files if not file.is_file()]
    if missing or not files:
        gone = missing[0] if missing else folder
        raise NoInputError(f"{gone}: a document of the run is not there", "Give the folder of the PDFs instead.")
    said = manifest.settings.get("hospitals")
    if hospitals is None and said and said.value and (listed := folder / str(said.value)).is_file():
        hospitals = listed
    return Corpus(tuple(map(str, files)), hospitals, ())


def snapshots(corpus: Corpus, lexicons: Sequence[Lexicon], settings: Settings) -> list[Snapshot]:
    """Return what each lexicon finds. The method, the cache and the workers are those of the settings."""
    taggers = [Tagger(lexicon, method=settings.method) for lexicon in lexicons]
    if corpus.gold:
        return [_of_gold(corpus.gold, tagger) for tagger in taggers]
    hospitals = read_hospitals(corpus.hospitals) if corpus.hospitals else None
    found: list[list[Found]] = [[] for _ in taggers]
    assessed: list[list[Assessed]] = [[] for _ in taggers]
    for document, file, size in documents(corpus, settings):
        for tagger, finds, kept in zip(taggers, found, assessed, strict=True):
            mentions = tuple(tagger.tag(document)) if document.status.is_searchable else ()
            finds.extend(_found(document, file, mentions))
            results = score(document, mentions, tagger.lessons, settings.thresholds)
            identities = identities_of(document, file, hospitals)
            kept.append(Assessed(file, size, trim(document, mentions), mentions, results, identities))
    return [
        Snapshot(
            f"{tagger.lexicon.name} {tagger.lexicon.version}",
            tagger.lexicon.hash,
            tagger.method,
            tuple(finds),
            _hospitals(kept, tagger.lessons, settings),
        )
        for tagger, finds, kept in zip(taggers, found, assessed, strict=True)
    ]


def documents(corpus: Corpus, settings: Settings) -> Iterator[tuple[Document, str, int]]:
    """Yield each document of a corpus with its file, as shown, and its size in bytes."""
    inputs = find_inputs(corpus.files)
    plan = make_plan(settings)
    for item, (document, _) in read_texts(inputs, plan, settings):
        yield document, item.file, item.size


def identities_of(document: Document, file: str, hospitals: HospitalList | None) -> tuple[Identity, ...]:
    """Return the hospitals of a document: rows of hospitals.csv, else guesses."""
    rows = hospitals.identities(file, document.sha256) if hospitals else ()
    return rows or guess_identities(document, file)


def _found(document: Document, file: str, mentions: Sequence[Mention]) -> Iterator[Found]:
    groups: dict[tuple[int, str], list[Mention]] = {}
    for one in mentions:
        if one.counted:
            groups.setdefault((one.passage, one.lesson), []).append(one)
    for (index, lesson), group in groups.items():
        passage = document.passages[index]
        yield _one_found(file, passage.page, index, lesson, passage.text, group)


def _one_found(document: str, page: int, passage: int, lesson: str, text: str, group: Sequence[Mention]) -> Found:
    best = max(group, key=lambda one: (one.confidence, -one.start, one.rule))
    rules = tuple(sorted({one.rule for one in group}))
    start, end = best.start, best.end
    left = ("…" if start > _CONTEXT else "") + text[max(0, start - _CONTEXT) : start]
    right = text[end : end + _CONTEXT] + ("…" if end + _CONTEXT < len(text) else "")
    return Found(document, page, passage, lesson, str(assertion_of(group)), rules, left, text[start:end], right)


def _of_gold(gold: Sequence[GoldUnit], tagger: Tagger) -> Snapshot:
    numbers = {str(lesson.number): lesson.id for lesson in tagger.lexicon.lessons}
    predicted = list(tagger.labels((unit.text, unit.prev) for unit in gold))
    found = []
    for place, (unit, labels) in enumerate(zip(gold, predicted, strict=True)):
        for number, label in labels.items():
            start = label.spans[0][0]
            end = max(last for first, last in label.spans if first < start + 2 * _CONTEXT)
            found.append(
                Found(
                    unit.id,
                    0,
                    place,
                    numbers[number],
                    str(label.assertion),
                    label.rules,
                    unit.text[max(0, start - _CONTEXT) : start],
                    unit.text[start:end],
                    unit.text[end : end + _CONTEXT],
                )
            )
    figures = evaluate(gold, predicted, list(numbers))
    values = {
        "precision": figures.overall.precision,
        "recall": figures.overall.recall,
        "f1": figures.micro_f1,
        "macro_f1": figures.macro_f1,
        "assertion_accuracy": figures.assertion_accuracy,
    }
    values |= {f"f1 {numbers[number]}": one.f1 for number, one in figures.lessons.items() if one.support}
    rounded = {name: round(value, 4) for name, value in values.items()}
    lexicon = tagger.lexicon
    return Snapshot(f"{lexicon.name} {lexicon.version}", lexicon.hash, tagger.method, tuple(found), (), rounded)


def _hospitals(assessed: Sequence[Assessed], lessons: Sequence[str], settings: Settings) -> tuple[Hospital, ...]:
    hospitals = []
    for cycle in group_hospitals(assessed, lessons):
        year = f" {cycle.year}" if cycle.year else ""
        hospitals.append(
            Hospital(
                f"{cycle.identity.name}{year}",
                tuple(one.file for one in cycle.documents),
                {lesson: str(shown.status) for lesson, shown in cycle.lessons.items()},
                {lesson: rules for lesson in lessons if (rules := hinges(cycle.documents, lesson, lessons, settings))},
            )
        )
    return tuple(hospitals)


def hinges(documents: Sequence[Assessed], lesson: str, lessons: Sequence[str], settings: Settings) -> tuple[str, ...]:
    """Rules without which a document of the hospital has a lower status of the lesson."""
    found: set[str] = set()
    for one in documents:
        before = next(result for result in one.results if result.lesson == lesson)
        if not before.fragile:
            continue
        for rule in before.rules:
            rest = tuple(mention for mention in one.mentions if mention.rule != rule)
            after = next(
                result
                for result in score(one.document, rest, tuple(lessons), settings.thresholds)
                if result.lesson == lesson
            )
            if after.status is not before.status:
                found.add(rule)
    return tuple(sorted(found))
