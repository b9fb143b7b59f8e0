"""`chna lexicon check`: every mistake in a lexicon at once, with its place and remedy."""

from __future__ import annotations

from pathlib import Path

from chna_toolkit.errors import LexiconError
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.lexicon_ci.findings import Finding, Severity


def check(folder: Path | None = None) -> list[Finding]:
    """Return the mistakes of a lexicon folder (`None`: the built-in one) in the order of place."""
    try:
        load_lexicon(folder)
    except LexiconError as error:
        return [Finding(error.file or Path(), error.line, "", "invalid", Severity.ERROR, error.message, error.hint)]
    return []
