"""Reading a lexicon folder: TOML files into a checked `Lexicon`; every mistake names file and line."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from chna_toolkit.errors import LexiconError
from chna_toolkit.lexicon.keys import CUE, EXAMPLE, EXCLUSION, HEAD, INHERITED, LESSON, RULE
from chna_toolkit.lexicon.layers import HEAD_FILE, Layer, Owned, read_layer
from chna_toolkit.lexicon.model import Cue, Example, Exclusion, Lesson, Lexicon, Origin, Rule
from chna_toolkit.lexicon.phrases import PhraseError, Speller
from chna_toolkit.lexicon.shipped import builtin_lexicon_path, find_lexicon, shipped_lexicons
from chna_toolkit.lexicon.source import Entry, Report, stop
from chna_toolkit.model import Assertion

# What people read and tests use, but no match depends on.
_NOT_HASHED = frozenset(
    ("examples", "note", "allow", "title", "brief", "definition", "code_when", "do_not_code_when", "recommendation")
)


def load_lexicon(path: Path | None = None) -> Lexicon:
    """Read a lexicon folder, or a shipped lexicon by its name; `None` is the built-in one.

    A folder holds `lexicon.toml` (name and version), one file a lesson, and optionally
    `classes.toml`, `cues.toml` and `exclusions.toml`; or `lexicon.toml` extends another lexicon.
    Raises `LexiconError` naming file and line.
    """
    layer = open_layer(path)
    lexicon = build(layer, stop)
    if path is not None:  # the built-in one is checked by the tests, and spelling it out takes a second
        check_phrases(lexicon, layer, stop)
    return lexicon


def open_layer(path: Path | None = None, report: Report = stop) -> Layer:
    """Read what the files of a lexicon, and of those it extends, say. Raises `LexiconError` if there is none."""
    folder = find_lexicon(path) if path else builtin_lexicon_path()
    if not (folder / HEAD_FILE).is_file():
        raise LexiconError(
            f"this folder holds no lexicon: {HEAD_FILE} is missing",
            f"Give the folder that holds {HEAD_FILE}, or a shipped lexicon: {', '.join(shipped_lexicons())}.",
            file=folder,
        )
    return read_layer(folder, report)


def build(layer: Layer, report: Report) -> Lexicon:
    """Make the values of a lexicon. What is wrong with an entry is reported, and a default stands for it."""
    head = layer.head.take(HEAD)
    lessons = [lesson for entry in layer.lessons.values() if (lesson := _lesson(entry, layer))]
    classes = {name: members.phrases for name, members in layer.classes.items()}
    lexicon = Lexicon(
        name=head["name"],
        version=head["version"],
        hash=_content_hash(layer),
        lessons=tuple(sorted(lessons, key=lambda lesson: lesson.number)),
        classes=classes,
        exclusions=tuple(_exclusion(one) for one in layer.exclusions.values() if not one.lesson),
        cues=tuple(_cue(one) for one in layer.cues.values()),
        path=layer.folder,
        speller=Speller(classes),
        note=head["note"],
        class_origins={name: Origin(*members.place) for name, members in layer.classes.items()},
    )
    if not lexicon.lessons:
        hint = "Add one TOML file a lesson."
        report(LexiconError("the lexicon has no lesson", hint, file=layer.folder / HEAD_FILE))
    _check_lessons(layer)
    return lexicon


def _content_hash(layer: Layer) -> str:
    """Hash what decides matches: the own files, and the hash of what they extend."""
    content: dict[str, Any] = {source.path.name: _deciding(source.data) for source in layer.sources}
    if layer.base:
        content["extends"] = _content_hash(layer.base)
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _deciding(data: Mapping[str, Any]) -> dict[str, Any]:
    """What decides matches: all of a file but examples, notes and the texts of the codebook."""
    return {
        key: [_deciding(item) if isinstance(item, dict) else item for item in value]
        if isinstance(value, list)
        else value
        for key, value in data.items()
        if key not in _NOT_HASHED
    }


# -- entries into values


def _origin(entry: Entry) -> Origin:
    return Origin(entry.source.path, entry.line)


def _assertion(value: str) -> Assertion | None:
    return Assertion(value) if value else None


def _parts(entry: Entry, values: dict[str, Any]) -> tuple[tuple[str, ...], ...]:
    phrases: tuple[str, ...] = values.pop("phrases")
    parts: tuple[tuple[str, ...], ...] = values.pop("parts")
    if phrases and parts:
        entry.complain("both 'phrases' and 'parts'", "Phrases are one part: move them into parts.", "phrases")
    return (phrases,) if phrases else parts


def _cue(owned: Owned) -> Cue:
    values = owned.entry.take(CUE, f"cue {owned.entry.id}")
    del values["note"], values["allow"]
    values["assertion"] = _assertion(values["assertion"])
    return Cue(**values, origin=_origin(owned.entry))


def _exclusion(owned: Owned) -> Exclusion:
    entry = owned.entry
    values = entry.take(EXCLUSION, f"exclusion {entry.id}")
    del values["allow"]
    parts = _parts(entry, values)
    if not parts:
        entry.complain("an exclusion needs 'phrases' or 'parts'", 'Write phrases = ["…"].', kind="missing-key")
    ordered = values.pop("order") == "given"
    return Exclusion(**values, lesson=owned.lesson, parts=parts, ordered=ordered, origin=_origin(entry))


def _rule(owned: Owned) -> Rule:
    entry = owned.entry
    values = entry.take(RULE, f"rule {entry.id}")
    del values["allow"]
    parts = _parts(entry, values)
    place = values["under"] or values["header"]
    if not parts and not (place and values["kinds"]):
        hint = "Say what it looks for, or the place that alone decides."
        entry.complain("a rule needs 'phrases', 'parts', or 'under' or 'header' with 'kinds'", hint, kind="missing-key")
    values["assertion"] = _assertion(values["assertion"])
    ordered = values.pop("order") == "given"
    return Rule(**values, lesson=owned.lesson, parts=parts, ordered=ordered, origin=_origin(entry))


def _example(owned: Owned) -> Example:
    entry = owned.entry
    values = entry.take(EXAMPLE, "an example")
    if values["text"].count("[[") != values["text"].count("]]"):
        entry.complain("unbalanced [[ ]] in an example", "Mark the span as [[words]].", "text")
    values["assertion"] = _assertion(values["assertion"])
    values["lesson"] = owned.lesson
    values["rules"] = tuple(dict.fromkeys((*filter(None, [values["rule"]]), *values["rules"])))
    return Example(**values, origin=_origin(entry))


def _lesson(entry: Entry, layer: Layer) -> Lesson | None:
    values = entry.take(LESSON)
    name = values["id"]
    if not name:
        return None
    return Lesson(
        **values,
        rules=tuple(_rule(one) for one in layer.rules.values() if one.lesson == name),
        exclusions=tuple(_exclusion(one) for one in layer.exclusions.values() if one.lesson == name),
        examples=tuple(_example(one) for one in layer.examples if one.lesson == name),
    )


# -- what entries say of each other


def _check_lessons(layer: Layer) -> None:
    """Report lessons and rules that are named and do not exist, and what is there twice."""
    seen: dict[object, Entry] = {}
    for entry in layer.lessons.values():
        for key in ("number", "slug"):
            value = str(entry.data.get(key))
            if key in entry.data and (key, value) in seen:
                hint = f"{seen[key, value].source.path.name} has it; give each lesson its own."
                entry.complain(f"two lessons have the {key} {value}", hint, key, "duplicate-id")
            seen[key, value] = entry
    for kind, pieces in layer.pieces():
        for owned in pieces.values():
            if owned.lesson and owned.lesson not in layer.lessons:
                _unknown(owned.entry, owned.lesson, layer.lessons, "lesson", "id")
            for key in ("yields_to",) if kind == "rules" else ("spares",):
                for lesson in owned.entry.texts(key):
                    if lesson not in layer.lessons and lesson not in layer.gone:
                        _unknown(owned.entry, lesson, layer.lessons, "lesson", key)
    own: dict[str, list[str]] = defaultdict(list)  # rules by their lesson
    for name, one in layer.rules.items():
        own[one.lesson].append(name)
    for owned in layer.examples:
        if owned.lesson and owned.lesson not in layer.lessons:
            _unknown(owned.entry, owned.lesson, layer.lessons, "lesson", "lesson")
        for key in ("rule", "rules"):
            for rule in _as_list(owned.entry.data.get(key)):
                if isinstance(rule, str) and rule not in layer.rules:
                    _unknown(owned.entry, rule, own[owned.lesson], "rule", key)


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else [value] if value else []


def _unknown(entry: Entry, name: str, known: Iterable[str], what: str, key: str) -> None:
    known = list(known)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known[:20])}."
    entry.complain(f"there is no {what} {name!r}", hint, key, f"unknown-{what}")


def check_phrases(lexicon: Lexicon, layer: Layer, report: Report) -> None:
    """Spell out every phrase once, so that a mistake is reported where it was written.

    What is inherited has been checked where it was written, unless a class that it uses was changed.
    """
    changed = layer.base and any(name in layer.base.classes for name in _own_classes(layer))

    def is_due(entry: Entry) -> bool:
        return bool(changed) or entry.source in layer.sources

    for name, members in layer.classes.items():
        if is_due(members.entry):
            scope = name.partition(".")[0] if "." in name else ""
            _spell_out(lexicon, members.entry, scope, members.phrases, f"class @{name}, member ", report)
    for kind, pieces in layer.pieces():
        for owned in pieces.values():
            if is_due(owned.entry):
                scope = "" if kind == "cues" else owned.lesson
                for phrases in phrase_groups(owned.entry.data):
                    _spell_out(lexicon, owned.entry, scope, phrases, "", report)


def _own_classes(layer: Layer) -> list[str]:
    return [name for name, members in layer.classes.items() if members.entry.source in layer.sources]


_GROUPS = ("phrases", "unless", "not_before", "not_after", "under", "header")
_LISTS = ("parts", "needs")


def phrase_groups(data: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    """Yield the lists of phrases of a rule, exclusion or cue as written."""
    for key in _GROUPS:
        if isinstance(value := data.get(key, []), list):
            yield tuple(item for item in value if isinstance(item, str))
    for key in _LISTS:
        for group in value if isinstance(value := data.get(key, []), list) else []:
            yield tuple(item for item in (group if isinstance(group, list) else [group]) if isinstance(item, str))


def _spell_out(lexicon: Lexicon, entry: Entry, scope: str, phrases: Iterable[str], what: str, report: Report) -> None:
    for phrase in phrases:
        try:
            lexicon.speller.spell_out(phrase, scope)
        except PhraseError as error:
            file, line = entry.place_of(phrase)
            message, hint, kind = f"{what}{phrase!r}: {error}", _hint(str(error), phrase, lexicon, scope), "bad-phrase"
            if "unknown class" in message:
                kind = "unknown-class"
            report(LexiconError(message, hint, file=file, line=line, kind=kind, rule=entry.id))


def _hint(message: str, phrase: str, lexicon: Lexicon, scope: str) -> str:
    if phrase == INHERITED:
        return "It stands for what is inherited: only in overrides and in classes of that name."
    unknown = re.search(r"unknown class @(\S+)", message)
    if not unknown:
        return "See the phrase language in docs/lexicon.md."
    known = [name.removeprefix(f"{scope}.") for name in lexicon.classes]
    near = difflib.get_close_matches(unknown[1], known, n=1)
    return f"Did you mean @{near[0]}?" if near else "Define it under [classes]."
