"""Which files to read: folders, globs and lists become inputs with a name, a size and a hash.

The name shown to the user is relative to the folder that was asked for, with `/` on every
system, and inputs are sorted by it: the order of arguments and of the file system never shows
in a result. The same bytes under two names are one input, which keeps the first name.
"""

from __future__ import annotations

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from chna_toolkit.errors import NoInputError, UsageError

_LONGEST_SHOWN = 200  # characters of a path in a message


@dataclass(frozen=True, slots=True)
class Input:
    """One document to read. `problem` says why its bytes could not be read; "" if they could."""

    path: Path
    file: str  # as shown
    sha256: str
    size: int  # bytes
    copies: tuple[Input, ...] = ()  # other files with the same bytes
    problem: str = ""


def find_inputs(arguments: Sequence[str], listed: Iterable[str] = ()) -> list[Input]:
    """Return the inputs named by `arguments`, sorted by the name shown, each with different bytes.

    An argument is a file (of any name), a folder (searched for `*.pdf`), a glob, or `-`, which
    stands for the paths in `listed`, one each (the lines of standard input). Raises `UsageError`
    for a path that does not exist, `NoInputError` if nothing is found.
    """
    found: dict[Path, tuple[str, Path]] = {}  # real path -> name shown, and the path that leads there
    for argument in arguments:
        entries = (line.rstrip("\r\n") for line in listed) if argument == "-" else (argument,)
        for entry in entries:
            for path, shown in _found(entry):
                real, way = path.resolve(), (_printable(shown), path.parent.resolve() / path.name)
                found[real] = min(way, found.get(real, way), key=_plainness)
    if not found:
        where = ("the list on stdin" if argument == "-" else argument for argument in arguments)
        raise NoInputError(
            f"no PDF in {', '.join(where)}",
            "Folders are searched for files that end in .pdf; hidden files are left out.",
        )
    return _join_copies(_read(path, shown) for shown, path in _disambiguate(found.values()))


def _plainness(way: tuple[str, Path]) -> tuple[int, tuple[str, Path]]:
    """Sort the ways to one file: the name shown that takes the fewest folders first."""
    return way[0].count("/"), way


def _printable(name: str) -> str:
    """Return a name that can be written as UTF-8: file systems allow bytes that no text has."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _found(entry: str) -> Iterator[tuple[Path, str]]:
    """Yield the files an argument stands for, or say why it cannot be looked at."""
    try:
        yield from _expand(entry)
    except OSError as error:  # no permission, a name too long
        shown = entry if len(entry) <= _LONGEST_SHOWN else f"{entry[:_LONGEST_SHOWN]}…"
        raise UsageError(f"{shown}: {error.strerror or error}", "Check the path, and that you may read it.") from error


def _expand(entry: str) -> Iterator[tuple[Path, str]]:
    """Yield the files an argument stands for, with the name shown."""
    if not entry.strip():
        return
    path = Path(os.path.expanduser(entry))  # noqa: PTH111 - Path.expanduser fails for a user that is not there
    if path.is_dir():
        yield from ((file, file.relative_to(path).as_posix()) for file in _walk(path))
    elif path.is_file():
        yield path, path.name
    elif path.exists():  # a pipe or device: to read it could take for ever
        raise UsageError(f"{entry}: not a regular file", "Save it as a file first.")
    elif glob.has_magic(entry):
        yield from _expand_glob(str(path))
    else:
        raise UsageError(f"{entry}: no such file or folder", "Check the spelling, and quote names with spaces.")


def _expand_glob(pattern: str) -> Iterator[tuple[Path, str]]:
    root = Path(pattern.split("*")[0].split("?")[0].split("[")[0] + "x").parent
    for name in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207 - Path.glob takes no absolute pattern
        path = Path(name)
        if path.is_dir():
            yield from ((file, file.relative_to(root).as_posix()) for file in _walk(path))
        elif path.is_file():
            yield path, path.relative_to(root).as_posix()


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the PDFs below a folder; links to folders are followed, but none is entered twice.

    A folder that cannot be read is yielded itself: it becomes a failure, for what it holds would
    be missed in silence otherwise.
    """
    seen: set[tuple[int, int]] = set()
    unread: list[str] = []
    for current, folders, files in os.walk(
        folder, followlinks=True, onerror=lambda error: unread.append(error.filename)
    ):
        status = Path(current).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(current, name)
            if name.lower().endswith(".pdf") and not name.startswith(".") and _may_hold_text(path):
                yield path
    yield from map(Path, unread)


def _may_hold_text(path: Path) -> bool:
    """Return whether it is a file, or what is meant to be one: that becomes a failure, not a gap."""
    try:
        return path.is_file() or path.is_symlink()  # a broken link
    except OSError:  # in a folder that can be listed and not entered
        return True


def _disambiguate(found: Collection[tuple[str, Path]]) -> list[tuple[str, Path]]:
    """Return names and files sorted by name; names that would be shown twice become longer."""
    times = Counter(shown for shown, _ in found)
    named: list[tuple[str, Path]] = []
    taken = {shown for shown, count in times.items() if count == 1}
    for shown, path in sorted(found):
        if times[shown] > 1:
            depth = shown.count("/") + 2
            while (longer := "/".join(path.parts[-depth:])) in taken and depth < len(path.parts):
                depth += 1
            shown = longer
            taken.add(shown)
        named.append((shown, path))
    return sorted(named)


def _read(path: Path, shown: str) -> Input:
    """Return the input with size and hash."""
    try:
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256")
            return Input(path, shown, digest.hexdigest(), stream.tell())
    except OSError as error:
        return Input(path, shown, "", 0, problem=error.strerror or str(error))


def _join_copies(inputs: Iterable[Input]) -> list[Input]:
    groups: dict[str, list[Input]] = {}
    for item in inputs:
        groups.setdefault(item.sha256 or item.file, []).append(item)
    return [replace(first, copies=tuple(rest)) for first, *rest in groups.values()]
