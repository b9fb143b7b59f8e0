"""Files that appear whole or not at all, and packages that may be missing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from chna_toolkit.errors import MissingDependencyError, OutputError


def check_free(path: Path, *, force: bool) -> None:
    """Raise `OutputError` if something stands at `path` that may not be replaced."""
    if path.is_dir():
        raise OutputError(f"{path} is a folder", "Name a file.")
    if path.exists() and not force:
        raise OutputError(f"{path} exists", "Name another file, or overwrite it with --force.")


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give the path of a temporary file beside `path`, which gets its name if all went well.

    Raises `OutputError` where it cannot be written.
    """
    partial: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        partial = Path(name)
        yield partial
        umask = os.umask(0)
        os.umask(umask)
        partial.chmod(0o666 & ~umask)  # mkstemp makes files that only their owner may read
        partial.replace(path)
    except OSError as error:
        _discard(partial)
        raise OutputError(f"cannot write {path}: {error.strerror or error}", "Name another file.") from error
    except BaseException:
        _discard(partial)
        raise


def _discard(partial: Path | None) -> None:
    with suppress(OSError):
        if partial:
            partial.unlink()


@contextmanager
def needs(package: str, extra: str) -> Iterator[None]:
    """Turn a failed import within the block into an error that says how to install the package."""
    try:
        yield
    except ImportError as error:
        raise MissingDependencyError(
            f"this needs the package {package}: {error}", f"Install it: pip install 'chna-toolkit[{extra}]'."
        ) from error
