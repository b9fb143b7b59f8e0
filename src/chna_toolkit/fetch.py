"""Inputs that lie elsewhere: which files a URL stands for, and getting one of them in bounded size and time.

Objects of buckets come through fsspec. Web pages come through the standard library, with an
opener that knows HTTP alone: a redirect to `file://`, or from `https` down to `http`, is refused.
"""

from __future__ import annotations

import hashlib
import http.client
import re
import socket
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event, Timer
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from chna_toolkit import __version__
from chna_toolkit.storage import RemoteFile, StorageError, Url, remote, scrub

_CHUNK = 1 << 20  # bytes
_QUIET = 30.0  # seconds without a byte
_TRIES = 3
_PAUSE = 1.0  # seconds before the second try; then twice as long
_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a download may take, and an event that ends it."""

    bytes: int
    seconds: float
    stop: Event | None = None


# -- which files


def list_remote(url: Url) -> list[tuple[RemoteFile, str]]:
    """Return the files a URL stands for, each with the name shown, as for local paths.

    That is a file of any name, what a glob matches, or the PDFs below a prefix that are not
    hidden. Raises `OSError` (with no credentials in its text), `MissingDependencyError`.
    """
    if url.is_web:
        return [(RemoteFile(url), url.parts[-1])]
    root, found = remote(url, _look)
    return [
        (
            RemoteFile(Url(f"{url.scheme}://{name}"), int(info.get("size") or 0), _version(info)),
            name.removeprefix(root).lstrip("/"),
        )
        for name, info in sorted(found.items())
    ]


def _look(files: Any, path: str) -> tuple[str, dict[str, dict[str, Any]]]:
    """Return the folder that names are relative to, and what is known of each file, by path."""
    path = path.rstrip("/")
    if "/" in path and files.isfile(path):
        return f"{path.rpartition('/')[0]}/", {path: files.info(path)}
    if _MAGIC.search(path):
        root = f"{_MAGIC.split(path)[0].rpartition('/')[0]}/"
        found: dict[str, dict[str, Any]] = {}
        for name, info in files.glob(path, detail=True).items():
            found |= {name: info} if info["type"] == "file" else _walk(files, name, root)
        return root, found
    found = _walk(files, path, f"{path}/")
    if not found and "/" in path and not files.exists(path):
        raise FileNotFoundError(path)
    return f"{path}/", found


def _walk(files: Any, path: str, root: str) -> dict[str, dict[str, Any]]:
    """Return the PDFs below a prefix, without what is hidden."""
    found = files.find(path, detail=True)
    return {
        name: info
        for name, info in found.items()
        if name.lower().endswith(".pdf")
        and not any(part.startswith(".") for part in name.removeprefix(root).split("/"))
    }


def _version(info: dict[str, Any]) -> str:
    """Return what the storage says of an object's content: its entity tag or hash."""
    for name in ("ETag", "etag", "md5Hash"):
        if info.get(name):
            return str(info[name])
    return ""


# -- getting one


def fetch(url: Url, target: Path, bounds: Bounds) -> tuple[str, int]:
    """Write the bytes to `target`; return their SHA-256 and number.

    Raises `OSError` (with no credentials in its text) for a file that is not there, is larger or
    takes longer than allowed.
    """
    deadline = time.monotonic() + bounds.seconds
    for again in range(_TRIES):
        left = Bounds(bounds.bytes, deadline - time.monotonic(), bounds.stop)
        try:
            with _open(url, left) as stream:
                return _copy(stream, target, left)
        except _PassingError as error:
            pause = _PAUSE * 2**again
            if again + 1 == _TRIES or time.monotonic() + pause >= deadline:
                raise StorageError(str(error)) from None
            time.sleep(pause)
    raise AssertionError("the last try returns or raises")


class _PassingError(Exception):
    """Something that another try may not meet."""


def _copy(stream: Any, target: Path, bounds: Bounds) -> tuple[str, int]:
    deadline, size, digest = time.monotonic() + bounds.seconds, 0, hashlib.sha256()
    with target.open("wb") as out:
        while piece := _read(stream):
            size += len(piece)
            if size > bounds.bytes:
                raise StorageError(f"larger than the {bounds.bytes >> 20} MiB that a download may have")
            if time.monotonic() > deadline:
                raise _too_long(bounds)
            if bounds.stop and bounds.stop.is_set():
                raise StorageError("stopped")
            digest.update(piece)
            out.write(piece)
    return digest.hexdigest(), size


def _read(stream: Any) -> bytes:
    try:
        # read1 returns what has come, so that a slow sender meets the checks of the time.
        piece: bytes = stream.read1(_CHUNK) if hasattr(stream, "read1") else stream.read(_CHUNK)
    except StorageError:
        raise
    except Exception as error:  # each of the libraries has exceptions of its own
        raise _PassingError(f"the download broke off: {scrub(str(error)) or type(error).__name__}") from None
    return piece


def _too_long(bounds: Bounds) -> StorageError:
    return StorageError(f"not downloaded within {max(bounds.seconds, 0):.3g} s")


@contextmanager
def _open(url: Url, bounds: Bounds) -> Iterator[Any]:
    if not url.is_web:
        with remote(url, lambda files, path: files.open(path, "rb", block_size=_CHUNK << 3)) as stream:
            yield stream
        return
    watch = _Watch()
    timer = Timer(max(bounds.seconds, 0.0), watch.cut)
    timer.daemon = True
    timer.start()
    try:
        with _get(url, bounds, watch) as response:
            yield _Whole(response, watch, bounds)
    finally:
        timer.cancel()
        watch.close()


def _get(url: Url, bounds: Bounds, watch: _Watch) -> Any:
    text, credentials = _without_user(url.text)
    headers = {"User-Agent": f"chna-toolkit/{__version__}", "Accept": "application/pdf, */*"}
    request = urllib.request.Request(text, headers=headers)
    if credentials:
        request.add_unredirected_header("Authorization", credentials)  # for this host, and no other
    try:
        return _opener(watch).open(request, timeout=min(_QUIET, max(bounds.seconds, 0.1)))
    except urllib.error.HTTPError as error:
        with error:
            what = scrub(f"the server answers {error.code} {error.reason}")
            raise (_PassingError if error.code in (429, 500, 502, 503, 504) else StorageError)(what) from None
    except StorageError:
        raise
    except (OSError, http.client.HTTPException) as error:
        if watch.is_cut:
            raise _too_long(bounds) from None
        reason = getattr(error, "reason", error)
        raise _PassingError(f"no connection: {scrub(str(reason)) or type(reason).__name__}") from None


def _without_user(text: str) -> tuple[str, str]:
    """Return the URL without user and password, and the header that says them."""
    split = urlsplit(text)
    user, at, host = split.netloc.rpartition("@")
    if not at:
        return text, ""
    name, _, password = user.partition(":")
    token = b64encode(f"{unquote(name)}:{unquote(password)}".encode()).decode()
    return urlunsplit(split._replace(netloc=host)), f"Basic {token}"


def _opener(watch: _Watch) -> urllib.request.OpenerDirector:
    """Return an opener for HTTP and nothing else, whose connections are watched."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _HTTP(watch),
        _HTTPS(watch),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    return opener


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = 5

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        target, scheme = urlsplit(newurl), urlsplit(req.full_url).scheme
        if target.scheme not in ("https", scheme):
            raise StorageError(f"the server redirects to {target.scheme}://, which is refused")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Watch:
    """Cuts a connection from another thread: a server that sends a byte now and then meets no time-out."""

    def __init__(self) -> None:
        self.is_cut = False
        self._socket: socket.socket | None = None

    def hold(self, connected: socket.socket) -> None:
        """Remember the connection by a handle of our own, which stays valid when TLS takes the other."""
        self.close()
        self._socket = connected.dup()

    def cut(self) -> None:
        """End it; who reads from it meets its end."""
        self.is_cut = True
        if held := self._socket:
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Forget it."""
        held, self._socket = self._socket, None
        if held:
            held.close()


class _Whole:
    """A response that is read to the end it announced, or fails."""

    def __init__(self, response: Any, watch: _Watch, bounds: Bounds) -> None:
        self._response, self._watch, self._bounds = response, watch, bounds

    def read1(self, most: int) -> bytes:
        """Return some bytes, none at the end. Raises `StorageError` if the watch cut it."""
        try:
            piece: bytes = self._response.read1(most)
        except (OSError, http.client.HTTPException):
            if self._watch.is_cut:
                raise _too_long(self._bounds) from None
            raise
        if self._watch.is_cut:
            raise _too_long(self._bounds)
        if not piece and self._response.length:  # http.client takes a broken connection for an end
            raise http.client.IncompleteRead(b"", self._response.length)
        return piece


class _WatchedConnection(http.client.HTTPConnection):
    watch: _Watch

    def connect(self) -> None:
        super().connect()
        self.watch.hold(self.sock)


class _WatchedSecureConnection(http.client.HTTPSConnection, _WatchedConnection):
    """Connects by the class above, and then begins TLS."""


def _connect(kind: type[_WatchedConnection], watch: _Watch, *arguments: Any, **named: Any) -> _WatchedConnection:
    connection = kind(*arguments, **named)
    connection.watch = watch
    return connection


class _HTTP(urllib.request.HTTPHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._connection: Callable[..., Any] = partial(_connect, _WatchedConnection, watch)

    def http_open(self, req: Any) -> Any:
        return self.do_open(self._connection, req)


class _HTTPS(urllib.request.HTTPSHandler):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._connection: Callable[..., Any] = partial(_connect, _WatchedSecureConnection, watch)

    def https_open(self, req: Any) -> Any:
        return self.do_open(self._connection, req)
