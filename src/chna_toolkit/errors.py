"""What can go wrong, as classes: each error knows its exit code, names its subject and says the remedy."""

from __future__ import annotations

from enum import IntEnum
from pathlib import Path


class ExitCode(IntEnum):
    """Exit status of `chna`. Stable and documented: part of the public interface."""

    OK = 0
    CHECK_FAILED = 1
    USAGE = 2
    NO_INPUT = 3
    PARTIAL = 4
    MISSING_DEPENDENCY = 5
    OUTPUT = 6
    INTERNAL = 70
    INTERRUPTED = 130


class ChnaError(Exception):
    """A failure the user can act on.

    `message` names the file or value and the reason, `hint` the remedy.
    """

    slug = "error"
    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(ChnaError):
    """An option, argument or configuration value that cannot be used."""

    slug = "usage"
    exit_code = ExitCode.USAGE


class LexiconError(ChnaError):
    """A lexicon that cannot be used.

    `file` and `line` say where (line 0: the file as a whole), `kind` which sort of mistake it is as
    a slug, and `rule` the id of the entry, "" if none. `text` is the message without the place.
    """

    slug = "lexicon"
    exit_code = ExitCode.USAGE

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        file: Path | None = None,
        line: int = 0,
        kind: str = "invalid",
        rule: str = "",
    ) -> None:
        where = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{where}{message}", hint)
        self.text = message
        self.file = file
        self.line = line
        self.kind = kind
        self.rule = rule


class NoInputError(ChnaError):
    """Nothing to do: no PDF was found, or none could be used."""

    slug = "no-input"
    exit_code = ExitCode.NO_INPUT


class MissingDependencyError(ChnaError):
    """A program or package that this command needs is not installed."""

    slug = "missing-dependency"
    exit_code = ExitCode.MISSING_DEPENDENCY


class ClusterError(ChnaError):
    """The cluster that was asked for is not there, or no longer."""

    slug = "cluster"
    exit_code = ExitCode.MISSING_DEPENDENCY


class OutputError(ChnaError):
    """The output cannot be written, or stands there already."""

    slug = "output"
    exit_code = ExitCode.OUTPUT
