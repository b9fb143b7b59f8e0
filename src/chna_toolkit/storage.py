"""Places to read from and to write to: folders of this machine, and URLs of storage elsewhere.

A `Place` is a `Path` or a `Url`. `s3://` and `gs://` go through fsspec, which is imported when such
a URL is met and never for a local path; `https://` needs the standard library alone
(`download.py`). Whatever is shown of a URL, written or logged, is `str(url)`: without user,
password and query, which may hold a signature.

`door_of(place)` gives bytes under names: whole or not at all, with any number of writers.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from chna_toolkit.errors import MissingDependencyError, UsageError

_T = TypeVar("_T")
_BUCKETS = {"s3": "s3fs", "gs": "gcsfs"}  # scheme -> the package that fsspec needs for it
_WEB = ("https", "http")
SCHEMES = (*_BUCKETS, *_WEB)
_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://[^\s\"'<>]+")


class StorageError(OSError):
    """A place elsewhere that cannot be read or written; its text shows no credentials."""


@dataclass(frozen=True, slots=True, repr=False)
class Url:
    """An object, or a prefix of objects, in a storage elsewhere. `text` may hold credentials."""

    text: str

    @property
    def scheme(self) -> str:
        """Return the scheme in small letters."""
        return urlsplit(self.text).scheme.lower()

    @property
    def is_web(self) -> bool:
        """Return whether it is fetched by HTTP, and not an object of a bucket."""
        return self.scheme in _WEB

    @property
    def parts(self) -> tuple[str, ...]:
        """Return host or bucket and the parts of the path, for showing."""
        if not self.is_web:  # the key of an object may hold ? and %, and means them
            return tuple(part for part in self.text.split("://", 1)[1].split("/") if part)
        split = urlsplit(self.text)
        host = split.netloc.rpartition("@")[2]
        return (host, *(part for part in unquote(split.path).split("/") if part))

    @property
    def is_bare(self) -> bool:
        """Return whether it can be shown as it is: no user, no password, no query."""
        return str(self) == self.text

    def __truediv__(self, name: str) -> Url:
        return Url(f"{self.text.rstrip('/')}/{name}")

    def __str__(self) -> str:
        if not self.is_web:
            return self.text
        split = urlsplit(self.text)
        return f"{split.scheme}://{split.netloc.rpartition('@')[2]}{split.path}{'?…' if split.query else ''}"

    def __repr__(self) -> str:
        return f"Url({str(self)!r})"


Place = Path | Url


def is_url(text: str) -> bool:
    """Return whether the text is meant as a URL."""
    return bool(re.match(r"[A-Za-z][A-Za-z0-9+.\-]*://", text))


def parse_url(text: str) -> Url:
    """Return the URL. Raises `UsageError` for one that cannot be used."""
    url = Url(text)
    if url.scheme not in SCHEMES:
        raise UsageError(
            f"{scrub(text)}: unknown scheme {url.scheme!r}", f"Known are {', '.join(SCHEMES)}; a path needs no scheme."
        )
    if not url.parts:
        raise UsageError(f"{url}: no bucket or host", "Write it as in s3://bucket/folder.")
    if "@" in url.parts[0] and not url.is_web:
        raise UsageError(
            f"{url.scheme}://: a bucket's URL takes no user and password",
            "Set them in the environment, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
        )
    return url


def scrub(text: str) -> str:
    """Return the text with the credentials taken out of every URL in it."""
    return _URL.sub(lambda match: _scrubbed(match[0]), text)


def _scrubbed(text: str) -> str:
    try:
        split = urlsplit(text)
        host = split.netloc.rpartition("@")[2]
    except ValueError:  # no URL after all
        return f"{text.split('://', 1)[0]}://…"
    return f"{split.scheme}://{host}{split.path}{'?…' if split.query else ''}"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file found elsewhere. `version` changes with its bytes; "" where the storage tells none."""

    url: Url
    size: int = 0  # bytes; 0: unknown
    version: str = ""

    @property
    def parts(self) -> tuple[str, ...]:
        """Return host or bucket and the parts of the path."""
        return self.url.parts


class Door(Protocol):
    """Bytes under names such as `text/ab/cdef`. Cheap to make."""

    def get(self, name: str) -> bytes | None:
        """Return the bytes, None if there are none."""

    def put(self, name: str, data: bytes) -> None:
        """Write them: whoever reads meets all or nothing. Raises `OSError`."""

    def has(self, name: str) -> bool:
        """Return whether there are any."""

    def names(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the names below `prefix`, which is a folder, with their sizes."""

    def delete(self, name: str) -> bool:
        """Delete what is there; return whether that was possible."""

    def prune(self, prefix: str) -> None:
        """Remove the folders that are empty, `prefix` among them, where there are such things."""


def door_of(place: Place) -> Door:
    """Return the door to a folder or a prefix."""
    if isinstance(place, Path):
        return LocalFolder(place)
    if place.is_web:
        raise UsageError(f"{place} cannot be written to", "Name a folder, or a bucket as s3://bucket/folder.")
    return Bucket(place)


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """A folder as a `Door`: entries are written under a temporary name and renamed."""

    folder: Path

    def get(self, name: str) -> bytes | None:
        """Return the bytes, None if there are none that can be read."""
        try:
            return (self.folder / name).read_bytes()
        except OSError:
            return None

    def put(self, name: str, data: bytes) -> None:
        """Write a file whole or not at all, making its folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".partial")
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(partial).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(partial).unlink()
            raise

    def has(self, name: str) -> bool:
        """Return whether there is such a file."""
        return (self.folder / name).is_file()

    def names(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield the files two levels below the prefix, where entries are."""
        for path in (self.folder / prefix).glob("*/*"):
            with suppress(OSError):  # another process may clear it meanwhile
                yield path.relative_to(self.folder).as_posix(), path.stat().st_size

    def delete(self, name: str) -> bool:
        """Delete the file."""
        try:
            (self.folder / name).unlink()
        except OSError:
            return False
        return True

    def prune(self, prefix: str) -> None:
        """Remove the folders that are empty now."""
        for folder in (*sorted((self.folder / prefix).glob("*"), reverse=True), self.folder / prefix):
            with suppress(OSError):  # not empty: something of somebody else
                folder.rmdir()


@dataclass(frozen=True, slots=True)
class Bucket:
    """A prefix in a bucket as a `Door`: an object appears when the last byte of it has arrived."""

    prefix: Url

    def get(self, name: str) -> bytes | None:
        """Return the bytes, None if there are none that can be read."""
        with suppress(OSError):
            data: bytes = remote(self.prefix / name, lambda files, path: files.cat_file(path))
            return data
        return None

    def put(self, name: str, data: bytes) -> None:
        """Write the object."""
        remote(self.prefix / name, lambda files, path: files.pipe_file(path, data))

    def has(self, name: str) -> bool:
        """Return whether there is such an object."""
        with suppress(OSError):
            return bool(remote(self.prefix / name, lambda files, path: files.exists(path)))
        return False

    def names(self, prefix: str = "") -> Iterator[tuple[str, int]]:
        """Yield the objects below the prefix, however deep."""
        base = self.prefix.text.split("://", 1)[1].strip("/") + "/"
        start = self.prefix / prefix if prefix else self.prefix
        for path, size in remote(start, _sizes):
            yield path.removeprefix(base), size

    def delete(self, name: str) -> bool:
        """Delete the object."""
        try:
            remote(self.prefix / name, lambda files, path: files.rm_file(path))
        except OSError:
            return False
        return True

    def prune(self, prefix: str) -> None:
        """Do nothing: a bucket has no folders."""


def remote(url: Url, act: Callable[[Any, str], _T]) -> _T:
    """Return what `act` gives for the file system of a bucket and the path in it.

    Whatever goes wrong there becomes a `StorageError` without credentials, but `FileNotFoundError`
    stays one. Raises `MissingDependencyError` where the packages are not installed.
    """
    try:
        from fsspec.core import url_to_fs

        files, path = url_to_fs(url.text, use_listings_cache=False)
    except ImportError as error:
        raise MissingDependencyError(
            f"{url.scheme}:// needs the packages fsspec and {_BUCKETS[url.scheme]}: {error}",
            "Install them: pip install 'chna-toolkit[remote]'.",
        ) from error
    try:
        return act(files, path)
    except FileNotFoundError:
        raise
    except Exception as error:  # each of these libraries has exceptions of its own
        raise StorageError(f"{type(error).__name__}: {scrub(str(error))}") from None


def _sizes(files: Any, path: str) -> list[tuple[str, int]]:
    found = files.find(path, detail=True)
    return [(name, int(info.get("size") or 0)) for name, info in sorted(found.items())]


@contextmanager
def published(place: Place, last: str, listing: str = "") -> Iterator[Path]:
    """Give a folder to write into: the place itself, or one that is copied there if all went well.

    The file named `last` says that the others are whole: an old one goes first, the new one
    arrives last. What an old `listing` names in its own folder, a line each, and is not written
    again is removed from elsewhere; of the place itself, whoever writes the listing takes care.
    Raises `OSError` where the place cannot be written.
    """
    if isinstance(place, Path):
        yield place
        return
    door = door_of(place)
    with tempfile.TemporaryDirectory(prefix="chna-") as name:
        folder = Path(name)
        yield folder
        listed = _listed(door, listing) if listing else set()
        door.delete(last)
        names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        for one in sorted(names, key=lambda one: (one == last, one)):
            _upload(folder / one, place / one)
        for one in sorted(listed.difference(names)):
            door.delete(one)


def _listed(door: Door, listing: str) -> set[str]:
    """Return the names in a listing, itself among them, as far as they stand in its folder."""
    data = door.get(listing)
    if data is None:
        return set()
    lines = data.decode("utf-8", "replace").splitlines()
    folder = listing.rpartition("/")[0] + "/"
    return {listing, *(line for line in lines if line.startswith(folder) and ".." not in line.split("/"))}


def _upload(path: Path, url: Url) -> None:
    remote(url, lambda files, target: files.put_file(str(path), target))
