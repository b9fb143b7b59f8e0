"""The JSON Schema for editors: up to date, sound, true of the shipped lexicons, and no more lenient than loading."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from small_lexicon import CUES, HEAD, LESSON

from chna_toolkit.lexicon import builtin_lexicon_path
from chna_toolkit.lexicon.schema import FILE, schema, schema_text

jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema: pip install chna-toolkit[dev]")

FILES = sorted(builtin_lexicon_path().rglob("*.toml"))
EXTENDING = (
    HEAD
    + """
extends = "builtin"
keep_lessons = ["L05"]
remove = ["L05.x.other-worlds"]

[[overrides]]
id = "L05.fund"
confidence = 0.6
unless = ["...", "payer"]
"""
)


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema.Draft202012Validator.check_schema(schema())
    return jsonschema.Draft202012Validator(schema())


def test_the_committed_schema_is_the_one_that_is_made() -> None:
    committed = (builtin_lexicon_path() / FILE).read_text("utf-8")
    assert committed == schema_text(), "run: chna lexicon schema > lexicons/lexicon.schema.json"


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_the_shipped_lexicons_are_valid(validator: Any, file: Path) -> None:
    assert list(validator.iter_errors(tomllib.loads(file.read_text("utf-8")))) == []


@pytest.mark.parametrize("text", [HEAD, LESSON, CUES, EXTENDING, '[classes]\na = ["b"]\n', 'id = "L01"\n'])
def test_each_kind_of_file_is_valid(validator: Any, text: str) -> None:
    assert validator.is_valid(tomllib.loads(text))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("within = 3", "wihtin = 3"),
        ("within = 3", 'within = "three"'),
        ("within = 3", "within = 101"),
        ("within = 3", 'order = "sideways"'),
        ("within = 3", 'kinds = ["poem"]'),
        ("within = 3", 'phrases = ["x"]'),
        ("within = 3", "allow = { shadowed = true }"),
        ('title = "Share"', "title = 3"),
        ("number = 1", "number = 0"),
        ('id = "L01.share"', 'idd = "L01.share"'),
    ],
)
def test_what_loading_refuses_the_schema_refuses(validator: Any, old: str, new: str) -> None:
    assert old in LESSON
    assert not validator.is_valid(tomllib.loads(LESSON.replace(old, new)))


def test_every_key_is_described() -> None:
    def described(part: Any) -> bool:
        if isinstance(part, dict) and "properties" in part:
            return all("description" in one or "$ref" in one or "items" in one for one in part["properties"].values())
        return True

    assert all(described(part) for part in schema()["$defs"].values())


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    from chna_toolkit.cli.app import main

    with pytest.raises(SystemExit) as ended:
        main(["lexicon", "schema"])
    assert not ended.value.code
    assert json.loads(capsys.readouterr().out) == schema()
