"""Keyed gold and the documents it speaks of: labels find their text again, without it being kept with them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

from chna_toolkit.config import Settings
from chna_toolkit.errors import NoInputError, UsageError
from chna_toolkit.evaluation.gold import GoldUnit, text_key
from chna_toolkit.model import Document, DocumentStatus, Kind, Page, PageStatus, Passage

_SHORTEST_HASH = 12  # digits of a SHA-256 that name a document


@dataclass(frozen=True, slots=True)
class Source:
    """A document that was read: `file` as shown, with its text."""

    file: str
    document: Document

    @property
    def stem(self) -> str:
        """Its name without folder and ending."""
        return PurePosixPath(self.file).stem


@dataclass(frozen=True, slots=True)
class Resolved:
    """Gold units joined with documents: `sources[i]` and `passages[i]` say where unit i stands, None for nowhere."""

    units: list[GoldUnit]
    sources: list[Source | None]
    passages: list[Passage | None]
    lost: list[GoldUnit] = field(default_factory=list)  # keyed, and not found

    @property
    def notes(self) -> tuple[str, ...]:
        """Say in words how many units were found, and how many not."""
        found = sum(passage is not None for passage in self.passages)
        keyed = sum(bool(unit.doc) for unit in self.units) + len(self.lost)
        if not keyed or not (found or self.lost):
            return ()
        lines = [f"{found:,} of {keyed:,} units that stand in documents were found there"]
        alone = keyed - found - len(self.lost)
        if alone:
            lines[0] += f"; {alone:,} were not, and are judged by the text that the gold gives"
        if self.lost:
            names = sorted({unit.doc for unit in self.lost})
            labels = sum(len(unit.labels) for unit in self.lost)
            lines.append(f"{len(self.lost):,} units ({labels:,} labels) are left out: not found in {_some(names)}")
        return tuple(lines)


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more documents" if len(names) > 3 else "")


def resolve(units: Sequence[GoldUnit], sources: Iterable[Source]) -> Resolved:
    """Find each unit that stands in a document there, by the hash of its text, and give it text and context.

    Where a text stands twice, the page decides. Units without a document go through as they are;
    so do those that are not found and bring their text.
    """
    held = _Shelf(sources)
    resolved = Resolved([], [], [])
    for unit in units:
        source, passage = held.find(unit) if unit.doc else (None, None)
        if unit.doc and passage is None and not unit.text:
            resolved.lost.append(unit)
            continue
        if source and passage:
            unit = _with_context(unit, source, passage)
        resolved.units.append(unit)
        resolved.sources.append(source if passage else None)
        resolved.passages.append(passage)
    return resolved


class _Shelf:
    """Documents by name and hash, their passages by key."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self._by_name: dict[str, Source] = {}
        self._by_hash: dict[str, Source] = {}
        self._keys: dict[str, Mapping[str, list[Passage]]] = {}
        for source in sources:
            self._by_name.setdefault(source.stem, source)
            self._by_hash[source.document.sha256] = source

    def find(self, unit: GoldUnit) -> tuple[Source | None, Passage | None]:
        source = self._source(unit)
        if not source:
            return None, None
        if source.file not in self._keys:
            keys: dict[str, list[Passage]] = defaultdict(list)
            for passage in source.document.passages:
                keys[text_key(passage.text)].append(passage)
            self._keys[source.file] = keys
        places = self._keys[source.file].get(unit.key, [])
        at_page = [passage for passage in places if passage.page == unit.page]
        return source, next(iter(at_page or places), None)

    def _source(self, unit: GoldUnit) -> Source | None:
        for name in filter(None, (unit.sha256, unit.doc)):
            if name in self._by_hash:
                return self._by_hash[name]
            starts = [one for sha, one in self._by_hash.items() if sha.startswith(name)]
            if len(name) >= _SHORTEST_HASH and len(starts) == 1:
                return starts[0]
        return self._by_name.get(unit.doc)


def _with_context(unit: GoldUnit, source: Source, passage: Passage) -> GoldUnit:
    before = source.document.passages[passage.index - 1].text if passage.index else ""
    return replace(
        unit,
        text=passage.text,
        prev=before,
        page=passage.page,
        sha256=source.document.sha256,
        kind=passage.kind.value,
        section=passage.section,
        headers=tuple(header for header in (passage.row_header, passage.column_header) if header),
    )


def passage_of(unit: GoldUnit) -> Passage:
    """Return a unit that gold gives with its context as a passage alone."""
    kind = Kind(unit.kind) if unit.kind in set(Kind) else Kind.PARAGRAPH
    row, column = unit.headers[:2] if len(unit.headers) > 1 else ("", *unit.headers) if unit.headers else ("", "")
    box = (0.0, 0.0, 0.0, 0.0)
    return Passage(
        0, unit.page, "", kind, unit.text, 0, len(unit.text), box, unit.section, row_header=row, column_header=column
    )


def read_sources(paths: Sequence[str], settings: Settings, names: Iterable[str] | None = None) -> list[Source]:
    """Read PDFs (through the cache) and text files in folders, or given by name; what cannot be read is left out.

    With `names` only the documents of these stems or hashes are read. Of a text file each line is a
    page and each sentence a passage. Raises `NoInputError`, `UsageError`.
    """
    from chna_toolkit.inputs import find_inputs
    from chna_toolkit.scan import make_plan
    from chna_toolkit.texts import read_texts

    texts = [file for path in paths for file in _text_files(Path(path))]
    others = [path for path in paths if not Path(path).is_file() or Path(path) not in texts]
    try:
        inputs = find_inputs(others) if others else []
    except NoInputError:
        if not texts:
            raise
        inputs = []
    wanted = None if names is None else set(names)
    if wanted is not None:
        inputs = [one for one in inputs if _is_wanted(one.file, one.sha256, wanted)]
        texts = [file for file in texts if file.stem in wanted or _hash(file.read_bytes()) in wanted]
    found = [Source(item.file, document) for item, (document, _) in read_texts(inputs, make_plan(settings), settings)]
    found += [_read_lines(file) for file in texts]
    return [source for source in found if source.document.status.is_searchable]


def _is_wanted(file: str, sha256: str, wanted: set[str]) -> bool:
    return PurePosixPath(file).stem in wanted or any(
        len(name) >= _SHORTEST_HASH and sha256.startswith(name) for name in wanted
    )


def _text_files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted(path.glob("*.txt"))
    return [path] if path.suffix.lower() == ".txt" and path.is_file() else []


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read_lines(file: Path) -> Source:
    """Read a text file as a document: a line is a page, a sentence a passage."""
    from chna_toolkit.extraction.sentences import sentence_spans

    try:
        data = file.read_bytes()
        lines = data.decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: {error}", "Text files are read as UTF-8.") from error
    pages: list[Page] = []
    passages: list[Passage] = []
    box = (0.0, 0.0, 0.0, 0.0)
    for number, line in enumerate(lines, 1):
        pages.append(Page(number, str(number), 0.0, 0.0, PageStatus.OK, line, len(line.split())))
        for start, end in sentence_spans(line):
            place = len(passages)
            passages.append(
                Passage(place, number, str(number), Kind.PARAGRAPH, line[start:end], start, end, box, block=number)
            )
    document = Document(_hash(data), DocumentStatus.OK, "", "", tuple(pages), tuple(passages))
    return Source(file.name, document)
