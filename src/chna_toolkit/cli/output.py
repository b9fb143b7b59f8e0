"""Data to stdout, talk to stderr, and a reader that goes away."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import typer

from chna_toolkit.errors import ChnaError, OutputError

BROKEN_PIPE = 141  # 128 + SIGPIPE, what a shell shows for other programs


@contextmanager
def stdout_may_close() -> Iterator[None]:
    """End quietly, as `chna … | head` should, when nobody reads stdout any more."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        _close_stdout()
        raise typer.Exit(BROKEN_PIPE) from None
    except OSError as error:  # a full disk; files read meanwhile raise errors of our own
        _close_stdout()
        raise OutputError(f"cannot write to stdout: {error.strerror or error}", "Free some space.") from error


def _close_stdout() -> None:
    """Keep Python from complaining once more at its end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def open_streams() -> None:
    """Give a process that was started without streams (`>&-`, a service) ones that lead nowhere."""
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115


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
