"""Text to a file that appears whole or not at all, or to stdout."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from chna_toolkit.cli.output import stdout_may_close
from chna_toolkit.errors import UsageError


def check_choice(option: str, value: str, known: tuple[str, ...]) -> None:
    """Raise `UsageError` if the value of an option is none of those known."""
    if value not in known:
        raise UsageError(f"{option} {value!r} is unknown", f"Choose one of {', '.join(known)}.")


def check_output(output: Path | None, *, force: bool) -> None:
    """Raise `OutputError` if something stands at `output` that may not be replaced."""
    from chna_toolkit.exports.files import check_free

    if output:
        check_free(output, force=force)


def terminal_width(output: Path | None) -> int | None:
    """Return the width to which text is fitted; None if no terminal shows it."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() and not output else None


def write_out(text: str, output: Path | None) -> None:
    """Write text to a file, or to stdout if none is named."""
    from chna_toolkit.exports.files import whole_file

    if output is None:
        with stdout_may_close():
            sys.stdout.write(text)
        return
    with whole_file(output) as partial:
        partial.write_text(text, encoding="utf-8", newline="")
