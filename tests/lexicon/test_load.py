"""Loading a lexicon: every mistake names its file and line and says the remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_lexicon import ENTRY as LESSON

from chna_toolkit.errors import ExitCode, LexiconError
from chna_toolkit.lexicon import builtin_lexicon_path, load_lexicon


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lexicon.toml").write_text('name = "test"\nversion = "1"\n')
    (tmp_path / "L01.toml").write_text(LESSON)
    return tmp_path


def test_a_small_lexicon_loads(folder: Path) -> None:
    lexicon = load_lexicon(folder)
    assert [lesson.id for lesson in lexicon.lessons] == ["L01"]
    assert lexicon.lessons[0].rules[0].parts == (("share",), ("@things",))
    assert lexicon.lesson("1") is lexicon.lesson("sharing") is lexicon.lesson("l01")
    with pytest.raises(KeyError):
        lexicon.lesson("L99")


def test_the_hash_follows_the_content_not_the_formatting(folder: Path) -> None:
    before = load_lexicon(folder).hash
    file = folder / "L01.toml"
    file.write_text("# a comment\n" + file.read_text().replace("within = 3", "within   =  3"))
    assert load_lexicon(folder).hash == before
    file.write_text(file.read_text().replace("within   =  3", "within = 4"))
    assert load_lexicon(folder).hash != before


def test_the_hash_leaves_out_what_no_match_depends_on(folder: Path) -> None:
    before = load_lexicon(folder).hash
    file = folder / "L01.toml"
    file.write_text(file.read_text().replace('title = "', 'title = "Also ') + '[[examples]]\ntext = "One more."\n')
    assert load_lexicon(folder).hash == before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("within = 3", "wihtin = 3", ["wihtin", "Did you mean 'within'?"]),
        ('"@things"]', '"@thing"]', ["@thing", "Did you mean @things?"]),
        ('id = "L01.share"', 'id = "L02.share"', ["must begin with L01."]),
        ("within = 3", 'within = "three"', ["must be a whole number from 0 to 100"]),
        ("within = 3", 'order = "sideways"', ["one of given, any"]),
        ("within = 3", 'kinds = ["poem"]', ["one of heading"]),
        ("within = 3", 'phrases = ["x"]', ["both 'phrases' and 'parts'"]),
        ('title = "Share"', "title = 3", ["'title' must be a text"]),
        ('title = "Share"', 'title = "Share', ["not valid TOML"]),
    ],
)
def test_a_mistake_names_file_line_and_remedy(folder: Path, old: str, new: str, words: list[str]) -> None:
    file = folder / "L01.toml"
    file.write_text(LESSON.replace(old, new))
    line = next(n for n, text in enumerate(file.read_text().splitlines(), 1) if new in text)
    with pytest.raises(LexiconError) as caught:
        load_lexicon(folder)
    said = f"{caught.value.message} {caught.value.hint}"
    assert f"{file}:{line}:" in said
    assert all(word in said for word in words), said
    assert caught.value.exit_code is ExitCode.USAGE


def test_an_id_used_twice_is_refused(folder: Path) -> None:
    file = folder / "L01.toml"
    file.write_text(LESSON + '\n[[rules]]\nid = "L01.share"\nphrases = ["lend"]\n')
    first = LESSON.splitlines().index("[[rules]]") + 1
    with pytest.raises(LexiconError, match=rf"is taken: L01\.toml:{first} has it"):
        load_lexicon(folder)


def test_a_folder_without_lexicon_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LexiconError, match="holds no lexicon"):
        load_lexicon(tmp_path)


def test_the_built_in_lexicon_has_the_fifteen_lessons() -> None:
    lexicon = load_lexicon(builtin_lexicon_path())  # by its path, so that every phrase is checked
    assert lexicon.hash == load_lexicon().hash
    assert [lesson.number for lesson in lexicon.lessons] == list(range(1, 16))
    assert [lesson.id for lesson in lexicon.lessons] == [f"L{n:02d}" for n in range(1, 16)]
    assert all(lesson.rules and lesson.examples for lesson in lexicon.lessons)
