"""Write what an encoder makes of texts like those it learned from: so it keeps that while it learns from more gold.

usage: python tools/teach_itself.py GOLD [GOLD ...] --encoder FILE --base DIR -o FOLDER [--documents DIR ...]
           [--without held] [--made 120000]

A teacher for `train_encoder.py --start FILE --teacher FOLDER`, in minutes, where `train_teacher.py` takes hours and
knows more. GOLD and the documents are those that the encoder learned from, `--base` the model whose word vectors say
which words are alike. Without such texts it would forget what no label says (Li and Hoiem 2017, learning without
forgetting). The files hold texts: they stay where the documents are.
"""

from __future__ import annotations

import argparse
from itertools import islice
from pathlib import Path

import torch
from coded_material import add_options, read_coded, write_taught
from train_teacher import IN_A_FILE, made_up

from chna_toolkit.tagging.encoder import load_encoder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_options(parser)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--without", default="held")
    parser.add_argument("--made", type=int, default=120_000)
    given = parser.parse_args()

    material = read_coded(given.gold, given.documents, given.without)
    encoder = load_encoder(given.encoder)
    made = made_up(material, given.documents, given.base, given.made)
    given.output.mkdir(exist_ok=True)
    for number, texts in enumerate(iter(lambda: list(islice(made, IN_A_FILE)), [])):
        file = given.output / f"itself-{number:04}.npz"
        if not file.exists():
            write_taught(file, texts, torch.tensor(encoder.exact_scores(texts)), torch.zeros(len(texts), 0))


if __name__ == "__main__":
    main()
