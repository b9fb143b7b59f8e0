"""`index.html`, alone or with a folder `report/` of pages beside it, in place of what an earlier run left there.

`report/files.txt` lists what we wrote into the folder, and nothing else is ever removed from it. New pages
are written before `index.html`, which leads to them, is replaced; old ones are removed after that. So
whatever moment ends the writing, every link of the report that is there leads somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from chna_toolkit.errors import OutputError
from chna_toolkit.reports.html import Pages, render_html, render_html_within
from chna_toolkit.reports.pictures import NONE, Pictures
from chna_toolkit.reports.places import DOCUMENTS, FOLDER, PICTURES, STYLE, page_names
from chna_toolkit.results.run import write_text
from chna_toolkit.results.view import RunView

INDEX = "index.html"
LISTING = f"{FOLDER}/files.txt"
LIMIT = 5_000_000  # bytes of one file; a larger report becomes a site
FORMS = ("auto", "file", "site")
_OURS = re.compile(rf"{FOLDER}/(?:{PICTURES}/)?[a-z0-9][a-z0-9-]*\.(?:html|css|png)")
_HEAD = "# Written by chna-toolkit. A later report removes what is listed here and no longer needed.\n"


def write_html(view: RunView, out: Path, form: str = "auto", pictures: Pictures = NONE) -> Path:
    """Write the report and return the path of `index.html`.

    `form` is `file`, `site`, or `auto`: a site if one file would have more than 5 MB.
    Raises `OSError`, and `OutputError` if `report/` holds what is not ours.
    """
    text = None
    if form == "file":
        text = render_html(view, pictures)
    elif form == "auto":
        text = render_html_within(view, LIMIT, pictures)
    before, after = listed(out), set[str]()
    if text is None:
        after = _write_pages(Pages(view, pictures, page_names(view.hospitals)), out, before)
    else:
        write_text(out / INDEX, text)
    if before or after:
        _sweep(out, before - after, after)
    return out / INDEX


def listed(out: Path) -> set[str]:
    """Return the files that an earlier report has beside its `index.html`, by their names below the run folder."""
    try:
        lines = (out / LISTING).read_text(encoding="utf-8", errors="replace").splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return set()
    return {line for line in lines if _OURS.fullmatch(line)}


def _write_pages(pages: Pages, out: Path, before: set[str]) -> set[str]:
    """Write a site and return the names of its files but `index.html`."""
    folder = out / FOLDER
    if not before and folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(
            f"{folder} holds other files, and the report is too large for one",
            f"Move {FOLDER} away, or make one file all the same with --report file.",
        )
    hospitals = [f"{FOLDER}/{name}" for name in pages.place.names.values()]
    pictures = {f"{FOLDER}/{PICTURES}/{one.name}.png": one for one in pages.place.pictures.values()}
    after = {f"{FOLDER}/{STYLE}", f"{FOLDER}/{DOCUMENTS}", *hospitals, *pictures}
    (folder / PICTURES if pictures else folder).mkdir(parents=True, exist_ok=True)
    _write_listing(out, before | after)
    write_text(out / FOLDER / STYLE, pages.style)
    for name, picture in pictures.items():
        partial = (out / name).with_suffix(".partial")
        partial.write_bytes(picture.file.read_bytes())
        partial.replace(out / name)
    for number, name in enumerate(hospitals):
        write_text(out / name, pages.hospital(number))
    write_text(out / FOLDER / DOCUMENTS, pages.documents())
    write_text(out / INDEX, pages.index())
    return after


def _sweep(out: Path, stale: Iterable[str], kept: set[str]) -> None:
    """Remove what no page leads to any more, and the folders if nothing is left in them."""
    for name in stale:
        (out / name).unlink(missing_ok=True)
    if kept:
        _write_listing(out, kept)
    else:
        (out / LISTING).unlink(missing_ok=True)
    for folder in _empty(out / FOLDER / PICTURES, out / FOLDER):
        folder.rmdir()


def _empty(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            yield folder


def _write_listing(out: Path, names: Iterable[str]) -> None:
    write_text(out / LISTING, _HEAD + "".join(f"{name}\n" for name in sorted(names)))
