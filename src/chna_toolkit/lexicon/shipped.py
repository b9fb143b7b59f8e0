"""The lexicons that come with the toolkit, and how one is found by its name."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

BUILTIN = "builtin"
_HEAD = "lexicon.toml"


def builtin_lexicon_path() -> Path:
    """Folder of the lexicon that is used by default, in the wheel or in the checkout."""
    packaged = Path(str(files("chna_toolkit"))) / "lexicons"
    checkout = Path(__file__).resolve().parents[3] / "lexicons"
    return packaged if packaged.is_dir() else checkout


def shipped_lexicons() -> dict[str, Path]:
    """Return the folders of the shipped lexicons by name, the default one first."""
    home = builtin_lexicon_path()
    others = sorted(path.parent for path in home.glob(f"*/{_HEAD}"))
    return {BUILTIN: home, **{path.name: path for path in others}}


def find_lexicon(path: Path) -> Path:
    """Return the folder that is meant: a shipped lexicon for a bare name that is no folder here, else the path."""
    if len(path.parts) == 1 and not path.is_dir():
        return shipped_lexicons().get(path.name, path)
    return path
