"""Where things stand in a report: all in one file, or a page for each hospital in a folder.

The templates ask here for every link and every id, and so are the same for both.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import ClassVar

from markupsafe import Markup

from chna_toolkit.reports.pictures import Framed, Picture, Pictures, framed
from chna_toolkit.results.view import Evidence, HospitalView, LessonView

FOLDER, PICTURES = "report", "pages"  # of the pages of hospitals, below the run folder; of pictures, in there
STYLE, DOCUMENTS = "style.css", "documents.html"
LINKED = 500  # hospitals; with more of them, cells of the matrix lead nowhere, to keep it small
_NAME = 40  # characters of a hospital's name in that of its page


class InOneFile:
    """Everything in `index.html`."""

    is_site = False
    level: ClassVar[int] = 3  # of the heading of a hospital
    home = ""  # what leads to the page with the matrix

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures

    def hospital(self, hospital: HospitalView) -> str:
        """Return the link to a hospital."""
        return f"#{hospital.anchor}"

    def finding(self, hospital: HospitalView, lesson: LessonView) -> str:
        """Return the link to what a hospital shows of a lesson."""
        return f"#{self.mark(hospital, lesson)}"

    def mark(self, hospital: HospitalView, lesson: LessonView) -> str:
        """Return the id of what a hospital shows of a lesson."""
        return f"{hospital.anchor}-{lesson.id}"

    def pdf(self, link: str) -> str:
        """Return the link to a PDF, given that from the run folder."""
        return link

    def framed(self, evidence: Evidence) -> Framed | None:
        """Return the picture of the passage on its page, if there is one."""
        return framed(self.pictures, evidence)

    def image(self, picture: Picture) -> Markup:
        """Return what draws a picture within an SVG of its size; its bytes are in the file once."""
        return Markup('<use href="#p-{}"/>').format(picture.name)

    @property
    def symbols(self) -> Sequence[Picture]:
        """Pictures that the page itself holds."""
        return list(self.pictures.values())


class InSite(InOneFile):
    """The matrix and all that is common in `index.html`, each hospital on a page of its own in `report/`."""

    is_site = True
    symbols = ()

    def __init__(self, pictures: Pictures, names: Mapping[str, str]) -> None:
        super().__init__(pictures)
        self.names = names  # anchor -> file
        self.has_linked_cells = len(names) <= LINKED

    def hospital(self, hospital: HospitalView) -> str:
        """Return the link to a hospital."""
        return f"{FOLDER}/{self.names[hospital.anchor]}"

    def finding(self, hospital: HospitalView, lesson: LessonView) -> str:
        """Return the link to what a hospital shows of a lesson."""
        return f"{self.hospital(hospital)}#{self.mark(hospital, lesson)}"

    def mark(self, hospital: HospitalView, lesson: LessonView) -> str:  # noqa: ARG002
        """Return the id of what a hospital shows of a lesson, on its page."""
        return lesson.id

    def image(self, picture: Picture) -> Markup:
        """Return what draws a picture within an SVG of its size."""
        values = (PICTURES, picture.name, picture.width, picture.height)
        return Markup('<image href="{}/{}.png" width="{}" height="{}"/>').format(*values)


class OnPage(InSite):
    """A page in `report/`."""

    level: ClassVar[int] = 1
    home = "../index.html"

    def __init__(self, pictures: Pictures, names: Mapping[str, str], current: str = "") -> None:
        super().__init__(pictures, names)
        self.current = current  # anchor of the hospital whose page it is

    def hospital(self, hospital: HospitalView) -> str:
        """Return the link to another hospital."""
        return self.names[hospital.anchor]

    def finding(self, hospital: HospitalView, lesson: LessonView) -> str:
        """Return the link to what a hospital shows of a lesson, which may be on another page."""
        page = "" if hospital.anchor == self.current else self.hospital(hospital)
        return f"{page}#{self.mark(hospital, lesson)}"

    def pdf(self, link: str) -> str:
        """Return the link to a PDF, given that from the run folder."""
        return link if link.startswith("https://") else f"../{link.removeprefix('./')}"


def page_names(hospitals: Sequence[HospitalView]) -> dict[str, str]:
    """Return the file of each hospital's page, by its anchor: the same in every run that knows the hospital.

    Names come from documents, which may hold anything: of them only letters and digits are kept.
    """
    return {hospital.anchor: _page_name(hospital) for hospital in hospitals}


def _page_name(hospital: HospitalView) -> str:
    plain = unicodedata.normalize("NFKD", hospital.name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:_NAME].strip("-")
    year = f"{hospital.year}" if hospital.year is not None else ""
    digest = hashlib.sha256(f"{hospital.key}\n{year}".encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return "-".join(part for part in (words, year, digest) if part) + ".html"
