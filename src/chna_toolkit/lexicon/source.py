"""TOML files with their lines: what stands in a lexicon file, where, and what is wrong with it."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chna_toolkit.errors import LexiconError
from chna_toolkit.lexicon.keys import Key

Report = Callable[[LexiconError], None]  # takes each mistake; may raise it

_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[\w.-]+)\s*=""")
_MEMBER = re.compile(r'\s*"[^"\\]*",?$')  # of a list over several lines, as most lines are
_TOKEN = re.compile(r'"""|\'\'\'|"(?:\\.|[^"\\])*"|\'[^\']*\'|#.*|[\[\]{}]')


def stop(error: LexiconError) -> None:
    """Raise the mistake: the `Report` of those who need a sound lexicon."""
    raise error


@dataclass(slots=True)
class Table:
    """A table of a TOML file as written: its name, its lines and those of its keys."""

    name: str  # "" for what stands before the first header
    line: int
    end: int = 0  # last line
    keys: dict[str, int] = field(default_factory=dict)


def scan(lines: Sequence[str]) -> list[Table]:
    """Return the tables of a sound TOML file in order, which the standard parser does not tell."""
    tables = [Table("", 1)]
    quote, depth = "", 0
    for number, line in enumerate(lines, 1):
        if not quote and not depth:
            if header := _HEADER.match(line):
                tables.append(Table(header[1].strip("\"'"), number))
            elif key := _KEY.match(line):
                tables[-1].keys.setdefault(key[1].strip("\"'"), number)
        if quote or not _MEMBER.match(line):
            quote, depth = _after(line, quote, depth)  # the brackets of a header close on their line
        tables[-1].end = number
    return tables


def _after(line: str, quote: str, depth: int) -> tuple[str, int]:
    """Return which long quote and how many brackets are open after a line."""
    place = 0
    while place < len(line):
        if quote:
            close = line.find(quote, place)
            if close < 0:
                return quote, depth
            place, quote = close + 3, ""
            continue
        token = _TOKEN.search(line, place)
        if not token:
            break
        place = token.end()
        if token[0] in ('"""', "'''"):
            quote = token[0]
        elif token[0] in "[{":
            depth += 1
        elif token[0] in "]}":
            depth -= 1
    return quote, depth


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One TOML file: its data, its lines, and where its mistakes are reported to."""

    path: Path
    data: Mapping[str, Any]
    lines: tuple[str, ...]
    tables: tuple[Table, ...]
    report: Report

    @classmethod
    def read(cls, path: Path, report: Report = stop) -> Source:
        """Read a file. One that is no TOML is reported, and empty."""
        lines: tuple[str, ...] = ()
        try:
            text = path.read_text("utf-8")
            lines = tuple(text.splitlines())
            return cls(path, tomllib.loads(text), lines, tuple(scan(lines)), report)
        except (OSError, UnicodeDecodeError) as error:
            message, hint, line = f"cannot be read: {error}", "It must be a UTF-8 text file.", 0
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"at line (\d+)", str(error))
            line = int(found[1]) if found else len(lines)
            message, hint = f"not valid TOML: {error}", "Mind quotes, commas and brackets near that line."
        report(LexiconError(message, hint, file=path, line=line, kind="invalid-toml"))
        return cls(path, {}, lines, (), report)

    def top(self) -> Entry:
        """Return what stands before the first table."""
        data = {key: value for key, value in self.data.items() if not _is_table(value)}
        return Entry(data, self, self.tables[0] if self.tables else Table("", 1))

    def entries(self, name: str) -> Iterable[Entry]:
        """Return the tables `[[name]]`."""
        value = self.data.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self.top().complain(f"{name!r} must be tables", f"Write [[{name}]].", name)
            return []
        tables = [table for table in self.tables if table.name == name]
        tables += [Table(name, tables[0].line if tables else 1)] * (len(value) - len(tables))  # inline ones
        return [Entry(data, self, table) for data, table in zip(value, tables, strict=False)]

    def table(self, name: str) -> Entry:
        """Return the table `[name]`, empty if there is none."""
        value = self.data.get(name, {})
        if not isinstance(value, dict):
            self.top().complain(f"{name!r} must be a table", f"Write [{name}].", name)
            value = {}
        place = next((table for table in self.tables if table.name == name), Table(name, 1))
        return Entry(value, self, place)


def _is_table(value: object) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(item, dict) for item in value))


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One table of a file: its values, and where each of them stands."""

    data: Mapping[str, Any]
    source: Source
    table: Table
    base: Entry | None = None  # the inherited one that it changes

    @property
    def line(self) -> int:
        """Line of its header."""
        return self.table.line

    @property
    def id(self) -> str:
        """Its id, "" if it has none."""
        value = self.data.get("id", "")
        return value.strip() if isinstance(value, str) else ""

    def place(self, key: str = "") -> tuple[Path, int]:
        """File and line of a key; those of the entry if the key stands nowhere."""
        if self.base and key and key not in self.table.keys:
            return self.base.place(key)
        return self.source.path, self.table.keys.get(key, self.line)

    def place_of(self, text: str) -> tuple[Path, int]:
        """File and line where a text of a list stands."""
        quoted = (f'"{text}"', f"'{text}'")
        for number in range(self.line, self.table.end + 1):
            if any(one in self.source.lines[number - 1] for one in quoted):
                return self.source.path, number
        return self.base.place_of(text) if self.base else (self.source.path, self.line)

    def complain(self, message: str, hint: str = "", key: str = "", kind: str = "bad-value") -> None:
        """Report a mistake in the entry."""
        file, line = self.place(key)
        self.source.report(LexiconError(message, hint, file=file, line=line, kind=kind, rule=self.id))

    def over(self, change: Entry, data: Mapping[str, Any]) -> Entry:
        """Return the entry as another changes it to `data`."""
        return Entry(data, change.source, change.table, self)

    def take(self, keys: Sequence[Key], what: str = "") -> dict[str, Any]:
        """Return the values of all keys, reporting what is unknown or cannot be used."""
        self.check_names([key.name for key in keys], what)
        return {key.name: _READERS[key.kind](self, key) for key in keys}

    def check_names(self, known: Sequence[str], what: str = "") -> None:
        """Report the keys that are not known."""
        for name in self.data:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(sorted(known))}."
                self.complain(f"unknown key {name!r}{what and f' in {what}'}", hint, name, "unknown-key")

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.data.get(key, [])
        if isinstance(value, list) and all(isinstance(item, str) and item.strip() for item in value):
            return tuple(value)
        self.complain(f"{key!r} must be a list of texts", f'Write {key} = ["…", "…"].', key)
        return ()


def _text(entry: Entry, key: Key) -> str:
    value = entry.data.get(key.name, key.default)
    if value is None:
        entry.complain(f"{key.name!r} is missing: it must be a text", f'Write {key.name} = "…".', kind="missing-key")
        return ""
    if not isinstance(value, str) or (key.required and not value.strip()):
        entry.complain(f"{key.name!r} must be a text", f'Write {key.name} = "…".', key.name)
        return str(key.default or "")
    if key.pattern and not re.fullmatch(key.pattern, value.strip()):
        hint = "It begins with a letter and holds letters, figures and hyphens."
        entry.complain(f"{key.name!r} cannot be {value!r}", hint, key.name)
    return value.strip()


def _texts(entry: Entry, key: Key) -> tuple[str, ...]:
    if key.required and not entry.data.get(key.name):
        entry.complain(f"{key.name!r} is missing", f'Write {key.name} = ["…", "…"].', kind="missing-key")
        return ()
    return entry.texts(key.name)


def _groups(entry: Entry, key: Key) -> tuple[tuple[str, ...], ...]:
    """A list whose items are a phrase or a list of phrases."""
    value = entry.data.get(key.name, [])
    groups = [item if isinstance(item, list) else [item] for item in value] if isinstance(value, list) else [[]]
    if all(group and all(isinstance(item, str) and item.strip() for item in group) for group in groups):
        return tuple(tuple(group) for group in groups)
    entry.complain(f"{key.name!r} must be a list", f'Write {key.name} = ["…", ["…", "…"]].', key.name)
    return ()


def _number(entry: Entry, key: Key) -> float:
    value = entry.data.get(key.name, key.default)
    kinds = int if key.kind == "whole" else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not key.low <= value <= key.high:
        what = "a whole number" if key.kind == "whole" else "a number"
        kind = "missing-key" if value is None else "bad-value"
        hint = f"Write {key.name} = {key.low if key.default is None else key.default:g}, or another."
        entry.complain(f"{key.name!r} must be {what} from {key.low:g} to {key.high:g}", hint, key.name, kind)
        return float(key.default or 0)
    return value


def _whole(entry: Entry, key: Key) -> int:
    return int(_number(entry, key))


def _flag(entry: Entry, key: Key) -> bool:
    value = entry.data.get(key.name, False)
    if not isinstance(value, bool):
        entry.complain(f"{key.name!r} must be true or false", f"Write {key.name} = true.", key.name)
    return value is True


def _choice(entry: Entry, key: Key) -> str:
    value = entry.data.get(key.name, key.default)
    if value in key.choices:
        return str(value)
    _complain_of_choice(entry, key, value)
    return str(key.default)


def _choices(entry: Entry, key: Key) -> tuple[str, ...]:
    values = entry.texts(key.name)
    for value in values:
        if value not in key.choices:
            _complain_of_choice(entry, key, value)
    return tuple(value for value in values if value in key.choices)


def _complain_of_choice(entry: Entry, key: Key, value: object) -> None:
    near = difflib.get_close_matches(str(value), key.choices, n=1)
    hint = f"Did you mean {near[0]!r}?" if near else "Choose one of them."
    known = ", ".join(choice for choice in key.choices if choice)
    entry.complain(f"{key.name!r} must be one of {known}; it is {value!r}", hint, key.name)


def _reasons(entry: Entry, key: Key) -> Mapping[str, str]:
    value = entry.data.get(key.name, {})
    if isinstance(value, dict) and all(isinstance(reason, str) and reason.strip() for reason in value.values()):
        return value
    hint = f'Write {key.name} = {{ name = "the reason" }}.'
    entry.complain(f"{key.name!r} must be a table of names with the reason for each", hint, key.name, "missing-reason")
    return {}


_READERS: Mapping[str, Callable[[Entry, Key], Any]] = {
    "text": _text,
    "texts": _texts,
    "groups": _groups,
    "whole": _whole,
    "number": _number,
    "flag": _flag,
    "choice": _choice,
    "choices": _choices,
    "reasons": _reasons,
}
