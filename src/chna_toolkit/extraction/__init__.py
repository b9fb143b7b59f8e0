"""A PDF to a Document: passages with page, offsets, box, section and kind.

The only package that knows pypdfium2. The door is `read_document`.
"""

from __future__ import annotations

from chna_toolkit.extraction.reader import ExtractionSettings, read_document

EXTRACTOR_VERSION = "6"  # bump when the output may change; part of the cache key

__all__ = ["EXTRACTOR_VERSION", "ExtractionSettings", "extractor_versions", "read_document"]


def extractor_versions() -> dict[str, str]:
    """Versions of what the passages depend on: our own, pypdfium2, PDFium, pdfplumber, nupunkt."""
    from importlib.metadata import version

    from chna_toolkit.extraction.pdfium import versions

    found = {"extractor": EXTRACTOR_VERSION, **dict(versions())}
    return found | {name: version(name) for name in ("pdfplumber", "nupunkt")}
