"""The terminal table and the Markdown summary, against golden files.

After a wanted change run the tests once with CHNA_UPDATE_GOLDEN=1 and read the difference.
"""

from __future__ import annotations

import io
import os
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from chna_toolkit.model import Identity
from chna_toolkit.reports.markdown import escape, render_markdown
from chna_toolkit.reports.terminal import print_summary, summary_table
from chna_toolkit.reports.words import SIGNS, printable
from chna_toolkit.results.view import RunView, view_of
from results.made_up import make_run, sample_run, write

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def view() -> RunView:
    return view_of(sample_run())


def assert_golden(name: str, actual: str) -> None:
    """Compare with the golden file; on a difference leave what was made beside it."""
    path = GOLDEN / name
    if os.environ.get("CHNA_UPDATE_GOLDEN"):
        path.write_text(actual, encoding="utf-8")
    assert actual == path.read_text(encoding="utf-8")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", [80, 200])
def test_the_table_at_two_widths(view: RunView, width: int) -> None:
    table = summary_table(view, width=width)
    assert_golden(f"terminal-{width}.txt", table)
    assert max(cell_len(line) for line in table.splitlines()) <= width


def test_a_pipe_gets_the_whole_table_without_colour_or_wrapping(view: RunView) -> None:
    stream = io.StringIO()
    print_summary(view, stream)
    assert "\x1b" not in stream.getvalue()
    for hospital in view.hospitals:
        assert len([line for line in stream.getvalue().splitlines() if printable(hospital.name) in line]) >= 1


def test_a_terminal_gets_colour_and_the_same_words(view: RunView, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    print_summary(view, stream)
    assert "\x1b[" in stream.getvalue()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    squeezed = [line.rstrip() for line in plain.splitlines()]
    assert squeezed == summary_table(view, width=80).splitlines()


def test_signs_differ_without_colour() -> None:
    assert len(set(SIGNS.values())) == len(SIGNS)


def test_names_from_a_pdf_can_neither_move_the_cursor_nor_use_mark_up() -> None:
    name = "\x1b[2J\x1b]0;owned\x07[/x] [bold]St. Mary\u202e\nHospital"
    run = make_run([write().fill(30).done("a.pdf", Identity(name))])
    table = summary_table(view_of(run), width=120)
    assert "[2J]0;owned[/x] [bold]St. Mary Hospital" in table
    assert not set(table) & set("\x1b\x07\u202e")


def test_wide_characters_keep_the_columns_straight() -> None:
    run = make_run([write().fill(30).done("a.pdf", Identity("東京こども病院と地域の保健センターの報告"))])
    for line in summary_table(view_of(run), width=80).splitlines()[:3]:
        assert cell_len(line) <= 80


def test_many_hospitals_are_cut_on_a_terminal_only() -> None:
    run = make_run([write().fill(30).done(f"{n:02}.pdf") for n in range(45)])
    view = view_of(run)
    stream = Terminal()
    print_summary(view, stream)
    assert "5 more in coverage_matrix.csv" in stream.getvalue()
    assert "more in" not in summary_table(view)


def test_the_number_of_lessons_comes_from_the_run() -> None:
    run = make_run([write().fill(30).shows(3).done("a.pdf", Identity("Alpha"), lessons=("L03", "L14"))])
    table = summary_table(view_of(run), width=80)
    assert "03 14" in table
    assert re.search(r"Alpha +1/2 +#  \.$", table, re.MULTILINE)


def test_a_run_without_documents_has_a_table_and_a_summary() -> None:
    view = view_of(make_run([]))
    assert "01 02" in summary_table(view)
    assert "0 documents of 0 hospitals" in render_markdown(view)


def test_the_summary_for_people(view: RunView) -> None:
    assert_golden("summary.md", render_markdown(view))


def test_every_table_row_of_the_summary_has_as_many_cells_as_its_head(view: RunView) -> None:
    text = render_markdown(view)
    tables = [block.splitlines() for block in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)]
    assert len(tables) == 3
    for table in tables:
        cells = [len(re.findall(r"(?<!\\)\|", line)) for line in table]
        assert len(set(cells)) == 1, table[cells.index(max(cells))]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("<script>", "&lt;script&gt;"),
        ("a|b", r"a\|b"),
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("*bold* `code` _it_", r"\*bold\* \`code\` \_it\_"),
        ("https://evil.example @someone", r"https\://evil.example \@someone"),
        ("two\nlines", "two lines"),
        ("&amp;", "&amp;amp;"),
    ],
)
def test_text_shows_as_it_is_in_markdown(text: str, safe: str) -> None:
    assert escape(text) == safe
