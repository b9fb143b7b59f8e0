"""One document through all stages: what a worker process does.

    bytes ──read──> Document ──tag──> mentions ──score──> results ──> Finding
              │               │ │
         text entry    scores │ mentions entry      of the store, by the hash of all that decides them
                        entry ┘

The scores are those of the encoder. They do not depend on the lexicon; so the encoder, which costs more than all else
in tagging, reads a text once however often the lexicon changes.

A document that cannot be read is a finding as well, whose status says why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chna_toolkit.cache import Store, make_key
from chna_toolkit.codec import (
    decode_document,
    decode_mentions,
    decode_scores,
    encode_document,
    encode_mentions,
    encode_scores,
)
from chna_toolkit.errors import LexiconError
from chna_toolkit.extraction.ocr import Ocr
from chna_toolkit.extraction.watch import CUT, Aside, Loss, Watch
from chna_toolkit.hospitals import guess_identities
from chna_toolkit.inputs import Input
from chna_toolkit.model import BY_OCR, Assessed, Document, DocumentStatus, Kind, Mention, Passage
from chna_toolkit.passwords import NO_PASSWORDS, Passwords
from chna_toolkit.pool import allow_more, tell_progress
from chna_toolkit.scoring import Thresholds, score

if TYPE_CHECKING:  # they bring numpy and much else
    from chna_toolkit.lexicon.model import Lexicon
    from chna_toolkit.tagging.encoder import KeptScores

# Of the time limit, how much may go into reading pages: what regards the whole document comes after.
PAGES_SHARE = 0.6
_NO_PASSAGE = Passage(-1, 0, "", Kind.PARAGRAPH, "", 0, 0, (0.0, 0.0, 0.0, 0.0))


class InputChangedError(Exception):
    """The file was another when it was read than when it was found."""


class TagsDocuments(Protocol):
    """What is asked of a tagger."""

    def tag(self, document: Document, kept: KeptScores | None = None) -> list[Mention]:
        """Return all mentions of a document. `kept` has an encoder's earlier scores, and gets those of now."""


def _read(item: Input, plan: Plan, watch: Watch) -> Document:
    from chna_toolkit.extraction import ExtractionSettings, read_document

    settings = ExtractionSettings(tables=plan.tables == "auto", ocr=plan.ocr)
    return read_document(item.path, settings, watch, plan.passwords.candidates(item.file, item.sha256))


def _make_tagger(lexicon: Path | None, lexicon_hash: str, lessons: tuple[str, ...], method: str) -> TagsDocuments:
    from chna_toolkit.lexicon import load_lexicon
    from chna_toolkit.tagging import Tagger

    loaded = _sent.pop(lexicon_hash, None) or load_lexicon(lexicon)
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
    read: Callable[[Input, Plan, Watch], Document] = _read
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
    method: str = "encoder"  # or "hybrid", "rules"
    memory_mb: int = 0  # that a worker may use; 0: no limit
    passwords: Passwords = NO_PASSWORDS
    explains: bool = False  # whether findings tell what was left out of the text
    ocr: Ocr | None = None  # how pages without a usable text layer are read; None: not at all

    def text_key(self, sha256: str) -> str:
        """Return the key of a document's text, where OCR has nothing to do with it."""
        versions = {name: value for name, value in self.versions.items() if name != "tagger"}
        return make_key({"sha256": sha256, "tables": self.tables, **versions})

    def ocr_key(self, sha256: str) -> str:
        """Return the key of a text of which OCR, or its absence, decides."""
        return make_key({"text": self.text_key(sha256), "ocr": self.ocr.key if self.ocr else "off"})

    def unlocked_key(self, sha256: str) -> str:
        """Return the key of a text that only these passwords opened."""
        return make_key({"text": self.ocr_key(sha256), "passwords": self.passwords.digest})

    def limits_key(self, sha256: str) -> str:
        """Return the key of what these limits left of a text: with other ones, it may be more."""
        limits = {"timeout": self.timeout, "memory_mb": self.memory_mb, "passwords": self.passwords.digest}
        return make_key({"text": self.ocr_key(sha256), **limits})

    def whole_keys(self, sha256: str) -> tuple[str, ...]:
        """Return the keys that a whole text may stand under."""
        keys = (self.text_key(sha256), self.ocr_key(sha256), self.unlocked_key(sha256))
        return keys[1:] if self.ocr and self.ocr.always else keys

    def mentions_key(self, text_key: str) -> str:
        """Return the key of the mentions in a text."""
        return make_key(
            {
                "text": text_key,
                "lexicon": self.lexicon_hash,
                "lessons": self.lessons,
                "method": self.method,
                "tagger": self.versions["tagger"],
            }
        )

    def scores_key(self, text_key: str) -> str:
        """Return the key of the encoder's scores of passages of a text."""
        return make_key({"text": text_key, "tagger": self.versions["tagger"]})


@dataclass(frozen=True, slots=True)
class Attempt:
    """How an input is to be tried: anew, or again without the pages that ended earlier attempts."""

    lost: Mapping[int, Loss] = field(default_factory=dict)
    end: int = 0  # no page from this one on; 0: all
    is_repeatable: bool = True  # False: the system ended an attempt, which it may not do again

    def watch(self, plan: Plan) -> Watch:
        """Return what goes along with the attempt."""
        seconds = PAGES_SHARE * plan.timeout
        return Watch(
            seconds=seconds,
            lost=self.lost,
            end=self.end,
            told=tell_progress,
            allowed=allow_more,
            explains=plan.explains,
        )


FIRST = Attempt()


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
    costs: Mapping[str, float] = field(default_factory=dict)  # CPU seconds by stage
    asides: tuple[Aside, ...] = ()  # text that was left out, if the plan explains


@dataclass(frozen=True, slots=True)
class Reading:
    """A document as read, or as the store held it."""

    document: Document
    key: str  # of the text; "" if it is not to be kept
    was_read: bool
    watch: Watch

    @property
    def asides(self) -> tuple[Aside, ...]:
        """Text that was left out, if the plan explains and the document was read now."""
        return tuple(self.watch.asides)


_sent: dict[str, Lexicon] = {}  # by hash, until a tagger is made of it


def warm_up(plan: Plan, lexicon: Lexicon | None) -> None:
    """Make a worker ready, so that no document is charged for it; to tag with the plan's lexicon, if that is given."""
    if lexicon:
        _sent[lexicon.hash] = lexicon
        _tagger(plan.stages, plan.lexicon, plan.lexicon_hash, plan.lessons, plan.method)


def is_done(item: Input, plan: Plan) -> bool:
    """Return whether the store holds all that is needed of the input (unless it is damaged)."""
    store, sha256 = plan.store, item.sha256
    if store is None:
        return False
    return any(store.has("mentions", plan.mentions_key(key)) for key in plan.whole_keys(sha256)) or store.has(
        "text", plan.limits_key(sha256)
    )


def assess(item: Input, plan: Plan, attempt: Attempt = FIRST) -> Finding:
    """Read, tag and score one document, as far as the store does not hold it already."""
    seconds: dict[str, float] = {}
    reading = _reading(item, plan, attempt, seconds)
    document, watch = reading.document, reading.watch
    mentions, was_tagged = _mentions(reading, plan, seconds)
    watch.lap("tagging")
    with _timed(seconds, "score"):
        results = score(document, mentions, plan.lessons, plan.thresholds)
        identities = guess_identities(document, item.file)
    trimmed = trim(document, mentions)
    assessed = Assessed(item.file, item.size, trimmed, mentions, results, identities)
    watch.lap("scoring")
    is_cached = not (reading.was_read or was_tagged)
    return Finding(assessed, is_cached, seconds, costs=watch.costs, asides=reading.asides)


def failed(item: Input, plan: Plan, obstacle: Obstacle) -> Finding:
    """Return the finding for an input that gave no document; that it hit a limit is kept in the store."""
    document = obstacle.document(item)
    if plan.store and document.status in (DocumentStatus.TIMEOUT, DocumentStatus.TOO_LARGE):
        plan.store.save("text", plan.limits_key(item.sha256), encode_document(document))
    results = score(document, (), plan.lessons, plan.thresholds)
    identities = guess_identities(document, item.file)
    return Finding(Assessed(item.file, item.size, document, (), results, identities), False, {}, obstacle.details)


def trim(document: Document, mentions: Sequence[Mention]) -> Document:
    """Return the document without the text that no mention stands in or beside.

    Hundreds of documents are held at once when the tables are made; they need the numbers of
    all pages, but the text of few. Indexes stay what they were.
    """
    wanted = {mention.passage for mention in mentions}
    kept = wanted.union(*((index - 1, index + 1) for index in wanted))
    passages = tuple(passage if passage.index in kept else _NO_PASSAGE for passage in document.passages)
    shown = {document.passages[index].page for index in wanted}
    pages = tuple(page if page.number in shown else replace(page, text="") for page in document.pages)
    return replace(document, pages=pages, passages=passages)


def read(item: Input, plan: Plan, attempt: Attempt = FIRST) -> Reading:
    """Return the whole document, from the store if it is there. Raises `InputChangedError`."""
    return _reading(item, plan, attempt, {})


def _reading(item: Input, plan: Plan, attempt: Attempt, seconds: dict[str, float]) -> Reading:
    watch = attempt.watch(plan)
    with _timed(seconds, "load"):
        stored = _stored(item, plan)
    watch.lap("load")
    if stored:
        return Reading(*stored, was_read=False, watch=watch)
    with _timed(seconds, "extract"):
        document = plan.stages.read(item, plan, watch)
    if document.sha256 != item.sha256:
        raise InputChangedError(item.file)
    key = _key(document, plan) if attempt.is_repeatable else ""
    if plan.store and key:
        plan.store.save("text", key, encode_document(document))
    watch.lap("save")
    return Reading(document, key, True, watch)


def _stored(item: Input, plan: Plan) -> tuple[Document, str] | None:
    """Return the document from the store, with its key."""
    sha256 = item.sha256
    for key in (*plan.whole_keys(sha256), plan.limits_key(sha256)) if plan.store else ():
        found = plan.store.load("text", key, decode_document) if plan.store else None
        if found and found.sha256 == sha256:
            return found, key
    return None


def _key(document: Document, plan: Plan) -> str:
    """Return the key a document is kept under; "" for one with which the next try may fare better."""
    if document.status is DocumentStatus.ENCRYPTED or "ocr_failed" in document.warnings:
        return ""
    if _is_cut(document):
        return plan.limits_key(document.sha256)
    if "opened_with_password" in document.warnings:
        return plan.unlocked_key(document.sha256)
    if (plan.ocr and plan.ocr.always) or any(page.status in BY_OCR for page in document.pages):
        return plan.ocr_key(document.sha256)
    return plan.text_key(document.sha256)


def _is_cut(document: Document) -> bool:
    """Return whether limits of time or memory, and not the file, decided what was read of it."""
    over = document.status in (DocumentStatus.TIMEOUT, DocumentStatus.TOO_LARGE)
    return over or not CUT.isdisjoint(document.warnings)


def _mentions(reading: Reading, plan: Plan, seconds: dict[str, float]) -> tuple[tuple[Mention, ...], bool]:
    """Return the mentions and whether the document had to be tagged."""
    document = reading.document
    # What limits left of a text may be more or less the next time: mentions must not outlive it.
    store = plan.store if reading.key and not _is_cut(document) else None
    key = plan.mentions_key(reading.key)
    with _timed(seconds, "load"):
        found = store.load("mentions", key, decode_mentions) if store else None
    if found is not None:
        return found, False
    with _timed(seconds, "tag"):
        # Nothing may be said of a document that cannot be searched.
        mentions: tuple[Mention, ...] = ()
        if document.status.is_searchable:
            tagger = _tagger(plan.stages, plan.lexicon, plan.lexicon_hash, plan.lessons, plan.method)
            mentions = _tagged(document, tagger, plan, store, reading.key)
    if store:
        store.save("mentions", key, encode_mentions(mentions))
    return mentions, document.status.is_searchable


def _tagged(
    document: Document, tagger: TagsDocuments, plan: Plan, store: Store | None, text_key: str
) -> tuple[Mention, ...]:
    """Tag a document; the store has the encoder's earlier scores, and gets the new ones."""
    if plan.method != "encoder" or not store:
        return tuple(tagger.tag(document))
    from chna_toolkit.tagging.encoder import KeptScores

    key = plan.scores_key(text_key)
    kept = KeptScores(store.load("scores", key, decode_scores))
    mentions = tuple(tagger.tag(document, kept))
    if kept.used.keys() - kept.earlier.keys():
        # Another lexicon had other passages read, and may come back.
        store.save("scores", key, encode_scores({**kept.earlier, **kept.used}))
    return mentions


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
