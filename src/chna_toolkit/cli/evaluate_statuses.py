"""The side of `chna evaluate` that judges statuses of whole documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chna_toolkit.cli.output import say
from chna_toolkit.errors import UsageError

if TYPE_CHECKING:
    from chna_toolkit.config import Settings
    from chna_toolkit.evaluation.evaluating import Plan
    from chna_toolkit.evaluation.status_figures import StatusEvaluation
    from chna_toolkit.evaluation.status_given import Given
    from chna_toolkit.evaluation.statuses import StatusTruth
    from chna_toolkit.lexicon.model import Lexicon
    from chna_toolkit.model import Document


def speaks_of_statuses(gold: Sequence[Path]) -> bool:
    """Say whether gold holds statuses of documents. Raises `UsageError` if only some of the files do."""
    from chna_toolkit.evaluation.statuses import is_status_truth

    kinds = {path: is_status_truth(path) for path in gold}
    if len(set(kinds.values())) > 1:
        one = next(path for path, is_status in kinds.items() if is_status)
        raise UsageError(f"{one} holds statuses of documents, other files hold passages", "Evaluate them one by one.")
    return next(iter(kinds.values()))


@dataclass(frozen=True)
class StatusQuestion:
    """What is to be judged against true statuses."""

    settings: Settings
    lexicon: Lexicon
    documents: tuple[str, ...]
    model: Path | None
    labels: Path | None  # a run; else the statuses are made now
    baseline: str
    compare: str

    def answer(self, gold: Sequence[Path], select: Sequence[str], plan: Plan) -> StatusEvaluation:
        """Read the gold, make or read the statuses, and compare."""
        from chna_toolkit.evaluation.status_figures import evaluate_statuses
        from chna_toolkit.evaluation.statuses import load_truths

        if self.labels and self.baseline:
            raise UsageError("--labels and --baseline both say what to measure", "Give one, the other to --compare.")
        truths = load_truths(gold)
        source = str(self.labels) if self.labels else self.baseline or self.settings.method
        read: list[list[tuple[str, Document]]] = []  # once, also for two ways to tag them
        return evaluate_statuses(
            truths,
            self._given(source, truths, read),
            self.lexicon,
            plan,
            gold=[path.name for path in gold],
            select=select,
            other=self._given(self.compare, truths, read) if self.compare else None,
        )

    def _given(self, source: str, truths: Sequence[StatusTruth], read: list[list[tuple[str, Document]]]) -> Given:
        from chna_toolkit.evaluation import status_given
        from chna_toolkit.tagging import METHODS, Tagger

        if source not in (*METHODS, "keyword"):
            if not Path(source).exists():
                raise UsageError(f"{source}: no such run or method", "See `chna evaluate --help`.")
            return status_given.of_run(Path(source), self.lexicon)
        if not self.documents:
            raise UsageError(
                "the gold speaks of whole documents",
                "Name the folder of the documents with --documents, or a run of them with --labels.",
            )
        if not read:
            read.append(status_given.read_documents(self.documents, self.settings, truths))
        if source == "keyword":
            return status_given.by_keyword_list(read[0], self.lexicon, self.settings)
        model = self.model if source != "rules" else None
        tagger = Tagger(self.lexicon, method=source, model=model)
        for warning in tagger.warnings:
            say(f"warning: {warning}: statuses are by {tagger.method}")
        by = f"the tagger, {tagger.method}" + (f" with the model {model}" if model else "")
        return status_given.by_tagger(read[0], tagger, self.settings, by)
