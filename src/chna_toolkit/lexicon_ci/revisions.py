"""Lexicons by name: a folder, or a folder as it stood at a git revision."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from chna_toolkit.errors import MissingDependencyError, UsageError
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.lexicon.shipped import find_lexicon

_SECONDS = 60  # that git may take


@contextmanager
def opened(name: str, folder: Path) -> Iterator[Lexicon]:
    """Load a lexicon: a folder, a shipped one by name, or `REVISION` or `REVISION:FOLDER` of git.

    A revision is read from the repository that holds `folder`, which is also its default folder,
    by `git archive`; nothing is checked out. Raises `UsageError`, `LexiconError`, `MissingDependencyError`.
    """
    if find_lexicon(Path(name)).is_dir():
        yield load_lexicon(Path(name))
        return
    revision, _, inside = name.partition(":")
    if not revision or revision.startswith("-"):
        raise UsageError(f"{name!r} is neither a folder nor a git revision", "Name a folder such as lexicons.")
    with TemporaryDirectory(prefix="chna-lexicon-") as place:
        yield load_lexicon(_unpack(revision, Path(inside) if inside else folder, Path(place)))


def _unpack(revision: str, folder: Path, place: Path) -> Path:
    """Write the files of a folder at a revision below a place; return the folder there."""
    where = folder.resolve()
    base = where if where.is_dir() else Path.cwd()
    root = Path(_git(base, "rev-parse", "--show-toplevel").decode().strip()).resolve()
    if not where.is_relative_to(root):
        raise UsageError(f"{folder} is not in the git repository {root}", "Name the folder as REVISION:FOLDER.")
    inside = where.relative_to(root).as_posix()
    _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    archive = _git(root, "archive", "--format=tar", revision, "--", inside)
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(place, filter="data")
    return place / inside


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, timeout=_SECONDS)
    except FileNotFoundError:
        raise MissingDependencyError("git is not installed", "Install it, or compare two folders.") from None
    except subprocess.TimeoutExpired:
        raise UsageError("git took too long", "Compare two folders instead.") from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        what = said[-1] if said else f"git {' '.join(arguments)} failed"
        raise UsageError(what, "Name a folder, or a revision such as HEAD~1 or v1.0:lexicons.")
    return done.stdout
