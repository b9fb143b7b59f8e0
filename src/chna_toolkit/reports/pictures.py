"""Pictures of pages, as reports hold them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chna_toolkit.results.view import Evidence

Key = tuple[str, int]  # document id, page


@dataclass(frozen=True, slots=True)
class Picture:
    """A page drawn small: a PNG file that the report takes its bytes from, with its size in PDF points."""

    document: str
    page: int
    width: float
    height: float
    file: Path
    size: int  # bytes

    @property
    def name(self) -> str:
        """Its name within a report."""
        return f"{self.document}-p{self.page:03}"

    def as_url(self) -> str:
        """Return the picture as a `data:` URL."""
        return "data:image/png;base64," + base64.b64encode(self.file.read_bytes()).decode()


@dataclass(frozen=True, slots=True)
class Framed:
    """A picture with the frame around a passage, in PDF points from the top left."""

    picture: Picture
    x: float
    y: float
    width: float
    height: float


Pictures = Mapping[Key, Picture]
NONE: Pictures = {}
_AIR = 3.0  # points between a passage and its frame


def framed(pictures: Pictures, evidence: Evidence) -> Framed | None:
    """Return the picture of the page that a passage stands on, if there is one and its place is known."""
    picture = pictures.get((evidence.document, evidence.page))
    if picture is None or evidence.box is None:
        return None
    # A box may reach beyond the page; its frame is drawn within.
    x0, x1 = (min(max(0.0, x), picture.width) for x in (evidence.box[0] - _AIR, evidence.box[2] + _AIR))
    y0, y1 = (min(max(0.0, y), picture.height) for y in (evidence.box[1] - _AIR, evidence.box[3] + _AIR))
    return Framed(picture, round(x0, 1), round(y0, 1), round(max(x1 - x0, 1.0), 1), round(max(y1 - y0, 1.0), 1))
