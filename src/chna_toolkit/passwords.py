"""Passwords of PDFs, from a file or the operating system's keyring. They are shown and written nowhere.

Not in messages, `run.json` or the names of cache entries: `repr` hides them, and what decides a
cache key is a slow one-way digest of them all.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from chna_toolkit.errors import MissingDependencyError, UsageError

SERVICE = "chna"  # what entries of the keyring are filed under
ANY = "*"  # user name of the keyring's entry for every document
_ROUNDS = 200_000  # of the digest: a tenth of a second, and no guessing by the million
_MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class Passwords:
    """Which passwords to try on a document. `digest` stands for them in cache keys; "" if there are none."""

    entries: tuple[tuple[str, str], ...] = ()  # glob, SHA-256 or "" for every document; password
    keyring: bool = False
    digest: str = ""

    def __repr__(self) -> str:
        return f"Passwords({len(self.entries)} entries{', keyring' if self.keyring else ''})"

    def candidates(self, file: str, sha256: str) -> Iterator[str]:
        """Yield the passwords to try on a document, those that name it first."""
        yield from (password for name, password in self.entries if name and _names(name, file, sha256))
        yield from (password for name, password in self.entries if not name)
        if self.keyring:
            import keyring
            from keyring.errors import KeyringError

            for user in (sha256, file, PurePosixPath(file).name, ANY):
                with suppress(KeyringError):  # locked meanwhile: the document stays encrypted
                    if found := keyring.get_password(SERVICE, user):
                        yield found


NO_PASSWORDS = Passwords()


def load_passwords(path: Path | None, keyring: bool = False) -> Passwords:
    """Return the passwords of a file and, if asked, those that the keyring will be asked for.

    A line is a password, tried on every document, or `NAME<TAB>PASSWORD`, where NAME is a glob of
    file names or a SHA-256. Raises `UsageError` for a file that cannot be used, and
    `MissingDependencyError` where there is no keyring.
    """
    entries = _entries(path) if path else ()
    if keyring:
        _check_keyring()
    if not entries and not keyring:
        return NO_PASSWORDS
    text = "\n".join(f"{name}\t{password}" for name, password in entries)
    digest = hashlib.pbkdf2_hmac("sha256", text.encode(), b"chna-toolkit passwords", _ROUNDS).hex()
    return Passwords(entries, keyring, f"{digest}{'+keyring' if keyring else ''}")


def is_open_to_others(path: Path) -> bool:
    """Return whether other users of the machine may read the file."""
    return os.name == "posix" and bool(path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH))


def _names(name: str, file: str, sha256: str) -> bool:
    if len(name) >= 12 and sha256.startswith(name.lower()):  # whole, or as the tables' document_id
        return True
    return fnmatchcase(file, name) or fnmatchcase(PurePosixPath(file).name, name)


def _entries(path: Path) -> tuple[tuple[str, str], ...]:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        lines = data.decode("utf-8-sig").splitlines() if len(data) <= _MOST_BYTES else None
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror or error}", "Check --passwords.") from error
    except UnicodeDecodeError:  # its message would quote the bytes
        raise UsageError(f"{path}: not UTF-8 text", "Save the passwords as UTF-8.") from None
    if lines is None:
        raise UsageError(f"{path}: larger than {_MOST_BYTES:,} bytes", "Check --passwords.")
    entries = []
    for number, line in enumerate(lines, 1):
        name, tab, password = line.partition("\t")
        if not line:
            continue
        if tab and not (name.strip() and password):
            raise UsageError(f"{path}:{number}: a name, a tab and a password are expected", "Complete the line.")
        entries.append((name.strip(), password) if tab else ("", line))
    if not entries:
        raise UsageError(f"{path}: no password in it", "Write one password a line, or a name, a tab and a password.")
    return tuple(entries)


def _check_keyring() -> None:
    """Raise `MissingDependencyError` unless the keyring answers."""
    try:
        import keyring
        from keyring.errors import KeyringError
    except ModuleNotFoundError:
        raise MissingDependencyError(
            "--keyring needs the package keyring", 'Install it: pip install "chna-toolkit[keyring]".'
        ) from None
    try:
        keyring.get_password(SERVICE, ANY)
    except KeyringError as error:
        reason = f"the keyring cannot be used: {type(error).__name__}"
        raise MissingDependencyError(reason, "Unlock it, or give the passwords in a file with --passwords.") from None
