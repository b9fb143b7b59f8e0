"""Reading a lexicon folder: TOML files into a checked `Lexicon`; every mistake names file and line."""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from chna_toolkit.errors import LexiconError
from chna_toolkit.lexicon.model import Cue, Example, Exclusion, Lesson, Lexicon, Origin, Rule
from chna_toolkit.lexicon.phrases import PhraseError, Speller
from chna_toolkit.model import Assertion, Kind

ALL_LESSONS = ""
_LESSON_TEXTS = (
    "id", "slug", "title", "brief", "definition", "code_when", "do_not_code_when", "recommendation",
)  # fmt: skip
_LESSON_KEYS = {*_LESSON_TEXTS, "number", "classes", "rules", "exclusions", "examples"}
_PART_KEYS = {"id", "phrases", "parts", "order", "within", "note"}
_RULE_KEYS = _PART_KEYS | {
    "needs", "unless", "not_before", "not_after", "kinds", "under", "starts", "assertion",
    "confidence", "yields_to",
}  # fmt: skip
_EXCLUSION_KEYS = _PART_KEYS | {"whole_sentence", "spares"}
_CUE_KEYS = {"id", "assertion", "phrases", "scope", "strength", "reach", "lines_only", "spares", "note"}
_EXAMPLE_KEYS = {"text", "expect", "rule", "rules", "assertion", "kind", "under", "skip", "note"}
_SCOPES = ("after", "before", "clause", "sentence", "start", "under")
_EXPECTATIONS = ("match", "no_match", "known_miss", "known_false_alarm")


def builtin_lexicon_path() -> Path:
    """Folder of the lexicon that comes with the toolkit, in the wheel or in the checkout."""
    packaged = Path(str(files("chna_toolkit"))) / "lexicons"
    checkout = Path(__file__).resolve().parents[3] / "lexicons"
    return packaged if packaged.is_dir() else checkout


def load_lexicon(path: Path | None = None) -> Lexicon:
    """Read a lexicon folder; `None` is the built-in one.

    A folder holds `lexicon.toml` (name and version), optionally `classes.toml`, `cues.toml` and
    `exclusions.toml`, and one file a lesson. Raises `LexiconError` naming file and line.
    """
    folder = path or builtin_lexicon_path()
    if not (folder / "lexicon.toml").is_file():
        raise LexiconError(
            "this folder holds no lexicon: lexicon.toml is missing",
            "Give the folder that holds lexicon.toml and one TOML file a lesson.",
            file=folder,
        )
    head = _File.read(folder / "lexicon.toml")
    head.check_keys(head.data, {"name", "version", "note"}, 1)
    classes: dict[str, tuple[str, ...]] = {}
    exclusions: list[Exclusion] = []
    cues: list[Cue] = []
    lessons: list[Lesson] = []
    sources = [head]
    for file in sorted(folder.glob("*.toml")):
        if file.name == "lexicon.toml":
            continue
        source = _File.read(file)
        sources.append(source)
        if file.name == "classes.toml":
            classes.update(source.classes())
        elif file.name == "cues.toml":
            cues.extend(source.cues())
        elif file.name == "exclusions.toml":
            exclusions.extend(source.exclusions(ALL_LESSONS))
        else:
            lesson, local = source.lesson()
            lessons.append(lesson)
            classes.update({f"{lesson.id}.{name}": members for name, members in local.items()})
    lexicon = Lexicon(
        name=head.text(head.data, "name", 1),
        version=head.text(head.data, "version", 1),
        hash=_content_hash(sources),
        lessons=tuple(sorted(lessons, key=lambda lesson: lesson.number)),
        classes=classes,
        exclusions=tuple(exclusions),
        cues=tuple(cues),
        path=folder,
        speller=Speller(classes),
    )
    _check_ids(lexicon)
    if path is not None:  # the built-in one is checked by the tests, and spelling it out takes a second
        _check_phrases(lexicon)
    return lexicon


# What people read and tests use, but no match depends on.
_NOT_HASHED = {"examples", "note", "title", "brief", "definition", "code_when", "do_not_code_when", "recommendation"}


def _content_hash(sources: Iterable[_File]) -> str:
    content = {source.path.name: _deciding(source.data) for source in sources}
    canonical = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _deciding(data: Mapping[str, Any]) -> dict[str, Any]:
    """What decides matches: all of a file but examples, notes and the texts of the codebook."""
    return {
        key: [{name: item for name, item in entry.items() if name != "note"} for entry in value]
        if key in ("rules", "exclusions", "cues")
        else value
        for key, value in data.items()
        if key not in _NOT_HASHED
    }


def _check_ids(lexicon: Lexicon) -> None:
    if not lexicon.lessons:
        raise LexiconError(
            "the lexicon has no lesson", "Add one TOML file a lesson.", file=lexicon.path / "lexicon.toml"
        )
    seen: dict[str, Origin] = {}
    pieces: list[tuple[str, Origin]] = []
    for lesson in lexicon.lessons:
        pieces += [(rule.id, rule.origin) for rule in lesson.rules]
        pieces += [(exclusion.id, exclusion.origin) for exclusion in lesson.exclusions]
    pieces += [(exclusion.id, exclusion.origin) for exclusion in lexicon.exclusions]
    pieces += [(cue.id, cue.origin) for cue in lexicon.cues]
    for name, origin in pieces:
        if name in seen:
            first = seen[name]
            raise LexiconError(
                f"id {name!r} is taken: {first.file.name}:{first.line} has it",
                "Ids are never used twice; choose another.",
                file=origin.file,
                line=origin.line,
            )
        seen[name] = origin
    numbers = [lesson.number for lesson in lexicon.lessons]
    for twice in sorted({n for n in numbers if numbers.count(n) > 1}):
        raise LexiconError(f"two lessons have the number {twice}", "Number each lesson once.", file=lexicon.path)


def _check_phrases(lexicon: Lexicon) -> None:
    """Spell out every phrase once, so that a mistake is reported where it was written."""
    for name, members in lexicon.classes.items():
        scope = name.partition(".")[0] if "." in name else ""
        for member in members:
            try:
                lexicon.speller.spell_out(member, scope)
            except PhraseError as error:
                raise LexiconError(
                    f"class @{name}, member {member!r}: {error}",
                    _class_hint(str(error), lexicon, scope),
                    file=lexicon.path,
                ) from None
    for scope, origin, phrases in _phrase_places(lexicon):
        for phrase in phrases:
            try:
                lexicon.speller.spell_out(phrase, scope)
            except PhraseError as error:
                hint = _class_hint(str(error), lexicon, scope)
                raise LexiconError(f"{phrase!r}: {error}", hint, file=origin.file, line=origin.line) from None


_PHRASE_HINT = "See the phrase language in docs/lexicon.md."


def _class_hint(message: str, lexicon: Lexicon, scope: str) -> str:
    unknown = re.search(r"unknown class @(\S+)", message)
    if not unknown:
        return _PHRASE_HINT
    known = [name.removeprefix(f"{scope}.") for name in lexicon.classes]
    near = difflib.get_close_matches(unknown[1], known, n=1)
    return f"Did you mean @{near[0]}?" if near else "Define it under [classes]."


def _phrase_places(lexicon: Lexicon) -> Iterable[tuple[str, Origin, tuple[str, ...]]]:
    for lesson in lexicon.lessons:
        for rule in lesson.rules:
            groups = (*rule.parts, *rule.needs, rule.unless, rule.not_before, rule.not_after, rule.under)
            for group in groups:
                yield lesson.id, rule.origin, group
        for exclusion in lesson.exclusions:
            for group in exclusion.parts:
                yield lesson.id, exclusion.origin, group
    for exclusion in lexicon.exclusions:
        for group in exclusion.parts:
            yield "", exclusion.origin, group
    for cue in lexicon.cues:
        yield "", cue.origin, cue.phrases


@dataclass(frozen=True)
class _File:
    """One TOML file with what is needed to say where in it a mistake stands."""

    path: Path
    data: dict[str, Any]
    lines: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> _File:
        try:
            text = path.read_text("utf-8")
            return cls(path, tomllib.loads(text), tuple(text.splitlines()))
        except (OSError, UnicodeDecodeError) as error:
            raise LexiconError(f"cannot be read: {error}", "It must be a UTF-8 text file.", file=path) from None
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            raise LexiconError(
                f"not valid TOML: {error}",
                "Mind quotes, commas and brackets near that line.",
                file=path,
                line=int(line[1]) if line else len(path.read_text("utf-8").splitlines()),
            ) from None

    def fail(self, message: str, line: int, hint: str = "") -> LexiconError:
        return LexiconError(message, hint, file=self.path, line=line)

    def line_of(self, table: str, index: int, key: str = "") -> int:
        """Line of the `index`-th `[[table]]`, or of `key` within it."""
        seen = -1
        start = 0
        for number, line in enumerate(self.lines, 1):
            if line.strip() == f"[[{table}]]":
                seen += 1
                if seen == index:
                    start = number
            elif start and key and re.match(rf"\s*{re.escape(key)}\s*=", line):
                return number
            if start and seen > index:
                break
        return start or 1

    def top_line(self, key: str) -> int:
        pattern = re.compile(rf"\s*{re.escape(key)}\s*=")
        return next((n for n, line in enumerate(self.lines, 1) if pattern.match(line)), 1)

    def check_keys(self, entry: Mapping[str, Any], known: set[str], line: int, where: str = "") -> None:
        for key in entry:
            if key not in known:
                near = difflib.get_close_matches(key, sorted(known), n=1)
                hint = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(sorted(known))}."
                raise self.fail(f"unknown key {key!r}{where}", line, hint)

    def text(self, entry: Mapping[str, Any], key: str, line: int, default: str | None = None) -> str:
        value = entry.get(key, default)
        if not isinstance(value, str) or (default is None and not value.strip()):
            raise self.fail(f"{key!r} must be a text", line, f'Write {key} = "…".')
        return value.strip()

    def texts(self, entry: Mapping[str, Any], key: str, line: int) -> tuple[str, ...]:
        value = entry.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self.fail(f"{key!r} must be a list of texts", line, f'Write {key} = ["…", "…"].')
        return tuple(value)

    def groups(self, entry: Mapping[str, Any], key: str, line: int) -> tuple[tuple[str, ...], ...]:
        """A list whose items are a phrase or a list of phrases."""
        value = entry.get(key, [])
        if not isinstance(value, list):
            raise self.fail(f"{key!r} must be a list", line, f'Write {key} = ["…", ["…", "…"]].')
        return tuple(self.texts({key: item if isinstance(item, list) else [item]}, key, line) for item in value)

    def number(self, entry: Mapping[str, Any], key: str, line: int, default: float, low: float, high: float) -> float:
        value = entry.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.fail(f"{key!r} must be a number from {low:g} to {high:g}", line)
        return value

    def flag(self, entry: Mapping[str, Any], key: str, line: int) -> bool:
        value = entry.get(key, False)
        if not isinstance(value, bool):
            raise self.fail(f"{key!r} must be true or false", line)
        return value

    def choice(self, entry: Mapping[str, Any], key: str, line: int, known: Sequence[str], default: str) -> str:
        value = entry.get(key, default)
        if value not in known:
            raise self.fail(f"{key!r} must be one of {', '.join(known)}; it is {value!r}", line)
        return str(value)

    def assertion(self, entry: Mapping[str, Any], line: int) -> Assertion | None:
        value = self.choice(entry, "assertion", line, ["", *Assertion], "")
        return Assertion(value) if value else None

    def entries(self, table: str) -> Iterable[tuple[dict[str, Any], int]]:
        value = self.data.get(table, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.fail(f"{table!r} must be tables", self.top_line(table), f"Write [[{table}]].")
        return [(entry, self.line_of(table, index)) for index, entry in enumerate(value)]

    def classes(self) -> dict[str, tuple[str, ...]]:
        table = self.data.get("classes", {})
        if not isinstance(table, dict):
            raise self.fail("'classes' must be a table", self.top_line("classes"), "Write [classes].")
        return {name: self.texts(table, name, self.top_line(name)) for name in table}

    def parts(self, entry: Mapping[str, Any], line: int) -> tuple[tuple[str, ...], ...]:
        phrases = self.texts(entry, "phrases", line)
        parts = self.groups(entry, "parts", line)
        if phrases and parts:
            raise self.fail("both 'phrases' and 'parts'", line, "Phrases are one part: move them into parts.")
        return (phrases,) if phrases else parts

    def cues(self) -> list[Cue]:
        self.check_keys(self.data, {"cues", "note"}, 1)
        found = []
        for entry, line in self.entries("cues"):
            self.check_keys(entry, _CUE_KEYS, line, f" in cue {entry.get('id', '?')}")
            found.append(
                Cue(
                    id=self.text(entry, "id", line),
                    assertion=self.assertion(entry, line),
                    phrases=self.texts(entry, "phrases", line),
                    scope=self.choice(entry, "scope", line, _SCOPES, "clause"),
                    origin=Origin(self.path, line),
                    strength=int(self.number(entry, "strength", line, 1, 0, 9)),
                    reach=int(self.number(entry, "reach", line, 40, 1, 200)),
                    lines_only=self.flag(entry, "lines_only", line),
                    spares=self.texts(entry, "spares", line),
                )
            )
        return found

    def exclusions(self, lesson: str) -> list[Exclusion]:
        if lesson == ALL_LESSONS:
            self.check_keys(self.data, {"exclusions", "note"}, 1)
        found = []
        for entry, line in self.entries("exclusions"):
            self.check_keys(entry, _EXCLUSION_KEYS, line, f" in exclusion {entry.get('id', '?')}")
            parts = self.parts(entry, line)
            if not parts:
                raise self.fail("an exclusion needs 'phrases' or 'parts'", line)
            found.append(
                Exclusion(
                    id=self.text(entry, "id", line),
                    lesson=lesson,
                    parts=parts,
                    origin=Origin(self.path, line),
                    ordered=self.choice(entry, "order", line, ["given", "any"], "given") == "given",
                    within=int(self.number(entry, "within", line, 6, 0, 100)),
                    whole_sentence=self.flag(entry, "whole_sentence", line),
                    spares=self.texts(entry, "spares", line),
                    note=self.text(entry, "note", line, ""),
                )
            )
        return found

    def rules(self, lesson: str) -> list[Rule]:
        found = []
        for entry, line in self.entries("rules"):
            name = self.text(entry, "id", line)
            self.check_keys(entry, _RULE_KEYS, line, f" in rule {name}")
            if not name.startswith(f"{lesson}."):
                raise self.fail(f"rule id {name!r} must begin with {lesson}.", line, f"Call it {lesson}.{name}.")
            kinds = self.texts(entry, "kinds", line)
            for kind in kinds:
                self.choice({"kinds": kind}, "kinds", line, list(Kind), "")
            parts, under = self.parts(entry, line), self.texts(entry, "under", line)
            if not parts and not (under and kinds):
                raise self.fail("a rule needs 'phrases', 'parts', or 'under' with 'kinds'", line)
            found.append(
                Rule(
                    id=name,
                    lesson=lesson,
                    parts=parts,
                    origin=Origin(self.path, line),
                    ordered=self.choice(entry, "order", line, ["given", "any"], "given") == "given",
                    within=int(self.number(entry, "within", line, 6, 0, 100)),
                    needs=self.groups(entry, "needs", line),
                    unless=self.texts(entry, "unless", line),
                    not_before=self.texts(entry, "not_before", line),
                    not_after=self.texts(entry, "not_after", line),
                    kinds=kinds,
                    under=under,
                    starts=self.flag(entry, "starts", line),
                    assertion=self.assertion(entry, line),
                    confidence=float(self.number(entry, "confidence", line, 0.7, 0.05, 1.0)),
                    yields_to=self.texts(entry, "yields_to", line),
                    note=self.text(entry, "note", line, ""),
                )
            )
        return found

    def examples(self, lesson: str) -> list[Example]:
        found = []
        for entry, line in self.entries("examples"):
            self.check_keys(entry, _EXAMPLE_KEYS, line, " in an example")
            text = self.text(entry, "text", line)
            if text.count("[[") != text.count("]]"):
                raise self.fail("unbalanced [[ ]] in an example", line, "Mark the span as [[words]].")
            rule = self.text(entry, "rule", line, "")
            found.append(
                Example(
                    text=text,
                    expect=self.choice(entry, "expect", line, _EXPECTATIONS, "match"),
                    lesson=lesson,
                    origin=Origin(self.path, line),
                    rule=rule,
                    assertion=self.assertion(entry, line),
                    note=self.text(entry, "note", line, ""),
                    rules=tuple(dict.fromkeys((*((rule,) if rule else ()), *self.texts(entry, "rules", line)))),
                    kind=self.choice(entry, "kind", line, list(Kind), Kind.PARAGRAPH),
                    under=self.texts(entry, "under", line),
                    skip=self.reasons(entry, "skip", line),
                )
            )
        return found

    def reasons(self, entry: Mapping[str, Any], key: str, line: int) -> dict[str, str]:
        """A table of names with the reason for each."""
        table = entry.get(key, {})
        if not isinstance(table, dict):
            raise self.fail(f"{key!r} must be a table", line, f'Write {key} = {{name = "the reason"}}.')
        return {name: self.text(table, name, line) for name in table}

    def lesson(self) -> tuple[Lesson, dict[str, tuple[str, ...]]]:
        self.check_keys(self.data, _LESSON_KEYS, 1)
        texts = {key: self.text(self.data, key, self.top_line(key)) for key in _LESSON_TEXTS}
        lesson = Lesson(
            **texts,
            number=int(self.number(self.data, "number", self.top_line("number"), 0, 1, 999)),
            rules=tuple(self.rules(texts["id"])),
            exclusions=tuple(self.exclusions_of(texts["id"])),
            examples=tuple(self.examples(texts["id"])),
        )
        return lesson, self.classes()

    def exclusions_of(self, lesson: str) -> list[Exclusion]:
        found = self.exclusions(lesson)
        for exclusion in found:
            if not exclusion.id.startswith(f"{lesson}.x."):
                hint = f"Call it {lesson}.x.…"
                raise self.fail(
                    f"exclusion id {exclusion.id!r} must begin with {lesson}.x.", exclusion.origin.line, hint
                )
        return found
