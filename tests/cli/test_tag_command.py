"""`chna tag` is a contract for machines: one answer a unit, in order, as a stream, nothing skipped."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode, UsageError
from chna_toolkit.units import Unit, UnitFormat, label_units, read_units

MOU = "The county signed a memorandum of understanding with the clinic."


def answers(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_lines_give_a_label_with_assertion_confidence_rules_and_spans(chna, home):
    (home / "units.jsonl").write_text(
        json.dumps({"id": "a-1", "text": MOU}) + "\n" + json.dumps({"id": 2, "text": "Nothing.", "prev": MOU}) + "\n"
    )
    done = chna("tag", "units.jsonl")
    assert done.code == ExitCode.OK
    first, second = answers(done.out)
    assert first["id"] == "a-1"
    label = first["labels"]["10"]
    assert set(label) == {"assertion", "confidence", "rules", "spans"}
    assert label["assertion"] == "practice"
    assert 0 < label["confidence"] <= 1
    assert label["rules"] == ["L10.words"]
    assert [MOU[start:end] for start, end in label["spans"]] == ["memorandum of understanding"]
    assert second == {"id": 2, "labels": {}}


def test_stdin_is_json_lines_unless_it_is_said(chna):
    assert answers(chna("tag", "-", stdin=json.dumps({"text": MOU})).out)[0]["id"] == 1
    done = chna("tag", "-", "--input-format", "txt", stdin=f"Nothing.\n\n{MOU}\n")
    assert [(one["id"], list(one["labels"])) for one in answers(done.out)] == [(1, []), (2, []), (3, ["10"])]


def test_csv_with_its_columns(chna, home):
    (home / "a.csv").write_text(f'key,sentence\nx,"{MOU}"\ny,"two\nlines, L09"\n')
    done = chna("tag", "a.csv", "--text-column", "sentence", "--id-column", "key")
    assert [(one["id"], list(one["labels"])) for one in answers(done.out)] == [("x", ["10"]), ("y", ["9"])]
    (home / "b.csv").write_text("﻿id,text\n007,L05\n")
    assert answers(chna("tag", "b.csv").out)[0]["id"] == "007"
    (home / "c.csv").write_text("text\nL05\n")
    assert answers(chna("tag", "c.csv").out)[0]["id"] == 1
    (home / "d.csv").write_text("id;text\r\nk;L05, then more\r\n")
    assert [(one["id"], list(one["labels"])) for one in answers(chna("tag", "d.csv").out)] == [("k", ["5"])]
    done = chna("tag", "a.csv")
    assert (done.code, done.out) == (ExitCode.USAGE, "")
    assert "a.csv:1: no column 'text'" in done.err
    assert "key, sentence" in done.err


def test_a_selection_limits_the_lessons(chna, home):
    (home / "a.txt").write_text("L05 and L09\n")
    assert list(answers(chna("tag", "a.txt", "--select", "know-your-role").out)[0]["labels"]) == ["5"]


GOOD = json.dumps({"id": 1, "text": "L05"})


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.jsonl", f"{GOOD}\nnot json\n{GOOD}\n".encode(), "a.jsonl:2: not JSON"),
        ("a.jsonl", f"{GOOD}\n[1]\n".encode(), "a.jsonl:2: not an object"),
        ("a.jsonl", f'{GOOD}\n\n{{"id": 3}}\n'.encode(), 'a.jsonl:3: "text" is missing'),
        ("a.jsonl", f'{GOOD}\n{{"text": 3}}\n'.encode(), 'a.jsonl:2: "text" is not a string'),
        ("a.jsonl", f'{GOOD}\n{{"text": "", "prev": 3}}\n'.encode(), 'a.jsonl:2: "prev" is not a string'),
        ("a.jsonl", f"{GOOD}\n".encode() + b'{"text": "caf\xe9"}\n', "a.jsonl:2: not UTF-8"),
        ("a.jsonl", f'{GOOD}\n{{"id": NaN, "text": ""}}\n'.encode(), "a.jsonl:2: not JSON: NaN is no number"),
        ("a.jsonl", f'{GOOD}\n{{"id": [1e999], "text": ""}}\n'.encode(), "a.jsonl:2: not JSON: 1e999 is no number"),
        ("a.jsonl", f"{GOOD}\n{'[' * 100_000}\n".encode(), "a.jsonl:2: not JSON"),
        ("a.txt", b"L05\ncaf\xe9\n", "a.txt:2: not UTF-8"),
        ("a.csv", b"text\nL05\na,b\n", "a.csv:3: has more or fewer cells"),
    ],
)
def test_a_bad_line_is_named_after_those_before_it_were_answered(chna, home, name, data, message):
    (home / name).write_bytes(data)
    done = chna("tag", name)
    assert done.code == ExitCode.USAGE
    assert message in done.err
    assert "hint:" in done.err
    assert len(answers(done.out)) == 1


def test_a_program_can_ask_and_wait_for_the_answer(home):
    command = [sys.executable, "-m", "chna_toolkit", "tag", "-"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert process.stdin
    assert process.stdout
    for number in range(3):
        process.stdin.write(json.dumps({"id": number, "text": MOU}) + "\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["id"] == number  # before stdin is closed
    process.stdin.close()
    assert process.wait(timeout=30) == ExitCode.OK


class NoTagger:
    """Answers without looking."""

    def labels(self, texts):
        for _ in texts:
            yield {}


class Endless(io.RawIOBase):
    """So many lines, made when they are read."""

    def __init__(self, lines: int) -> None:
        self.left = lines

    def read1(self, size: int) -> bytes:
        count = min(self.left, 1000)
        self.left -= count
        return b'{"id": 7, "text": "some words of a sentence that nobody keeps"}\n' * count


def test_memory_does_not_grow_with_the_number_of_lines():
    tracemalloc.start()
    count = sum(
        answer.count("\n")
        for answer in label_units(read_units(Endless(8_000), "made", UnitFormat("jsonl")), NoTagger())
    )
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 8_000
    assert most < 2_000_000


def test_lines_are_whole_however_the_pieces_fall():
    pieces = [b'{"text": "a', b' b"}\n{"te', b'xt": "c"}\n', b'{"text": "d"}']

    class Pieces(io.RawIOBase):
        def read1(self, size: int) -> bytes:
            return pieces.pop(0) if pieces else b""

    batches = list(read_units(Pieces(), "made", UnitFormat("jsonl")))
    assert batches == [[Unit(1, "a b")], [Unit(2, "c")], [Unit(3, "d")]]


def test_the_format_is_told_by_the_name():
    assert UnitFormat.of("a.JSONL").name == UnitFormat.of("b.ndjson").name == "jsonl"
    assert UnitFormat.of(Path("x/b.csv").as_posix()).name == "csv"
    assert UnitFormat.of("-").name == "jsonl"
    assert UnitFormat.of("a.dat", "txt").name == "txt"
    with pytest.raises(UsageError):
        UnitFormat.of("a.dat")
