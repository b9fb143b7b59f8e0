"""A real Chromium, driven by Playwright, and the reports it opens.

Everything here is skipped, with the reason, where Playwright or Chromium is not installed:
`pip install -e ".[test-browser]"` and `apt install chromium`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser.reports import big_run, lean_run, small_run
from chna_toolkit.reports import write_reports

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
DESK, PHONE = (1280, 900), (390, 844)

Opener = Callable[..., "Page"]


def find_chromium() -> str | None:
    """Return the program: `CHNA_CHROMIUM`, or what is on the path."""
    return os.environ.get("CHNA_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def started() -> Iterator[Browser]:
    """Start the browser; skip the test where that is impossible."""
    reason = "the report in a browser: pip install 'chna-toolkit[test-browser]'"
    playwright = pytest.importorskip("playwright.sync_api", reason=reason)
    program = find_chromium()
    if program is None:
        pytest.skip("needs Chromium (apt install chromium, or name it in CHNA_CHROMIUM)")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each page has a context of its own."""
    with started() as browser:
        yield browser


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Opener]:
    """Open a file as a new visitor: `visit(path, size=PHONE, script=False, dark=True, at="#h1", motion="reduce")`.

    `page.asked` lists what the page asked the network or the disk for beyond itself,
    `page.said` what it wrote to the console, and a dialogue box fails the test.
    """
    contexts = []

    def open_page(
        path: Path,
        *,
        size: tuple[int, int] = DESK,
        script: bool = True,
        dark: bool = False,
        at: str = "",
        motion: str = "no-preference",
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
            reduced_motion=motion,  # type: ignore[arg-type]
        )
        contexts.append(context)
        page: Any = context.new_page()
        page.set_default_timeout(20_000)
        url = path.resolve().as_uri()
        page.asked, page.said, page.boxes = [], [], []
        page.on("request", lambda request: request.url.split("#")[0] == url or page.asked.append(request.url))
        page.on("console", lambda message: page.said.append(message.text))
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("dialog", lambda box: (page.boxes.append(box.message), box.dismiss()))
        page.goto(url + at)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on a few invented hospitals, with all that can happen to a document."""
    folder = tmp_path_factory.mktemp("small")
    write_reports(small_run(), folder)
    return folder / "index.html"


@pytest.fixture(scope="session")
def lean_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a few lessons only, for axe, which looks at every element several times."""
    folder = tmp_path_factory.mktemp("lean")
    write_reports(lean_run(), folder)
    return folder / "index.html"


@pytest.fixture(scope="session")
def big_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report on 500 hospitals."""
    folder = tmp_path_factory.mktemp("big")
    write_reports(big_run(500), folder)
    return folder / "index.html"


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core, as the wheel of axe-playwright-python ships it."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-core: pip install 'chna-toolkit[test-browser]'")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
