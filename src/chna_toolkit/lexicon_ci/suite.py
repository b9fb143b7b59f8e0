"""The test of a lexicon: its examples, their automatic variants, and whether everything is exercised.

The rules alone judge, never the learned layer: an example pins what the lexicon says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from chna_toolkit.lexicon.model import Example, Lexicon, Rule
from chna_toolkit.lexicon_ci.cases import (
    Case,
    Problem,
    Span,
    assertion_of,
    counted,
    judge,
    passage_of,
    spans_of,
    unmark,
)
from chna_toolkit.lexicon_ci.findings import Finding, Severity, in_order
from chna_toolkit.lexicon_ci.variants import DIRECTED, INVARIANT, NAMES, skips
from chna_toolkit.model import Assertion, Mention
from chna_toolkit.tagging import Tagger
from chna_toolkit.tagging.explain import Bench, Looked


@dataclass(frozen=True, slots=True)
class Share:
    """How many of something are exercised by examples."""

    name: str
    done: int
    total: int


@dataclass(frozen=True)
class TestReport:
    """What the test of a lexicon found."""

    __test__ = False  # not for pytest to collect

    lexicon: Lexicon
    cases: tuple[Case, ...]  # in the order of the lexicon; variants follow their example
    findings: tuple[Finding, ...]
    shares: tuple[Share, ...]  # what the examples exercise
    notes: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Case, ...]:
        """The cases that are not as they should be."""
        return tuple(case for case in self.cases if case.failed)

    @property
    def summary(self) -> tuple[str, ...]:
        """The result in a few lines."""
        own = [case for case in self.cases if not case.variant]
        known = sum(case.example.expect.startswith("known") for case in own)
        lines = [
            f"{len(own):,} examples ({known:,} known failures) and {len(self.cases) - len(own):,} variants of them: "
            f"{len(self.failed):,} failed"
        ]
        if self.shares:
            shares = "; ".join(f"{share.name} {share.done:,} of {share.total:,}" for share in self.shares)
            lines.append(f"exercised by examples: {shares}")
        return (*lines, *self.notes)


@dataclass(frozen=True, slots=True)
class Read:
    """An example that was looked up and judged."""

    example: Example
    looked: Looked
    spans: tuple[Span, ...]  # marked by its author
    mentions: tuple[Mention, ...]  # of its lesson
    problem: Problem | None


@dataclass(slots=True)
class Suite:
    """The examples of a lexicon, looked up once."""

    lexicon: Lexicon
    bench: Bench
    reads: list[Read] = field(default_factory=list)
    rules: dict[str, Rule] = field(default_factory=dict)

    @classmethod
    def of(cls, lexicon: Lexicon, keep: Callable[[Example], bool] = lambda _: True) -> Suite:
        """Look up and judge the examples that `keep` lets pass."""
        suite = cls(lexicon, Bench(Tagger(lexicon, method="rules")))
        suite.rules = {rule.id: rule for lesson in lexicon.lessons for rule in lesson.rules}
        examples = [example for lesson in lexicon.lessons for example in lesson.examples if keep(example)]
        plain = [unmark(example.text) for example in examples]
        passages = [passage_of(one, text) for one, (text, _) in zip(examples, plain, strict=True)]
        for example, (_, spans), looked in zip(examples, plain, suite.bench.look(passages), strict=True):
            mentions = suite.of_lesson(example, looked)
            suite.reads.append(Read(example, looked, spans, mentions, judge(example, spans, mentions)))
        return suite

    def of_lesson(self, example: Example, looked: Looked) -> tuple[Mention, ...]:
        """Return the mentions of the example's lesson, by the rules as they stand now."""
        return tuple(one for one in self.bench.mentions(looked) if one.lesson == example.lesson)


def run(suite: Suite, *, complete: bool = True) -> TestReport:
    """Test a lexicon: examples, variants and, with `complete`, whether all of it is exercised."""
    from chna_toolkit.lexicon_ci.completeness import completeness

    cases = [case for read, made in _variants(suite) for case in (_case(read), *made)]
    findings = [_finding(case) for case in cases if case.problem]
    findings += _stale(suite)
    shares: tuple[Share, ...] = ()
    if complete:
        untested, shares = completeness(suite)
        findings += untested
    return TestReport(suite.lexicon, tuple(cases), tuple(in_order(findings)), shares)


def _case(read: Read) -> Case:
    return Case(read.example, "", read.looked.passage.text, read.spans, read.mentions, read.problem)


def _finding(case: Case) -> Finding:
    assert case.problem
    origin, rules = case.example.origin, case.example.rules
    variant = f" in the variant {case.variant}" if case.variant else ""
    return Finding(
        origin.file,
        origin.line,
        rules[0] if rules else case.example.lesson,
        case.problem.slug,
        Severity.ERROR,
        f"{case.problem.message}{variant}\n  expected: {case.shown_expected}\n  found:    {case.shown_found}"
        f"\n            {case.found}",
        case.problem.remedy,
    )


def _stale(suite: Suite) -> Iterator[Finding]:
    """Examples that name a rule or a variant that does not exist, and variants left out to no purpose."""
    for read in suite.reads:
        example, origin = read.example, read.example.origin
        for name in example.rules:
            if name not in suite.rules:
                message = f"the example names a rule that does not exist: {name}"
                yield Finding(origin.file, origin.line, name, "example-unknown-rule", Severity.ERROR, message)
        for name in example.skip:
            if name not in NAMES:
                message, remedy = f"there is no variant {name!r} to skip", f"Variants are {', '.join(NAMES)}."
                yield Finding(origin.file, origin.line, "", "example-unknown-variant", Severity.ERROR, message, remedy)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A variant to be looked up."""

    read: Read
    name: str
    text: str
    wanted: Assertion | None  # of a directed variant; `None`: nothing may change


def _variants(suite: Suite) -> Iterator[tuple[Read, list[Case]]]:
    """Yield each example with the cases made of it."""
    planned = [one for read in suite.reads for one in _plan(suite, read)]
    passages = [passage_of(one.read.example, one.text) for one in planned]
    made: dict[int, list[Case]] = {}
    for one, looked in zip(planned, suite.bench.look(passages), strict=True):
        mentions = suite.of_lesson(one.read.example, looked)
        problem = _turned(one, mentions) if one.wanted else _lost(one, mentions)
        made.setdefault(id(one.read), []).append(
            Case(one.read.example, one.name, one.text, (), mentions, problem)
        )  # fmt: skip
    for read in suite.reads:
        yield read, made.get(id(read), [])


def _plan(suite: Suite, read: Read) -> Iterator[_Planned]:
    """Make the variants of an example that matches as it should; of others nothing is known."""
    example, sure = read.example, counted(read.mentions)
    if example.expect != "match" or read.problem or not sure:
        return
    text, phrases = read.looked.passage.text, _phrases(suite, sure)
    whole = [(one.start, one.end) for one in sure]
    for name, make in INVARIANT.items():
        if not skips(example, name, phrases):
            made = make(text, spans_of(sure) if name in ("hyphenation", "plural") else whole)
            if made is not None and made != text:
                yield _Planned(read, name, made, None)
    if assertion_of(sure) is not Assertion.PRACTICE or any(suite.rules[one.rule].assertion for one in sure):
        return  # only what is said to be done can be denied, and where the rule settles it no cue does
    for name, (make, wanted) in DIRECTED.items():
        spared = any(example.lesson in cue.spares for cue in suite.lexicon.cues if cue.assertion is wanted)
        if not spared and not skips(example, name, phrases) and (made := make(text, whole)) is not None:
            yield _Planned(read, name, made, wanted)


def _phrases(suite: Suite, mentions: Iterable[Mention]) -> Sequence[str]:
    return [phrase for one in mentions for part in suite.rules[one.rule].parts for phrase in part]


def _lost(one: _Planned, mentions: Sequence[Mention]) -> Problem | None:
    """What an invariant variant lost: the lesson, a pinned rule."""
    found = {mention.rule for mention in counted(mentions)}
    missing = sorted(set(one.read.example.rules) - found)
    if found and not missing:
        return None
    what = ", ".join(missing) or one.read.example.lesson
    return Problem("variant-lost", f"{what} is lost", _skip_hint(one.name))


def _turned(one: _Planned, mentions: Sequence[Mention]) -> Problem | None:
    """What a directed variant did not turn: a denial may also undo the match."""
    found = assertion_of(mentions)
    if found is one.wanted or (one.wanted is Assertion.LACK and found is not Assertion.PRACTICE):
        return None
    return Problem("variant-assertion", f"the assertion is {found}, not {one.wanted}", _skip_hint(one.name))


def _skip_hint(name: str) -> str:
    return f'Mend the rule or a cue; if the variant makes no sense here, skip = {{{name} = "why"}}.'


def by_lesson(reads: Iterable[Read]) -> Mapping[str, list[Read]]:
    """Group examples by lesson."""
    groups: dict[str, list[Read]] = {}
    for read in reads:
        groups.setdefault(read.example.lesson, []).append(read)
    return groups
