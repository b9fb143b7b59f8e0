"""A lexicon extends another: what is inherited, removed, changed and added, and every mistake in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_lexicon import HEAD, LESSON, Write

from chna_toolkit.errors import LexiconError
from chna_toolkit.lexicon import Lexicon, Rule, load_lexicon, shipped_lexicons
from chna_toolkit.model import Assertion
from chna_toolkit.tagging import Tagger

TEN_LINES = """
name = "Ours"
version = "2"
extends = "../lexicon"
remove = ["L01.together"]

[[overrides]]
id = "L01.share"
confidence = 0.9
"""


def rules(lexicon: Lexicon) -> dict[str, Rule]:
    return {rule.id: rule for lesson in lexicon.lessons for rule in lesson.rules}


def own(write: Write, text: str, **files: str) -> Lexicon:
    write()
    return load_lexicon(write("own", lexicon=text, **files))


def test_ten_lines_make_a_lexicon_of_ones_own(write: Write) -> None:
    lexicon = own(write, TEN_LINES)
    assert (lexicon.name, lexicon.version) == ("Ours", "2")
    assert rules(lexicon).keys() == {"L01.share", "L02.rest"}
    assert rules(lexicon)["L01.share"].confidence == 0.9
    assert rules(lexicon)["L01.share"].parts == (("share",), ("@things",))
    assert Tagger(lexicon, method="rules").label("They share bread.")["1"].confidence == 0.9


def test_what_is_inherited_says_where_it_was_written_and_what_is_changed_says_so_too(write: Write) -> None:
    found = rules(own(write, TEN_LINES))
    assert found["L02.rest"].origin.file.name == "L02.toml"
    assert found["L01.share"].origin.file.parent.name == "own"


def test_rules_exclusions_cues_examples_and_classes_are_added_in_one_file(write: Write) -> None:
    text = """
name = "Ours"
version = "1"
extends = "../lexicon"

[classes]
tools = ["hammer", "saw"]

[[rules]]
id = "L01.lend"
parts = ["lend", "@tools"]

[[exclusions]]
id = "L01.x.bookish"
phrases = ["library hammer"]

[[cues]]
id = "cue.call.please"
assertion = "call"
phrases = ["please"]

[[examples]]
text = "Please lend a saw."
rule = "L01.lend"
assertion = "call"
"""
    lexicon = own(write, text)
    tagger = Tagger(lexicon, method="rules")
    assert tagger.label("Please lend a saw.")["1"].assertion is Assertion.CALL
    assert tagger.label("We lend the library hammer.") == {}
    assert lexicon.lessons[0].examples[-1].rules == ("L01.lend",)
    assert [one.id for one in lexicon.lessons[0].exclusions] == ["L01.x.market", "L01.x.bookish"]


def test_three_dots_stand_for_what_was_inherited(write: Write) -> None:
    text = """
name = "Ours"
version = "1"
extends = "../lexicon"

[classes]
"L01.things" = ["...", "soup"]

[[overrides]]
id = "L01.together"
phrases = ["...", "commons"]
"""
    lexicon = own(write, text)
    assert lexicon.classes["L01.things"] == ("bread", "data set", "soup")
    assert rules(lexicon)["L01.together"].parts == (("common pot", "pool of tools", "commons"),)


def test_phrases_replace_parts(write: Write) -> None:
    change = HEAD + 'extends = "../lexicon"\n[[overrides]]\nid = "L01.share"\nphrases = ["give away"]\n'
    assert rules(own(write, change))["L01.share"].parts == (("give away",),)


def test_a_lesson_file_adds_to_an_inherited_lesson(write: Write) -> None:
    more = 'id = "L01"\ntitle = "Share more"\n[[rules]]\nid = "L01.lend"\nphrases = ["lend"]\n'
    lexicon = own(write, HEAD + 'extends = "../lexicon"\n', L01=more)
    assert lexicon.lessons[0].title == "Share more"
    assert lexicon.lessons[0].brief == "Things are shared."
    assert rules(lexicon).keys() == {"L01.share", "L01.together", "L01.lend", "L02.rest"}


def test_lessons_can_be_removed_and_nothing_refers_to_them_any_more(write: Write) -> None:
    lexicon = own(write, HEAD + 'extends = "../lexicon"\nremove = ["L01"]\n')
    assert rules(lexicon).keys() == {"L02.rest"}
    assert "L01.things" not in lexicon.classes
    assert all(example.lesson == "L02" for lesson in lexicon.lessons for example in lesson.examples)


def test_another_framework_keeps_the_cues_and_classes_and_none_of_the_lessons(write: Write) -> None:
    lesson = LESSON.replace("L01", "A").replace("number = 1", "number = 7")
    lexicon = own(write, HEAD + 'extends = "../lexicon"\nkeep_lessons = []\n', A=lesson)
    assert [lesson.id for lesson in lexicon.lessons] == ["A"]
    assert [cue.id for cue in lexicon.cues] == ["cue.plan.will"]


def test_an_example_with_the_same_words_replaces_the_inherited_one(write: Write) -> None:
    same = '[[examples]]\ntext = "A common pot feeds all."\nlesson = "L01"\nexpect = "no_match"\n'
    lexicon = own(write, HEAD + 'extends = "../lexicon"\nremove = ["L01.together"]\n' + same)
    found = [example.expect for example in lexicon.lessons[0].examples if "common pot" in example.text]
    assert found == ["no_match"]


def test_the_hash_follows_what_is_inherited(write: Write) -> None:
    before = own(write, TEN_LINES).hash
    base = write("lexicon", L01=LESSON.replace("within = 3", "within = 4"))
    assert load_lexicon(base.parent / "own").hash != before


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('remove = ["L01.togther"]', ["nothing to remove: 'L01.togther'", "Did you mean 'L01.together'?"]),
        ('keep_lessons = ["L03"]', ["no lesson 'L03'", "L01, L02"]),
        ('[[overrides]]\nid = "L01.sahre"', ["no 'L01.sahre' to override", "Did you mean 'L01.share'?"]),
        ('[[overrides]]\nid = "L01.share"\nwihtin = 2', ["unknown key 'wihtin'", "Did you mean 'within'?"]),
        ('[[rules]]\nid = "L01.share"\nphrases = ["x"]', ["is taken", "[[overrides]]"]),
        ('[[rules]]\nid = "L09.share"\nphrases = ["xylophone"]', ["no lesson 'L09'"]),
        ('[[rules]]\nid = "L01.new"\nphrases = ["..."]', ["'...'", "inherited"]),
    ],
)
def test_a_mistake_in_what_is_changed_names_file_line_and_remedy(write: Write, line: str, words: list[str]) -> None:
    with pytest.raises(LexiconError) as caught:
        own(write, HEAD + f'extends = "../lexicon"\n{line}\n')
    said = f"{caught.value.message} {caught.value.hint}"
    assert all(word in said for word in words), said
    assert caught.value.file
    assert caught.value.file.name == "lexicon.toml"
    assert caught.value.line


@pytest.mark.parametrize("line", ['remove = ["L01.share"]', '[[overrides]]\nid = "L01.share"'])
def test_without_a_lexicon_to_extend_there_is_nothing_to_change(write: Write, line: str) -> None:
    with pytest.raises(LexiconError, match=r"extend|nothing to override"):
        load_lexicon(write("alone", lexicon=f"{HEAD}{line}\n", L01=LESSON))


def test_lexicons_that_extend_each_other_are_refused(write: Write) -> None:
    one = write("one", lexicon=HEAD + 'extends = "../two"\n')
    write("two", lexicon=HEAD + 'extends = "../one"\n')
    with pytest.raises(LexiconError, match="extends this one"):
        load_lexicon(one)


def test_a_lexicon_to_extend_that_is_not_there_is_named(write: Write) -> None:
    with pytest.raises(LexiconError, match=r"no lexicon '\.\./nowhere' to extend"):
        own(write, HEAD + 'extends = "../nowhere"\n')


def test_the_shipped_lexicons_are_found_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert {"builtin", "irs-501r"} <= shipped_lexicons().keys()
    assert load_lexicon(Path("builtin")).hash == load_lexicon().hash
    assert len(load_lexicon(Path("irs-501r")).lessons) == 6
    own = tmp_path / "own"
    own.mkdir()
    (own / "lexicon.toml").write_text(HEAD + 'extends = "builtin"\nremove = ["L15"]\n')
    assert len(load_lexicon(own).lessons) == 14


def test_a_folder_of_that_name_comes_first(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write("irs-501r", lexicon=HEAD, L01=LESSON)
    monkeypatch.chdir(folder.parent)
    assert load_lexicon(Path("irs-501r")).name == "Sharing"
