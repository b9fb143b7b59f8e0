"""Make the sample documents, truth.toml and hospitals.csv from sources/*.md.

    python sample_reports/make.py             write everything
    python sample_reports/make.py --check     write nothing; exit 1 if what is here differs from what would be made
    python sample_reports/make.py --only NAME write one PDF (to look at while writing its source)

Needs reportlab, pypdfium2 and Pillow. The same library versions give the same bytes (they stand in
built_with.json). With other versions `--check` compares the text of every page instead, and says so.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import zlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import truth
from copier import rasterise
from layout import DocumentBuilder, check_cover_fits
from source import Source, read_source
from themes import register_fonts

HERE = Path(__file__).resolve().parent
LIBRARIES = ("reportlab", "pypdfium2", "pillow")


@dataclass(frozen=True)
class Made:
    """One finished document: its bytes, its `[[document]]` and its page texts before scanning."""

    pdf: bytes
    toml: str


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make the sample documents.")
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 if anything differs")
    parser.add_argument("--only", metavar="NAME", help="make the PDFs whose name contains NAME, and nothing else")
    options = parser.parse_args(arguments)
    sources = [read_source(path) for path in sorted((HERE / "sources").glob("*.md"))]
    if options.only:
        sources = [source for source in sources if options.only in source.file]
    files = make(sources)
    if options.only:
        files = {name: data for name, data in files.items() if name.endswith(".pdf")}
    if options.check:
        return check(files)
    for name, data in files.items():
        (HERE / name).write_bytes(data)
        print(f"{len(data):>8,} bytes  {name}")
    return 0


def make(sources: list[Source]) -> dict[str, bytes]:
    """All files by name, as bytes."""
    register_fonts()
    hyphens = read_hyphens()
    made = {source.file: make_document(source, hyphens) for source in sources}
    files = {name: document.pdf for name, document in made.items()}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    files["truth.toml"] = "\n".join([truth.HEADER, *(document.toml for document in made.values())]).encode()
    files["hospitals.csv"] = truth.hospitals_csv(sources, digests).encode()
    files["built_with.json"] = (json.dumps(built_with(), indent=2) + "\n").encode()
    return files


def make_document(source: Source, hyphens: dict[str, str]) -> Made:
    """Lay out one source, find its labels, and scan it if the head says so."""
    check_cover_fits(source)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / source.file
        builder = DocumentBuilder(source, path, hyphens)
        builder.make()
        pdf = path.read_bytes()
        texts = truth.page_texts(pdf)
        found = truth.locate(source, texts)
        if truth.statuses(source) != truth.declared(source):
            differ = [k for k, v in truth.declared(source).items() if truth.statuses(source)[k] != v]
            raise ValueError(f"{source.path.name}: head and labels disagree on {differ}")
        labels = [builder.label(page + 1) for page in range(len(texts))]
        if source.head.get("scanned", False):
            rasterise(pdf, path)
            pdf, labels = path.read_bytes(), [""] * len(texts)
    return Made(pdf, truth.document_toml(source, found, len(texts), labels))


def read_hyphens() -> dict[str, str]:
    """Words that may be broken at a line end, from sources/hyphenation.txt."""
    words = (HERE / "sources" / "hyphenation.txt").read_text(encoding="utf-8").split()
    return {word.replace("-", ""): word for word in words}


def built_with() -> dict[str, str]:
    """Versions that decide the bytes."""
    return {name: version(name) for name in LIBRARIES} | {"zlib": zlib.ZLIB_RUNTIME_VERSION}


def check(files: dict[str, bytes]) -> int:
    """Compare with what is in the folder; print each difference; returns the exit code."""
    recorded = json.loads((HERE / "built_with.json").read_text()) if (HERE / "built_with.json").exists() else {}
    same_tools = recorded == built_with()
    if not same_tools:
        print(f"built with {recorded}, here are {built_with()}: comparing page texts, not bytes")
        files = {name: data for name, data in files.items() if name not in ("built_with.json", "hospitals.csv")}
    different = [name for name, data in files.items() if not _same(name, data, same_tools)]
    stray = {path.name for path in HERE.glob("*.pdf")} - set(files)
    for name in different:
        print(f"differs: {name}")
    for name in sorted(stray):
        print(f"has no source: {name}")
    return 1 if different or stray else 0


def _same(name: str, data: bytes, bytewise: bool) -> bool:
    path = HERE / name
    if not path.exists():
        return False
    if bytewise or not name.endswith(".pdf"):
        return path.read_bytes() == data
    return truth.page_texts(path.read_bytes()) == truth.page_texts(data)


if __name__ == "__main__":
    sys.exit(main())
