"""A lexicon of one lesson."""

from __future__ import annotations

HEAD = 'name = "Pacts"\nversion = "1"\n'
CUES = """
[[cues]]
id = "cue.plan"
assertion = "plan"
phrases = ["=will", "plan to"]
scope = "after"
[[cues]]
id = "cue.call"
assertion = "call"
phrases = ["=should"]
scope = "after"
[[cues]]
id = "cue.lack"
assertion = "lack"
phrases = ["=not", "=no"]
scope = "after"
"""
LESSON = """
number = 1
id = "L01"
slug = "pacts"
title = "Make pacts"
brief = "Pacts are made."
definition = "A pact."
code_when = "- a pact"
do_not_code_when = "- peace"
recommendation = "Make one."

[classes]
paper = ["pact", "charter", "letter of intent"]

[[rules]]
id = "L01.sign"
parts = [["sign", "draft"], ["@paper"]]
within = 4
unless = ["treaty"]

[[exclusions]]
id = "L01.x.peace"
phrases = ["peace pact"]
"""
EXAMPLES = """
[[examples]]
text = "The clinic [[signed]] a [[pact]] with the school."
rule = "L01.sign"
assertion = "practice"

[[examples]]
text = "The nations signed a peace pact."
expect = "no_match"
"""
