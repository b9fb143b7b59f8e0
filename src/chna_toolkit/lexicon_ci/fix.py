"""`chna lexicon check --fix`: what can be put right without judgement, in place and with comments kept.

Long lists are folded, phrases that a list has twice are dropped, and allowances that nothing needs
any more. No fix changes what a lexicon matches: a file is only written if it still says the same.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chna_toolkit.errors import OutputError
from chna_toolkit.lexicon.source import scan
from chna_toolkit.lexicon_ci.findings import Finding

WIDTH = 120  # characters a line
FIXABLE = frozenset(("long-line", "listed-twice", "allow-unneeded"))

_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|\'[^\']*\'|#[^\n]*|\[|\]|,|\n|[^\s\[\],#"\']+')
_ALLOW_TABLE = re.compile(r"\s*\[\s*allow\s*\]")


@dataclass(frozen=True, slots=True)
class _Comment:
    text: str


_BREAK = _Comment("")  # a line end in the list as it was: what stood on lines of its own stays so

Node = str | _Comment | list["Node"]


def fix(findings: Iterable[Finding]) -> list[Path]:
    """Put right what is mechanical in the files that the findings name. Returns the files that were changed."""
    files: dict[Path, list[Finding]] = {}
    for finding in findings:
        if finding.slug in FIXABLE:
            files.setdefault(finding.file, []).append(finding)
    changed = []
    for file, found in sorted(files.items()):
        text = file.read_text("utf-8")
        unneeded = {one.line for one in found if one.slug == "allow-unneeded"}
        fixed = fold(_without_allowances(text, unneeded), drop=any(one.slug == "listed-twice" for one in found))
        if fixed != text:
            try:
                file.write_text(fixed, "utf-8")
            except OSError as error:
                raise OutputError(f"{file}: {error.strerror or error}", "Make it writable.") from error
            changed.append(file)
    return changed


def fold(text: str, width: int = WIDTH, *, drop: bool = True) -> str:
    """Return a TOML file with its lists folded to a width and, with `drop`, without phrases that a list has twice."""
    lines = text.splitlines()
    starts = sorted(line for table in scan(lines) for line in table.keys.values())
    result: list[str] = []
    done = 0  # lines
    for start in starts:
        if start <= done:
            continue
        end = _end_of_list(lines, start)
        if end:
            result += lines[done : start - 1]
            result += _list(lines[start - 1 : end], width, drop)
            done = end
    result += lines[done:]
    folded = "\n".join(result) + "\n"
    if _without_repeats(tomllib.loads(folded)) != _without_repeats(tomllib.loads(text)):
        return text  # rather long lines than another lexicon
    return folded


def _end_of_list(lines: Sequence[str], start: int) -> int:
    """Last line of the list that a line begins; 0 if it begins none."""
    value = lines[start - 1].partition("=")[2].strip()
    if not value.startswith("["):
        return 0
    depth = 0
    for number in range(start, len(lines) + 1):
        line = lines[number - 1] if number > start else lines[start - 1].partition("=")[2]
        tokens = _TOKEN.findall(line)
        depth += tokens.count("[") - tokens.count("]")
        if depth <= 0:
            return number
    return 0


def _list(lines: Sequence[str], width: int, drop: bool) -> list[str]:
    """Return the lines of one list, folded where one is too long."""
    key, _, first = lines[0].partition("=")
    tokens = _TOKEN.findall("\n".join((first, *lines[1:])))
    head = f"{key.rstrip()} ="
    try:
        nodes, rest = _parse(tokens, 1)
    except IndexError:
        return list(lines)
    trailing = [token for token in tokens[rest:] if token != "\n"]
    has_repeats = drop and nodes != (nodes := _unique(nodes))
    if not has_repeats and all(len(line) <= width for line in lines):
        return list(lines)
    if any(not token.startswith("#") for token in trailing):
        return list(lines)
    inline = _inline(nodes)
    if inline and len(f"{head} {inline}") <= width and not trailing:
        return [f"{head} {inline}"]
    return [f"{head} [", *_block(nodes, 2, width), " ".join(("]", *trailing))]


def _parse(tokens: Sequence[str], place: int) -> tuple[list[Node], int]:
    """Return the nodes of the list whose bracket was just opened, and the place after its end."""
    nodes: list[Node] = []
    while tokens[place] != "]":
        token = tokens[place]
        place += 1
        if token == "[":
            inner, place = _parse(tokens, place)
            nodes.append(inner)
        elif token == "\n":
            nodes.append(_BREAK)
        elif token.startswith("#"):
            nodes.append(_Comment(token))
        elif token != ",":
            nodes.append(token)
    return nodes, place + 1


def _unique(nodes: list[Node]) -> list[Node]:
    """Drop the phrases that a list has already."""
    seen: set[str] = set()
    kept: list[Node] = []
    for node in nodes:
        if isinstance(node, str) and node[:1] in "\"'":
            key = " ".join(node[1:-1].lower().split())
            if key in seen:
                continue
            seen.add(key)
        kept.append(_unique(node) if isinstance(node, list) else node)
    return kept


def _inline(nodes: list[Node]) -> str:
    """Return a list on one line, "" if a comment stands in the way."""
    items = []
    for node in nodes:
        if isinstance(node, list):
            items.append(_inline(node))
        elif isinstance(node, str):
            items.append(node)
        elif node.text:
            return ""
    return f"[{', '.join(items)}]" if all(items) else ""


def _block(nodes: list[Node], indent: int, width: int) -> list[str]:
    """Return the items of a list as lines: as many on each as fit, breaks and comments where they were."""
    lines: list[str] = []
    current = ""
    space = " " * indent

    def flush() -> None:
        nonlocal current
        if current:
            lines.append(space + current)
        current = ""

    for node in nodes:
        if isinstance(node, _Comment):
            if node.text and current and lines is not None and len(space + current + "  " + node.text) <= width:
                current = f"{current}  {node.text}"
            elif node.text:
                flush()
                current = node.text
            flush()
            continue
        item = _inline(node) if isinstance(node, list) else node
        if isinstance(node, list) and (not item or len(space + item) + 1 > width):
            flush()
            lines += [f"{space}[", *_block(node, indent + 2, width), f"{space}],"]
            continue
        if current and len(f"{space}{current} {item},") > width:
            flush()
        current = f"{current} {item},".lstrip()
    flush()
    return lines


def _without_allowances(text: str, lines: set[int]) -> str:
    """Drop the lines of allowances, where a line holds one alone."""
    kept = []
    for number, line in enumerate(text.splitlines(), 1):
        alone = line.count("=") == 1 or (line.lstrip().startswith("allow") and line.count("=") == 2)
        if number in lines and alone:
            continue
        kept.append(line)
    return "\n".join(kept) + "\n"


def _without_repeats(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_repeats(item) for key, item in value.items()}
    if isinstance(value, list):
        plain = [_without_repeats(item) for item in value]
        keys = [" ".join(item.lower().split()) if isinstance(item, str) else item for item in plain]
        return [
            item for place, item in enumerate(plain) if not isinstance(item, str) or keys[place] not in keys[:place]
        ]
    return value
