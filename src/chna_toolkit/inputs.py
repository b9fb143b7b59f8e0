"""Which files to read: folders, globs and lists become inputs with a name, a size and a hash.

The name shown to the user is relative to the folder that was asked for, with `/` on every
system, and inputs are sorted by it: the order of arguments and of the file system never shows
in a result. The same bytes under two names are one input, which keeps the first name.

A URL becomes inputs as well (`fetch.py`). Their hash is not known before their bytes have been
fetched, which is done where they are read; until then they count as different.
"""

from __future__ import annotations

import glob
import hashlib
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from chna_toolkit.errors import NoInputError, UsageError
from chna_toolkit.storage import RemoteFile, Url, is_url, parse_url, scrub

_LONGEST_SHOWN = 200  # characters of a path in a message

_File: TypeAlias = Path | RemoteFile


@dataclass(frozen=True, slots=True)
class Input:
    """One document to read. `problem` says why its bytes could not be read; "" if they could."""

    path: Path  # of a document elsewhere: where its bytes are while it is read
    file: str  # as shown
    sha256: str  # of a document elsewhere "" until it has been fetched
    size: int  # bytes
    copies: tuple[Input, ...] = ()  # other files with the same bytes
    problem: str = ""
    source: Url | None = None  # where a document elsewhere lies
    version: str = ""  # what its storage calls these bytes; "" if it has no name for them


def find_inputs(arguments: Sequence[str], listed: Iterable[str] = ()) -> list[Input]:
    """Return the inputs named by `arguments`, sorted by the name shown, each with different bytes.

    An argument is a file (of any name), a folder (searched for `*.pdf`), a glob, the URL of one of
    these in a bucket, the URL of a file on the web, or `-`, which stands for the paths in `listed`,
    one each (the lines of standard input). Raises `UsageError` for a path that does not exist,
    `NoInputError` if nothing is found.
    """
    found: dict[Path | str, tuple[str, _File]] = {}  # real path or URL -> name shown, and what leads there
    for argument in arguments:
        entries = (line.rstrip("\r\n") for line in listed) if argument == "-" else (argument,)
        for entry in entries:
            for file, shown in _found(entry.strip() if is_url(entry.strip()) else entry):
                real, way = _identity(file), (_printable(shown), _way(file))
                found[real] = min(way, found.get(real, way), key=_plainness)
    if not found:
        where = ("the list on stdin" if argument == "-" else scrub(argument) for argument in arguments)
        raise NoInputError(
            f"no PDF in {', '.join(where)}",
            "Folders are searched for files that end in .pdf; hidden files are left out.",
        )
    return join_copies(_read(file, shown) for shown, file in _disambiguate(found.values()))


def join_copies(inputs: Iterable[Input]) -> list[Input]:
    """Return the inputs, of those with the same bytes only the first, with the others as its copies."""
    groups: dict[str, list[Input]] = {}
    for item in inputs:
        groups.setdefault(item.sha256 or item.file, []).append(item)
    return [_first_of(group) for group in groups.values()]


def _first_of(group: Iterable[Input]) -> Input:
    files = [replace(one, copies=()) for item in group for one in (item, *item.copies)]
    first, *rest = sorted(files, key=lambda one: one.file)
    return replace(first, copies=tuple(rest))


def _identity(file: _File) -> Path | str:
    return file.url.text if isinstance(file, RemoteFile) else file.resolve()


def _way(file: _File) -> _File:
    return file if isinstance(file, RemoteFile) else file.parent.resolve() / file.name


def _plainness(way: tuple[str, _File]) -> tuple[int, str, tuple[str, ...]]:
    """Sort the ways to one file: the name shown that takes the fewest folders first."""
    return way[0].count("/"), way[0], way[1].parts


def _printable(name: str) -> str:
    """Return a name that can be written as UTF-8: file systems allow bytes that no text has."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _found(entry: str) -> Iterator[tuple[_File, str]]:
    """Yield the files an argument stands for, or say why it cannot be looked at."""
    try:
        yield from _expand_url(parse_url(entry)) if is_url(entry) else _expand(entry)
    except FileNotFoundError:
        raise UsageError(
            f"{scrub(entry)}: no such object or folder", "Check the spelling of bucket and name."
        ) from None
    except OSError as error:  # no permission, a name too long
        shown = scrub(entry) if len(entry) <= _LONGEST_SHOWN else f"{scrub(entry)[:_LONGEST_SHOWN]}…"
        raise UsageError(f"{shown}: {error.strerror or error}", "Check the path, and that you may read it.") from error


def _expand_url(url: Url) -> list[tuple[RemoteFile, str]]:
    from chna_toolkit.fetch import list_remote  # it brings what speaks HTTP

    return list_remote(url)


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


def _disambiguate(found: Collection[tuple[str, _File]]) -> list[tuple[str, _File]]:
    """Return names and files sorted by name; names that would be shown twice become longer."""
    times = Counter(shown for shown, _ in found)
    named: list[tuple[str, _File]] = []
    taken = {shown for shown, count in times.items() if count == 1}
    for shown, file in sorted(found, key=lambda way: (way[0], way[1].parts, str(_identity(way[1])))):
        if times[shown] > 1:
            shown = _longer(shown, file, taken)
            taken.add(shown)
        named.append((shown, file))
    return sorted(named, key=lambda way: way[0])


def _longer(shown: str, file: _File, taken: set[str]) -> str:
    """Return the name with as many more folders as make it a new one."""
    depth = shown.count("/") + 2
    while (longer := "/".join(file.parts[-depth:])) in taken and depth < len(file.parts):
        depth += 1
    number = 2
    while longer in taken:  # of one web page, with another query, which may hold a secret
        longer, number = f"{'/'.join(file.parts[-depth:])}~{number}", number + 1
    return _printable(longer)


def _read(file: _File, shown: str) -> Input:
    """Return the input, if it is on this machine with size and hash."""
    if isinstance(file, RemoteFile):
        return Input(Path(), shown, "", file.size, source=file.url, version=file.version)
    try:
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256")
            return Input(file, shown, digest.hexdigest(), stream.tell())
    except OSError as error:
        return Input(file, shown, "", 0, problem=error.strerror or str(error))
