"""The text of PDFs for people who want only that: one document after the other, as text or JSON lines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path, PurePosixPath

from chna_toolkit.assess import Attempt, Obstacle, Plan, Reading
from chna_toolkit.assess import read as read_document
from chna_toolkit.batch import Work, in_order, open_executor
from chna_toolkit.config import Settings
from chna_toolkit.errors import OutputError
from chna_toolkit.extraction.watch import Aside, Watch
from chna_toolkit.inputs import Input
from chna_toolkit.model import Document

_AHEAD = 100  # documents under way on a cluster, whose size is not known
SUFFIXES = {"text": ".txt", "jsonl": ".jsonl"}


Explained = tuple[Document, tuple[Aside, ...]]  # with what was left out of its text, if the plan explains


@dataclass(frozen=True, slots=True)
class Pictures:
    """That pages are drawn with what was seen on them: below `folder`, in a folder named as the file."""

    folder: Path
    pages: tuple[int, ...] = ()  # empty: all

    def place(self, item: Input) -> Path:
        """Return the folder of a document's pictures."""
        return self.folder / item.file


def read_texts(
    inputs: Sequence[Input], plan: Plan, settings: Settings, pictures: Pictures | None = None
) -> Iterator[tuple[Input, Explained]]:
    """Read all inputs in worker processes; yield them in order, those that cannot be read with their status.

    With `pictures` every document is read anew and its pages are drawn. Raises `OutputError`.
    """
    read: Work[Reading] = read_document
    if pictures:
        read, plan = partial(_read_and_draw, pictures), replace(plan, store=None)
    ahead = _AHEAD if settings.cluster else 2 * settings.workers
    with open_executor(len(inputs), plan, settings) as executor:
        for item, result in in_order(read, inputs, executor, ahead):
            if isinstance(result, Obstacle):
                yield item, (result.document(item), ())
            else:
                yield item, (result.document, result.asides)


def _read_and_draw(pictures: Pictures, item: Input, plan: Plan, attempt: Attempt) -> Reading:
    from chna_toolkit.extraction.drawing import draw_pages

    reading = read_document(item, replace(plan, explains=True), attempt)
    try:
        passwords = plan.passwords.candidates(item.file, item.sha256)
        draw_pages(item.path, reading.document, reading.watch, pictures.place(item), pictures.pages, passwords)
    except OSError as error:
        reason = f"{pictures.place(item)} cannot be written: {error.strerror or error}"
        raise OutputError(reason, "Name another folder with --debug.") from error
    return reading if plan.explains else replace(reading, watch=Watch())


def check_pictures(inputs: Iterable[Input], pictures: Pictures, *, force: bool = False) -> None:
    """Raise `OutputError` if a document has pictures already, unless `force`."""
    existing = [pictures.place(item) for item in inputs if pictures.place(item).exists()]
    if existing and not force:
        raise OutputError(f"{existing[0]} exists", "Name another folder with --debug, or overwrite with --force.")


def as_text(document: Document) -> str:
    """Return the text of the pages, each ended by a form feed, as `pdftotext` does."""
    return "".join(f"{page.text}\n\f" for page in document.pages)


def as_jsonl(file: str, document: Document) -> str:
    """Return one line of JSON a passage. `id`, `text` and `prev` are what `chna tag` takes."""
    lines = []
    previous: tuple[int, str] = (-1, "")
    for passage in document.passages:
        values = {
            "id": f"{document.sha256[:12]}:{passage.index}",
            "file": file,
            "page": passage.page,
            "page_label": passage.page_label,
            "kind": str(passage.kind),
            "section": passage.section,
            "start": passage.start,
            "end": passage.end,
            "box": passage.box,
            "row_header": passage.row_header,
            "column_header": passage.column_header,
            "ocr_confidence": passage.ocr_confidence,
            "prev": previous[1] if previous[0] == passage.block else "",
            "text": passage.text,
        }
        lines.append(json.dumps(values) + "\n")
        previous = (passage.block, passage.text)
    return "".join(lines)


def output_names(inputs: Iterable[Input], folder: Path, form: str, *, force: bool = False) -> dict[str, Path]:
    """Return for each file (by the name shown) the one below `folder` that its text goes to.

    Copies have files of their own. A file is named after its document; where two would be the
    same, after its whole name.
    Raises `OutputError` if one exists, unless `force`.
    """
    names: dict[str, Path] = {}
    taken: set[str] = set()
    for file in (one.file for item in inputs for one in (item, *item.copies)):
        path = PurePosixPath(file)
        name = path.with_suffix(SUFFIXES[form])
        if name.as_posix().casefold() in taken:
            name = PurePosixPath(f"{file}{SUFFIXES[form]}")
        taken.add(name.as_posix().casefold())
        names[file] = folder / name
    existing = [path for path in names.values() if path.exists()]
    if existing and not force:
        raise OutputError(f"{existing[0]} exists", "Name another folder with -o, or overwrite with --force.")
    return names


def write_text(path: Path, text: str) -> None:
    """Write a file, making its folder. Raises `OutputError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", errors="replace", newline="")
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}", "Name another folder with -o."
        ) from error
