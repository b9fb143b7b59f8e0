"""Which files a scan reads, under which name, in which order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode, NoInputError, UsageError
from chna_toolkit.inputs import find_inputs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "pdfs"
    for name in ("b.pdf", "A.PDF", "2022/c.pdf", "notes.txt", ".hidden.pdf", ".git/d.pdf", "2022/deep/e.Pdf"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return root


def shown(*arguments: object, listed: tuple[str, ...] = ()) -> list[str]:
    return [item.file for item in find_inputs([str(argument) for argument in arguments], listed)]


def test_a_folder_is_searched_below_for_pdfs_of_any_case_but_not_hidden_ones(folder: Path):
    assert shown(folder) == ["2022/c.pdf", "2022/deep/e.Pdf", "A.PDF", "b.pdf"]


def test_a_file_is_taken_whatever_its_name(folder: Path):
    assert shown(folder / "notes.txt") == ["notes.txt"]
    assert shown(folder / ".hidden.pdf") == [".hidden.pdf"]


def test_globs_are_expanded_where_the_shell_did_not(folder: Path):
    assert shown(folder / "*.pdf") == ["b.pdf"]
    assert shown(folder / "**" / "*.pdf") == ["2022/c.pdf", "b.pdf"]
    assert shown(folder / "20*") == ["2022/c.pdf", "2022/deep/e.Pdf"]


def test_a_name_with_brackets_that_exists_is_a_name(folder: Path):
    (folder / "report [final].pdf").write_text("x")
    assert shown(folder / "report [final].pdf") == ["report [final].pdf"]


def test_a_dash_takes_the_list(folder: Path):
    assert shown("-", listed=(f"{folder / 'b.pdf'}\r\n", "\n", f"{folder / '2022'}\n")) == [
        "b.pdf",
        "c.pdf",
        "deep/e.Pdf",
    ]


def test_the_order_of_arguments_does_not_matter(folder: Path):
    assert shown(folder / "b.pdf", folder) == shown(folder, folder / "b.pdf")


def test_the_same_file_twice_is_one_input(folder: Path):
    assert shown(folder / "b.pdf", folder / "2022" / ".." / "b.pdf") == ["b.pdf"]


def test_the_same_bytes_under_two_names_are_one_input_which_names_its_copies(folder: Path):
    (folder / "z.pdf").write_bytes((folder / "b.pdf").read_bytes())
    [item] = [item for item in find_inputs([str(folder)]) if item.copies]
    assert (item.file, [copy.file for copy in item.copies]) == ("b.pdf", ["z.pdf"])
    assert item.size == len("b.pdf")


def test_two_files_of_one_name_are_shown_with_their_folders(tmp_path: Path):
    for year in ("2019", "2022"):
        (tmp_path / year).mkdir()
        (tmp_path / year / "chna.pdf").write_text(year)
    assert shown(tmp_path / "2019", tmp_path / "2022") == ["2019/chna.pdf", "2022/chna.pdf"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_links_that_go_round_in_a_circle_end(folder: Path):
    (folder / "2022" / "loop").symlink_to(folder, target_is_directory=True)
    assert shown(folder) == ["2022/c.pdf", "2022/deep/e.Pdf", "A.PDF", "b.pdf"]


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_file_met_on_many_ways_keeps_its_plainest_name(folder: Path):
    (folder / "2022" / "loop").symlink_to(folder, target_is_directory=True)
    assert shown(folder / "**" / "*.pdf") == ["2022/c.pdf", "b.pdf"]


@pytest.mark.skipif(os.name == "nt" or not hasattr(os, "geteuid"), reason="modes are for Unix")
@pytest.mark.parametrize("mode", [0o000, 0o444], ids=["neither listed nor entered", "listed but not entered"])
def test_a_folder_that_cannot_be_read_is_not_missed_in_silence(folder: Path, mode: int):
    locked = folder / "2022"
    locked.chmod(mode)
    try:
        if os.access(locked, os.X_OK):
            pytest.skip("this user may read everything")
        found = {item.file: item.problem for item in find_inputs([str(folder)])}
        assert "Permission denied" in {problem for file, problem in found.items() if file.startswith("2022")}
        assert found["b.pdf"] == ""
        with pytest.raises(UsageError, match="Permission denied"):
            shown(locked / "c.pdf")
    finally:
        locked.chmod(0o755)


def test_what_cannot_be_a_path_is_named_but_not_in_full(folder: Path):
    with pytest.raises(UsageError, match=r"x{200}… ?:") as caught:
        shown("x" * 5000)
    assert len(caught.value.message) < 300


def test_the_home_of_nobody_is_no_bug():
    with pytest.raises(UsageError, match=r"~no-such-user/a\.pdf: no such file"):
        shown("~no-such-user/a.pdf")


def test_a_path_that_does_not_exist_is_named(folder: Path):
    with pytest.raises(UsageError, match=r"missing\.pdf") as caught:
        shown(folder, "missing.pdf")
    assert caught.value.exit_code is ExitCode.USAGE


@pytest.mark.parametrize("arguments", [["{0}"], ["{0}/*.pdf"], ["-"]])
def test_nothing_found_is_no_input(tmp_path: Path, arguments: list[str]):
    with pytest.raises(NoInputError) as caught:
        shown(*(argument.format(tmp_path) for argument in arguments))
    assert caught.value.exit_code is ExitCode.NO_INPUT


def test_an_empty_list_is_called_a_list():
    with pytest.raises(NoInputError, match="no PDF in the list on stdin"):
        shown("-")


def test_a_file_that_cannot_be_opened_is_an_input_with_a_problem(folder: Path, monkeypatch):
    def refuse(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert {item.problem for item in find_inputs([str(folder)])} == {"Permission denied"}


@pytest.mark.skipif(os.name == "nt", reason="bytes as names are for Unix")
def test_names_that_are_no_utf8_can_still_be_written(folder: Path):
    name = os.fsencode(folder) + b"/caf\xe9.pdf"
    try:
        os.close(os.open(name, os.O_CREAT | os.O_WRONLY))
    except OSError:
        pytest.skip("the file system takes UTF-8 only")
    assert "caf\\xe9.pdf" in shown(folder)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_broken_link_is_an_input_with_a_problem_and_a_pipe_is_refused(folder: Path):
    (folder / "gone.pdf").symlink_to(folder / "nowhere.pdf")
    [item] = [item for item in find_inputs([str(folder)]) if item.problem]
    assert (item.file, item.sha256) == ("gone.pdf", "")
    os.mkfifo(folder / "pipe")
    with pytest.raises(UsageError, match="not a regular file"):
        shown(folder / "pipe")
