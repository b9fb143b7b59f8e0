"""Make the README's pictures from a real run on the sample documents.

usage: python docs/make_pictures.py RUN

RUN is the output folder of
`chna scan sample_reports --hospitals sample_reports/hospitals.csv -o RUN --ocr off --thumbnails`.
Writes docs/pictures/terminal.svg, and with Playwright and Chromium (`pip install -e ".[test-browser]"`) report.png,
evidence.png and phone.png.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image
from rich.console import Console
from rich.text import Text

from chna_toolkit.reports.terminal import summary_table
from chna_toolkit.results.run import read_run
from chna_toolkit.results.view import view_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PICTURES = Path(__file__).resolve().parent / "pictures"
COMMAND = "$ chna scan sample_reports --hospitals sample_reports/hospitals.csv -o out"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DESK, PHONE = (1280, 1620), (390, 844)
HOSPITAL, LESSON = "Saltmarsh", "L10"  # whose evidence is photographed
COLOURS = 100
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


@contextmanager
def browser() -> Iterator[Browser]:
    """Start Chromium, which must not ask the network for anything."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("CHNA_CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("needs Chromium (apt install chromium, or name it in CHNA_CHROMIUM)")
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu", *OFFLINE])
        yield started
        started.close()


def shot(chromium: Browser, page: Path, size: tuple[int, int], at: str = "", unfold: str = "") -> Image.Image:
    """Photograph a window of a page: its top, or from an element on, with something unfolded."""
    window = chromium.new_page(viewport={"width": size[0], "height": size[1]}, reduced_motion="reduce")
    window.goto(page.resolve().as_uri() + at)
    if unfold:
        window.locator(unfold).first.click()
    picture = Image.open(io.BytesIO(window.screenshot()))
    window.close()
    return picture


def side_by_side(pictures: Sequence[Image.Image], gap: int = 28) -> Image.Image:
    """Lay windows beside each other on grey."""
    width = sum(one.width for one in pictures) + gap * (len(pictures) + 1)
    sheet = Image.new("RGB", (width, pictures[0].height + 2 * gap), "#c9c5bd")
    at = gap
    for one in pictures:
        sheet.paste(one, (at, gap))
        at += one.width + gap
    return sheet


def save(picture: Image.Image, name: str) -> None:
    """Write a small PNG: a hundred colours do for text."""
    path = PICTURES / name
    picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    print(f"{path.name}: {picture.width} x {picture.height}, {path.stat().st_size / 1000:.0f} kB")


def report(run: Path) -> None:
    """Photograph the HTML report, on a desk and on a phone."""
    page = run / "index.html"
    hospitals = [one for one in view_of(read_run(run)).hospitals if one.name.startswith(HOSPITAL)]
    at = f"#{hospitals[-1].anchor}-{LESSON}"
    with browser() as chromium:
        save(shot(chromium, page, DESK), "report.png")
        save(shot(chromium, page, (DESK[0], 900), at, f"{at} .around summary"), "evidence.png")
        phone = [shot(chromium, page, PHONE, one) for one in ("", "#table", "#lessons", at)]
        save(side_by_side(phone), "phone.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    PICTURES.mkdir(exist_ok=True)
    terminal(Path(sys.argv[1]))
    report(Path(sys.argv[1]))
