"""Accuracy of the built-in lexicon on gold labels, by the part of the split.

usage: python benchmarks/accuracy.py GOLD.jsonl [GOLD.jsonl ...] [--part held|check|read|all] [--model DIR]

Prints a Markdown table per file: precision, recall and F1 by lesson, micro and macro F1, and
the accuracy of the assertions. Rules were written looking at the `read` part only. With a model
(`chna train --without held`) the hybrid method is measured; the built-in one has seen all gold.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from chna_toolkit.evaluation import LessonFigures, evaluate, load_gold, split_of
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.tagging import Tagger


def row(name: str, figures: LessonFigures) -> str:
    return (
        f"| {name} | {figures.support} | {figures.precision:.2f} | {figures.recall:.2f} | {figures.f1:.2f} "
        f"| {figures.assertions_right / figures.right if figures.right else 0:.2f} |"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", nargs="+", type=Path)
    parser.add_argument("--part", default="held", choices=["read", "check", "held", "all"])
    parser.add_argument("--model", type=Path, help="measure the hybrid method with this model, not the rules")
    options = parser.parse_args()
    lexicon = load_lexicon()
    tagger = Tagger(lexicon, method="hybrid" if options.model else "rules", model=options.model)
    lessons = [str(lesson.number) for lesson in lexicon.lessons]
    for path in options.gold:
        units = [u for u in load_gold(path) if options.part in ("all", split_of(u.id))]
        figures = evaluate(units, tagger.labels((u.text, u.prev) for u in units), lessons)
        print(f"\n{path.name}, part {options.part}: {figures.units} units, lexicon {lexicon.hash[:12]}\n")
        print("| lesson | labels | precision | recall | F1 | assertions right |\n| --- | --- | --- | --- | --- | --- |")
        for lesson in lexicon.lessons:
            print(row(f"{lesson.id} {lesson.slug}", figures.lessons[str(lesson.number)]))
        print(row("all (micro)", figures.overall))
        print(f"\nmicro-F1 {figures.micro_f1:.3f}, macro-F1 {figures.macro_f1:.3f}, ", end="")
        print(f"assertion accuracy {figures.assertion_accuracy:.3f}")


if __name__ == "__main__":
    main()
