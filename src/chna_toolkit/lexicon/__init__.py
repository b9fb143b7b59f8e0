"""The lexicon: what counts as evidence for each lesson, as data that people can edit and test."""

from chna_toolkit.lexicon.load import load_lexicon
from chna_toolkit.lexicon.model import Cue, Example, Exclusion, Lesson, Lexicon, Origin, Rule
from chna_toolkit.lexicon.shipped import builtin_lexicon_path, find_lexicon, shipped_lexicons

__all__ = [
    "Cue",
    "Example",
    "Exclusion",
    "Lesson",
    "Lexicon",
    "Origin",
    "Rule",
    "builtin_lexicon_path",
    "find_lexicon",
    "load_lexicon",
    "shipped_lexicons",
]
