"""One document through all stages: what a worker process does.

    bytes ──read──> Document ──tag──> mentions ──score──> results ──> Finding
              │                 │
         text entry       mentions entry      of the store, by the hash of all that decides them

A document that cannot be read is a finding as well, whose status says why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from chna_toolkit.cache import Store, make_key
from chna_toolkit.codec import decode_document, decode_mentions, encode_document, encode_mentions
from chna_toolkit.errors import LexiconError
from chna_toolkit.hospitals import guess_identities
from chna_toolkit.inputs import Input
from chna_toolkit.model import Assessed, Document, DocumentStatus, Kind, Mention, Passage
from chna_toolkit.scoring import Thresholds, score

_NO_PASSAGE = Passage(-1, 0, "", Kind.PARAGRAPH, "", 0, 0, (0.0, 0.0, 0.0, 0.0))


class InputChangedError(Exception):
    """The file was another when it was read than when it was found."""


class TagsDocuments(Protocol):
    """What is asked of a tagger."""

    def tag(self, document: Document) -> list[Mention]:
        """Return all mentions of a document."""


def _read(path: Path, tables: str) -> Document:
    from chna_toolkit.extraction import ExtractionSettings, read_document

    return read_document(path, ExtractionSettings(tables=tables == "auto"))


def _make_tagger(lexicon: Path | None, lexicon_hash: str, lessons: tuple[str, ...], method: str) -> TagsDocuments:
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.tagging import Tagger

    loaded = load_lexicon(lexicon)
    if loaded.hash != lexicon_hash:
        raise LexiconError("the lexicon changed while it was used", "Run the same command again.", file=lexicon)
    return Tagger(loaded, lessons, method)


def _versions() -> dict[str, str]:
    from chna_toolkit.extraction import EXTRACTOR_VERSION, extractor_versions
    from chna_toolkit.tagging import tagger_version

    return {**extractor_versions(), "extractor": EXTRACTOR_VERSION, "tagger": tagger_version()}


@dataclass(frozen=True, slots=True)
class Stages:
    """The functions that do the work; they are sent to the workers by name. Tests exchange them.

    `versions` gives the versions of all that decides what text and mentions a document gives.
    """

    versions: Callable[[], Mapping[str, str]] = _versions
    read: Callable[[Path, str], Document] = _read
    make_tagger: Callable[[Path | None, str, tuple[str, ...], str], TagsDocuments] = _make_tagger


@dataclass(frozen=True, slots=True)
class Plan:
    """How every document of a scan is assessed. Small, for it travels with each task."""

    store: Store | None  # None: nothing is kept
    lexicon: Path | None
    lexicon_hash: str
    lessons: tuple[str, ...]  # ids, in order
    thresholds: Thresholds
    tables: str  # "auto" or "off"
    timeout: float  # seconds
    versions: Mapping[str, str]  # of extractor, its libraries and tagger: all that changes what they give
    stages: Stages = Stages()
    method: str = "hybrid"  # or "rules"

    def text_key(self, sha256: str) -> str:
        """Return the key of a document's text."""
        versions = {name: value for name, value in self.versions.items() if name != "tagger"}
        return make_key({"sha256": sha256, "tables": self.tables, **versions})

    def timeout_key(self, sha256: str) -> str:
        """Return the key of the fact that the time was not enough: with more of it, it may be."""
        return make_key({"text": self.text_key(sha256), "timeout": self.timeout})

    def mentions_key(self, sha256: str) -> str:
        """Return the key of a document's mentions."""
        return make_key(
            {
                "text": self.text_key(sha256),
                "lexicon": self.lexicon_hash,
                "lessons": self.lessons,
                "method": self.method,
                "tagger": self.versions["tagger"],
            }
        )


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why an input gave no document: the worker died, took too long, or met a bug."""

    status: DocumentStatus
    reason: str
    hint: str
    details: str = ""  # of a bug: the traceback

    def document(self, item: Input) -> Document:
        """Return the input as a document that could not be read."""
        return Document(item.sha256, self.status, self.reason, self.hint)


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one input. `assessed.document` is trimmed to what the tables need."""

    assessed: Assessed  # its identities are guesses
    is_cached: bool  # neither read nor tagged anew
    seconds: Mapping[str, float]  # by stage
    details: str = ""  # of an internal error: the traceback


def warm_up(plan: Plan, needs_tagger: bool) -> None:
    """Make a worker ready, so that no document is charged for it."""
    if needs_tagger:
        _tagger(plan.stages, plan.lexicon, plan.lexicon_hash, plan.lessons, plan.method)


def is_done(item: Input, plan: Plan) -> bool:
    """Return whether the store holds all that is needed of the input (unless it is damaged)."""
    store, sha256 = plan.store, item.sha256
    return store is not None and (
        store.has("mentions", plan.mentions_key(sha256)) or store.has("text", plan.timeout_key(sha256))
    )


def assess(item: Input, plan: Plan) -> Finding:
    """Read, tag and score one document, as far as the store does not hold it already."""
    seconds: dict[str, float] = {}
    document, was_read = _document(item, plan, seconds)
    mentions, was_tagged = _mentions(document, plan, seconds)
    with _timed(seconds, "score"):
        results = score(document, mentions, plan.lessons, plan.thresholds)
        identities = guess_identities(document, item.file)
    trimmed = trim(document, mentions)
    assessed = Assessed(item.file, item.size, trimmed, mentions, results, identities)
    return Finding(assessed, not (was_read or was_tagged), seconds)


def failed(item: Input, plan: Plan, obstacle: Obstacle) -> Finding:
    """Return the finding for an input that gave no document; a timeout is kept in the store."""
    document = obstacle.document(item)
    if plan.store and document.status is DocumentStatus.TIMEOUT:
        plan.store.save("text", plan.timeout_key(item.sha256), encode_document(document))
    results = score(document, (), plan.lessons, plan.thresholds)
    identities = guess_identities(document, item.file)
    return Finding(Assessed(item.file, item.size, document, (), results, identities), False, {}, obstacle.details)


def trim(document: Document, mentions: Sequence[Mention]) -> Document:
    """Return the document without the text that no mention stands in.

    Hundreds of documents are held at once when the tables are made; they need the numbers of
    all pages, but the text of few. Indexes stay what they were.
    """
    wanted = {mention.passage for mention in mentions}
    passages = tuple(passage if passage.index in wanted else _NO_PASSAGE for passage in document.passages)
    shown = {document.passages[index].page for index in wanted}
    pages = tuple(page if page.number in shown else replace(page, text="") for page in document.pages)
    return replace(document, pages=pages, passages=passages)


def read(item: Input, plan: Plan) -> Document:
    """Return the whole document, from the store if it is there. Raises `InputChangedError`."""
    return _document(item, plan, {})[0]


def _document(item: Input, plan: Plan, seconds: dict[str, float]) -> tuple[Document, bool]:
    """Return the document and whether it had to be read."""
    keys = plan.text_key(item.sha256), plan.timeout_key(item.sha256)
    with _timed(seconds, "load"):
        for key in keys if plan.store else ():
            found = plan.store.load("text", key, decode_document) if plan.store else None
            if found and found.sha256 == item.sha256:
                return found, False
    with _timed(seconds, "extract"):
        document = plan.stages.read(item.path, plan.tables)
    if document.sha256 != item.sha256:
        raise InputChangedError(item.file)
    if plan.store:
        key = keys[document.status is DocumentStatus.TIMEOUT]
        plan.store.save("text", key, encode_document(document))
    return document, True


def _mentions(document: Document, plan: Plan, seconds: dict[str, float]) -> tuple[tuple[Mention, ...], bool]:
    """Return the mentions and whether the document had to be tagged."""
    key = plan.mentions_key(document.sha256)
    with _timed(seconds, "load"):
        found = plan.store.load("mentions", key, decode_mentions) if plan.store else None
    if found is not None:
        return found, False
    with _timed(seconds, "tag"):
        # Nothing may be said of a document that cannot be searched.
        mentions: tuple[Mention, ...] = ()
        if document.status.is_searchable:
            tagger = _tagger(plan.stages, plan.lexicon, plan.lexicon_hash, plan.lessons, plan.method)
            mentions = tuple(tagger.tag(document))
    if plan.store and document.status is not DocumentStatus.TIMEOUT:
        plan.store.save("mentions", key, encode_mentions(mentions))
    return mentions, document.status.is_searchable


@lru_cache(maxsize=1)
def _tagger(*arguments: Any) -> TagsDocuments:
    stages, *rest = arguments
    tagger: TagsDocuments = stages.make_tagger(*rest)
    return tagger


@contextmanager
def _timed(seconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    try:
        yield
    finally:
        seconds[stage] = seconds.get(stage, 0.0) + time.perf_counter() - start
