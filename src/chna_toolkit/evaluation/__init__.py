"""Measuring tags against gold labels, drawing samples for coders, and how far coders agree.

Doors: `gold.load_gold`, `evaluating.evaluate_labels` and `rendering.render` behind `chna evaluate`,
`statuses.load_truths`, `status_figures.evaluate_statuses` and `status_rendering.render_statuses`
behind the same on whole documents, `sampling.draw` behind `chna sample`, `coding.compare_coders`
behind `chna agree`.
"""

from chna_toolkit.evaluation.gold import GoldUnit, load_gold, split_of, text_key
from chna_toolkit.evaluation.metrics import Figures, LessonFigures, evaluate

__all__ = ["Figures", "GoldUnit", "LessonFigures", "evaluate", "load_gold", "split_of", "text_key"]
