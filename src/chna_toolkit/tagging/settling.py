"""Which matches of rules count in a text: what is excluded, what gives way, and what is too weak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from chna_toolkit.lexicon.model import Exclusion, Rule
from chna_toolkit.model import combined
from chna_toolkit.tagging.index import Span
from chna_toolkit.tagging.rules import Match, ReadyRule

# A passage is labelled with a lesson when its rules together reach this confidence; a rule
# below it counts only beside another one.
COUNTED = 0.5

# Below it a mention is not even a near miss worth showing.
NEAR = 0.3

EXCLUDED = "excluded"  # begins the reason of what an exclusion set aside; the learned layer lets it stand


@dataclass(frozen=True, slots=True)
class Claim:
    """A match of a rule, and why it does not count, if so."""

    rule: Rule
    match: Match
    set_aside: str


def promising(rules: list[ReadyRule]) -> list[ReadyRule]:
    """Leave out the rules of lessons that could not even come near if all of them matched."""
    best: dict[str, float] = {}
    for ready in rules:
        best[ready.rule.lesson] = combined((best.get(ready.rule.lesson, 0.0), ready.rule.confidence))
    return [ready for ready in rules if best[ready.rule.lesson] >= NEAR]


def excluded_by(rule: Rule, match: Match, excluded: list[tuple[Exclusion, list[Span]]]) -> str:
    """Return why a match is excluded, of the exclusions that hold in the text and where; "" if it is not."""
    for exclusion, spans in excluded:
        mine = exclusion.lesson in ("", rule.lesson) and rule.lesson not in exclusion.spares
        if mine and any(part[0] < span[1] and span[0] < part[1] for part in match for span in spans):
            return f"{EXCLUDED}: {exclusion.id}"
    return ""


def settle(claims: list[Claim]) -> list[Claim]:
    """Decide what counts: evidence of a lesson must suffice together, and some rules give way to lessons.

    Weak claims that are not even near are dropped.
    """
    strength = _strength(claims)
    strong = {lesson: value for lesson, value in strength.items() if value >= COUNTED}
    yields = {lesson: _yields(claims, lesson) for lesson in strong}
    claims = [_give_way(claim, strong, yields) for claim in claims]
    strength = _strength(claims)  # what is left of a lesson must still suffice
    settled = []
    for claim in claims:
        if claim.set_aside or strength[claim.rule.lesson] >= COUNTED:
            settled.append(claim)
        elif strength[claim.rule.lesson] >= NEAR:
            settled.append(replace(claim, set_aside="weak: needs a second rule"))
    return settled


def _strength(claims: list[Claim]) -> dict[str, float]:
    """Confidence of each lesson by its claims that are not set aside."""
    confidences: dict[str, dict[str, float]] = {}
    for claim in claims:
        if not claim.set_aside:
            confidences.setdefault(claim.rule.lesson, {})[claim.rule.id] = claim.rule.confidence
    return {lesson: combined(rules.values()) for lesson, rules in confidences.items()}


def _yields(claims: list[Claim], lesson: str) -> frozenset[str]:
    """Return the lessons that all claims of a lesson give way to."""
    return frozenset.intersection(
        *(frozenset(claim.rule.yields_to) for claim in claims if claim.rule.lesson == lesson and not claim.set_aside)
    )


def _give_way(claim: Claim, strong: Mapping[str, float], yields: Mapping[str, frozenset[str]]) -> Claim:
    """Set a claim aside where its rule yields to a lesson that is there; of two that yield to each other, one stays."""
    own = claim.rule.lesson
    rivals = [
        lesson
        for lesson in claim.rule.yields_to
        if lesson in strong and not (own in yields[lesson] and (strong.get(own, 0.0), lesson) > (strong[lesson], own))
    ]
    return replace(claim, set_aside=f"yields to {rivals[0]}") if rivals and not claim.set_aside else claim
