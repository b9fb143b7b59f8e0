"""The files of a small, sound lexicon."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Write = Callable[..., Path]  # see the fixture `write`

HEAD = 'name = "Sharing"\nversion = "1"\nnote = "Made up for tests."\n'
ENTRY = """
number = 1
id = "L01"
slug = "sharing"
title = "Share"
brief = "Things are shared."
definition = "Sharing."
code_when = "Shared."
do_not_code_when = "Not shared."
recommendation = "Share more."

[classes]
things = ["bread", "data set"]

[[rules]]
id = "L01.share"
parts = ["share", "@things"]
within = 3
"""
LESSON = (
    ENTRY
    + """
[[rules]]
id = "L01.together"
phrases = ["common pot", "pool of tools"]

[[exclusions]]
id = "L01.x.market"
phrases = ["market share"]

[[examples]]
text = "They [[share]] their bread."
rule = "L01.share"

[[examples]]
text = "A common pot feeds all."
rule = "L01.together"
"""
)
OTHER = """
number = 2
id = "L02"
slug = "resting"
title = "Rest"
brief = "There is rest."
definition = "Resting."
code_when = "Rest."
do_not_code_when = "No rest."
recommendation = "Rest more."

[[rules]]
id = "L02.rest"
phrases = ["day of rest"]
yields_to = ["L01"]

[[examples]]
text = "Sunday is a day of rest."
rule = "L02.rest"
"""
CUES = """
[[cues]]
id = "cue.plan.will"
assertion = "plan"
phrases = ["=will"]
scope = "after"
"""
