"""The lexicon: what counts as evidence for each lesson, as data that people can edit and test."""

from chna_toolkit.lexicon.load import builtin_lexicon_path, load_lexicon
from chna_toolkit.lexicon.model import Cue, Example, Exclusion, Lesson, Lexicon, Origin, Rule

__all__ = [
    "Cue",
    "Example",
    "Exclusion",
    "Lesson",
    "Lexicon",
    "Origin",
    "Rule",
    "builtin_lexicon_path",
    "load_lexicon",
]
