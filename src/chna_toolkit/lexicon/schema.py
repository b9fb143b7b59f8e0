"""The JSON Schema of lexicon files, for editors; made from `keys.py`, where every key is described once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from chna_toolkit.lexicon.keys import CUE, EXAMPLE, EXCLUSION, HEAD, LESSON, OVERRIDE, RULE, Key, names

FILE = "lexicon.schema.json"
_PHRASE = {"type": "string", "minLength": 1}
_REASON = {"type": "string", "minLength": 1, "description": "the reason"}


def schema() -> dict[str, Any]:
    """Return the schema of any file of a lexicon: its head, a lesson, or what several lessons share."""
    tables = {
        "rules": _table(
            RULE, "A way in which text can give evidence.", [["phrases"], ["parts"], ["under"], ["header"]]
        ),
        "exclusions": _table(EXCLUSION, "Text that looks like evidence and is none.", [["phrases"], ["parts"]]),
        "cues": _table(CUE, "Words that decide what a mention asserts."),
        "examples": _table(EXAMPLE, "A sentence, and what must be found in it."),
        "overrides": _override(),
    }
    shared = {
        "classes": {
            "type": "object",
            "description": "Word classes: a name, and the phrases that @name stands for.",
            "additionalProperties": {"type": "array", "items": _PHRASE, "minItems": 1},
        },
        "allow": {
            "type": "object",
            "description": 'Findings of the whole file to leave out: "finding" or "finding @class" = reason.',
            "additionalProperties": _REASON,
        },
        **{name: {"type": "array", "items": {"$ref": f"#/$defs/{name}"}} for name in tables},
    }
    kinds = {
        "head": _object(HEAD, shared, "lexicon.toml: the head of a lexicon."),
        "lesson": _object(LESSON, shared, "A lesson: its entry in the codebook, and its rules."),
        "shared": {
            "type": "object",
            "properties": {**shared, "note": _property(next(key for key in HEAD if key.name == "note"))},
            "additionalProperties": False,
            "description": "classes.toml, cues.toml, exclusions.toml: what several lessons share.",
        },
        # in a lexicon that extends another, a lesson file may only add
        "addition": _object([_optional(key) for key in LESSON], shared, "Additions to an inherited lesson.", ["id"]),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A lexicon file of chna-toolkit",
        "description": "See docs/lexicon.md. Made by `chna lexicon schema`.",
        "type": "object",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in kinds],
        "$defs": {**kinds, **tables},
    }


def schema_text() -> str:
    """Return the schema as it is committed."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _optional(key: Key) -> Key:
    return Key(key.name, key.kind, key.doc, key.default, False, key.choices, key.low, key.high, key.pattern)


def _object(
    keys: Sequence[Key], more: Mapping[str, Any], doc: str, required: Sequence[str] | None = None
) -> dict[str, Any]:
    return {
        "type": "object",
        "description": doc,
        "properties": {**{key.name: _property(key) for key in keys}, **more},
        "required": list(required or [key.name for key in keys if key.required]),
        "additionalProperties": False,
    }


def _table(keys: Sequence[Key], doc: str, one_of: Sequence[Sequence[str]] = ()) -> dict[str, Any]:
    table = _object(keys, {}, doc)
    if one_of:
        table["anyOf"] = [{"required": list(needed)} for needed in one_of]
    if {"phrases", "parts"} <= set(names(keys)):
        table["not"] = {"required": ["phrases", "parts"]}
    return table


def _override() -> dict[str, Any]:
    doc = 'Changes keys of an inherited rule, exclusion, cue or lesson; "..." in a list stands for what it was.'
    return _object([_optional(key) for key in OVERRIDE], {}, doc, ["id"])


def _property(key: Key) -> dict[str, Any]:
    return {"description": key.doc, **_type(key), **({} if key.default in (None, "") else {"default": key.default})}


def _type(key: Key) -> dict[str, Any]:
    choices = [choice for choice in key.choices if choice]
    phrases = {"type": "array", "items": _PHRASE}
    kinds: dict[str, dict[str, Any]] = {
        "text": {"type": "string", **({"minLength": 1} if key.required else {})},
        "texts": phrases,
        "groups": {"type": "array", "items": {"anyOf": [_PHRASE, {**phrases, "minItems": 1}]}},
        "whole": {"type": "integer", "minimum": key.low, "maximum": key.high},
        "number": {"type": "number", "minimum": key.low, "maximum": key.high},
        "flag": {"type": "boolean"},
        "choice": {"enum": choices},
        "choices": {"type": "array", "items": {"enum": choices}},
        "reasons": {"type": "object", "additionalProperties": _REASON},
    }
    found = kinds[key.kind]
    return {**found, "pattern": f"^{key.pattern}$"} if key.pattern else found
