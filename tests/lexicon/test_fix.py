"""`--fix` folds, drops what is listed twice, keeps comments, and changes nothing that matches."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_lexicon import CUES, HEAD, LESSON, OTHER, Write

from chna_toolkit.cli.app import main
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.lexicon_ci.fix import WIDTH, fold
from chna_toolkit.lexicon_ci.smells import LONG_LINE

LONG = ", ".join(f'"phrase number {chr(97 + n)}"' for n in range(20))


def test_a_long_list_is_folded_at_its_commas() -> None:
    folded = fold(f"phrases = [{LONG}]\n")
    assert max(map(len, folded.splitlines())) <= WIDTH
    assert tomllib.loads(folded) == tomllib.loads(f"phrases = [{LONG}]\n")
    assert folded.startswith("phrases = [\n  ")


def test_lists_in_lists_keep_their_order_and_lines_of_their_own() -> None:
    text = f'parts = [\n  [{LONG}],\n  # what is shared\n  ["bread"],  # and more\n  "@things",\n]\n'
    folded = fold(text)
    assert tomllib.loads(folded) == tomllib.loads(text)
    assert "  # what is shared\n" in folded
    assert '  ["bread"],  # and more\n  "@things",\n' in folded


def test_what_is_short_stays_as_it_is() -> None:
    text = 'a = [ "b" ,"c" ]  # kept\nd = """\nx = [1]\n"""\n'
    assert fold(text) == text


def test_a_phrase_listed_twice_is_dropped_once() -> None:
    assert fold('phrases = ["a b", "c", "A  b"]\n') == 'phrases = ["a b", "c"]\n'
    assert fold('phrases = ["a b", "c", "A  b"]\n', drop=False) == 'phrases = ["a b", "c", "A  b"]\n'


def test_marks_in_texts_are_no_marks() -> None:
    text = f'phrases = ["a # b", "c ] d", \'e "f" [\', {LONG}]\n'
    assert tomllib.loads(fold(text)) == tomllib.loads(text)


@given(st.lists(st.lists(st.text("abc #,[]'|?()", min_size=1, max_size=30), max_size=9), max_size=9))
def test_folding_never_changes_what_a_file_says(lists: list[list[str]]) -> None:
    quoted = ", ".join("[" + ", ".join(f'"{one}"' for one in inner) + "]" for inner in lists)
    text = f"parts = [{quoted}]\nwithin = 3\n"
    assert tomllib.loads(fold(text, drop=False)) == tomllib.loads(text)
    assert fold(fold(text)) == fold(text)


def test_fixing_leaves_nothing_to_fix_and_the_same_rules(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    lesson = LESSON.replace('"common pot", "pool of tools"', f'"common pot", {LONG}, "common pot"')
    lesson = lesson.replace("[[exclusions]]", '[allow]\nshadowed = "once it was"\n\n[[exclusions]]', 1)
    folder = write(lexicon=HEAD, L01=lesson, L02=OTHER, cues=CUES)
    before = load_lexicon(folder)
    with pytest.raises(SystemExit):
        main(["lexicon", "check", str(folder), "--fix", "--no-examples"])
    done = capsys.readouterr()
    assert "L01.toml fixed" in done.err
    assert "nothing wrong" in done.out
    after = load_lexicon(folder)
    assert after.lessons[0].rules[1].parts == (tuple(dict.fromkeys(before.lessons[0].rules[1].parts[0])),)
    assert max(map(len, (folder / "L01.toml").read_text().splitlines())) <= WIDTH


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).resolve().parents[2] / "lexicons").rglob("*.toml")), ids=lambda file: file.name
)
def test_the_shipped_lexicons_are_folded(file: Path) -> None:
    text = file.read_text("utf-8")
    folded = set(fold(text, drop=False).splitlines())
    assert [line for line in text.splitlines() if len(line) > LONG_LINE and line not in folded] == []
