"""The texts of the documents of a finished run: from the cache, or read again from the PDFs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from chna_toolkit.config import Settings, load_settings
from chna_toolkit.errors import UsageError
from chna_toolkit.inputs import Input
from chna_toolkit.model import Document
from chna_toolkit.results.frames import rows_of
from chna_toolkit.scan import make_plan
from chna_toolkit.storage import is_url, parse_url
from chna_toolkit.texts import read_texts

if TYPE_CHECKING:
    from chna_toolkit.results.run import InputFile, Run

# The settings that decide the text of a document.
_DECIDING = ("tables", "ocr", "ocr_language", "timeout", "memory_mb", "passwords", "keyring")


def settings_of(run: Run, given: Mapping[str, object] | None = None) -> Settings:
    """Return the settings that decided the texts of a run, as far as arguments do not say otherwise."""
    found: dict[str, object] = {}
    for name in _DECIDING:
        setting = run.manifest.settings.get(name)
        if setting and setting.value is not None and setting.origin != "default":
            found[name] = setting.value
    return load_settings(found | {name: value for name, value in (given or {}).items() if value is not None})


def read_again(run: Run, folder: Path, settings: Settings, *, exact: bool = True) -> Iterator[tuple[str, Document]]:
    """Yield the documents of a run that could be searched, by their id, in the order of their files.

    `folder` is that of the run, from which its links lead to the PDFs. A PDF is opened only if
    the cache does not hold its text.
    Raises `UsageError` for one that cannot be had, or, with `exact`, that this version reads
    otherwise, so that the run's quotes do not stand where it says.
    """
    searched = {
        str(row["document_id"]) for row in run.rows("documents") if row["extraction_status"] in ("ok", "partial")
    }
    found: dict[str, Input] = {}
    for one in run.manifest.inputs:
        if one.sha256[:12] in searched:
            found.setdefault(one.sha256[:12], _input(one, folder))
    inputs = list(found.values())
    plan = make_plan(settings)
    checks = _quotes(run) if exact else {}
    for item, (document, _) in read_texts(inputs, plan, settings):
        identity = item.sha256[:12]
        if not document.status.is_searchable or document.sha256 != item.sha256:
            raise UsageError(
                f"{item.file}: its text is not in the cache, and the PDF cannot be read: {document.reason}",
                "Put the PDFs back where they were scanned, or scan again.",
            )
        if not all(_is_there(document, *quote) for quote in checks.get(identity, ())):
            raise UsageError(f"{item.file}: this version reads it otherwise than the run did", "Scan again.")
        yield identity, document


def _input(one: InputFile, folder: Path) -> Input:
    if is_url(one.link or one.file):
        return Input(Path(), one.file, one.sha256, one.size, source=parse_url(one.link or one.file))
    return Input(folder / (one.link or one.file), one.file, one.sha256, one.size)


def _quotes(run: Run) -> dict[str, list[tuple[int, str]]]:
    quotes: dict[str, list[tuple[int, str]]] = {}
    for row in rows_of(run.tables["mentions"][["document_id", "passage", "sentence"]]):
        quotes.setdefault(str(row["document_id"]), []).append((int(row["passage"] or 0), str(row["sentence"])))
    return quotes


def _is_there(document: Document, passage: int, sentence: str) -> bool:
    # The tables hold what UTF-8 can carry.
    return (
        passage < len(document.passages)
        and document.passages[passage].text.encode("utf-8", "replace").decode() == sentence
    )
