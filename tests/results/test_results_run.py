"""The run folder: written whole, read back the same."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from chna_toolkit.errors import NoInputError, OutputError, UsageError
from chna_toolkit.results.run import FORMAT, Manifest, check_output, read_run, write_run
from results.made_up import make_run, sample_run, write


def test_a_run_comes_back_as_it_was_written(tmp_path: Path) -> None:
    run = sample_run()
    write_run(tmp_path, run.tables, run.manifest)
    again = read_run(tmp_path)
    for name, frame in run.tables.items():
        pd.testing.assert_frame_equal(frame, again.tables[name])
    assert again.manifest.to_json() == run.manifest.to_json()
    assert again.schemas == run.schemas
    assert read_run(tmp_path / "run.json").lessons == run.lessons


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        run = sample_run()
        write_run(tmp_path / name, run.tables, run.manifest)
    ones = sorted((tmp_path / "one").iterdir())
    assert [path.name for path in ones] == sorted(path.name for path in (tmp_path / "two").iterdir())
    assert all(path.read_bytes() == (tmp_path / "two" / path.name).read_bytes() for path in ones)
    assert b"\r\n" not in b"".join(path.read_bytes() for path in ones)


def test_the_manifest_begins_with_its_format() -> None:
    text = sample_run().manifest.to_json()
    assert next(iter(json.loads(text))) == "format"
    assert Manifest.from_json(text).format == FORMAT


def test_a_run_of_another_format_is_refused_with_the_remedy() -> None:
    values = json.loads(sample_run().manifest.to_json()) | {"format": FORMAT + 1}
    with pytest.raises(UsageError, match="has format 3, this version reads 2") as caught:
        Manifest.from_json(json.dumps(values))
    assert caught.value.hint


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "null"])
def test_a_damaged_manifest_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"run\.json"):
        Manifest.from_json(text)


def test_a_folder_without_a_finished_run_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(NoInputError, match="holds no finished run"):
        read_run(tmp_path)


def test_a_missing_or_foreign_table_is_named(tmp_path: Path) -> None:
    run = sample_run()
    write_run(tmp_path, run.tables, run.manifest)
    (tmp_path / "gaps.csv").write_text("something,else\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"gaps\.csv is not a table of this version"):
        read_run(tmp_path)
    (tmp_path / "gaps.csv").unlink()
    with pytest.raises(UsageError, match=r"gaps\.csv is missing"):
        read_run(tmp_path)


@pytest.mark.parametrize(
    ("name", "edit", "message"),
    [
        ("lesson_results", lambda lines: lines[:1] + lines[2:], "not one row for each document and lesson"),
        ("documents", lambda lines: lines[:1] + lines[2:], "not one row for each document and lesson"),
        (
            "lesson_results",
            lambda lines: [line.replace(",covered,", ",shown,") for line in lines],
            "status cannot be 'shown'",
        ),
        ("mentions", lambda lines: [lines[0], *(f"0{line[1:]}" for line in lines[1:])], None),
        ("mentions", lambda lines: [*lines, "cut"], "1 cells instead of"),
        ("gaps", lambda lines: [*lines, '"open'], "1 cells instead of"),
        ("coverage_matrix", lambda lines: [line.replace(";", ";0000") for line in lines], "documents.csv lacks"),
        ("document_hospitals", lambda lines: [lines[0], f"x{lines[1]}", *lines[2:]], "documents.csv lacks: x"),
    ],
)
def test_tables_that_do_not_belong_together_are_refused(tmp_path: Path, name: str, edit, message: str | None) -> None:
    run = sample_run()
    write_run(tmp_path, run.tables, run.manifest)
    path = tmp_path / f"{name}.csv"
    path.write_text("\n".join(edit(path.read_text("utf-8").splitlines())), "utf-8")
    if message:
        with pytest.raises(UsageError, match=message):
            read_run(tmp_path)
    else:
        read_run(tmp_path)


def test_a_run_that_may_not_be_read_is_no_bug(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = sample_run()
    write_run(tmp_path, run.tables, run.manifest)
    for method in ("open", "read_bytes"):

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, method, refuse)
        with pytest.raises(UsageError, match="Permission denied"):
            read_run(tmp_path)


def test_an_interrupted_write_leaves_no_run_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = sample_run()
    write_run(tmp_path, run.tables, run.manifest)

    def broken(manifest: Manifest) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Manifest, "to_json", broken)
    with pytest.raises(OutputError, match="No space left"):
        write_run(tmp_path, run.tables, run.manifest)
    with pytest.raises(NoInputError):
        read_run(tmp_path)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
    check_output(tmp_path)  # and the same command may go on


def test_a_folder_of_other_things_is_not_written_into_unasked(tmp_path: Path) -> None:
    check_output(tmp_path / "new" / "folder")
    (tmp_path / "thesis.docx").touch()
    with pytest.raises(OutputError, match="holds other files"):
        check_output(tmp_path)
    check_output(tmp_path, force=True)
    run = make_run([write().fill(30).done("a.pdf")])
    write_run(tmp_path, run.tables, run.manifest)
    check_output(tmp_path)


def test_a_file_is_no_output_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.touch()
    with pytest.raises(OutputError, match="is not a folder"):
        check_output(path)
