"""Make the figures of accuracy that the HTML report shows beside the results of each lesson.

usage: python benchmarks/lesson_accuracy.py WRITTEN.json REAL.json

WRITTEN and REAL are what `chna evaluate GOLD... --part held --model MODEL --format json` says of written passages and
of real documents, with a MODEL that was trained `--without held` (docs/model-card.md has the commands). Writes
src/chna_toolkit/reports/accuracy.json.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from chna_toolkit.reports.accuracy import FORMAT

OUT = Path(__file__).resolve().parent.parent / "src" / "chna_toolkit" / "reports" / "accuracy.json"
NAMES = ("written passages", "real documents")


def kind_of(name: str, evaluation: dict[str, Any]) -> dict[str, Any]:
    """Return the counts of one evaluation."""
    if evaluation["part"] != "held" or "encoder with the model" not in evaluation["labels_by"]:
        sys.exit(f"{name}: measure the part held, by the tagger with a model that never saw it")
    counts = {
        lesson: {key: int(figures[key]) for key in ("support", "given", "right")}
        for lesson, figures in evaluation["lessons"].items()
    }
    return {"name": name, "gold": evaluation["gold"], "units": evaluation["units"], "lessons": counts}


def main(paths: list[str]) -> None:
    """Read, check and write."""
    evaluations = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
    lexicons = {one["lexicon"] for one in evaluations}
    if len(lexicons) != 1:
        sys.exit(f"two lexicons: {' and '.join(sorted(lexicons))}")
    name, digits = re.fullmatch(r"(.*) \S+, (\w+)", lexicons.pop()).groups()  # type: ignore[union-attr]
    kinds = [kind_of(kind, one) for kind, one in zip(NAMES, evaluations, strict=True)]
    found = {"format": FORMAT, "lexicon": name, "lexicon_hash": digits, "method": "encoder", "kinds": kinds}
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(sys.argv[1:])
