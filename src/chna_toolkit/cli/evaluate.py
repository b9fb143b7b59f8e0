"""`chna evaluate`."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chna_toolkit.cli import options
from chna_toolkit.cli.evaluate_statuses import StatusQuestion, speaks_of_statuses
from chna_toolkit.cli.output import say, stdout_may_close
from chna_toolkit.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from chna_toolkit.config import Settings
    from chna_toolkit.evaluation.documents import Resolved
    from chna_toolkit.evaluation.evaluating import Evaluation
    from chna_toolkit.evaluation.gold import GoldUnit
    from chna_toolkit.evaluation.predictions import Predictions
    from chna_toolkit.evaluation.rendering import Bar
    from chna_toolkit.evaluation.status_figures import StatusEvaluation
    from chna_toolkit.lexicon.model import Lexicon

Documents = Annotated[
    list[str] | None,
    typer.Option("--documents", metavar="DIR", help="PDFs (and .txt) that keyed gold speaks of; may be repeated."),
]

Gold = Annotated[
    list[Path], typer.Argument(metavar="GOLD...", help="Coded text, or statuses of documents: .jsonl, .csv or .xlsx.")
]
Labels = Annotated[
    Path | None,
    typer.Option("--labels", metavar="FILE|RUN", help="Measure what `chna tag` wrote, or a run folder."),
]
Key = Annotated[Path | None, typer.Option("--key", metavar="FILE", help="Key of a sample: weights for a coder's file.")]
Part = Annotated[
    str, typer.Option("--part", metavar="held|check|read|all", help="Part of the gold, by the hash of the id.")
]
Model = Annotated[Path | None, typer.Option("--model", metavar="DIR", help="Another learned model (`chna train`).")]
Baseline = Annotated[str, typer.Option("--baseline", metavar="keyword|tfidf", help="Measure a plain baseline instead.")]
Train = Annotated[
    list[Path] | None,
    typer.Option("--train", metavar="FILE", help="Gold that the baseline tfidf learns from; else GOLD, crosswise."),
]
Compare = Annotated[
    str,
    typer.Option("--compare", metavar="RUN|FILE", help="Other labels; also rules, hybrid, encoder, keyword, tfidf."),
]
FailUnder = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-under",
        metavar="micro=0.6",
        help="Exit 1 below: micro, macro, precision, recall, assertion, lesson (the worst), L03; "
        "of statuses: status, accepted, decided, evidence, best, kappa, …",
    ),
]
Format = Annotated[str, typer.Option("--format", metavar="text|json|csv|markdown|junit", help="How to write.")]
Worst = Annotated[int, typer.Option("--worst", metavar="N", min=0, help="Cases shown of each kind.")]
Quotes = Annotated[bool, typer.Option("--quotes/--no-quotes", help="Whether the text of cases is shown.")]
Resamples = Annotated[int, typer.Option("--resamples", metavar="N", min=1, help="For the intervals.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the resamples.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("evaluate")(evaluate)


def evaluate(
    gold: Gold,
    labels: Labels = None,
    documents: Documents = None,
    key: Key = None,
    part: Part = "all",
    method: options.Method = None,
    lexicon: options.LexiconFolder = None,
    model: Model = None,
    select: options.Select = None,
    baseline: Baseline = "",
    train: Train = None,
    compare: Compare = "",
    fail_under: FailUnder = None,
    form: Format = "text",
    worst: Worst = 10,
    quotes: Quotes = True,
    resamples: Resamples = 1000,
    seed: Seed = 15,
    jobs: options.Jobs = None,
    no_cache: options.NoCache = False,
    cache_dir: options.CacheDir = None,
    config: options.Config = None,
) -> None:
    """Measure labels against gold: precision, recall, F1, assertions, confidence, and what went wrong where.

    Gold: {"id": 1, "text": "...", "labels": {"10": "practice"}, "maybe": ["3"]}. What is `maybe` is
    neither right nor wrong. Labels are those of the built-in tagger unless --labels or --baseline says otherwise.
    Or statuses that --documents DIR or --labels RUN must have: {"file": "a.pdf", "lesson": "L10", "status": "covered"}.
    """
    given = options.given(locals())
    from chna_toolkit.config import load_settings
    from chna_toolkit.evaluation.evaluating import Plan, evaluate_labels
    from chna_toolkit.lexicon import load_lexicon

    settings = load_settings(given, config=config)
    loaded = load_lexicon(settings.lexicon)
    plan, chosen = Plan(resamples, seed, worst), select_ids(loaded, settings)
    if speaks_of_statuses(gold):
        _refuse({"--key": key, "--part": part != "all", "--train": train, "--baseline tfidf": baseline == "tfidf"})
        asked_statuses = StatusQuestion(settings, loaded, tuple(documents or ()), model, labels, baseline, compare)
        _show(asked_statuses.answer(gold, chosen, plan), fail_under, form, quotes)
        return
    asked = _Asked(settings, loaded, labels, baseline, model, tuple(train or gold), tuple(documents or ()))
    resolved, files = asked.resolve(*load_units(gold, part, key))
    by, predictions = asked.predict(resolved, asked.source)
    evaluation = evaluate_labels(
        resolved.units,
        predictions,
        loaded,
        plan,
        gold=[path.name for path in gold],
        part=part,
        by=by,
        notes=resolved.notes,
        files=files,
        select=chosen,
        other=asked.predict(resolved, compare) if compare else None,
    )
    _show(evaluation, fail_under, form, quotes)


def _refuse(options: Mapping[str, object]) -> None:
    if wrong := [name for name, value in options.items() if value]:
        raise UsageError(f"{wrong[0]} is for gold of passages, and this is of documents", "Leave it out.")


def _show(evaluation: Evaluation | StatusEvaluation, fail_under: list[str] | None, form: str, quotes: bool) -> None:
    from chna_toolkit.evaluation.evaluating import Evaluation
    from chna_toolkit.evaluation.rendering import read_bars, render
    from chna_toolkit.evaluation.status_rendering import render_statuses

    bars = read_bars(fail_under or (), evaluation)
    if isinstance(evaluation, Evaluation):
        text = render(evaluation, form, bars, quotes=quotes)
    else:
        text = render_statuses(evaluation, form, bars, quotes=quotes)
    with stdout_may_close():
        sys.stdout.write(text)
    check_bars(bars)


def check_bars(bars: Sequence[Bar]) -> None:
    """Name the bars that are not reached, and end with exit code 1 if there are any."""
    failed = [bar for bar in bars if not bar.is_reached]
    for bar in failed:
        say(f"{bar.name} is {bar.found:.3f}, and must reach {bar.least:g}")
    if failed:
        raise typer.Exit(ExitCode.CHECK_FAILED)


def select_ids(lexicon: Lexicon, settings: Settings) -> tuple[str, ...]:
    """Return the ids of the lessons that were chosen; none if all."""
    from chna_toolkit.scan import select_lessons

    return tuple(select_lessons(lexicon, settings.select)) if settings.select else ()


def load_units(gold: list[Path], part: str = "all", key: Path | None = None) -> tuple[list[GoldUnit], list[str]]:
    """Return the units of gold files in a part of the split, and for each the name of its file."""
    from chna_toolkit.evaluation.gold import PARTS, load_gold, split_of, weighted

    if part not in PARTS:
        raise UsageError(f"--part {part!r} is unknown", f"Choose one of: {', '.join(PARTS)}.")
    units, files = [], []
    for path in gold:
        loaded = load_gold(path)
        loaded = weighted(loaded, key) if key else loaded
        loaded = [unit for unit in loaded if part in ("all", split_of(unit.id))]
        units += loaded
        files += [path.name] * len(loaded)
    if not units:
        raise UsageError(f"no unit of the gold belongs to the part {part}", "Choose another --part.")
    return units, files


class _Asked:
    """What labels were asked for, and how to make them."""

    def __init__(
        self,
        settings: Settings,
        lexicon: Lexicon,
        labels: Path | None,
        baseline: str,
        model: Path | None,
        train: tuple[Path, ...],
        documents: tuple[str, ...],
    ) -> None:
        if labels and baseline:
            raise UsageError("--labels and --baseline both say what to measure", "Give one, the other to --compare.")
        self.settings, self.lexicon, self.model, self.train, self.documents = (
            settings, lexicon, model, train, documents,
        )  # fmt: skip
        self.reads_labels = bool(labels)  # and so needs no text
        self.source = str(labels) if labels else baseline or settings.method

    def resolve(self, units: list[GoldUnit], files: list[str]) -> tuple[Resolved, list[str]]:
        """Find keyed units in the documents; return them with the names of their gold files."""
        from chna_toolkit.evaluation.documents import Resolved

        if not self.documents:
            if not self.reads_labels and (keyed := [unit for unit in units if not unit.text]):
                raise UsageError(
                    f"{len(keyed):,} units of the gold have no text of their own, such as {keyed[0].id}",
                    "Name the folder of their documents with --documents, or a run that has them with --labels.",
                )
            nowhere = [None] * len(units)
            return Resolved(units, list(nowhere), list(nowhere)), files
        found = find_text(units, self.documents, self.settings)
        names = dict(zip((unit.id for unit in units), files, strict=True))
        return found, [names[unit.id] for unit in found.units]

    def predict(self, resolved: Resolved, source: str) -> tuple[str, Predictions]:
        """Return who labels, in words, and the labels."""
        from chna_toolkit.evaluation.predictions import by_tagger, read_predictions
        from chna_toolkit.tagging import METHODS, Tagger

        if source in ("keyword", "tfidf"):
            return f"the baseline {source}", self._baseline(resolved.units, source)
        if source not in METHODS:
            if not Path(source).exists():
                raise UsageError(f"{source}: no such file, run or method", "See `chna evaluate --help`.")
            return source, read_predictions(Path(source), resolved.units, self.lexicon)
        model = self.model if source != "rules" else None
        tagger = Tagger(self.lexicon, method=source, model=model)
        for warning in tagger.warnings:
            say(f"warning: {warning}: labels are by {tagger.method}")
        what = f"the tagger, {tagger.method}"
        return f"{what} with the model {model}" if model else what, by_tagger(resolved, tagger)

    def _baseline(self, units: list[GoldUnit], name: str) -> Predictions:
        from chna_toolkit.evaluation.baselines import KEYWORDS, by_keywords, by_tfidf

        numbers = [str(lesson.number) for lesson in self.lexicon.lessons]
        if name == "keyword":
            if set(numbers) != KEYWORDS.keys():
                raise UsageError("the keyword lists are for the 15 lessons", "Leave --lexicon out, or use tfidf.")
            return by_keywords(units)
        pool, _ = load_units(list(self.train))
        if any(not unit.text for unit in pool):
            pool = find_text(pool, self.documents, self.settings).units
        return by_tfidf(units, numbers, pool)


def find_text(units: list[GoldUnit], documents: tuple[str, ...], settings: Settings) -> Resolved:
    """Join gold with the documents that it speaks of."""
    from chna_toolkit.evaluation.documents import read_sources, resolve

    names = {name for unit in units for name in (unit.doc, unit.sha256) if name}
    return resolve(units, read_sources(documents, settings, names))
