"""Read the sources of the sample documents: a small Markdown with marked evidence.

A source is a TOML head between `+++` lines, then blocks parted by blank lines:

    # Chapter            ## Section            ### Subsection
    - bullet             1. numbered item      > pull quote
    @page two title=90   a new page; the layout is `one` or `two` columns
    @front, @body        page numbers turn to i, ii, … / to 1, 2, …
    @toc                 table of contents
    :::callout Title     … until a line `:::`; also `:::table`, `:::chart`, `:::caps`, `:::signature`
    [^1]: text           footnote of the page that the last `@page` began

Inside text, `**bold**`, `*italic*`, `[^1]` for the footnote sign, and the labels:

    {10 practice: The two agencies signed …}    evidence for lesson 10, asserted as practice
    {3 practice, 8 plan: …}                     evidence for two lessons
    {!13: The hospital trains 40 residents.}    must never be evidence for lesson 13

Labels leave no trace in the PDF. They become `truth.toml`.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ASSERTIONS = ("practice", "plan", "call", "lack")
LABEL = re.compile(r"\{([^{}:]+):\s*([^{}]*)\}")
_NOTE = re.compile(r"\[\^(\d+)\]:\s*(.*)", re.S)


@dataclass(frozen=True)
class Block:
    """One block: what it is, its argument (heading, title, options) and its lines."""

    kind: str
    argument: str = ""
    lines: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The lines joined, as in a paragraph."""
        return " ".join(line.strip() for line in self.lines)


@dataclass(frozen=True)
class Label:
    """A labelled quote. `lesson` is a number; `assertion` is `never` for a hard negative."""

    lesson: int
    assertion: str
    quote: str


@dataclass(frozen=True)
class Source:
    """One sample document before layout."""

    path: Path
    head: dict[str, Any]
    blocks: tuple[Block, ...]
    labels: tuple[Label, ...] = field(default=())

    @property
    def file(self) -> str:
        """Name of the PDF."""
        return f"{self.path.stem}.pdf"


def read_source(path: Path) -> Source:
    """Parse one source file; raises ValueError with file and text of what is malformed."""
    _, head, body = path.read_text(encoding="utf-8").split("+++\n", 2)
    try:
        return Source(path, tomllib.loads(head), tuple(_blocks(body)), tuple(_labels(body)))
    except ValueError as error:
        raise ValueError(f"{path.name}: {error}") from error


def plain(text: str) -> str:
    """Text without labels, bold, italic and footnote signs: as a reader of the PDF sees it."""
    text = LABEL.sub(r"\2", text)
    text = re.sub(r"\[\^\d+\]", "", text)
    text = re.sub(r"\*\*?(.+?)\*\*?", r"\1", text)
    return " ".join(text.split())


def _labels(body: str) -> list[Label]:
    found = []
    for match in LABEL.finditer(body):
        quote = plain(match[2])
        for code in match[1].split(","):
            never = re.fullmatch(r"\s*!(\d+)\s*", code)
            coded = re.fullmatch(r"\s*(\d+) (\w+)\s*", code)
            if never:
                found.append(Label(int(never[1]), "never", quote))
            elif coded and coded[2] in ASSERTIONS:
                found.append(Label(int(coded[1]), coded[2], quote))
            else:
                raise ValueError(f"bad label {match[0]!r}")
    return found


def _blocks(body: str) -> list[Block]:
    blocks: list[Block] = []
    lines = body.splitlines()
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif line.startswith(":::"):
            end = lines.index(":::", at + 1)
            kind, _, argument = line[3:].partition(" ")
            blocks.append(Block(kind, argument, tuple(lines[at + 1 : end])))
            at = end + 1
        elif line.startswith("@"):
            kind, _, argument = line[1:].partition(" ")
            blocks.append(Block(kind, argument))
            at += 1
        else:
            end = at + 1
            while end < len(lines) and lines[end].strip() and not lines[end].startswith((":::", "@")):
                end += 1
            blocks.extend(_text_blocks(lines[at:end]))
            at = end
    return blocks


def text_blocks(lines: tuple[str, ...]) -> list[Block]:
    """Paragraphs and items of a few lines, such as those inside a call-out."""
    return _blocks("\n".join(lines))


def _text_blocks(lines: list[str]) -> list[Block]:
    """Headings, notes and quotes stand alone; list items begin at their signs; the rest is a paragraph."""
    first = lines[0]
    if match := re.match(r"(#{1,3}) (.+)", first):
        rest = _text_blocks(lines[1:]) if lines[1:] else []
        return [Block(f"h{len(match[1])}", match[2]), *rest]
    if match := _NOTE.match("\n".join(lines)):
        return [Block("note", match[1], tuple(match[2].splitlines()))]
    if first.startswith("> "):
        return [Block("quote", "", tuple(line.removeprefix("> ") for line in lines))]
    if re.match(r"(- |\d+\. )", first):
        items: list[list[str]] = []
        for line in lines:
            if re.match(r"(- |\d+\. )", line):
                items.append([line])
            else:
                items[-1].append(line)
        return [_item(item) for item in items]
    return [Block("p", "", tuple(lines))]


def _item(lines: list[str]) -> Block:
    sign, _, text = lines[0].partition(" ")
    return Block("item", "" if sign == "-" else sign, (text, *lines[1:]))
