"""What the report of very many hospitals costs: bytes, CPU and memory to write it, time to look at it.

usage: python benchmarks/report.py [--sizes 500,2000] [--form auto] [--browser /usr/bin/chromium]

Makes a run of that many invented hospitals, with evidence for some ten lessons each, writes it, and reads it in a
fresh process that makes the report, as `chna report` does. With --browser it is opened in Chromium (needs playwright),
and the first row that fits a search and the rows sorted by another column are waited for.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
STATES = ("CA", "NY", "OH", "TX", "VT")
LOOK = """() => {
  const wait = (act) => {
    const start = performance.now();
    act();
    document.body.offsetHeight; // laid out
    return performance.now() - start;
  };
  const find = document.getElementById("find");
  const type = (text) => { find.value = text; find.dispatchEvent(new Event("input", { bubbles: true })); };
  const filter = wait(() => type("number 17"));
  type("");
  const sort = wait(() => document.querySelector("#table thead th:nth-child(3) button").click());
  const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const load = performance.getEntriesByType("navigation")[0].loadEventEnd;
  return { paint, load, filter, sort };
}"""


def make(size: int, folder: Path) -> None:
    """Write the run of so many hospitals."""
    from chna_toolkit.model import Identity
    from chna_toolkit.results.run import write_run
    from results.made_up import make_run, write

    chance = random.Random(1)

    def some(share: float) -> list[int]:
        return [lesson for lesson in range(1, 16) if chance.random() < share]

    documents = []
    for number in range(size):
        text = write().shows(*some(0.55)).shows(*some(0.4)).plans(*some(0.2)).fill(10)
        state, system = chance.choice(STATES), f"System {number % 40}"
        name = f"Hospital of Place Number {number}"
        hospital = Identity(name, f"{number:06}", "", system, state, year=2025, source="hospitals_csv")
        documents.append(text.done(f"{number:05}.pdf", hospital, content=str(number)))
    run = make_run(documents)
    write_run(folder, run.tables, run.manifest)


def report(folder: Path, form: str) -> dict[str, float]:
    """Make the report of a run; return CPU seconds and the peak of memory in MB."""
    from chna_toolkit.reports import write_views
    from chna_toolkit.results.run import read_run
    from chna_toolkit.results.view import view_of

    view = view_of(read_run(folder))
    start = time.process_time()
    write_views(view, folder, form=form)
    cost = time.process_time() - start
    return {"cpu": cost, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def look(page: Path, browser: str) -> dict[str, float]:
    """Return milliseconds until it shows something, is loaded, and has answered; the least of three rounds."""
    from playwright.sync_api import sync_playwright

    rounds = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        for _ in range(3):
            opened = chromium.new_page(viewport={"width": 1280, "height": 900})
            opened.goto(page.as_uri(), timeout=300_000)
            rounds.append(opened.evaluate(LOOK))
            opened.close()
        chromium.close()
    return {name: min(one[name] for one in rounds) for name in rounds[0]}


def row(size: int, folder: Path, form: str, browser: str) -> str:
    """Return the line for one size."""
    for step in ("make", "report"):
        command = [sys.executable, __file__, "--step", step, "--sizes", str(size), "--form", form, "--folder", folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    files = [path.stat().st_size for path in folder.joinpath("report").rglob("*") if path.is_file()]
    index = folder / "index.html"
    parts = [
        f"{size} hospitals: index.html {index.stat().st_size / 1e6:.1f} MB, {len(files)} files beside it "
        f"{sum(files) / 1e6:.1f} MB, {found['cpu']:.1f} CPU s, peak {found['peak']:.0f} MB"
    ]
    if browser:
        parts += [f"{name} {ms:.0f} ms" for name, ms in look(index, browser).items()]
    return ", ".join(parts)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="500,2000")
    parser.add_argument("--form", default="auto", choices=("auto", "file", "site"))
    parser.add_argument("--browser", default="")
    parser.add_argument("--step", default="", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    sizes = [int(size) for size in given.sizes.split(",")]
    if given.step == "make":
        make(sizes[0], given.folder)
    elif given.step == "report":
        print(json.dumps(report(given.folder, given.form)))
    else:
        for size in sizes:
            with tempfile.TemporaryDirectory() as name:
                print(row(size, Path(name), given.form, given.browser), flush=True)


if __name__ == "__main__":
    main()
