"""Tagging: mapping passages onto lessons with the lexicon's rules and a learned layer."""

from chna_toolkit.tagging.tagger import DEFAULT_METHOD, METHODS, TAGGER_VERSION, Label, Tagger, tagger_version

__all__ = ["DEFAULT_METHOD", "METHODS", "TAGGER_VERSION", "Label", "Tagger", "tagger_version"]
