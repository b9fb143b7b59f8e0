"""What the scripts that fine-tune transformers share: the coded texts, and how far scores are from their labels."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from chna_toolkit.cli.evaluate import find_text
from chna_toolkit.config import load_settings
from chna_toolkit.evaluation import load_gold
from chna_toolkit.evaluation.gold import GoldUnit
from chna_toolkit.lexicon import Lexicon, load_lexicon
from chna_toolkit.model import Assertion
from chna_toolkit.training import read_material
from chna_toolkit.training.train import Coded

BATCH = 32
WARM_UP = 0.1  # of the steps
EVIDENCE_WEIGHT = 2.0  # of a lesson that is there against one that is not: they are rare
ASSERTION_SHARE = 0.3  # of the loss: telling practice from plan makes the lessons' clearer, too
ASSERTIONS = list(Assertion)


@dataclass(frozen=True)
class Material:
    """Coded texts to learn from, and all there are: what is left out of the first is in the second."""

    lexicon: Lexicon
    numbers: list[str]  # of the lessons
    taught: list[Coded]
    every: list[Coded]
    facts: dict[str, Any]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("--documents", action="append", default=[])
    parser.add_argument("-o", "--output", type=Path, required=True)


def read_coded(gold: Sequence[Path], documents: Sequence[str], without: str) -> Material:
    """Read gold files, whose texts may stand in documents; `without` names parts of the split, with commas."""
    lexicon, settings = load_lexicon(), load_settings({})

    def load(path: Path) -> list[GoldUnit]:
        units = load_gold(path)
        return units if all(unit.text for unit in units) else find_text(units, tuple(documents), settings).units

    taught, facts = read_material(gold, lexicon, [part for part in without.split(",") if part], load)
    every, _ = read_material(gold, lexicon, (), load)
    return Material(lexicon, [str(lesson.number) for lesson in lexicon.lessons], taught, every, facts)


@dataclass(frozen=True)
class Targets:
    """What each text bears, what is known of it, and the share of each assertion among its labels."""

    bears: torch.Tensor
    known: torch.Tensor
    asserted: torch.Tensor

    @classmethod
    def of(cls, material: Sequence[Coded], numbers: Sequence[str]) -> Targets:
        bears = [[float(number in one.labels) for number in numbers] for one in material]
        known = [[float(one.known is None or number in one.known) for number in numbers] for one in material]
        asserted = torch.zeros(len(material), len(ASSERTIONS))
        for row, one in enumerate(material):
            given = [label for label in one.unit.labels.values() if label] if one.unit else []
            for label in given:
                asserted[row, ASSERTIONS.index(label)] += 1 / len(given)
        return cls(torch.tensor(bears), torch.tensor(known), asserted)

    def loss(self, out: torch.Tensor, chosen: Sequence[int]) -> torch.Tensor:
        """Return the mean loss of some texts, whose log odds of lessons and then of assertions are `out`."""
        lessons = self.bears.shape[1]
        by_lesson = binary_cross_entropy_with_logits(
            out[:, :lessons], self.bears[chosen], reduction="none", pos_weight=torch.tensor(EVIDENCE_WEIGHT)
        )
        by_assertion = -(self.asserted[chosen] * out[:, lessons:].log_softmax(-1)).sum()
        return ((by_lesson * self.known[chosen]).sum() + ASSERTION_SHARE * by_assertion) / len(chosen)


def batches(lengths: Sequence[int], dice: np.random.Generator, size: int = BATCH) -> list[list[int]]:
    """Return the texts in a new order, with texts of about the same length together."""
    order = dice.permutation(len(lengths)).tolist()
    pools = [order[first : first + 20 * size] for first in range(0, len(order), 20 * size)]
    sorted_pools = [sorted(pool, key=lambda place: lengths[place]) for pool in pools]
    found = [pool[first : first + size] for pool in sorted_pools for first in range(0, len(pool), size)]
    return [found[place] for place in dice.permutation(len(found))]


def schedule(optimizer: torch.optim.Optimizer, steps: int) -> torch.optim.lr_scheduler.LRScheduler:
    """Let the rates grow at first, and then shrink to nothing."""
    return torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / (WARM_UP * steps)) * max(0.0, 1.0 - step / steps)
    )


@dataclass
class Taught:
    """Texts with what the teacher makes of them: the lessons' log odds, and its last states' mean."""

    texts: list[str]
    odds: torch.Tensor
    states: torch.Tensor


def write_taught(path: Path, texts: Sequence[str], odds: torch.Tensor, states: torch.Tensor) -> None:
    """Write a file of them; it is there as a whole or not at all."""
    unfinished = path.with_suffix(".unfinished")
    with unfinished.open("wb") as file:
        np.savez(file, texts=np.array(json.dumps(list(texts))), odds=odds.numpy(), states=states.half().numpy())
    unfinished.replace(path)


def read_taught(path: Path) -> Taught:
    """Read the same."""
    with np.load(path) as stored:
        texts = json.loads(str(stored["texts"]))
        return Taught(texts, torch.tensor(stored["odds"]), torch.tensor(stored["states"]))
