"""Make the README's pictures from a real run on the sample documents.

usage: python docs/make_pictures.py RUN

RUN is the output folder of `chna scan sample_reports --hospitals sample_reports/hospitals.csv -o RUN`.
Writes docs/pictures/terminal.svg, and docs/pictures/report.png where Chromium is installed.
"""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.text import Text

from chna_toolkit.reports.terminal import summary_table
from chna_toolkit.results.run import read_run
from chna_toolkit.results.view import view_of

PICTURES = Path(__file__).resolve().parent / "pictures"
COMMAND = "$ chna scan sample_reports --hospitals sample_reports/hospitals.csv -o out"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OFFLINE = ("--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run")


def terminal(run: Path) -> None:
    """Draw the summary as a terminal of 80 columns, without the web font that rich would link."""
    loaded = read_run(run)
    console = Console(record=True, width=80, file=io.StringIO(), force_terminal=True)
    console.print(COMMAND, style="bold", highlight=False, markup=False)
    console.print(Text.from_ansi(summary_table(view_of(loaded), width=80, colour=True)))
    console.print(Text(re.sub(r"Report: \S+", "Report: out/index.html", loaded.manifest.closing)))
    svg = console.export_svg(title="chna", unique_id="chna")
    PICTURES.joinpath("terminal.svg").write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL), "utf-8")


def report(run: Path) -> None:
    """Photograph the top of the HTML report."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("no Chromium: report.png is left as it is", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as profile:
        size = ("--window-size=1280,1500", "--hide-scrollbars", "--headless", "--no-sandbox", "--disable-gpu")
        target = (f"--user-data-dir={profile}", f"--screenshot={PICTURES / 'report.png'}")
        page = (run / "index.html").resolve().as_uri()
        subprocess.run([browser, *OFFLINE, *size, *target, page], check=True, capture_output=True, timeout=120)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PICTURES.mkdir(exist_ok=True)
    terminal(Path(sys.argv[1]))
    report(Path(sys.argv[1]))
