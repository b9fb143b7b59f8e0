"""What a scan of very many documents costs: time, memory of parent and workers, size of what is written.

usage: python benchmarks/scale.py [--sizes 100,1000,10000] [--jobs 2] [--cluster ADDRESS] [--keep FOLDER]

Makes that many small PDFs of invented text (a page of some 250 words, each with other bytes; a
fifth of the sentences bears evidence, as in real documents), runs `chna scan` over them cold, and
again with all in the cache, and prints a row for each. Peaks are those that Linux counts (VmHWM),
of the process that scans and of its largest worker.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

PLACES = ("Alder", "Birch", "Cedar", "Dogwood", "Elm", "Fern", "Gorse", "Hazel", "Ivy", "Juniper", "Larch", "Maple")
EVIDENCE = (
    "{place} Hospital signed a memorandum of understanding with the {other} food bank in {year}.",
    "Residents of {place} served on the steering committee and voted on its {number} priorities.",
    "We will train {number} community health workers together with the {other} school district.",
    "The coalition lacks a shared data system and should build one with the health department.",
    "Progress is reviewed each quarter and the results are published on the hospital's website.",
)
OTHERS = (
    "The median age in {place} County was {number}, and {number2} percent of adults had no dentist.",
    "Asthma, diabetes and injuries led to {number2} visits to the emergency department in {year}.",
    "Heart disease caused {number} deaths in {place} County, fewer than in {year}.",
    "Of {number2} households in {other}, {number} had no car, and the bus runs twice a day.",
    "Rates of smoking fell from {number2} to {number} per thousand adults after {year}.",
)
LINES, WIDTH, COUNT = 44, 92, 20


def text(chance: random.Random) -> Iterator[str]:
    """Lines of one document."""
    place, other = chance.sample(PLACES, 2)
    yield f"{place} Hospital"
    yield f"Community Health Needs Assessment {chance.randint(2016, 2025)}"
    line = ""
    for _ in range(COUNT):
        years = {
            "year": chance.randint(2012, 2025),
            "number": chance.randint(3, 90),
            "number2": chance.randint(91, 900),
        }
        sentence = chance.choice(EVIDENCE if chance.random() < 0.2 else OTHERS).format(
            place=place, other=other, **years
        )
        for word in sentence.split():
            if len(line) + len(word) >= WIDTH:
                yield line
                line = ""
            line = f"{line} {word}".strip()
    yield line


def make_pdf(path: Path, seed: int) -> None:
    lines = list(text(random.Random(seed)))
    pages = [lines[start : start + LINES] for start in range(0, len(lines), LINES)]
    numbers = range(4, 4 + 2 * len(pages), 2)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{n} 0 R' for n in numbers)}]>>".encode(),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    for number, page in zip(numbers, pages, strict=True):
        shown = "".join(f"({line}) Tj T*\n" for line in page)
        stream = zlib.compress(f"BT /F1 11 Tf 14 TL 72 740 Td\n{shown}ET".encode())
        objects += [
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
            % (number + 1),
            b"<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        ]
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj%s\nendobj\n" % (number, body)
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer<</Size {len(objects) + 1}/Root 1 0 R>>\n"
    path.write_bytes(data + f"{end}startxref\n{len(data)}\n%%EOF\n".encode())


def peak(pid: int) -> float:
    """Return the highest resident memory of a process so far, in MB; 0 if it has ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0.0)


def children(pid: int) -> list[int]:
    try:
        return [
            int(one) for task in Path(f"/proc/{pid}/task").iterdir() for one in (task / "children").read_text().split()
        ]
    except OSError:
        return []


def run(command: list[str]) -> dict[str, float]:
    """Run a scan; return its wall seconds, CPU seconds and peaks in MB."""
    start, before = time.perf_counter(), os.times()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parent = worker = 0.0
    while process.poll() is None:
        parent = max(parent, peak(process.pid))
        worker = max([worker, *map(peak, children(process.pid))])
        time.sleep(0.2)
    if process.returncode:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return {"wall": time.perf_counter() - start, "cpu": cpu, "parent": parent, "worker": worker}


def megabytes(path: Path) -> float:
    return path.stat().st_size / 1e6


def measure(size: int, folder: Path, options: argparse.Namespace) -> None:
    pdfs = folder / f"pdfs-{size}"
    if not pdfs.is_dir():
        for number in range(size):
            path = pdfs / f"{number // 500:03}" / f"{number:06}.pdf"
            path.parent.mkdir(parents=True, exist_ok=True)
            make_pdf(path, number)
    out = folder / f"out-{size}"
    command = [sys.executable, "-m", "chna_toolkit", "scan", str(pdfs), "-o", str(out), "-q", "--force",
               "--cache-dir", str(folder / f"cache-{size}"), "-j", str(options.jobs)]  # fmt: skip
    command += ["--cluster", options.cluster] if options.cluster else []
    for name in ("cold", "cached"):
        found = run(command)
        stages = json.loads((out / "run.json").read_text())["seconds"]
        print(
            f"{size:>6} {name:<6} {found['wall']:>7.1f} s  {size / found['wall']:>6.1f} documents/s  "
            f"CPU {found['cpu']:>7.1f} s  parent {found['parent']:>6.0f} MB  worker {found['worker']:>5.0f} MB  "
            f"mentions.csv {megabytes(out / 'mentions.csv'):>6.1f} MB  "
            f"index.html {megabytes(out / 'index.html'):>5.1f} MB",
            flush=True,
        )
        print("       ", ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in stages.items()), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cluster", default="", help="address of a Dask scheduler that sees the same folders")
    parser.add_argument("--keep", type=Path, help="make documents and runs here, and leave them")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for size in map(int, options.sizes.split(",")):
            measure(size, options.keep or Path(name), options)


if __name__ == "__main__":
    main()
