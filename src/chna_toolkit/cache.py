"""A content-addressed store on disk: the text of documents and their mentions, by key.

The key of an entry is a hash of all that decides its content, so an entry is never out of date:
it is there or it is not. Entries are written under a temporary name and renamed, so that a
process killed at any moment leaves a whole entry or none, and any number of processes can share
the folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from chna_toolkit.codec import CodecError
from chna_toolkit.errors import OutputError

KINDS = ("text", "mentions")

_T = TypeVar("_T")
_TAG = "CACHEDIR.TAG"  # https://bford.info/cachedir/: backup programs skip a folder that holds it
_TAG_TEXT = "Signature: 8a477f597d28d172789f06886806bc55\n# Cache of chna-toolkit; safe to delete.\n"


def default_folder() -> Path:
    """Return the folder of the cache where the user names none (`XDG_CACHE_HOME` is respected).

    Raises `OutputError` if there is no home to put it into.
    """
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
        return (Path(base) if base else Path.home() / "AppData" / "Local") / "chna-toolkit" / "cache"
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says to ignore a relative path.
    if base.startswith("/"):
        return Path(base) / "chna-toolkit"
    home = os.path.expanduser("~")  # noqa: PTH111 - Path.home fails for a user without a home
    if not home.startswith("/"):
        raise OutputError("this user has no home folder for a cache", "Name a folder with CHNA_CACHE_DIR.")
    return Path(home) / ".cache" / "chna-toolkit"


def make_key(parts: Mapping[str, object]) -> str:
    """Return the SHA-256, 64 hexadecimal digits, of named values; they must be writable as JSON."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Usage:
    """How many entries of one kind the store holds, and their bytes on disk."""

    kind: str
    entries: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Store:
    """Entries of the cache below `folder`. Cheap to make, and can be sent to another process."""

    folder: Path

    def prepare(self) -> None:
        """Make the folder. Raises `OutputError` where it cannot be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_whole(self.folder / _TAG, _TAG_TEXT.encode())
        except OSError as error:
            raise OutputError(
                f"the cache folder {self.folder} cannot be written: {error.strerror or error}",
                "Name another with --cache-dir or CHNA_CACHE_DIR, or use --no-cache.",
            ) from error

    def path(self, kind: str, key: str) -> Path:
        """Return where the entry stands, or would stand."""
        return self.folder / kind / key[:2] / key[2:]

    def has(self, kind: str, key: str) -> bool:
        """Return whether there is an entry, without looking whether it is sound."""
        return self.path(kind, key).is_file()

    def load(self, kind: str, key: str, decode: Callable[[bytes], _T]) -> _T | None:
        """Return the decoded entry, or None: an entry that is damaged counts as missing."""
        try:
            return decode(self.path(kind, key).read_bytes())
        except (OSError, CodecError):
            return None

    def save(self, kind: str, key: str, data: bytes) -> None:
        """Write an entry. Raises `OutputError` (disk full, no permission)."""
        path = self.path(kind, key)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_whole(path, data)
        except OSError as error:
            raise OutputError(
                f"the cache entry {path} cannot be written: {error.strerror or error}",
                "Free some space, name another folder with --cache-dir, or use --no-cache.",
            ) from error

    def usage(self) -> list[Usage]:
        """Return what the store holds, one row a kind."""
        found = []
        for kind in KINDS:
            sizes = []
            for path in self._entries(kind):
                with suppress(OSError):  # another process may clear it meanwhile
                    sizes.append(path.stat().st_size)
            found.append(Usage(kind, len(sizes), sum(sizes)))
        return found

    def clear(self) -> int:
        """Delete the entries, and nothing that is not ours; return how many they were."""
        count = 0
        for kind in KINDS:
            for path in self._entries(kind, partial=True):
                with suppress(OSError):
                    path.unlink()
                    count += 1
            for folder in sorted((self.folder / kind).glob("*"), reverse=True):
                with suppress(OSError):  # not empty: something of somebody else
                    folder.rmdir()
            with suppress(OSError):
                (self.folder / kind).rmdir()
        return count

    def _entries(self, kind: str, partial: bool = False) -> Iterator[Path]:
        """Yield the entries; with `partial` also what a killed process left half-written."""
        for path in (self.folder / kind).glob("??/*"):
            is_entry = len(path.name) == 62 and set(path.name) <= set("0123456789abcdef")
            if is_entry or (partial and path.suffix == ".partial"):
                yield path


def _write_whole(path: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
