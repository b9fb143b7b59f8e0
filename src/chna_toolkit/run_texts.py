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

# The settings that decide the text of a document, and the form of the report.
_DECIDING = ("tables", "ocr", "ocr_language", "timeout", "memory_mb", "passwords", "keyring", "report")


def settings_of(
    run: Run, folder: Path, given: Mapping[str, object] | None = None, config: Path | None = None
) -> Settings:
    """Return the settings that decided the texts of a run and the form of its report.

    `folder` is that of the run, from which its paths lead. Arguments and the named configuration go before those.
    """
    found: dict[str, object] = {}
    for name in _DECIDING:
        setting = run.manifest.settings.get(name)
        if setting and setting.value is not None and setting.origin != "default":
            found[name] = setting.value
    if "passwords" in found:
        path = folder / str(found.pop("passwords"))
        found |= {"passwords": path} if path.is_file() else {}
    return load_settings(
        found | {name: value for name, value in (given or {}).items() if value is not None}, config=config
    )


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
    inputs = [item for item in inputs_of(run, folder) if item.sha256[:12] in searched]
    plan = make_plan(settings)
    checks = _quotes(run) if exact else {}
    for item, (document, _) in read_texts(inputs, plan, settings):
        identity = item.sha256[:12]
        if not document.status.is_searchable or document.sha256 != item.sha256:
            raise UsageError(
                f"{item.file}: its text is not in the cache, and the PDF cannot be read: {document.reason}",
                "Put the PDFs back where they were scanned, or beside the run; or scan again.",
            )
        if not all(_is_there(document, *quote) for quote in checks.get(identity, ())):
            raise UsageError(f"{item.file}: this version reads it otherwise than the run did", "Scan again.")
        yield identity, document


def inputs_of(run: Run, folder: Path) -> list[Input]:
    """Return the documents of a run, to which its links lead from its folder: of copies one that is there."""
    found: dict[str, Input] = {}
    for one in run.manifest.inputs:
        item = _input(one, folder)
        before = found.get(one.sha256)
        if before is None or (item.source is None and before.source is None and not before.path.is_file()):
            found[one.sha256] = item
    return list(found.values())


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
