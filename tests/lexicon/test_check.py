"""`chna lexicon check`: every trap is found where it stands, named by its slug, and a sound lexicon is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest
from small_lexicon import CUES, HEAD, LESSON, OTHER, Write

from chna_toolkit.cli.app import main
from chna_toolkit.errors import ExitCode
from chna_toolkit.lexicon_ci.check import SLUGS, Checked, check
from chna_toolkit.lexicon_ci.findings import Finding, Severity


def of(write: Write, lesson: str = LESSON, other: str = OTHER, cues: str = CUES) -> Checked:
    return check(write(lexicon=HEAD, L01=lesson, L02=other, cues=cues), run_examples=False)


def only(checked: Checked) -> Finding:
    assert checked.is_valid
    assert len(checked.findings) == 1, checked.findings
    return checked.findings[0]


def rule(name: str, keys: str) -> str:
    return f'[[rules]]\nid = "L01.{name}"\n{keys}\n\n'


def as_toml(phrases: Iterable[str]) -> str:
    return json.dumps(list(phrases))


ADDED = "\n[[exclusions]]"  # in the lesson; new rules go before it


def with_rule(keys: str, name: str = "new") -> str:
    return LESSON.replace(ADDED, "\n" + rule(name, keys) + "[[exclusions]]", 1)


# What is put into the lesson, and the finding it must give: slug, words of the message, a part of the line.
TRAPS = [
    ("bare-words", with_rule('phrases = ["(give)? to"]'), "'to'", "(give)? to"),
    ("optional-plural", with_rule('phrases = ["loans? of money"]'), "'loans'", "loans?"),
    ("any-number", with_rule('phrases = ["dial 911"]'), "911", "dial 911"),
    ("read-as", with_rule('phrases = ["found a shelter"]'), "'find'", "found a shelter"),
    ("punctuation", with_rule('phrases = ["bread, butter"]'), "comma", "bread, butter"),
    ("ambiguous-word", with_rule('phrases = ["lend"]'), "'lend'", '"lend"'),
    ("listed-twice", with_rule('phrases = ["lend out", "Lend  out"]'), "twice", "lend  out"),
    (
        "overfitted",
        with_rule('phrases = ["lend out"]\nunless = ["the red book of my old aunt from Alder"]'),
        "9 words",
        "red book",
    ),
    ("too-costly", with_rule("parts = " + as_toml(f"word{letter} x" for letter in "abcdef")), "6 parts", "parts"),
    ("never-matches", with_rule('phrases = ["lend out"]\nunless = ["lend"]'), "never match", "unless"),
    ("dead-phrase", with_rule('phrases = ["lend out", "hand over"]\nunless = ["hand"]'), "'hand over'", "hand over"),
    ("duplicate-rule", with_rule('phrases = ["pool of tools", "common pot"]'), "L01.together", "[[rules]]"),
    ("shadowed", with_rule('parts = ["share", "bread"]\nwithin = 2\nconfidence = 0.5'), "L01.share", "[[rules]]"),
    ("counted-twice", with_rule('phrases = ["common pot", "open shed"]'), "'common pot'", "[[rules]]"),
    ("lessons-overlap", with_rule('phrases = ["week of rest", "rest week"]'), "L02.rest", "[[rules]]"),
    (
        "mutual-yield",
        with_rule('phrases = ["day of rest"]\nyields_to = ["L02"]'),
        "L02.rest",
        "yields_to",
    ),
    ("swallowed-rule", with_rule('phrases = ["market share"]'), "L01.x.market", "[[rules]]"),
    ("swallowed-phrase", with_rule('phrases = ["big market share", "lend out"]'), "'big market share'", "big market"),
    ("class-unused", LESSON.replace("[[rules]]", 'idle = ["chair"]\n\n[[rules]]', 1), "@L01.idle", "idle ="),
    ("long-line", with_rule("phrases = " + as_toml(f"long phrase {n} a" for n in "abcdefghijk")), "longer", "long"),
]  # fmt: skip
OTHERS = {"rule-untested", "allow-unneeded"}  # have tests of their own


@pytest.mark.parametrize(("slug", "lesson", "words", "line"), TRAPS, ids=[trap[0] for trap in TRAPS])
def test_each_trap_is_found_where_it_stands(write: Write, slug: str, lesson: str, words: str, line: str) -> None:
    other = (
        OTHER.replace("day of rest", "week of rest").replace('yields_to = ["L01"]', "")
        if slug == "lessons-overlap"
        else OTHER
    )
    found = [one for one in of(write, lesson, other).findings if one.slug == slug]
    assert len(found) == 1, found
    assert words in found[0].message
    assert found[0].remedy
    assert line in found[0].file.read_text().splitlines()[found[0].line - 1].lower()


def test_every_finding_has_a_trap_here() -> None:
    assert {trap[0] for trap in TRAPS} | OTHERS == set(SLUGS)


def test_a_sound_lexicon_is_left_alone(write: Write) -> None:
    assert check(write()).findings == ()


def test_a_rule_that_no_example_exercises_is_found(write: Write) -> None:
    folder = write(lexicon=HEAD, L01=with_rule('phrases = ["lend out"]'), L02=OTHER, cues=CUES)
    assert only(check(folder)).slug == "rule-untested"
    assert check(folder, run_examples=False).findings == ()


@pytest.mark.parametrize(
    "keys",
    [
        'phrases = ["lend"]\nneeds = ["tool"]',  # has a companion
        'phrases = ["lend"]\nconfidence = 0.4',  # does not count alone
        'phrases = ["lend"]\nkinds = ["heading"]',
        'phrases = ["(lend|hand) out"]',
        'phrases = ["(lend)? out of hand"]',  # what may be missing leaves more than one word
        'phrases = ["lend =2 books"]',  # this number was meant
        'phrases = ["bus? stop line"]',  # no plural
        'phrases = ["market day"]',  # the exclusion needs more words
        'parts = ["share", "bread"]\nwithin = 9',  # reaches further than the other
        'phrases = ["common pot"]\nkinds = ["heading"]\nconfidence = 0.9',  # surer where it stands
    ],
)
def test_what_only_looks_like_a_trap_is_left_alone(write: Write, keys: str) -> None:
    noted = {one.slug for one in of(write, with_rule(keys)).findings}
    assert noted <= {"counted-twice"}, noted


# -- all mistakes at once


def test_all_mistakes_of_syntax_are_told_at_once(write: Write) -> None:
    lesson = LESSON.replace("within = 3", 'wihtin = 3\nkinds = ["poem"]').replace("@things", "@thing")
    checked = of(write, lesson, OTHER.replace("number = 2", 'number = "two"'))
    assert not checked.is_valid
    assert [(one.slug, one.file.name) for one in checked.findings] == [
        ("unknown-key", "L01.toml"), ("bad-value", "L01.toml"), ("bad-value", "L02.toml"),
    ]  # fmt: skip
    assert all(one.severity is Severity.ERROR and one.line and one.remedy for one in checked.findings)


def test_mistakes_in_phrases_are_told_at_once(write: Write) -> None:
    checked = of(write, LESSON.replace("@things", "@thing").replace("common pot", "(common pot"))
    assert [(one.slug, one.rule) for one in checked.findings] == [
        ("unknown-class", "L01.share"), ("bad-phrase", "L01.together"),
    ]  # fmt: skip


def test_only_the_own_entries_of_a_lexicon_that_extends_another_are_judged(write: Write) -> None:
    write("base", lexicon=HEAD, L01=with_rule('phrases = ["lend"]'), L02=OTHER, cues=CUES)
    own = write("own", lexicon=HEAD + 'extends = "../base"\n[[rules]]\nid = "L02.nap"\nphrases = ["nap"]\n')
    assert [one.rule for one in check(own, run_examples=False).findings] == ["L02.nap"]


# -- allowances


def test_a_finding_is_left_out_with_a_reason(write: Write) -> None:
    keys = 'phrases = ["lend"]\nallow = { ambiguous-word = "it means nothing else here" }'
    checked = of(write, with_rule(keys))
    assert checked.findings == ()
    assert checked.allowed == 1


def test_a_finding_is_left_out_for_a_class_or_a_file(write: Write) -> None:
    lesson = LESSON.replace(
        "[[rules]]", 'idle = ["chair"]\n\n[allow]\n"class-unused @L01.idle" = "soon"\n\n[[rules]]', 1
    )
    assert of(write, lesson).allowed == 1
    lesson = with_rule('phrases = ["lend"]') + '\n[allow]\nambiguous-word = "a small lexicon"\n'
    assert of(write, lesson).allowed == 1


@pytest.mark.parametrize(
    ("allow", "slug"),
    [
        ('ambiguous-word = ""', "missing-reason"),
        ('ambigous-word = "why not"', "unknown-finding"),
        ('shadowed = "once it was"', "allow-unneeded"),
    ],
)
def test_an_allowance_needs_a_reason_and_a_finding(write: Write, allow: str, slug: str) -> None:
    lesson = with_rule('phrases = ["lend"]') + f"\n[allow]\n{allow}\n"
    assert slug in {one.slug for one in of(write, lesson).findings}


# -- the command


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in ("lexicon", "check", *arguments)])
    return int(ended.value.code or 0)


def test_exit_codes(write: Write, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(write()) == ExitCode.OK
    assert "check: nothing wrong" in capsys.readouterr().out
    warned = write("warned", lexicon=HEAD, L01=with_rule('phrases = ["lend"]'), L02=OTHER, cues=CUES)
    assert run(warned, "--no-examples") == ExitCode.OK
    assert run(warned, "--no-examples", "--strict") == ExitCode.CHECK_FAILED
    wrong = write("wrong", lexicon=HEAD, L01=with_rule('phrases = ["(give)? to"]'), L02=OTHER, cues=CUES)
    assert run(wrong, "--no-examples") == ExitCode.CHECK_FAILED
    capsys.readouterr()
    assert run(write("invalid", lexicon=HEAD, L01=LESSON.replace("within", "wihtin"), L02=OTHER)) == ExitCode.USAGE
    shown = capsys.readouterr().out
    assert "L01.toml:18: error: L01.share: unknown key 'wihtin' in rule L01.share [unknown-key]" in shown or (
        "unknown key 'wihtin' in rule L01.share [unknown-key]" in shown
    )
    assert "Did you mean 'within'?" in shown
    assert run(tmp_path / "nowhere") == ExitCode.USAGE


def test_json_for_programs(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    run(
        write(lexicon=HEAD, L01=with_rule('phrases = ["lend"]'), L02=OTHER, cues=CUES),
        "--format",
        "json",
        "--no-examples",
    )
    found = json.loads(capsys.readouterr().out)
    assert found["counts"] == {"error": 0, "warning": 1, "note": 0}
    assert found["findings"][0]["slug"] == "ambiguous-word"
    assert found["findings"][0]["rule"] == "L01.new"


@pytest.mark.parametrize("name", ["builtin", "irs-501r"])
def test_the_shipped_lexicons_have_no_error(name: str) -> None:
    checked = check(Path(name), run_examples=False)
    assert [one for one in checked.findings if one.severity is Severity.ERROR] == []
    if name == "irs-501r":
        assert checked.findings == ()
