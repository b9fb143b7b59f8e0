"""Which part may import what, and that `chna --help` pays for none of it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "chna_toolkit"
FILES = sorted(SOURCE.rglob("*.py"))
NAMES = [file.relative_to(SOURCE).as_posix() for file in FILES]

# Library -> the folders and files that alone may import it.
OWNERS = {
    "pypdfium2": ("extraction/",),
    "pypdfium2_raw": ("extraction/",),
    "pdfplumber": ("extraction/",),
    "pdfminer": ("extraction/",),
    "nupunkt": ("extraction/",),
    "spacy": ("spacy_component.py",),
    "numpy": ("extraction/", "tagging/", "training/", "evaluation/"),
    "scipy": ("training/",),
    "sklearn": ("training/", "evaluation/baselines.py"),
    "openpyxl": ("evaluation/sheets.py",),
    "simplemma": ("lexicon/", "tagging/"),
    "pandas": ("results/",),
    "jinja2": ("reports/",),
    "rich": ("reports/terminal.py", "cli/progress.py"),
    "matplotlib": ("reports/figures.py",),
    "xlsxwriter": ("exports/excel.py",),
    "pyarrow": (),
    "typer": ("cli/",),
    "fsspec": ("storage.py",),
    "distributed": ("cluster.py",),
    "click": (),
}
SLOW = (
    "spacy",
    "pandas",
    "numpy",
    "pdfplumber",
    "pdfminer",
    "pypdfium2",
    "jinja2",
    "simplemma",
    "nupunkt",
    "matplotlib",
    "xlsxwriter",
    "pyarrow",
)

# Data flows one way: no stage knows a later one, and nobody but the command line knows it.
ORDER = ("extraction", "lexicon", "tagging", "scoring", "results", "reports", "exports", "cli")


def imports(file: Path) -> Iterator[str]:
    """Full names of all modules a file imports, at the top or inside functions."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("name", NAMES)
def test_each_library_is_known_in_one_place(name: str):
    for module in imports(SOURCE / name):
        library = module.split(".")[0]
        if library in OWNERS:
            assert name.startswith(OWNERS[library]), f"{name} may not import {library}"


@pytest.mark.parametrize("name", NAMES)
def test_no_stage_knows_a_later_one(name: str):
    own = name.split("/")[0].removesuffix(".py")
    if own not in ORDER:
        return
    later = ORDER[ORDER.index(own) + 1 :]
    for module in imports(SOURCE / name):
        parts = module.split(".")
        if parts[0] == "chna_toolkit" and len(parts) > 1:
            assert parts[1] not in later, f"{name} imports {module}"


def test_only_the_command_line_and_its_entry_know_the_command_line():
    users = {
        name for name, file in zip(NAMES, FILES, strict=True) if any("toolkit.cli" in one for one in imports(file))
    }
    assert {name for name in users if not name.startswith("cli/")} <= {"__main__.py"}


def loaded_by(*arguments: str) -> set[str]:
    """Top-level modules in memory after `chna` ran with the arguments."""
    script = (
        "import json, sys\n"
        "from chna_toolkit.cli.app import main\n"
        "try:\n"
        f"    main({list(arguments)!r})\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("arguments", [["--help"], ["scan", "--help"], ["tag", "--help"]], ids=" ".join)
def test_help_pays_for_no_slow_library(arguments: list[str]):
    assert not loaded_by(*arguments) & set(SLOW)


def test_this_check_sees_what_is_loaded():
    done = subprocess.run(
        [sys.executable, "-c", "import jinja2, sys; print('jinja2' in sys.modules)"], capture_output=True, text=True
    )
    assert done.stdout.strip() == "True"
    assert "typer" in loaded_by("--help")


def undocumented(tree: ast.Module) -> Iterator[str]:
    """Public classes, functions and methods without a docstring."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_"):
            if not ast.get_docstring(node):
                yield node.name
            for inner in node.body if isinstance(node, ast.ClassDef) else ():
                is_public = isinstance(inner, ast.FunctionDef) and not inner.name.startswith("_")
                if is_public and not ast.get_docstring(inner):
                    yield f"{node.name}.{inner.name}"


@pytest.mark.parametrize("name", NAMES)
def test_everything_public_says_what_it_does(name: str):
    tree = ast.parse((SOURCE / name).read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{name} has no docstring"
    assert not list(undocumented(tree))


@pytest.mark.parametrize("name", NAMES)
def test_functions_can_be_seen_whole(name: str):
    tree = ast.parse((SOURCE / name).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= 60, f"{name}: {node.name} has {length} lines"
