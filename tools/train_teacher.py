"""Fine-tune a large encoder on coded passages, and write what it makes of them and others: a teacher for the small one.

usage: python tools/train_teacher.py GOLD [GOLD ...] --base DIR --words DIR -o FOLDER [--documents DIR ...]
           [--without check,held] [--state FILE.pt] [--made 250000]

Needs `pip install torch transformers`, and the files of an MPNet model in a folder (`--base`), such as
all-mpnet-base-v2 (Apache License 2.0). Its lower layers stay as they are, so that each text goes through them once.
Then it reads what it learned from, passages of the documents, most of them in doubt by the learned layer, and `--made`
texts that are made of all these (`made_up.py`; `--words` is the folder of the model whose word vectors say which words
are alike). FOLDER gets files of a few thousand texts each with the lessons' log odds and what the teacher's last layer
makes of them. It can be read while it grows, and is gone on with: what stands there is not made again.
An existing `--state` is taken as it is.

The files hold the texts: they stay where the documents are.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Iterator, Sequence
from itertools import accumulate, islice, pairwise
from pathlib import Path

import numpy as np
import torch
from coded_material import (
    ASSERTIONS,
    BATCH,
    Material,
    Targets,
    add_options,
    batches,
    read_coded,
    schedule,
    write_taught,
)
from made_up import Maker
from torch import nn
from torch.nn.functional import dropout, gelu, layer_norm, scaled_dot_product_attention
from transformers import AutoModel, AutoTokenizer

from chna_toolkit.config import load_settings
from chna_toolkit.evaluation.documents import read_sources
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.tagging import Tagger

FROZEN = 6  # layers
LEARNING_RATE, HEAD_RATE = 8e-5, 1e-3
DROPPED = 0.1  # share of the states, while learning
MOST_PIECES = 112
SCORED_AT_ONCE = 64
DOUBT = 0.015  # of passages of documents: the learned layer's probability of some lesson from which they are in doubt
IN_A_FILE = 2_000  # texts


class Teacher(nn.Module):
    """The base with a linear layer over the mean of its last states."""

    def __init__(self, base: Path, outputs: int) -> None:
        super().__init__()
        self.base = AutoModel.from_pretrained(base, add_pooling_layer=False, attn_implementation="eager").eval()
        width = self.base.config.hidden_size
        layers = list(self.base.encoder.layer)
        self.lower, self.upper = layers[:FROZEN], nn.ModuleList(layers[FROZEN:])
        # the mean has small numbers, and the head would learn slowly from them
        self.head = nn.Sequential(nn.LayerNorm(width), nn.Dropout(DROPPED), nn.Linear(width, outputs))
        with torch.no_grad():
            distances = self.base.encoder.compute_position_bias(torch.zeros(1, MOST_PIECES, 1))
        self.distances = distances.to(torch.bfloat16)

    def mask(self, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return which places have a piece, and what attention adds to its scores."""
        longest = int(lengths.max())
        there = torch.arange(longest)[None] < lengths[:, None]
        closed = torch.where(there, 0.0, -1e4)[:, None, None, :].to(torch.bfloat16)
        return there, self.distances[:, :, :longest, :longest] + closed

    def through(self, layer: nn.Module, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        own = layer.attention.attn
        parts, pieces, width = states.shape
        heads = own.num_attention_heads
        query, key, value = (
            one(states).view(parts, pieces, heads, width // heads).transpose(1, 2) for one in (own.q, own.k, own.v)
        )
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).reshape(states.shape)
        states = layer.attention.LayerNorm(dropout(own.o(mixed), DROPPED, self.training) + states)
        wide = gelu(layer.intermediate.dense(states))
        return layer.output.LayerNorm(dropout(layer.output.dense(wide), DROPPED, self.training) + states)

    def forward(self, states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        return self.head(self.mean(states, lengths))

    def mean(self, states: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        """Return the mean of the last states, of those after the lower layers."""
        there, mask = self.mask(lengths)
        for layer in self.upper:
            states = self.through(layer, states, mask)
        weights = there[..., None].float()
        return (states.float() * weights).sum(1) / weights.sum(1)


class Half:
    """Texts after the lower layers, which do not learn."""

    def __init__(self, teacher: Teacher, tokens: list[list[int]], padding: int) -> None:
        self.lengths = list(map(len, tokens))
        self._states: list[torch.Tensor] = [torch.empty(0)] * len(tokens)
        order = sorted(range(len(tokens)), key=lambda place: self.lengths[place])
        teacher.eval()
        with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
            for first in range(0, len(order), SCORED_AT_ONCE):
                chosen = order[first : first + SCORED_AT_ONCE]
                lengths = torch.tensor([self.lengths[place] for place in chosen])
                numbers = torch.full((len(chosen), int(lengths.max())), padding)
                for row, place in enumerate(chosen):
                    numbers[row, : self.lengths[place]] = torch.tensor(tokens[place])
                _, mask = teacher.mask(lengths)
                states = teacher.base.embeddings(input_ids=numbers)
                for layer in teacher.lower:
                    states = teacher.through(layer, states, mask)
                for row, place in enumerate(chosen):
                    self._states[place] = states[row, : self.lengths[place]].to(torch.bfloat16).clone()

    def of(self, chosen: Sequence[int]) -> tuple[torch.Tensor, torch.Tensor]:
        return nn.utils.rnn.pad_sequence([self._states[place] for place in chosen], batch_first=True), torch.tensor(
            [self.lengths[place] for place in chosen]
        )


def fit(teacher: Teacher, half: Half, targets: Targets, epochs: int) -> None:
    rates = [
        {"params": teacher.upper.parameters(), "lr": LEARNING_RATE},
        {"params": teacher.head.parameters(), "lr": HEAD_RATE},
    ]
    learning = [parameter for group in (teacher.upper, teacher.head) for parameter in group.parameters()]
    optimizer = torch.optim.AdamW(rates, weight_decay=0.01, fused=True)
    texts = len(targets.bears)
    rate = schedule(optimizer, epochs * -(-texts // BATCH))
    dice, start = np.random.default_rng(0), time.monotonic()
    teacher.train()
    for epoch in range(epochs):
        total = 0.0
        for chosen in batches(half.lengths[:texts], dice):
            with torch.autocast("cpu", dtype=torch.bfloat16):
                out = teacher(*half.of(chosen))
            loss = targets.loss(out.float(), chosen)
            loss.backward()
            nn.utils.clip_grad_norm_(learning, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            rate.step()
            total += loss.item() * len(chosen)
        print(f"epoch {epoch + 1}: loss {total / texts:.4f}, {time.monotonic() - start:.0f} s", flush=True)


def teach(teacher: Teacher, half: Half, lessons: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the lessons' log odds of each text, and its mean state, brought to mean 0 and variance 1."""
    odds = torch.zeros(len(half.lengths), lessons)
    states = torch.zeros(len(half.lengths), teacher.base.config.hidden_size)
    order = sorted(range(len(half.lengths)), key=lambda place: half.lengths[place])
    teacher.eval()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        for first in range(0, len(order), SCORED_AT_ONCE):
            chosen = order[first : first + SCORED_AT_ONCE]
            mean = teacher.mean(*half.of(chosen))
            odds[chosen] = teacher.head(mean).float()[:, :lessons]
            states[chosen] = layer_norm(mean, mean.shape[1:])
    return odds, states


def plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def real_passages(documents: Sequence[str], known: set[str]) -> tuple[list[str], list[str]]:
    """Return passages of documents, without those that are coded: those in doubt, and the others."""
    passages: dict[str, tuple[str, str]] = {}
    for source in read_sources(documents, load_settings({})):
        before = ""
        for passage in source.document.passages:
            key = plain(passage.text)
            if len(key.split()) > 3 and key not in known:
                passages.setdefault(key, (passage.text, before))
            before = passage.text
    listed = list(passages.values())
    tagger = Tagger(load_lexicon(), method="hybrid")
    seen = list(tagger.see(listed))
    assert tagger._learned
    chances = tagger._learned.scores([(one.words, one.hits) for one in seen], [one.rules for one in seen]).max(axis=1)
    doubtful = [text for (text, _), chance in zip(listed, chances, strict=True) if chance > DOUBT]
    others = [text for (text, _), chance in zip(listed, chances, strict=True) if chance <= DOUBT]
    return doubtful, others


def made_up(material: Material, documents: Sequence[str], words: Path, count: int) -> Iterator[str]:
    """Yield texts like those of the material and of the documents, among them the documents' own."""
    known = {plain(one.text) for one in material.every}
    doubtful, others = real_passages(documents, known)
    yield from random.Random(0).sample(doubtful + others, len(doubtful) + len(others))
    sizes = [source["texts"] for source in material.facts["gold"]]
    ends = [*accumulate(sizes), len(material.taught)]  # the lexicon's examples are last
    groups = [[one.text for one in material.taught[first:end]] for first, end in pairwise([0, *ends])]
    groups.append(doubtful)
    # the large files are much alike within themselves
    yield from Maker([(len(group) ** 0.5, group) for group in groups], words).texts(count)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_options(parser)
    parser.add_argument("--without", default="check,held")
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--words", type=Path, required=True)
    parser.add_argument("--made", type=int, default=250_000)
    given = parser.parse_args()

    torch.manual_seed(0)
    material = read_coded(given.gold, given.documents, given.without)
    lessons = len(material.numbers)
    tokenizer = AutoTokenizer.from_pretrained(given.base)
    teacher = Teacher(given.base, lessons + len(ASSERTIONS))

    def half(texts: Sequence[str]) -> Half:
        tokens = tokenizer(list(texts), truncation=True, max_length=MOST_PIECES)["input_ids"]
        return Half(teacher, tokens, tokenizer.pad_token_id)

    coded = [one.text for one in material.taught]
    if given.state and given.state.exists():
        for part, state in zip((teacher.upper, teacher.head), torch.load(given.state), strict=True):
            part.load_state_dict(state)
    else:
        print(f"{len(coded)} coded texts", flush=True)
        fit(teacher, half(coded), Targets.of(material.taught, material.numbers), given.epochs)
    if given.state:
        torch.save([teacher.upper.state_dict(), teacher.head.state_dict()], given.state)
    given.output.mkdir(exist_ok=True)
    made = made_up(material, given.documents, given.words, given.made)
    for kind, texts in (("coded", iter(coded)), ("made", made)):
        for number, some in enumerate(iter(lambda texts=texts: list(islice(texts, IN_A_FILE)), [])):
            file = given.output / f"{kind}-{number:04}.npz"
            if not file.exists():
                write_taught(file, some, *teach(teacher, half(some), lessons))


if __name__ == "__main__":
    main()
