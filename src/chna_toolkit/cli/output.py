"""Data to stdout, talk to stderr, and a reader that goes away."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import typer

from chna_toolkit.errors import ChnaError

BROKEN_PIPE = 141  # 128 + SIGPIPE, what a shell shows for other programs


@contextmanager
def stdout_may_close() -> Iterator[None]:
    """End quietly, as `chna … | head` should, when nobody reads stdout any more."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        with suppress(OSError, ValueError):  # else Python would complain once more at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(BROKEN_PIPE) from None


def say(message: str) -> None:
    """Write a line to stderr, without what could steer the terminal: file names and PDFs are untrusted."""
    sys.stderr.write(f"{plain(message)}\n")


def plain(text: str) -> str:
    """Return the text with line ends, but without other control and direction characters."""
    return "".join(char if char == "\n" or unicodedata.category(char)[0] != "C" else "\ufffd" for char in text)


def say_error(error: ChnaError) -> None:
    """Write an error and its remedy to stderr."""
    say(f"error: {error.message}")
    if error.hint:
        say(f"hint: {error.hint}")
