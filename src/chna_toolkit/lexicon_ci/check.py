"""`chna lexicon check`: every mistake in a lexicon at once, with its place and remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from chna_toolkit.errors import LexiconError
from chna_toolkit.lexicon.layers import Layer
from chna_toolkit.lexicon.load import build, check_phrases, open_layer
from chna_toolkit.lexicon_ci.findings import Finding, Severity, in_order
from chna_toolkit.lexicon_ci.relations import relations
from chna_toolkit.lexicon_ci.smells import smells
from chna_toolkit.lexicon_ci.spelt import Spelt

# What the check may say of a sound lexicon, and so what `allow` may name; docs/lexicon.md lists it.
SLUGS = {
    "allow-unneeded": "a finding is allowed that is not found any more",
    "ambiguous-word": "a single word counts wherever it stands, without a companion",
    "any-number": "a figure in a phrase stands for any number",
    "bare-words": "with its optional words missing a phrase is nothing but `to` or `of`",
    "class-unused": "nobody uses a class",
    "counted-twice": "two rules of a lesson share phrases, so the same words add up",
    "dead-phrase": "a phrase holds one that its rule forbids",
    "duplicate-rule": "two rules match just the same",
    "lessons-overlap": "a phrase counts by itself for two lessons, and neither yields",
    "listed-twice": "a list has a phrase twice",
    "long-line": "a list stands on a line that nobody can review",
    "mutual-yield": "two rules yield to each other's lesson: where both match, the stronger lesson alone counts",
    "never-matches": "a rule can never match, or never count",
    "optional-plural": "`grants?` makes the whole word optional, not its ending",
    "overfitted": "a forbidden phrase is so long that it fits one sentence alone",
    "punctuation": "a phrase is written over a comma, and text is never matched over one",
    "read-as": "a word is read as a form of another one, as `found` of `find`",
    "rule-untested": "no example exercises a rule",
    "shadowed": "another rule of the lesson matches wherever this one does",
    "swallowed-phrase": "an exclusion sets aside all that a phrase of a rule finds",
    "swallowed-rule": "an exclusion sets aside all that a rule finds",
    "too-costly": "a phrase stands for thousands of others, or a rule has too many parts",
}


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong with a lexicon. `is_valid`: it can be used; without that only its syntax was looked at."""

    name: str  # and version
    findings: tuple[Finding, ...]
    is_valid: bool
    allowed: int  # findings left out with a reason


def check(path: Path | None = None, *, run_examples: bool = True) -> Checked:
    """Return the mistakes of a lexicon (a folder or a shipped one; `None`: the built-in) in the order of place.

    `run_examples` also looks which rules no example exercises. Raises `LexiconError` if there is no lexicon.
    """
    errors: list[LexiconError] = []
    layer = open_layer(path, errors.append)
    lexicon = build(layer, errors.append)
    if not errors:
        check_phrases(lexicon, layer, errors.append)
    name = f"{lexicon.name} {lexicon.version}".strip()
    if errors:
        return Checked(name, tuple(in_order(map(_finding, errors))), False, 0)
    spelt = Spelt(lexicon, layer)
    found = {*smells(spelt), *relations(spelt)}
    if run_examples:
        found.update(_untested(spelt))
    allowances = list(_allowances(layer))
    left = {one for one in found if not any(allowance.covers(one) for allowance in allowances)}
    for allowance in allowances:
        left.update(allowance.mistakes(found, run_examples))
    return Checked(name, tuple(in_order(left)), True, len(found - left))


def _finding(error: LexiconError) -> Finding:
    return Finding(error.file or Path(), error.line, error.rule, error.kind, Severity.ERROR, error.text, error.hint)


def _untested(spelt: Spelt) -> Iterator[Finding]:
    from chna_toolkit.lexicon_ci.completeness import rules_exercised
    from chna_toolkit.lexicon_ci.suite import Suite

    done = rules_exercised(Suite.of(spelt.lexicon))
    for rule in spelt.rules():
        if rule.id not in done and spelt.is_own(rule.id):
            message = f"no example exercises {rule.id}"
            remedy = "Write an example that must match and name the rule in it."
            yield spelt.finding(rule.id, "rule-untested", Severity.WARNING, message, remedy)


# -- what is left out with a reason


@dataclass(frozen=True, slots=True)
class _Allowance:
    """A finding that the lexicon allows: in one entry, of one class, or in a whole file."""

    file: Path
    line: int
    of: str  # id of the entry, or `@class`; "" for the whole file
    slug: str
    reason: str

    def covers(self, finding: Finding) -> bool:
        return bool(
            self.slug == finding.slug
            and self.reason
            and (self.of == finding.rule if self.of else self.file == finding.file)
        )

    def mistakes(self, found: Iterable[Finding], run_examples: bool) -> Iterator[Finding]:
        """What is wrong with it: no reason, no such finding, or no longer needed."""
        if self.slug not in SLUGS:
            near = get_close_matches(self.slug, SLUGS, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Findings are: {', '.join(SLUGS)}."
            yield self._finding("unknown-finding", Severity.ERROR, f"there is no finding {self.slug!r} to allow", hint)
        elif not self.reason:
            yield self._finding(
                "missing-reason", Severity.ERROR, f"{self.slug!r} is allowed without a reason", "Say why."
            )
        elif (run_examples or self.slug != "rule-untested") and not any(self.covers(one) for one in found):
            message = f"{self.slug!r} is allowed and not found any more"
            yield self._finding("allow-unneeded", Severity.WARNING, message, "Drop it (--fix).")

    def _finding(self, slug: str, severity: Severity, message: str, remedy: str) -> Finding:
        return Finding(self.file, self.line, self.of, slug, severity, message, remedy)


def _allowances(layer: Layer) -> Iterator[_Allowance]:
    for _, pieces in layer.pieces():
        for name, owned in pieces.items():
            table = owned.entry.data.get("allow", {})
            if owned.entry.source in layer.sources and isinstance(table, dict):
                file, line = owned.entry.place("allow")
                for slug, reason in table.items():
                    yield _Allowance(file, line, name, slug, str(reason).strip())
    for source in layer.sources:
        table = source.table("allow")
        for key, reason in table.data.items():
            slug, _, of = key.partition(" ")
            file, line = table.place(key)
            yield _Allowance(file, line, of.strip(), slug, str(reason).strip() if isinstance(reason, str) else "")
