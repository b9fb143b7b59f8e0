"""Whether the examples would notice: each rule, exclusion and cue is dropped or weakened in turn.

A mutant is killed if some example that holds today fails with it. A dropped rule that no example
misses could be lost in an edit and nobody would know, so that is an error; a weakened one that
survives is a warning that says which sentence is still to be written. Only examples that have the
words a mutant asks for are judged again, and no phrase is looked up twice, so thousands of
mutants take seconds. What no example notices, labelled texts may: a baseline of what is found in them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from chna_toolkit.lexicon.model import Origin, Rule
from chna_toolkit.lexicon_ci.cases import judge
from chna_toolkit.lexicon_ci.findings import Finding, Severity
from chna_toolkit.lexicon_ci.noticing import Texts
from chna_toolkit.lexicon_ci.suite import Read, Suite, by_lesson

DROPPED = ("rule-dropped", "exclusion-dropped")  # a survivor of these is an error


@dataclass(frozen=True, slots=True)
class Mutant:
    """One rule, exclusion or cue that is missing or says less than it did."""

    kind: str  # "rule-dropped", "part-dropped", …
    target: str  # id of what was changed
    detail: str  # what of it, in words
    origin: Origin
    rule: Rule | None = None  # what stands in its place; `None`: nothing


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant."""

    mutant: Mutant
    killer: str  # place of the first example that fails with it; "" if none does
    noticer: str = ""  # id of a text in which something else is found with it; asked only if no example fails


@dataclass(frozen=True)
class MutationReport:
    """What became of all mutants."""

    verdicts: tuple[Verdict, ...]
    by_texts: bool = False  # whether texts were asked, too
    findings: tuple[Finding, ...] = field(init=False)

    def __post_init__(self) -> None:
        findings = (_finding(one.mutant) for one in self.verdicts if not (one.killer or one.noticer))
        object.__setattr__(self, "findings", tuple(findings))

    @property
    def by_kind(self) -> Mapping[str, tuple[int, int]]:
        """Killed and all, for each kind of mutant in the order they are made."""
        every = Counter(one.mutant.kind for one in self.verdicts)
        killed = Counter(one.mutant.kind for one in self.verdicts if one.killer)
        return {kind: (killed[kind], number) for kind, number in every.items()}

    @property
    def killed(self) -> float:
        """Share of all mutants that some example notices; 1 if there are none."""
        return sum(bool(one.killer) for one in self.verdicts) / len(self.verdicts) if self.verdicts else 1.0

    @property
    def summary(self) -> tuple[str, ...]:
        """The result in a line or two."""
        kinds = "; ".join(f"{kind} {killed:,} of {number:,}" for kind, (killed, number) in self.by_kind.items())
        lines = [f"mutants noticed by an example, {self.killed:.1%} of {len(self.verdicts):,}: {kinds}"]
        if self.by_texts:
            by_text = Counter(one.mutant.kind for one in self.verdicts if one.noticer)
            noticed = sum(bool(one.killer or one.noticer) for one in self.verdicts) / len(self.verdicts)
            kinds = "; ".join(f"{kind} {by_text[kind]:,}" for kind in self.by_kind if by_text[kind])
            lines.append(f"by a text where no example does: {kinds or 'none'}; in all {noticed:.1%}")
        return tuple(lines)


def mutate(
    suite: Suite,
    lessons: Iterable[str] | None = None,
    progress: Callable[[int, int], None] = lambda *_: None,
    *,
    kinds: Collection[str] = (),
    texts: Texts | None = None,
) -> MutationReport:
    """Try all mutants of a lexicon, or of some lessons (ids), or of some kinds, on its examples, then on texts."""
    chosen = frozenset(lessons) if lessons is not None else None
    mutants = [one for one in _mutants(suite, chosen) if not kinds or one.kind in kinds]
    groups = by_lesson(read for read in suite.reads if not read.problem)
    verdicts = []
    for number, mutant in enumerate(mutants):
        progress(number, len(mutants))
        killer = _killer(suite, mutant, groups)
        noticer = _noticer(suite, mutant, texts) if texts and not killer else ""
        verdicts.append(Verdict(mutant, killer, noticer))
    return MutationReport(tuple(verdicts), texts is not None)


def _mutants(suite: Suite, lessons: frozenset[str] | None) -> Iterator[Mutant]:
    """Yield the mutants of what the lexicon itself says; what it inherits is tested where it was written."""
    lexicon = suite.lexicon
    for rule in suite.rules.values():
        if (lessons is None or rule.lesson in lessons) and lexicon.is_own(rule.origin):
            yield Mutant("rule-dropped", rule.id, "the rule", rule.origin)
            for kind, detail, weaker in _weaker(rule):
                yield Mutant(kind, rule.id, detail, rule.origin, weaker)
    everywhere = lexicon.exclusions if lessons is None else ()
    local = [one for lesson in lexicon.lessons if lessons is None or lesson.id in lessons for one in lesson.exclusions]
    for exclusion in (*everywhere, *local):
        if lexicon.is_own(exclusion.origin):
            yield Mutant("exclusion-dropped", exclusion.id, "the exclusion", exclusion.origin)
    for cue in lexicon.cues if lessons is None else ():
        if lexicon.is_own(cue.origin):
            yield Mutant("cue-dropped", cue.id, "the cue", cue.origin)


def _weaker(rule: Rule) -> Iterator[tuple[str, str, Rule]]:
    """Yield each way in which a rule can say less: kind, what of it, the weaker rule."""
    if len(rule.parts) > 1:
        for place in range(len(rule.parts)):
            parts = rule.parts[:place] + rule.parts[place + 1 :]
            yield "part-dropped", f"part {place + 1}", replace(rule, parts=parts)
        if rule.within:
            yield "within-halved", f"within = {rule.within // 2}", replace(rule, within=rule.within // 2)
        if rule.ordered:
            yield "order-loosened", 'order = "any"', replace(rule, ordered=False)
    for place in range(len(rule.needs)):
        needs = rule.needs[:place] + rule.needs[place + 1 :]
        yield "needs-dropped", f"needs {place + 1}", replace(rule, needs=needs)
    if rule.unless:
        yield "unless-dropped", "unless", replace(rule, unless=())
    if rule.not_before:
        yield "not-before-dropped", "not_before", replace(rule, not_before=())
    if rule.not_after:
        yield "not-after-dropped", "not_after", replace(rule, not_after=())
    if rule.yields_to:
        yield "yields-to-dropped", "yields_to", replace(rule, yields_to=())
    if rule.starts:
        yield "starts-dropped", "starts", replace(rule, starts=False)
    if rule.assertion:
        yield "assertion-dropped", f'assertion = "{rule.assertion}"', replace(rule, assertion=None)
    if rule.parts and (rule.kinds or rule.under or rule.header):
        yield "place-dropped", "kinds, under and header", replace(rule, kinds=(), under=(), header=())


def _killer(suite: Suite, mutant: Mutant, groups: Mapping[str, list[Read]]) -> str:
    """Return the place of the first example that fails with the mutant."""
    kind, target = mutant.kind, mutant.target
    if kind == "exclusion-dropped":
        reads = _excluded(suite, target, groups)
        changes = suite.bench.changed(exclusions=[target])
    elif kind == "cue-dropped":
        reads = [read for group in groups.values() for read in group if suite.bench.cued(target, read.looked)]
        changes = suite.bench.changed(cues=[target])
    else:
        rule = suite.rules[target]
        near = _touched(suite, rule.lesson, groups)
        near.sort(key=lambda read: target not in read.example.rules)  # those that name it fail soonest
        texts = [read.looked for read in near]
        reads = [near[place] for place in suite.bench.touched(rule, mutant.rule, texts)]
        changes = suite.bench.changed({target: mutant.rule})
    with changes:
        for read in reads:
            if judge(read.example, read.spans, suite.of_lesson(read.example, read.looked)):
                return f"{read.example.origin.file.name}:{read.example.origin.line}"
    return ""


def _noticer(suite: Suite, mutant: Mutant, texts: Texts) -> str:
    """Return the id of a text in which a mutant of a rule finds something else."""
    rule = suite.rules.get(mutant.target)
    return texts.notices(rule, mutant.rule) if rule else ""  # exclusions and cues have their examples


def _touched(suite: Suite, lesson: str, groups: Mapping[str, list[Read]]) -> list[Read]:
    """Examples that a rule of a lesson can alter: its own, and those of lessons that give way to it."""
    reads = list(groups.get(lesson, ()))
    for other in suite.lexicon.lessons:
        if other.id != lesson and any(lesson in rule.yields_to for rule in other.rules):
            reads += groups.get(other.id, ())
    return reads


def _excluded(suite: Suite, name: str, groups: Mapping[str, list[Read]]) -> list[Read]:
    lexicon = suite.lexicon
    every = (*lexicon.exclusions, *(one for lesson in lexicon.lessons for one in lesson.exclusions))
    exclusion = next(one for one in every if one.id == name)
    lessons = (
        [exclusion.lesson] if exclusion.lesson else [lesson for lesson in groups if lesson not in exclusion.spares]
    )
    reads = {id(read): read for lesson in lessons for read in _touched(suite, lesson, groups)}
    return [read for read in reads.values() if suite.bench.excludes(exclusion, read.looked)]


_REMEDIES = {
    "rule-dropped": "Write an example that must match and names the rule.",
    "exclusion-dropped": 'Write an example with expect = "no_match" that only the exclusion keeps from matching.',
    "cue-dropped": "Write an example with an assertion that the cue decides.",
    "part-dropped": 'Write an example with expect = "no_match" in which only this part is missing.',
    "within-halved": "Write an example whose parts stand as far apart as the rule allows.",
    "order-loosened": 'Write an example with expect = "no_match" whose parts stand in another order.',
    "needs-dropped": 'Write an example with expect = "no_match" in which only this companion is missing.',
    "assertion-dropped": "Write an example with this assertion and no cue for it.",
}
_NO_MATCH = 'Write an example with expect = "no_match" that only this keeps from matching.'


def _finding(mutant: Mutant) -> Finding:
    severity = Severity.ERROR if mutant.kind in DROPPED else Severity.WARNING
    message = f"no example notices when {mutant.detail} of {mutant.target} is gone"
    if mutant.kind in ("within-halved", "order-loosened"):
        message = f"no example notices when {mutant.target} has {mutant.detail}"
    elif mutant.kind in (*DROPPED, "cue-dropped"):
        message = f"no example notices when {mutant.target} is gone"
    remedy = _REMEDIES.get(mutant.kind, _NO_MATCH)
    return Finding(
        mutant.origin.file, mutant.origin.line, mutant.target, f"mutant-{mutant.kind}", severity, message, remedy
    )
