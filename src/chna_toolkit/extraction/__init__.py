"""A PDF to a Document: passages with page, offsets, box, section and kind.

The only package that knows pypdfium2. The door is `read_document`; PDFium is loaded when it is first
asked for, so that who only asks for versions need not wait.
"""

from __future__ import annotations

import json
from importlib.metadata import distribution, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chna_toolkit.extraction.reader import ExtractionSettings, read_document

EXTRACTOR_VERSION = "11"  # bump when the output may change; part of the cache key

__all__ = ["EXTRACTOR_VERSION", "ExtractionSettings", "extractor_versions", "read_document"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from chna_toolkit.extraction import reader

    return getattr(reader, name)


def extractor_versions() -> dict[str, str]:
    """Versions of what the passages depend on: our own, pypdfium2, PDFium, pdfplumber, nupunkt."""
    found = {name: version(name) for name in ("pypdfium2", "pdfplumber", "nupunkt")}
    build = json.loads(
        Path(str(distribution("pypdfium2").locate_file("pypdfium2_raw/version.json"))).read_text("utf-8")
    )
    pdfium = ".".join(str(build[part]) for part in ("major", "minor", "build", "patch"))
    return {"extractor": EXTRACTOR_VERSION, **found, "pdfium": pdfium}
