"""Lexicons as tested software: checks, tests and exports of a lexicon, for people and for CI."""
