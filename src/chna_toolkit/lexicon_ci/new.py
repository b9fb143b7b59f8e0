"""`chna lexicon new`: the first files of a lexicon of one's own, which pass check and test as they are."""

from __future__ import annotations

from pathlib import Path

from chna_toolkit.errors import OutputError, UsageError
from chna_toolkit.lexicon.schema import FILE, schema_text
from chna_toolkit.lexicon.shipped import BUILTIN, shipped_lexicons

_HEAD = """#:schema ./lexicon.schema.json
# {what}

name = "{name}"
version = "0.1.0"
extends = "{extends}"
"""

_ADDITIONS = """
# Inherited rules, exclusions, cues or lessons that you do not want, by their ids:
# remove = ["L10.pact-weak"]

# An inherited rule with other keys; "..." stands for what a list was before:
# [[overrides]]
# id = "L10.pact"
# unless = ["...", "peace pact"]

# A rule of your own, in a lesson that is inherited, with an example that proves it:
# [[rules]]
# id = "L10.good-neighbor"
# phrases = ["good neighbor letter"]
#
# [[examples]]
# text = "The hospital and the food bank have a [[good neighbor letter]]."
# rule = "L10.good-neighbor"
"""

_FRAMEWORK = """
# none of the inherited lessons; the word classes and the cues that decide assertions stay
keep_lessons = []
remove = ["x.elsewhere", "x.literature", "x.definition"]  # exclusions made for the inherited lessons
"""

_LESSON = """#:schema ./lexicon.schema.json
number = 1
id = "F1"
slug = "refer-to-food"
title = "Refer people to food"
brief = "Care givers send people who lack food to those who have it."
definition = "Somebody who meets a person without enough food refers that person to a place that gives it."
code_when = "- people are referred to food, or food is prescribed"
do_not_code_when = "- food is served to patients or staff"
recommendation = "Agree with a food bank whom to call, and ask every patient."

[classes]
food_place = ["food (bank|pantry|shelf)", "soup kitchen", "meal program", "farmers market"]

[[rules]]
id = "F1.refer"
parts = [["refer", "connect", "link", "send"], ["@food_place"]]
within = 6
note = "a person is sent to food"

[[exclusions]]
id = "F1.x.staff"
phrases = ["staff (food pantry|meal program)"]

[[examples]]
text = "Nurses [[refer]] families to the [[food pantry]] across the street."
rule = "F1.refer"
assertion = "practice"

[[examples]]
text = "We will connect new mothers with a meal program."
rule = "F1.refer"
assertion = "plan"

[[examples]]
text = "Memos link to the staff food pantry."
expect = "no_match"

[[examples]]
text = "The cafeteria serves meals until seven."
expect = "no_match"
"""


def new(folder: Path, *, extends: str = BUILTIN, framework: bool = False) -> list[Path]:
    """Write the first files into a folder that is empty or not there. Returns them.

    With `framework` it begins lessons of its own instead of adding to the inherited ones.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError(f"{folder} is not empty", "Name a new folder.")
    if "/" not in extends and extends not in shipped_lexicons():
        hint = (
            f"Shipped are {', '.join(shipped_lexicons())}; a folder is named relative to the new one, such as ../ours."
        )
        raise UsageError(f"there is no lexicon {extends!r} to extend", hint)
    name = folder.resolve().name.replace('"', "").replace("\\", "")
    what = "Lessons of our own." if framework else "What we add to and change in another lexicon."
    head = _HEAD.format(name=name, what=what, extends=extends)
    files = {"lexicon.toml": head + (_FRAMEWORK if framework else _ADDITIONS), FILE: schema_text()}
    if framework:
        files["F1-refer-to-food.toml"] = _LESSON
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in files.items():
            (folder / file).write_text(text, "utf-8")
    except OSError as error:
        raise OutputError(f"{folder}: {error.strerror or error}", "Name another folder.") from error
    return [folder / file for file in files]
