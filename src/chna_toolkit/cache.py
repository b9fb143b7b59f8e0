"""A content-addressed store: the text of documents, their mentions and an encoder's scores of passages, by key.

The key of an entry is a hash of all that decides its content, so an entry is never out of date:
it is there or it is not. (Scores are the one entry that grows, by passages that another lexicon had
read; if two processes add to it at once, one has to read its passages again some day.) The store
stands in a folder or in a bucket, behind a `Door` that writes an entry whole or not at all: a process
killed at any moment leaves no half of one, and any number of processes, on any number of machines,
can share it.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from chna_toolkit.codec import CodecError
from chna_toolkit.errors import OutputError
from chna_toolkit.storage import Door, Place, door_of

KINDS = ("text", "mentions", "scores", "source")  # the last: the hash of a file elsewhere, by its version there

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

    folder: Place

    @property
    def door(self) -> Door:
        """Return the way to the bytes."""
        return door_of(self.folder)

    def prepare(self) -> None:
        """Make the folder. Raises `OutputError` where it cannot be written."""
        try:
            self.door.put(_TAG, _TAG_TEXT.encode())
        except OSError as error:
            raise OutputError(
                f"the cache folder {self.folder} cannot be written: {error.strerror or error}",
                "Name another with --cache-dir or CHNA_CACHE_DIR, or use --no-cache.",
            ) from error

    def path(self, kind: str, key: str) -> Place:
        """Return where the entry stands, or would stand."""
        return self.folder / _name(kind, key)

    def has(self, kind: str, key: str) -> bool:
        """Return whether there is an entry, without looking whether it is sound."""
        return self.door.has(_name(kind, key))

    def load(self, kind: str, key: str, decode: Callable[[bytes], _T]) -> _T | None:
        """Return the decoded entry, or None: an entry that is damaged counts as missing."""
        data = self.door.get(_name(kind, key))
        try:
            return None if data is None else decode(data)
        except CodecError:
            return None

    def save(self, kind: str, key: str, data: bytes) -> None:
        """Write an entry. Raises `OutputError` (disk full, no permission)."""
        try:
            self.door.put(_name(kind, key), data)
        except OSError as error:
            raise OutputError(
                f"the cache entry {self.path(kind, key)} cannot be written: {error.strerror or error}",
                "Free some space, name another folder with --cache-dir, or use --no-cache.",
            ) from error

    def usage(self) -> list[Usage]:
        """Return what the store holds, one row a kind."""
        found = []
        for kind in KINDS:
            sizes = [size for _, size in self._entries(kind)]
            found.append(Usage(kind, len(sizes), sum(sizes)))
        return found

    def clear(self) -> int:
        """Delete the entries, and nothing that is not ours; return how many they were."""
        count = 0
        for kind in KINDS:
            # A list first: to delete from a folder while walking it may skip files.
            count += sum(self.door.delete(name) for name, _ in list(self._entries(kind, partial=True)))
            self.door.prune(kind)
        return count

    def _entries(self, kind: str, partial: bool = False) -> Iterator[tuple[str, int]]:
        """Yield the entries; with `partial` also what a killed process left half-written."""
        for path, size in self.door.names(kind):
            folder, _, name = path.removeprefix(f"{kind}/").partition("/")
            is_entry = len(folder + name) == 64 and set(folder + name) <= set("0123456789abcdef")
            if is_entry or (partial and name.endswith(".partial")):
                yield path, size


def _name(kind: str, key: str) -> str:
    return f"{kind}/{key[:2]}/{key[2:]}"
