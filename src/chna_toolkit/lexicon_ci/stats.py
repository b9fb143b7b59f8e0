"""How the rules of a lexicon fare on a corpus: what each finds alone, with others, rightly, or never.

The measures are those of labelling functions (coverage, overlap, conflict; Ratner et al., PVLDB
2017), asked of each rule within its lesson. Noise is told by the median and the median absolute
deviation, which single loud rules do not move.
"""

from __future__ import annotations

import csv
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median

from chna_toolkit.assess import trim
from chna_toolkit.config import Settings
from chna_toolkit.errors import UsageError
from chna_toolkit.evaluation import GoldUnit
from chna_toolkit.hospitals import read_hospitals
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.lexicon_ci.corpus import Corpus, documents, hinges, identities_of
from chna_toolkit.model import Assessed, Mention
from chna_toolkit.results.hospitals import group_hospitals
from chna_toolkit.scoring import score
from chna_toolkit.tagging import Tagger

FORMATS = ("text", "json", "csv", "markdown")
_LOUD = 5.0  # median absolute deviations above the median that make a rule noisy
_IMPRECISE, _ENOUGH = 0.5, 5  # precision below which a rule is told, if it has so many labelled texts


@dataclass(slots=True)
class RuleStats:
    """What one rule did in a corpus."""

    rule: str
    lesson: str
    confidence: float
    documents: int = 0
    pages: int = 0
    mentions: int = 0  # counted
    set_aside: int = 0
    alone: int = 0  # passages in which no other rule of its lesson counts
    overlap: int = 0  # passages in which another one does
    conflict: int = 0  # of these, where another one asserts something else
    partner: str = ""  # the rule of its lesson that stands beside it most often
    hinge: int = 0  # statuses of hospitals that hang on it alone
    precision: float | None = None  # of the texts that it labels, share that gold labels so
    recall: float | None = None  # of the texts that gold labels so, share that it labels
    labelled: int = 0  # texts of gold that it labels
    advice: tuple[str, ...] = ()


@dataclass
class Stats:
    """What all rules of a lexicon did."""

    lexicon: str
    documents: int
    pages: int
    rules: list[RuleStats]
    gold: int = 0  # labelled texts
    excluded: Mapping[str, int] = field(default_factory=dict)  # mentions set aside, by exclusion

    def render(self, form: str, *, every: bool = False) -> str:
        """Return it as text, JSON, CSV or Markdown. Text and Markdown show the rules with advice, or `every` one."""
        if form not in FORMATS:
            raise UsageError(f"unknown format {form!r}", f"Choose one of: {', '.join(FORMATS)}.")
        if form == "json":
            return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        if form == "csv":
            return _csv(self.rules)
        shown = [one for one in self.rules if every or one.advice]
        table = _markdown(shown) if form == "markdown" else _table(shown)
        return "\n".join([*self._summary(), "", *table]) + "\n"

    def _summary(self) -> list[str]:
        told = Counter(word for one in self.rules for word in one.advice)
        advice = ", ".join(f"{number} {word}" for word, number in sorted(told.items()))
        gold = f", {self.gold:,} labelled texts" if self.gold else ""
        return [
            f"{self.lexicon}: {len(self.rules):,} rules on {self.documents:,} documents, {self.pages:,} pages{gold}",
            f"advice: {advice or 'none'}",
        ]


def measure(lexicon: Lexicon, corpus: Corpus, settings: Settings, gold: Sequence[GoldUnit] = ()) -> Stats:
    """Count what each rule does in a corpus and, if there are labelled texts, how often it is right."""
    tagger = Tagger(lexicon, method="rules")
    rules = [rule for lesson in lexicon.lessons for rule in lesson.rules]
    table = {rule.id: RuleStats(rule.id, rule.lesson, rule.confidence) for rule in rules}
    tally = _Tally(table)
    assessed, pages = [], 0
    hospitals = read_hospitals(corpus.hospitals) if corpus.hospitals else None
    for document, file, size in documents(corpus, settings) if corpus.files else ():
        mentions = tuple(tagger.tag(document)) if document.status.is_searchable else ()
        tally.take(file, mentions, {one.index: one.page for one in document.passages})
        results = score(document, mentions, tagger.lessons, settings.thresholds)
        identities = identities_of(document, file, hospitals)
        assessed.append(Assessed(file, size, trim(document, mentions), mentions, results, identities))
        pages += len(document.pages)
    for cycle in group_hospitals(assessed, tagger.lessons):
        for lesson in tagger.lessons:
            for rule in hinges(cycle.documents, lesson, tagger.lessons, settings):
                table[rule].hinge += 1
    labelled = tuple(gold) or corpus.gold
    if labelled:
        _against_gold(table, labelled, tagger)
    tally.finish()
    _advise(table.values(), has_corpus=bool(corpus.files))
    name = f"{lexicon.name} {lexicon.version}"
    return Stats(name, len(assessed), pages, list(table.values()), len(labelled), dict(sorted(tally.excluded.items())))


class _Tally:
    """Counts mentions, document by document."""

    def __init__(self, table: Mapping[str, RuleStats]) -> None:
        self.table = table
        self.excluded: Counter[str] = Counter()
        self._pages: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self._beside: dict[str, Counter[str]] = defaultdict(Counter)

    def take(self, file: str, mentions: Iterable[Mention], pages: Mapping[int, int]) -> None:
        """Count the mentions of one document."""
        groups: dict[tuple[int, str], dict[str, Mention]] = defaultdict(dict)
        for one in mentions:
            stats = self.table[one.rule]
            if not one.counted:
                stats.set_aside += 1
                if one.set_aside.startswith("excluded: "):
                    self.excluded[one.set_aside.removeprefix("excluded: ")] += 1
                continue
            stats.mentions += 1
            self._pages[one.rule].add((file, pages[one.passage]))
            groups[one.passage, one.lesson].setdefault(one.rule, one)
        for group in groups.values():
            for rule, one in group.items():
                others = [other for name, other in group.items() if name != rule]
                stats = self.table[rule]
                stats.alone += not others
                stats.overlap += bool(others)
                stats.conflict += any(other.assertion is not one.assertion for other in others)
                self._beside[rule].update(other.rule for other in others)

    def finish(self) -> None:
        """Write down what only the whole tells."""
        for rule, places in self._pages.items():
            self.table[rule].pages = len(places)
            self.table[rule].documents = len({file for file, _ in places})
        for rule, beside in self._beside.items():
            if beside:
                self.table[rule].partner = min(beside, key=lambda name: (-beside[name], name))


def _against_gold(table: Mapping[str, RuleStats], gold: Sequence[GoldUnit], tagger: Tagger) -> None:
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    numbers = {str(lesson.number): lesson.id for lesson in tagger.lexicon.lessons}
    for unit, labels in zip(gold, tagger.labels((unit.text, unit.prev) for unit in gold), strict=True):
        wanted.update(numbers[number] for number in unit.labels if number in numbers)
        for number, label in labels.items():
            if number not in unit.maybe:
                (right if number in unit.labels else wrong).update(label.rules)
    for rule, stats in table.items():
        stats.labelled = right[rule] + wrong[rule]
        stats.precision = round(right[rule] / stats.labelled, 4) if stats.labelled else None
        stats.recall = round(right[rule] / wanted[stats.lesson], 4) if wanted[stats.lesson] else None


def _advise(table: Iterable[RuleStats], *, has_corpus: bool) -> None:
    """Say of each rule what deserves a look. One on which a status hangs alone is never called dead or noisy."""
    rules = list(table)
    live = [one.mentions for one in rules if one.mentions]
    middle = median(live) if live else 0
    spread = median(abs(number - middle) for number in live) if live else 0
    bar = middle + _LOUD * max(spread, 1)
    for one in rules:
        advice = []
        if one.hinge:
            advice.append("hinge")
        else:
            if not (one.mentions or one.set_aside or one.labelled):
                advice.append("dead")
            if has_corpus and one.mentions > bar:
                advice.append("noisy")
        if one.precision is not None and one.labelled >= _ENOUGH and one.precision < _IMPRECISE:
            advice.append("imprecise")
        one.advice = tuple(advice)


_COLUMNS = (
    "rule", "documents", "pages", "mentions", "set_aside", "alone", "overlap", "conflict", "hinge", "labelled",
    "precision", "recall", "advice",
)  # fmt: skip


def _cells(one: RuleStats) -> list[str]:
    cells = []
    for name in _COLUMNS:
        value = getattr(one, name)
        if isinstance(value, tuple):
            cells.append(", ".join(value))
        elif isinstance(value, float):
            cells.append(f"{value:.2f}")
        else:
            cells.append("" if value is None else str(value))
    return cells


def _table(rules: Sequence[RuleStats]) -> list[str]:
    rows = [[name.replace("_", " ") for name in _COLUMNS], *map(_cells, rules)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(_COLUMNS))]
    last = len(_COLUMNS) - 1
    return [
        "  ".join(
            cell.ljust(width) if place in (0, last) else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _markdown(rules: Sequence[RuleStats]) -> list[str]:
    head = f"| {' | '.join(name.replace('_', ' ') for name in _COLUMNS)} |"
    line = "| --- |" + " ---: |" * (len(_COLUMNS) - 2) + " --- |"
    return [head, line, *(f"| {' | '.join(_cells(one))} |" for one in rules)]


def _csv(rules: Sequence[RuleStats]) -> str:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = list(asdict(rules[0])) if rules else ["rule"]
    writer.writerow(names)
    for one in rules:
        values = asdict(one)
        writer.writerow([";".join(values[name]) if name == "advice" else values[name] for name in names])
    return stream.getvalue()
