"""Tagging: mapping passages onto lessons with the lexicon's rules."""

from chna_toolkit.tagging.tagger import TAGGER_VERSION, Label, Tagger

__all__ = ["TAGGER_VERSION", "Label", "Tagger"]
