"""What the files of a lexicon say, before it is made into values; and how one lexicon extends another."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chna_toolkit.errors import LexiconError
from chna_toolkit.lexicon.keys import FREE, HEAD, INHERITED, LESSON, TABLES, names
from chna_toolkit.lexicon.shipped import find_lexicon
from chna_toolkit.lexicon.source import Entry, Report, Source

HEAD_FILE = "lexicon.toml"


@dataclass(frozen=True, slots=True)
class Members:
    """A word class as written."""

    phrases: tuple[str, ...]
    entry: Entry  # the table [classes] that holds it
    name: str  # there

    @property
    def place(self) -> tuple[Path, int]:
        """File and line."""
        return self.entry.place(self.name)


@dataclass(frozen=True, slots=True)
class Owned:
    """A rule, exclusion, cue or example as written, and its lesson ("" for all)."""

    lesson: str
    entry: Entry


@dataclass(slots=True)
class Layer:
    """The entries of a lexicon by id. Those of a lexicon that extends another are joined with its."""

    folder: Path
    head: Entry
    sources: list[Source] = field(default_factory=list)  # of this folder alone
    lessons: dict[str, Entry] = field(default_factory=dict)
    classes: dict[str, Members] = field(default_factory=dict)  # "L10.pact" for a class of one lesson
    rules: dict[str, Owned] = field(default_factory=dict)
    exclusions: dict[str, Owned] = field(default_factory=dict)
    cues: dict[str, Owned] = field(default_factory=dict)
    examples: list[Owned] = field(default_factory=list)
    overrides: list[Entry] = field(default_factory=list)
    gone: frozenset[str] = frozenset()  # inherited ids that were removed
    base: Layer | None = None  # what it extends

    def pieces(self) -> Iterable[tuple[str, dict[str, Owned]]]:
        """What has an id of its own, by kind."""
        return ("rules", self.rules), ("exclusions", self.exclusions), ("cues", self.cues)


def read_layer(folder: Path, report: Report, below: tuple[Path, ...] = ()) -> Layer:
    """Read a folder and all that it extends; `below` are the folders that extend it."""
    layer = _read_folder(folder, report)
    extends = layer.head.data.get("extends", "")
    if not extends or not isinstance(extends, str):
        if layer.overrides:
            layer.overrides[0].complain("there is nothing to override", 'Write extends = "builtin" in lexicon.toml.')
        for key in ("remove", "keep_lessons"):
            if key in layer.head.data:
                layer.head.complain(f"{key!r} needs a lexicon to extend", 'Write extends = "builtin".', key)
        return layer
    found = find_lexicon(folder / extends if "/" in extends or (folder / extends).is_dir() else Path(extends))
    if not (found / HEAD_FILE).is_file():
        hint = "Name a shipped lexicon, such as builtin, or a folder, relative to this one."
        layer.head.complain(f"there is no lexicon {extends!r} to extend", hint, "extends")
        return layer
    if found.resolve() in (*below, folder.resolve()):
        layer.head.complain(f"the lexicon {extends!r} extends this one", "One of them must come first.", "extends")
        return layer
    return _join(read_layer(found, report, (*below, folder.resolve())), layer)


def _read_folder(folder: Path, report: Report) -> Layer:
    head = Source.read(folder / HEAD_FILE, report)
    layer = Layer(folder, head.top())
    # lessons may be in any file, so their ids must be known before the ids of what belongs to them
    others = [Source.read(file, report) for file in sorted(folder.glob("*.toml")) if file.name != HEAD_FILE]
    layer.sources = [head, *others]
    owners = {source: _own_lesson(source, layer) for source in others}
    for source in layer.sources:
        unknown = [key for key, value in source.data.items() if isinstance(value, (dict, list)) and key not in
                   (*TABLES, *FREE, *names(HEAD), *names(LESSON))]  # fmt: skip
        for key in unknown:
            near = difflib.get_close_matches(key, (*TABLES, *FREE), n=1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Known tables: {', '.join((*TABLES, *FREE))}."
            line = next((table.line for table in source.tables if table.name == key), 1)
            report(LexiconError(f"unknown key {key!r}", hint, file=source.path, line=line, kind="unknown-key"))
        _collect(source, owners.get(source, ""), layer)
    return layer


def _own_lesson(source: Source, layer: Layer) -> str:
    """Note the lesson that a file is about, and return its id; "" for a file of several."""
    top = source.top()
    if "id" not in top.data:
        known = set(names(LESSON)) & set(top.data)
        if known:
            top.complain("'id' is missing", "Say the id of the lesson.", kind="missing-key")
        else:
            top.check_names(["note"])
        return ""
    lesson = top.id
    if lesson in layer.lessons:
        first = layer.lessons[lesson].source.path.name
        top.complain(f"id {lesson!r} is taken: {first} has it", "Choose another.", "id", "duplicate-id")
    layer.lessons[lesson] = top
    return lesson


def _collect(source: Source, lesson: str, layer: Layer) -> None:
    table = source.table("classes")
    for name in table.data:
        key = f"{lesson}.{name}" if lesson else name
        layer.classes[key] = Members(table.texts(name), table, name)
    for kind, pieces in layer.pieces():
        for entry in source.entries(kind):
            _add(entry, "" if kind == "cues" else lesson or _lesson_of(entry.id), kind, pieces)
    for entry in source.entries("examples"):
        rule, named = (entry.data.get(key, "") for key in ("rule", "lesson"))
        owner = lesson or str(named) or _lesson_of(str(rule))
        if not owner:
            entry.complain("an example of no lesson", 'Write lesson = "…" or rule = "…".', kind="missing-key")
        layer.examples.append(Owned(owner, entry))
    layer.overrides += source.entries("overrides")


def _lesson_of(name: str) -> str:
    """The lesson that an id begins with: `L10` for `L10.pact` and `L10.x.old`, "" for `x.old`."""
    lesson, dot, _ = name.partition(".")
    return lesson if dot and lesson not in ("x", "cue") else ""


def _add(entry: Entry, lesson: str, kind: str, pieces: dict[str, Owned]) -> None:
    if not entry.id:
        entry.complain("'id' is missing: it must be a text", 'Write id = "…".', "id", "missing-key")
        return
    start = f"{lesson}." if kind == "rules" else f"{lesson}.x." if kind == "exclusions" and lesson else ""
    if not entry.id.startswith(start):
        what = kind.removesuffix("s")
        hint = f"Call it {start}{entry.id}."
        entry.complain(f"{what} id {entry.id!r} must begin with {start}", hint, "id", "wrong-id")
    if entry.id in pieces:
        _taken(entry, pieces[entry.id].entry)
        return
    pieces[entry.id] = Owned(lesson, entry)


def _taken(entry: Entry, other: Entry) -> None:
    place = f"{other.source.path.name}:{other.line}"
    hint = "Ids are never used twice; choose another."
    if other.source.path.parent != entry.source.path.parent:
        hint = "To change an inherited entry write [[overrides]] with its id; for a new one choose another id."
    entry.complain(f"id {entry.id!r} is taken: {place} has it", hint, "id", "duplicate-id")


# -- extending: what is inherited, less what is removed, changed by overrides, and what is added


def _join(base: Layer, own: Layer) -> Layer:
    joined = _without(base, own)
    joined.folder, joined.head, joined.sources, joined.base = own.folder, own.head, own.sources, base
    for change in own.overrides:
        _override(joined, change)
    for lesson, entry in own.lessons.items():
        inherited = joined.lessons.get(lesson)
        joined.lessons[lesson] = inherited.over(entry, {**inherited.data, **entry.data}) if inherited else entry
    for name, members in own.classes.items():
        inherited_class = joined.classes.get(name)
        before = inherited_class.phrases if inherited_class else ()
        joined.classes[name] = Members(_with(before, members.phrases), members.entry, members.name)
    for (_, mine), (_, pieces) in zip(own.pieces(), joined.pieces(), strict=True):
        for name, owned in mine.items():
            if name in pieces:
                _taken(owned.entry, pieces[name].entry)
            else:
                pieces[name] = owned
    # an example with the same text replaces the inherited one
    texts = {(one.lesson, str(one.entry.data.get("text"))) for one in own.examples}
    kept = [one for one in joined.examples if (one.lesson, str(one.entry.data.get("text"))) not in texts]
    joined.examples = kept + own.examples
    return joined


def _without(base: Layer, own: Layer) -> Layer:
    """Return the inherited layer without what is removed."""
    removed = set(own.head.texts("remove"))
    known = {*base.lessons, *(f"@{name}" for name in base.classes)}.union(*(pieces for _, pieces in base.pieces()))
    for name in sorted(removed - known):
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "Name what is inherited, by its id."
        own.head.complain(f"there is nothing to remove: {name!r}", hint, "remove", "unknown-id")
    if "keep_lessons" in own.head.data:
        kept = own.head.texts("keep_lessons")
        for name in kept:
            if name not in base.lessons:
                hint = f"Inherited are: {', '.join(base.lessons)}."
                own.head.complain(f"there is no lesson {name!r} to keep", hint, "keep_lessons", "unknown-id")
        removed |= set(base.lessons) - set(kept)
    left = Layer(base.folder, base.head, gone=base.gone | removed)
    left.lessons = {name: entry for name, entry in base.lessons.items() if name not in removed}
    left.classes = {
        name: members
        for name, members in base.classes.items()
        if f"@{name}" not in removed and name.partition(".")[0] not in removed
    }
    for (_, pieces), (_, all_pieces) in zip(left.pieces(), base.pieces(), strict=True):
        pieces.update(
            {name: one for name, one in all_pieces.items() if name not in removed and one.lesson not in removed}
        )
    left.examples = [
        example for one in base.examples if one.lesson not in removed and (example := _without_rules(one, removed))
    ]
    return left


def _without_rules(example: Owned, removed: set[str]) -> Owned | None:
    """Return an example without the removed rules that it names, `None` if it names no other."""
    named = {key: example.entry.data[key] for key in ("rule", "rules") if key in example.entry.data}
    rules = [rule for value in named.values() for rule in (value if isinstance(value, list) else [value])]
    left = [rule for rule in rules if not isinstance(rule, str) or rule not in removed]
    if rules == left:
        return example
    data = {key: value for key, value in example.entry.data.items() if key not in named}
    entry = example.entry
    return Owned(example.lesson, Entry({**data, "rules": left}, entry.source, entry.table)) if left else None


def _override(layer: Layer, change: Entry) -> None:
    """Change the keys of an inherited entry that an override names."""
    for _, pieces in layer.pieces():
        if change.id in pieces:
            owned = pieces[change.id]
            pieces[change.id] = Owned(owned.lesson, owned.entry.over(change, _changed(owned.entry, change)))
            return
    if change.id in layer.lessons:
        entry = layer.lessons[change.id]
        layer.lessons[change.id] = entry.over(change, {**entry.data, **change.data})
        return
    known = [*layer.lessons, *(name for _, pieces in layer.pieces() for name in pieces)]
    near = difflib.get_close_matches(change.id, known, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Name an inherited rule, exclusion, cue or lesson by its id."
    change.complain(f"there is no {change.id!r} to override", hint, "id", "unknown-id")


def _changed(entry: Entry, change: Entry) -> Mapping[str, Any]:
    data = dict(entry.data)
    for mine, other in (("phrases", "parts"), ("parts", "phrases")):
        if mine in change.data:
            data.pop(other, None)  # what a rule looks for is replaced as a whole
    for key, value in change.data.items():
        before = entry.data.get(key, [])
        data[key] = _with(before, value) if isinstance(value, list) and isinstance(before, list) else value
    return data


def _with(before: Iterable[Any], value: Iterable[Any]) -> Any:
    """Return a list with the inherited one in the place of "...", if it stands there."""
    joined: list[Any] = []
    for item in value:
        if item == INHERITED:
            joined += before
        else:
            joined.append(item)
    return tuple(joined) if isinstance(value, tuple) else joined
