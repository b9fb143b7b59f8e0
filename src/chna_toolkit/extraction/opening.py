"""Opening a PDF: with no password, one of those given, or what is left of a broken file; else the reason why not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from chna_toolkit.extraction.salvage import MAX_BYTES, Salvaged, salvage
from chna_toolkit.model import DocumentStatus


class RefusedError(Exception):
    """The file cannot be read as a PDF; carries the status, the reason and a remedy."""

    def __init__(self, status: DocumentStatus, reason: str, hint: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.hint = hint


_LOCKED = "The file asks for a password to be opened."
_LOCKED_STILL = "The file asks for a password, and none of those given opens it."
_LOCKED_HINT = "Give its password in a file, with --passwords FILE."
_BROKEN = "The file begins like a PDF but its structure is broken (cut off or damaged)."
_DAMAGED_HINT = "Download the file again, or open it in a PDF program and save a copy."


def open_pdf(path: Path, passwords: Iterable[str]) -> tuple[Any, bool, Salvaged | None]:
    """Open with the empty password, or one of those given, or what is left; else raise RefusedError that says why."""
    try:
        head = _head(path)
    except OSError as error:
        reason = f"The file cannot be read: {error.strerror or error}."
        raise RefusedError(DocumentStatus.DAMAGED, reason, "Check the path and its permissions.") from error
    if not head:
        raise RefusedError(DocumentStatus.EMPTY, "The file has no bytes.", "Download the file again.")
    if b"%PDF" not in head:
        kind = "a web page" if re.search(rb"<(!doctype html|html|head|body)", head, re.I) else "no PDF"
        hint = "Open its address in a browser and save the PDF itself." if kind == "a web page" else ""
        raise RefusedError(DocumentStatus.NOT_PDF, f"The file is {kind}, whatever its name says.", hint)
    try:
        return pdfium.PdfDocument(path), False, None
    except pdfium.PdfiumError as error:
        if _wants_password(error):
            return _unlock(path, passwords), True, None
        salvaged = salvage(path.read_bytes()) if path.stat().st_size <= MAX_BYTES else None
        if salvaged is None:
            raise RefusedError(DocumentStatus.DAMAGED, _BROKEN, _DAMAGED_HINT) from error
    try:
        return pdfium.PdfDocument(salvaged.data), False, salvaged
    except pdfium.PdfiumError as error:
        raise RefusedError(DocumentStatus.DAMAGED, _BROKEN, _DAMAGED_HINT) from error


def _wants_password(error: pdfium.PdfiumError) -> bool:
    code = getattr(error, "err_code", None)
    return code in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY) or "assword" in str(error)


def _unlock(path: Path, passwords: Iterable[str]) -> Any:
    tried = False
    for password in passwords:
        tried = True
        try:
            return pdfium.PdfDocument(path, password=password)
        except (pdfium.PdfiumError, ValueError) as error:  # ValueError: a password that no C string can hold
            if isinstance(error, pdfium.PdfiumError) and not _wants_password(error):
                raise RefusedError(DocumentStatus.DAMAGED, _BROKEN, _DAMAGED_HINT) from None
    # No password may show, not even in a traceback: the errors above are dropped.
    raise RefusedError(DocumentStatus.ENCRYPTED, _LOCKED_STILL if tried else _LOCKED, _LOCKED_HINT)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)
