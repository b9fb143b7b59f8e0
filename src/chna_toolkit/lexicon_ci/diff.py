"""What a change of the lexicon does to a corpus: places gained and lost, assertions, statuses, figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from chna_toolkit.lexicon.model import Lexicon, Origin
from chna_toolkit.lexicon_ci.corpus import Found, Hospital, Snapshot
from chna_toolkit.lexicon_ci.findings import Finding, Severity, in_order
from chna_toolkit.lexicon_ci.formats import Check, Report

_SHOWN = 20  # places of each kind in text and Markdown; JSON has all


@dataclass(frozen=True, slots=True)
class Flip:
    """A status of a hospital that changed, with the rules that did it."""

    hospital: str
    lesson: str
    old: str
    new: str
    rules: tuple[str, ...]  # those that count in its documents in one of the two alone, or say another assertion


@dataclass(frozen=True)
class Difference:
    """All that differs between two snapshots of one corpus."""

    old: Snapshot
    new: Snapshot
    gained: tuple[Found, ...]
    lost: tuple[Found, ...]
    changed: tuple[tuple[Found, Found], ...]  # the assertion, or the rules
    flips: tuple[Flip, ...]

    @property
    def reasserted(self) -> tuple[tuple[Found, Found], ...]:
        """Places that both find and assert otherwise."""
        return tuple(pair for pair in self.changed if pair[0].assertion != pair[1].assertion)

    @property
    def by_other_rules(self) -> tuple[tuple[Found, Found], ...]:
        """Places that both find and assert alike, but by other rules."""
        return tuple(pair for pair in self.changed if pair[0].assertion == pair[1].assertion)

    @property
    def figures(self) -> Mapping[str, tuple[float, float]]:
        """Figures against gold that differ: old, new."""
        names = [name for name in self.new.figures if name in self.old.figures]
        pairs = {name: (self.old.figures[name], self.new.figures[name]) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@dataclass(frozen=True, slots=True)
class Gates:
    """What makes the comparison fail; `None`: nothing."""

    max_flips: int | None = None
    max_lost: int | None = None
    max_changed: int | None = None  # places gained, lost, asserted otherwise or found by other rules
    fail_under: float | None = None  # least F1 against gold


def compare(old: Snapshot, new: Snapshot) -> Difference:
    """Compare what two lexicons find in one corpus."""
    before = {one.key: one for one in old.found}
    after = {one.key: one for one in new.found}
    changed = tuple(
        (before[key], after[key])
        for key in after
        if key in before and (before[key].assertion, before[key].rules) != (after[key].assertion, after[key].rules)
    )
    gained = tuple(one for key, one in after.items() if key not in before)
    lost = tuple(one for key, one in before.items() if key not in after)
    flips = tuple(_flips(old, new, gained, lost, changed))
    return Difference(old, new, gained, lost, changed, flips)


def _flips(
    old: Snapshot,
    new: Snapshot,
    gained: Sequence[Found],
    lost: Sequence[Found],
    changed: Sequence[tuple[Found, Found]],
) -> Iterator[Flip]:
    before = {(one.name, one.documents): one for one in old.hospitals}
    moved: dict[tuple[str, str], Counter[str]] = {}
    for one in (*gained, *lost):
        moved.setdefault((one.document, one.lesson), Counter()).update(one.rules)
    for first, second in changed:
        rules = set(first.rules) ^ set(second.rules) or set(second.rules)
        moved.setdefault((second.document, second.lesson), Counter()).update(rules)
    for hospital in new.hospitals:
        known = before.get((hospital.name, hospital.documents))
        for lesson, status in hospital.statuses.items() if known else ():
            earlier = known.statuses.get(lesson, status) if known else status
            if earlier != status:
                yield Flip(hospital.name, lesson, earlier, status, _causes(hospital, lesson, moved))


def _causes(hospital: Hospital, lesson: str, moved: Mapping[tuple[str, str], Counter[str]]) -> tuple[str, ...]:
    """Rules that moved in the documents of the hospital, those of most places first."""
    counts: Counter[str] = Counter()
    for document in hospital.documents:
        counts.update(moved.get((document, lesson), Counter()))
    return tuple(rule for rule, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def report(difference: Difference, gates: Gates, lexicon: Lexicon) -> Report:
    """Return the difference as a report; `lexicon` is the new one, whose rules say where they stand."""
    places = {rule.id: rule.origin for lesson in lexicon.lessons for rule in lesson.rules}
    findings = [_flip_finding(flip, places, lexicon.path) for flip in difference.flips]
    findings += _gate_findings(difference, gates, lexicon.path)
    old, new = difference.old, difference.new
    summary = [
        f"old: {old.lexicon}, hash {old.hash[:12]}; new: {new.lexicon}, hash {new.hash[:12]}; method {new.method}",
        f"{len(difference.gained):,} places gained, {len(difference.lost):,} lost, "
        f"{len(difference.reasserted):,} asserted otherwise, {len(difference.by_other_rules):,} found by other rules; "
        f"{len(difference.flips):,} statuses flip",
    ]
    if new.figures:
        summary.append("against gold: " + ", ".join(_figure(name, difference) for name in _MAIN if name in new.figures))
    checks = tuple(Check("gates", one.slug, one.message) for one in findings if one.severity is Severity.ERROR)
    data = {
        "gained": [asdict(one) for one in difference.gained],
        "lost": [asdict(one) for one in difference.lost],
        "reasserted": [{"old": asdict(first), "new": asdict(second)} for first, second in difference.reasserted],
        "by_other_rules": [{"old": asdict(one), "new": asdict(two)} for one, two in difference.by_other_rules],
        "flips": [asdict(flip) for flip in difference.flips],
        "figures": {name: list(pair) for name, pair in difference.figures.items()},
    }
    body = "\n".join(_body(difference))
    return Report("diff", new.lexicon, tuple(in_order(findings)), tuple(summary), checks, data, body)


_MAIN = ("precision", "recall", "f1", "macro_f1", "assertion_accuracy")


def _figure(name: str, difference: Difference) -> str:
    now = difference.new.figures[name]
    was = difference.old.figures.get(name)
    change = "" if was is None or was == now else f" ({now - was:+.4f})"
    return f"{name.replace('_', ' ')} {now:.4f}{change}"


def _flip_finding(flip: Flip, places: Mapping[str, Origin], folder: Path) -> Finding:
    rule = next((name for name in flip.rules if name in places), "")
    origin = places[rule] if rule else Origin(folder / "lexicon.toml", 0)
    why = f"by {', '.join(flip.rules)}" if flip.rules else "by confidence alone"
    message = f"{flip.hospital}: {flip.lesson} is {flip.new}, was {flip.old}, {why}"
    return Finding(origin.file, origin.line, rule, "status-flip", Severity.NOTE, message)


def _gate_findings(difference: Difference, gates: Gates, folder: Path) -> Iterator[Finding]:
    flips, lost, f1 = len(difference.flips), len(difference.lost), difference.new.figures.get("f1")
    file = folder / "lexicon.toml"
    if gates.max_flips is not None and flips > gates.max_flips:
        message = f"{flips:,} statuses flip; at most {gates.max_flips:,} may"
        yield Finding(file, 0, "", "too-many-flips", Severity.ERROR, message, _ACCEPT)
    if gates.max_lost is not None and lost > gates.max_lost:
        message = f"{lost:,} places are lost; at most {gates.max_lost:,} may be"
        yield Finding(file, 0, "", "too-many-lost", Severity.ERROR, message, _ACCEPT)
    changed = len(difference.gained) + lost + len(difference.changed)
    if gates.max_changed is not None and changed > gates.max_changed:
        message = f"{changed:,} places are gained, lost or found otherwise; at most {gates.max_changed:,} may be"
        yield Finding(file, 0, "", "too-many-changed", Severity.ERROR, message, _ACCEPT)
    if gates.fail_under is not None and (f1 is None or f1 < gates.fail_under):
        message = f"F1 against gold is {f1}, under {gates.fail_under}" if f1 is not None else "the corpus has no gold"
        yield Finding(file, 0, "", "figures-too-low", Severity.ERROR, message, "See what was lost and gained.")


_ACCEPT = "If the change is meant, accept it with --accept and commit the baseline."


def _body(difference: Difference) -> Iterator[str]:
    """What moved, as fenced text: it is a concordance, and documents' text must not become mark-up."""
    kinds: list[tuple[str, list[str]]] = [
        ("flipped", [_flip_line(flip) for flip in difference.flips]),
        ("lost", [_line(one) for one in difference.lost]),
        ("gained", [_line(one) for one in difference.gained]),
        ("asserted otherwise", [f"{_line(two)} (was {one.assertion})" for one, two in difference.reasserted]),
        (
            "found by other rules",
            [f"{_line(two)} (was {', '.join(one.rules)})" for one, two in difference.by_other_rules],
        ),
    ]
    for name, lines in kinds:
        if lines:
            more = [f"… and {len(lines) - _SHOWN:,} more"] if len(lines) > _SHOWN else []
            yield "\n".join([f"{name}:", "", "```text", *lines[:_SHOWN], *more, "```", ""])
    if difference.figures:
        rows = [f"{name:<20} {was:.4f} → {now:.4f}" for name, (was, now) in difference.figures.items()]
        yield "\n".join(["figures against gold:", "", "```text", *rows, "```", ""])


def _flip_line(flip: Flip) -> str:
    return f"{flip.hospital}: {flip.lesson} {flip.old} → {flip.new}, by {', '.join(flip.rules) or 'confidence alone'}"


def _line(one: Found) -> str:
    place = f"{one.document} p. {one.page}" if one.page else one.document
    text = f"{one.left[-40:]:>40}[{one.words}]{one.right[:40]}"
    plain = " ".join(text.replace("`", "'").splitlines())
    return f"{one.lesson} {one.assertion:<8} {plain}  ({place}; {', '.join(one.rules)})"
