"""Whatever stands in a lexicon folder, `check` answers with findings, never with a traceback."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from small_lexicon import CUES, HEAD, LESSON, OTHER, Write

from chna_toolkit.errors import LexiconError
from chna_toolkit.lexicon_ci.check import check

VALUES = (
    "3", "-1", '"x"', '""', "[]", "[1]", '[""]', '["a", ["b"]]', "{}", "{ a = 1 }", "true", "1.5", "nan", "2020-01-01",
    '["..."]', '"("', '["@things"]', '["@nothing"]', "[[]]", '[["a"], []]', '["#name x"]', '["?"]', '["|"]', "[true]",
)  # fmt: skip
NAMES = ("rules", "cues", "classes", "allow", "note", "extends", "remove", "overrides", "id", "nonsense", "examples")
SOUND = {"lexicon": HEAD, "L01": LESSON, "L02": OTHER, "cues": CUES}
EXTENDING = {
    "lexicon": HEAD
    + """extends = "../base"
remove = ["L01.together"]

[[overrides]]
id = "L01.share"
unless = ["...", "x y"]

[classes]
"L01.things" = ["...", "soup"]
""",
    "L01": 'id = "L01"\ntitle = "X"\n\n[[rules]]\nid = "L01.new"\nphrases = ["a b"]\n\n[[examples]]\ntext = "a b"\n',
}


def damaged(text: str, chance: random.Random) -> str:
    lines = text.splitlines()
    for _ in range(chance.choice((0, 1, 1, 2))):
        place = chance.randrange(len(lines))
        key = re.match(r'(\s*[\w".]+\s*)=', lines[place])
        how = chance.random()
        if how < 0.5 and key:
            lines[place] = f"{key[1]}= {chance.choice(VALUES)}"
        elif how < 0.6 and len(lines) > 1:
            del lines[place]
        elif how < 0.7:
            lines.insert(place, lines[place])
        elif how < 0.8:
            lines[place] = lines[place].replace("[[", "[").replace("]]", "]")
        else:
            lines.insert(place, f"{chance.choice(NAMES)} = {chance.choice(VALUES)}")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_lexicon_gives_findings(write: Write, seed: int) -> None:
    chance = random.Random(seed)
    write("base", **SOUND)
    for content in (SOUND, EXTENDING):
        folder = write(f"lexicon{len(content)}", **{stem: damaged(text, chance) for stem, text in content.items()})
        try:
            found = check(folder, run_examples=False).findings
        except LexiconError as error:  # lexicon.toml itself is gone, or there is no lesson
            assert error.hint
            continue
        assert all(one.message and one.file.is_relative_to(folder.parent) and one.line >= 0 for one in found)


@pytest.mark.parametrize(
    "content", [b"\xff\xfe", b"", b"[[rules]]\n" * 500, b'a = """', b"[" * 5000, b'\xef\xbb\xbfname = "x"']
)
def test_files_that_are_no_toml_or_nothing(write: Write, content: bytes) -> None:
    folder = write()
    (folder / "L03.toml").write_bytes(content)
    checked = check(folder, run_examples=False)
    assert checked.is_valid == (content == b"")
    assert all(one.file == folder / "L03.toml" for one in checked.findings)


def test_a_class_chain_and_a_self_reference_are_told(write: Write) -> None:
    chain = "[classes]\n" + "".join(f'c{n} = ["@c{n + 1}"]\n' for n in range(300)) + 'c300 = ["bread"]\n'
    loop = '[classes]\na = ["@b"]\nb = ["@a"]\n'
    for text in (chain, loop):
        folder = write(
            "classy", lexicon=HEAD, L01=LESSON.replace('["share", "@things"]', '["@c0", "@a"]'), classes=text
        )
        found = check(folder, run_examples=False)
        assert not found.is_valid
        assert {one.slug for one in found.findings} <= {"unknown-class", "bad-phrase"}
    assert Path(folder).is_dir()
