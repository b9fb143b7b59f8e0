"""Documents, mentions and an encoder's scores as bytes and back: what the cache holds.

Compact JSON in a zlib frame behind a line that names kind and format number. The same value
always gives the same bytes, any value survives the round trip unchanged, and bytes that were cut
short or altered raise `CodecError` rather than give a wrong document (zlib carries a checksum).

A passage's text is not written where its page's text holds it, which halves the size.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from chna_toolkit.collecting import no_collection
from chna_toolkit.model import Assertion, Document, DocumentStatus, Kind, Mention, Page, PageStatus, Passage

FORMAT = 2  # raise it when the layout below changes: entries of another format count as missing

_T = TypeVar("_T")
# Looking a member up by calling the class costs five times a dictionary.
_KINDS = {str(kind): kind for kind in Kind}
_ASSERTIONS = {str(assertion): assertion for assertion in Assertion}
_PAGE_STATUSES = {str(status): status for status in PageStatus}


class CodecError(ValueError):
    """Bytes that are not, or no longer, what `encode_…` made."""


def encode_document(document: Document) -> bytes:
    """Return the document as bytes."""
    sections: dict[tuple[str, ...], int] = {}
    return _pack(
        "document",
        {
            "sha256": document.sha256,
            "status": str(document.status),
            "reason": document.reason,
            "hint": document.hint,
            "metadata": dict(document.metadata),
            "warnings": document.warnings,
            "pages": [_page_row(page) for page in document.pages],
            "passages": [_passage_row(passage, document.pages, sections) for passage in document.passages],
            "sections": list(sections),  # in order of first use; a passage names its place here
        },
    )


def decode_document(data: bytes) -> Document:
    """Return the document that `encode_document` wrote. Raises `CodecError`."""
    return _unpack("document", data, _document)


def encode_mentions(mentions: Iterable[Mention]) -> bytes:
    """Return the mentions, in their order, as bytes."""
    return _pack("mentions", [_mention_row(mention) for mention in mentions])


def decode_mentions(data: bytes) -> tuple[Mention, ...]:
    """Return the mentions that `encode_mentions` wrote. Raises `CodecError`."""
    return _unpack("mentions", data, lambda rows: tuple(_mention(row) for row in rows))


def encode_scores(scores: Mapping[str, Sequence[int]]) -> bytes:
    """Return an encoder's scores by the hash of the text (`tagging.encoder.KeptScores`) as bytes."""
    return _pack("scores", dict(sorted(scores.items())))


def decode_scores(data: bytes) -> dict[str, list[int]]:
    """Return the scores that `encode_scores` wrote. Raises `CodecError`."""
    return _unpack("scores", data, dict)


def _pack(kind: str, value: object) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # A text layer can hold half a surrogate pair, which plain UTF-8 refuses.
    return _header(kind) + zlib.compress(text.encode("utf-8", "surrogatepass"), level=1)


def _unpack(kind: str, data: bytes, build: Callable[[Any], _T]) -> _T:
    header = _header(kind)
    if not data.startswith(header):
        raise CodecError(f"not a {kind} of format {FORMAT}")
    try:
        text = zlib.decompress(data[len(header) :]).decode("utf-8", "surrogatepass")
        with no_collection():
            return build(json.loads(text))
    except (zlib.error, ValueError, KeyError, IndexError, TypeError) as error:
        raise CodecError(f"unreadable {kind}: {error}") from error


def _header(kind: str) -> bytes:
    return f"chna {kind} {FORMAT}\n".encode()


def _page_row(page: Page) -> list[object]:
    return [
        page.number,
        page.label,
        page.width,
        page.height,
        str(page.status),
        page.text,
        page.words,
        page.order_agrees,
        page.ocr_confidence,
    ]


def _page(row: Sequence[Any]) -> Page:
    number, label, width, height, status, *rest = row
    return Page(number, label, width, height, _PAGE_STATUSES[status], *rest)


def _passage_row(passage: Passage, pages: Sequence[Page], sections: dict[tuple[str, ...], int]) -> list[object]:
    on_page = 0 < passage.page <= len(pages)
    is_slice = on_page and pages[passage.page - 1].text[passage.start : passage.end] == passage.text
    return [
        passage.index,
        passage.page,
        passage.page_label,
        str(passage.kind),
        None if is_slice else passage.text,
        passage.start,
        passage.end,
        passage.box,
        sections.setdefault(passage.section, len(sections)),
        passage.block,
        passage.level,
        passage.end_page,
        passage.row_header,
        passage.column_header,
        passage.ocr_confidence,
    ]


def _passage(row: Sequence[Any], texts: Sequence[str], sections: Sequence[tuple[str, ...]]) -> Passage:
    index, page, label, kind, text, start, end, box, section, *rest = row
    return Passage(
        index,
        page,
        label,
        _KINDS[kind],
        texts[page - 1][start:end] if text is None else text,
        start,
        end,
        tuple(box),
        sections[section],
        *rest,
    )


def _document(value: dict[str, Any]) -> Document:
    pages = tuple(_page(row) for row in value["pages"])
    texts = [page.text for page in pages]
    sections = [tuple(section) for section in value["sections"]]
    return Document(
        sha256=value["sha256"],
        status=DocumentStatus(value["status"]),
        reason=value["reason"],
        hint=value["hint"],
        pages=pages,
        passages=tuple(_passage(row, texts, sections) for row in value["passages"]),
        metadata=value["metadata"],
        warnings=tuple(value["warnings"]),
    )


def _mention_row(mention: Mention) -> list[object]:
    return [
        mention.lesson,
        mention.rule,
        mention.passage,
        mention.start,
        mention.end,
        mention.parts,
        str(mention.assertion),
        mention.confidence,
        mention.counted,
        mention.set_aside,
        mention.cue,
    ]


def _mention(row: Sequence[Any]) -> Mention:
    lesson, rule, passage, start, end, parts, assertion, confidence, counted, set_aside, cue = row
    return Mention(
        lesson,
        rule,
        passage,
        start,
        end,
        tuple((first, last) for first, last in parts),
        _ASSERTIONS[assertion],
        confidence,
        counted,
        set_aside,
        cue,
    )
