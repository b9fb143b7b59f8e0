"""Measuring tags against gold labels."""

from chna_toolkit.evaluation.metrics import Figures, GoldUnit, LessonFigures, evaluate, load_gold, split_of

__all__ = ["Figures", "GoldUnit", "LessonFigures", "evaluate", "load_gold", "split_of"]
