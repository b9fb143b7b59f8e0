"""The reference is what the code says today, and the site holds together."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import make_reference
import pytest
from run_pages import ROOT, pages

REFERENCE = ROOT / "docs" / "reference"
EVERY = [*pages(), *sorted(REFERENCE.glob("*.md")), ROOT / "CHANGELOG.md"]
LINK = re.compile(r"\]\(([^)\s]+)\)")


def test_the_committed_reference_is_what_the_code_makes() -> None:
    assert make_reference.stale() == [], "run: python docs/make_reference.py"


def test_no_page_of_the_reference_is_made_by_nobody() -> None:
    assert {path.name for path in REFERENCE.glob("*.md")} == set(make_reference.PAGES)


def test_staleness_is_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(make_reference, "REFERENCE", tmp_path)
    monkeypatch.setattr(make_reference, "PAGES", {"settings.md": make_reference.settings_page})
    assert make_reference.stale() == ["settings.md"]
    monkeypatch.setattr(sys, "argv", ["make_reference.py", "--check"])
    assert make_reference.main() == 1
    monkeypatch.setattr(sys, "argv", ["make_reference.py"])
    assert make_reference.main() == 0
    assert make_reference.stale() == []


def test_the_reference_names_every_command_option_column_and_key() -> None:
    from chna_toolkit.config import _PARSERS
    from chna_toolkit.lexicon.keys import TABLES
    from chna_toolkit.results.schemas import tables

    made = make_reference.made()
    for table in tables(("L01",)):
        assert all(f"| `{column.name}" in made["tables.md"] for column in table.columns), table.name
    assert all(f"| `{name}` |" in made["settings.md"] for name in _PARSERS)
    assert all(f"| `{key.name}` |" in made["lexicon-keys.md"] for keys in TABLES.values() for key in keys)
    for command in ("scan", "lexicon diff", "cache"):
        assert f"## chna {command}\n" in made["commands.md"]
    assert "`--memory MB`" in made["commands.md"]


def anchors_of(page: Path) -> set[str]:
    """The anchors that a page's headings get, on GitHub and in the site."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    plain = (re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text).lower()) for text in headings)
    return {text.strip().replace(" ", "-") for text in plain}


@pytest.mark.parametrize("page", EVERY, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    wrong = []
    for target in LINK.findall(re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        to = Path(os.path.normpath(page.parent / path)) if path else page
        if not to.exists() or (anchor and to.suffix == ".md" and anchor not in anchors_of(to)):
            wrong.append(target)
    assert not wrong


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site."""
    if not (find_spec("mkdocs") and find_spec("material")):
        pytest.skip("needs the packages of the extra docs (mkdocs-material)")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    quiet = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}  # about what may come after the versions that we name
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=quiet)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_is_built_without_a_warning_and_has_every_page(site: Path) -> None:
    made = {path.relative_to(site).with_suffix("").as_posix() for path in site.rglob("*.html")}
    wanted = {path.relative_to(ROOT / "docs").with_suffix("").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    assert wanted - {"README"} <= made
    assert {"index", "project/changelog", "project/contributing", "project/gold", "project/sample_reports"} <= made


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    patterns = (
        r"<(?:script|img|iframe)[^>]+src=[\"']?(?:https?:)?//",
        r"<link[^>]+rel=[\"']?(?:stylesheet|preload|icon)[^>]+href=[\"']?(?:https?:)?//",
        r"@import|url\([\"']?(?:https?:)?//",
    )
    loading = re.compile("|".join(patterns))
    files = [path for path in site.rglob("*") if path.suffix in (".html", ".css")]
    assert files
    assert [path.name for path in files if loading.search(path.read_text("utf-8"))] == []


def test_the_programs_of_the_docs_are_not_part_of_the_site(site: Path) -> None:
    assert not list(site.rglob("*.py"))
