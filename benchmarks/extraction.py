"""CPU and memory a page of our extraction against other readers of PDFs, in one run on the same files.

usage: python benchmarks/extraction.py PDF [PDF ...] [--rounds 3] [--pages 12] [--mupdf PYTHON]
       python benchmarks/extraction.py PDF [PDF ...] --beside [--rounds 5]

The floor is PDFium's own text call: load the page, load its text, get all characters. Each reader
is a process of its own that reads all files one after the other; in a round they take turns. CPU
seconds are user and system time of the process and its children, the least of all rounds counts.
Tagging is that of `--method hybrid`. What a process spends on starting (imports, making the tagger,
reading a tiny document) is measured in the same way, printed, and taken off. pdfminer.six and
pdfplumber are slow and read `--pages` pages of each file, evenly drawn (0: all); their ratio is to
the floor on these pages. poppler is used if there is a `pdftotext`, PyMuPDF (AGPL, no dependency of
ours) with the Python given by `--mupdf`, or ours.

A machine that others share is fast in one minute and slow in the next. `--beside` compares us with the floor alone,
in one process that knows the words and rules already, as a worker does after its first documents: each file is read by
the floor, by us, and tagged, one right after the other. The least of all rounds counts for each file and step.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

TINY = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 5 0 R/Resources<</Font<</F 4 0 R>>>>>>endobj
4 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj
5 0 obj<</Length 86>>stream
BT /F 12 Tf 72 700 Td (The hospital will open a cooling center. It is for all.) Tj ET
endstream endobj
trailer<</Root 1 0 R>>
"""


def sample(count: int, pages: int) -> Iterable[int]:
    """`pages` page indexes of `count`, evenly drawn; all if `pages` is 0."""
    return sorted({int((index + 0.5) * count / pages) for index in range(pages)}) if pages else range(count)


def floor(files: Sequence[str], pages: int) -> int:
    import ctypes

    import pypdfium2.raw as raw

    read = 0
    for file in files:
        pdf = raw.FPDF_LoadDocument(os.fsencode(file) + b"\0", None)
        for index in sample(raw.FPDF_GetPageCount(pdf), pages):
            page = raw.FPDF_LoadPage(pdf, index)
            text = raw.FPDFText_LoadPage(page)
            count = raw.FPDFText_CountChars(text)
            buffer = (ctypes.c_ushort * (count + 1))()
            raw.FPDFText_GetText(text, 0, count, buffer)
            raw.FPDFText_ClosePage(text)
            raw.FPDF_ClosePage(page)
            read += 1
        raw.FPDF_CloseDocument(pdf)
    return read


def pypdfium2(files: Sequence[str], pages: int) -> int:
    import pypdfium2 as pdfium

    read = 0
    for file in files:
        with pdfium.PdfDocument(file) as pdf:
            for index in sample(len(pdf), pages):
                page = pdf[index]
                text = page.get_textpage()
                text.get_text_range()
                text.close()
                page.close()
                read += 1
    return read


def poppler(files: Sequence[str], _pages: int) -> int:
    for file in files:
        subprocess.run(["pdftotext", file, os.devnull], check=True, stderr=subprocess.DEVNULL)
    return 0


def pymupdf(files: Sequence[str], pages: int) -> int:
    import pymupdf as mupdf

    read = 0
    for file in files:
        with mupdf.open(file) as pdf:
            for index in sample(len(pdf), pages):
                pdf[index].get_text()
                read += 1
    return read


def pdfminer(files: Sequence[str], pages: int) -> int:
    import pypdfium2 as pdfium
    from pdfminer.high_level import extract_text

    read = 0
    for file in files:
        with pdfium.PdfDocument(file) as pdf:
            wanted = list(sample(len(pdf), pages))
        extract_text(file, page_numbers=wanted)
        read += len(wanted)
    return read


def pdfplumber(files: Sequence[str], pages: int) -> int:
    import pdfplumber as plumber

    read = 0
    for file in files:
        with plumber.open(file) as pdf:
            for index in sample(len(pdf.pages), pages):
                pdf.pages[index].extract_text()
                pdf.pages[index].close()
                read += 1
    return read


def ours(tables: bool, tags: bool) -> Callable[[Sequence[str], int], int]:
    """A reader that is us: with or without tables and tagging."""

    def run(files: Sequence[str], _pages: int) -> int:
        from chna_toolkit.extraction import ExtractionSettings, read_document
        from chna_toolkit.lexicon import load_lexicon
        from chna_toolkit.tagging import Tagger

        tagger = Tagger(load_lexicon(), method="hybrid") if tags else None
        read = 0
        for file in files:
            document = read_document(Path(file), ExtractionSettings(tables=tables))
            read += len(document.pages)
            if tagger:
                tagger.tag(document)
        return read

    return run


# Name: the reader, and whether it is slow (and may read a sample).
READERS: dict[str, tuple[Callable[[Sequence[str], int], int], bool]] = {
    "PDFium's text call (the floor)": (floor, False),
    "the same on the sample of pages": (floor, True),
    "pypdfium2 get_text_range": (pypdfium2, False),
    "poppler pdftotext": (poppler, False),
    "PyMuPDF get_text (AGPL)": (pymupdf, False),
    "pdfminer.six extract_text": (pdfminer, True),
    "pdfplumber extract_text": (pdfplumber, True),
    "chna text and layout": (ours(tables=False, tags=False), False),
    "chna text, layout, tables": (ours(tables=True, tags=False), False),
    "chna text, layout, tagging": (ours(tables=False, tags=True), False),
    "chna text, layout, tables, tagging": (ours(tables=True, tags=True), False),
}
FLOOR, SAMPLED_FLOOR = list(READERS)[:2]


def measure(name: str, files: Sequence[str], options: Any) -> tuple[float, float, int]:
    """CPU seconds, peak RSS in MB and pages of a process that reads the files."""
    python = options.mupdf if READERS[name][0] is pymupdf else sys.executable
    pages = options.pages if READERS[name][1] else 0
    command = [python, __file__, "--read", name, "--pages", str(pages), *files]
    with tempfile.TemporaryFile() as out:
        quiet = [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
        one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        pid = os.posix_spawnp(python, command, one_thread, file_actions=quiet)
        _, status, usage = os.wait4(pid, 0)  # with the children that it waited for
        if os.waitstatus_to_exitcode(status):
            sys.exit(f"{name}: exit code {os.waitstatus_to_exitcode(status)}")
        out.seek(0)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, int(out.read().split()[-1])


def available(name: str, options: Any) -> bool:
    """Whether a reader is installed; says so if not."""
    if READERS[name][0] is poppler and not shutil.which("pdftotext"):
        print("poppler: no pdftotext here, left out")
        return False
    if READERS[name][0] is pymupdf and subprocess.call([options.mupdf, "-c", "import pymupdf"], stderr=-3):
        print("PyMuPDF: not installed, left out (--mupdf PYTHON names a Python that has it)")
        return False
    return name != SAMPLED_FLOOR or options.pages > 0


def compare(options: Any, tiny: str) -> None:
    """Measure all readers in turn, and print a row for each."""
    names = [name for name in READERS if available(name, options)]
    starts: dict[str, list[float]] = {name: [] for name in names}
    spent: dict[str, list[float]] = {name: [] for name in names}
    peaks, pages = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0)
    for number in range(options.rounds):
        for name in names:
            starts[name].append(measure(name, [tiny], options)[0])
            cpu, peak, read = measure(name, [tiny, *options.files], options)
            spent[name].append(cpu)
            peaks[name], pages[name] = max(peaks[name], peak), (read or pages[FLOOR] + 1) - 1
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    cost = {name: (min(spent[name]) - min(starts[name])) / max(1, pages[name]) * 1000 for name in names}
    print(f"{'reader':36} {'pages':>6} {'CPU ms/page':>12} {'times the floor':>16} {'start, s':>9} {'peak, MB':>9}")
    for name in names:
        base = SAMPLED_FLOOR if READERS[name][1] and SAMPLED_FLOOR in names else FLOOR
        row = f"{name:36} {pages[name]:6} {cost[name]:12.2f} {cost[name] / cost[base]:16.2f}"
        print(f"{row} {min(starts[name]):9.2f} {peaks[name]:9.0f}")


def beside(files: Sequence[str], rounds: int) -> None:
    """Print what text and layout, and tagging, cost next to the floor, file by file and in all."""
    from chna_toolkit.extraction import ExtractionSettings, read_document
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.tagging import Tagger

    tagger = Tagger(load_lexicon(), method="hybrid")

    def steps(file: str) -> list[float]:
        times = [time.process_time()]
        floor([file], 0)
        times.append(time.process_time())
        document = read_document(Path(file), ExtractionSettings(tables=False))
        times.append(time.process_time())
        tagger.tag(document)
        times.append(time.process_time())
        return [after - before for before, after in pairwise(times)]

    least = {file: steps(file) for file in files}  # what is read first is read once more than the rest
    for _ in range(rounds):
        for file in files:
            least[file] = list(map(min, least[file], steps(file)))
    rows = {Path(file).stem[:40]: costs for file, costs in least.items()}
    rows["all"] = [sum(column) for column in zip(*least.values(), strict=True)]
    print(f"{'file':40} {'floor, s':>9} {'text and layout':>16} {'with tagging':>13}   times the floor")
    for name, (base, reading, tagging) in rows.items():
        print(f"{name:40} {base:9.3f} {reading / base:16.2f} {(reading + tagging) / base:13.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--pages", type=int, default=12, help="pages of each file that slow readers read; 0: all")
    parser.add_argument("--mupdf", default=sys.executable, help="a Python that has PyMuPDF")
    parser.add_argument("--beside", action="store_true", help="us and the floor alone, in turns in one process")
    parser.add_argument("--read", choices=list(READERS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.read:
        print(READERS[options.read][0](options.files, options.pages))
        return
    if options.beside:
        beside(options.files, options.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        tiny = Path(folder) / "tiny.pdf"
        tiny.write_bytes(TINY)
        compare(options, str(tiny))


if __name__ == "__main__":
    main()
