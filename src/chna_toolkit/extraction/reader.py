"""From a PDF to a Document: pages one by one, then what only the whole document can tell."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from pypdfium2 import PdfiumError

from chna_toolkit.collecting import rare_collection
from chna_toolkit.extraction import pdfium
from chna_toolkit.extraction.furniture import Sheet, remove_furniture, why_removed
from chna_toolkit.extraction.headers import continue_table, set_headers
from chna_toolkit.extraction.layout import Block, blocks_of, order_agrees
from chna_toolkit.extraction.lines import lines_of
from chna_toolkit.extraction.ocr import (
    NOTHING_READ,
    NOTHING_READ_HINT,
    PAGE_LOOKS,
    PAGE_SECONDS,
    Ocr,
    PictureReader,
    settle_sizes,
)
from chna_toolkit.extraction.passages import PageText, write_passages
from chna_toolkit.extraction.plumber import GaveUpError, Plumber
from chna_toolkit.extraction.quality import judge_page, judge_reading, rotten_pages
from chna_toolkit.extraction.rendering import turned_back
from chna_toolkit.extraction.structure import Body, Item, classify, join_split_paragraphs, set_levels
from chna_toolkit.extraction.tables import Cell, Found, Table, find_tables, is_ruled, tables_of, well_held
from chna_toolkit.extraction.text import box_of
from chna_toolkit.extraction.vocabulary import Vocabulary
from chna_toolkit.extraction.watch import Loss, Watch
from chna_toolkit.extraction.words import Line, Word, confidence_of
from chna_toolkit.model import NO_TEXT, Box, Document, DocumentStatus, Kind, Page, PageStatus, Passage

FEW_CHARS = 100  # on a page that lacks parts
EDGE_WORDS = 12  # that may stand between a table and the page end it runs over


@dataclass(frozen=True)
class ExtractionSettings:
    """What to read and how much of it. Part of the cache key."""

    # True: our grid, pdfplumber where that leaves doubt; "pdfplumber": it reads every ruled page; False: no tables.
    tables: bool | Literal["pdfplumber"] = True
    ocr: Ocr | None = None  # None: pages without a usable text layer stay unread
    max_pages: int = 3000
    max_bytes: int = 1_000_000_000


@dataclass(slots=True)
class _Leaf:
    """One page on its way through the document pass."""

    number: int
    width: float = 0.0
    height: float = 0.0
    label: str = ""
    lines: list[Line] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    status: PageStatus = PageStatus.ERROR
    chars: int = 0
    cover: float = 0.0
    agrees: bool = True
    rules: list[Box] = field(default_factory=list)
    confidence: float | None = None  # of the words, if they were read by OCR
    turn: int = 0  # quarters that it was turned clockwise to be read: so the boxes are

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the page as it was read."""
        return (self.height, self.width) if self.turn % 2 else (self.width, self.height)


def read_document(
    path: Path,
    settings: ExtractionSettings | None = None,
    watch: Watch | None = None,
    passwords: Iterable[str] = (),
) -> Document:
    """Read a PDF. Never raises for a bad file: status, reason and hint say what is wrong with it.

    `watch` goes along and may end the reading early: the document then has the pages that were
    read, the others with status `error`. `passwords` are tried in order where one is needed.
    """
    settings, watch = settings or ExtractionSettings(), watch or Watch()
    digest = ""
    try:
        digest = _sha256(path, settings)
        with pdfium.Pdf(path, passwords) as pdf, rare_collection():
            watch.lap("open")
            return _read(pdf, path, digest, settings, watch)
    except pdfium.RefusedError as error:
        return Document(digest, error.status, error.reason, error.hint)
    except (OSError, PdfiumError) as error:
        hint = "Download the file again, or open it in a PDF program and save a copy."
        return Document(digest, DocumentStatus.DAMAGED, f"The file cannot be read: {error}", hint)
    except (MemoryError, KeyboardInterrupt):
        raise  # limits and stops are the caller's business
    except Exception as error:  # a hostile file must cost a row, not the run; the slug betrays the bug
        reason = f"The pages could not be made sense of ({type(error).__name__}: {error})."
        hint = "Report this with the file: it is a fault of the program."
        return Document(digest, DocumentStatus.DAMAGED, reason, hint, warnings=("internal_error",))


def _sha256(path: Path, settings: ExtractionSettings) -> str:
    size = path.stat().st_size
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if size > settings.max_bytes:
        reason = f"The file has {size:,} bytes, more than the limit of {settings.max_bytes:,}."
        raise pdfium.RefusedError(DocumentStatus.DAMAGED, reason, "Split the file, or raise the limit.")
    return digest


def _read(pdf: pdfium.Pdf, path: Path, digest: str, settings: ExtractionSettings, watch: Watch) -> Document:
    warnings: set[str] = {"opened_with_password"} if pdf.unlocked else set()
    count, total = min(pdf.pages, settings.max_pages), pdf.pages
    if pdf.salvaged:
        warnings.update({"salvaged", "page_parts_missing"} if pdf.salvaged.bare else {"salvaged"})
        watch.lost.update(dict.fromkeys(pdf.salvaged.gone, Loss.FILE))
        total = max(total, pdf.salvaged.total)
    leaves: list[_Leaf] = []
    with Plumber(path, pdf.pages) as plumber:
        for number in range(1, count + 1):
            before = leaves[-1].tables[-1] if leaves and leaves[-1].tables else None
            may_read = watch.may_read(number)
            leaves.append(_leaf(pdf, number, settings, warnings, plumber, before, watch) if may_read else _Leaf(number))
    for leaf in [leaves[number - 1] for number in pdf.salvaged.bare if number <= count] if pdf.salvaged else []:
        if leaf.chars < FEW_CHARS:  # what it lacks is likely its text
            watch.lost.setdefault(leaf.number, Loss.FILE)
            leaves[leaf.number - 1] = _Leaf(leaf.number)
    reader = _read_pictures(pdf, leaves, settings.ocr, warnings, watch) if settings.ocr else None
    watch.has_read_pages()
    sheets = [Sheet(leaf.number, *leaf.size, leaf.lines, leaf.label, leaf.rules) for leaf in leaves]
    remove_furniture(sheets)
    for leaf, sheet in zip(leaves, sheets, strict=True):
        leaf.lines, leaf.label = sheet.lines, sheet.label
        for line in sheet.removed:
            watch.aside(leaf.number, why_removed(sheet, line), line.text, box_of([line]))
    watch.lap("structure")
    items = _items(leaves, pdf.outline(), watch)
    for item in [item for item in items if item.drop]:
        if item.drop == "chart label":
            warnings.add("chart_labels_dropped")
        watch.aside(item.page, item.drop, item.text, box_of(item.lines))
    if watch.explains:
        _trace(items, watch)
    vocabulary = Vocabulary(line for leaf in leaves for line in _all_lines(leaf))
    texts = [PageText(leaf.number, leaf.label) for leaf in leaves]
    passages = tuple(_as_shown(one, leaves[one.page - 1]) for one in write_passages(items, texts, vocabulary))
    pages = tuple(_page(leaf, text.text()) for leaf, text in zip(leaves, texts, strict=True))
    if rotten_pages([page.words for page in pages]):
        warnings.add("pages_with_little_text")
    if sum(not page.order_agrees for page in pages) > 0.2 * len(pages):
        warnings.add("reading_order_uncertain")
    verdict = judge_reading([page.status for page in pages], watch.lost, total, warnings)
    status, reason, hint = _with_ocr(verdict, reader, sum(page.words for page in pages)) if reader else verdict
    watch.lap("structure")
    return Document(digest, status, reason, hint, pages, passages, pdf.metadata(), tuple(sorted(warnings)))


def _leaf(
    pdf: pdfium.Pdf,
    number: int,
    settings: ExtractionSettings,
    warnings: set[str],
    plumber: Plumber,
    before: Table | None,
    watch: Watch,
) -> _Leaf:
    """Read one page; one that cannot be read is an empty leaf with status `error`."""
    leaf = _Leaf(number)
    try:
        raw = pdf.page(number, graphics=bool(settings.tables))
        words = raw.words
        watch.lap("words")
        if settings.tables:
            found = _tables(raw, before, plumber, settings.tables == "pdfplumber", warnings)
            leaf.tables, words = found.tables, found.words
            watch.lap("tables")
        leaf.lines = lines_of(words)
    except MemoryError:
        raise  # the limit may be raised: whoever set it tries again without the page
    except Exception:  # whatever a hostile page provokes costs that page only
        warnings.add("pages_unreadable")
        return _Leaf(number)
    leaf.width, leaf.height, leaf.label = raw.width, raw.height, raw.label
    leaf.rules = [rule for rule in raw.graphics.rules_h if rule[2] - rule[0] > 0.5 * raw.width]
    leaf.chars, leaf.cover = raw.chars, raw.graphics.cover
    text = " ".join([word.text for word in raw.words])
    leaf.status = judge_page(text, raw.chars, raw.graphics.cover)
    watch.lap("layout")
    if watch.explains:
        _explain(raw, leaf, watch)
    for slug, true in (
        ("text_outside_page_dropped", bool(raw.clipped)),
        ("page_text_over_limit_cut", raw.truncated),
        ("sideways_text_dropped", len(raw.sideways) > 0),
        ("ocr_layer", raw.invisible and raw.graphics.cover > 0.5),
        ("page_too_crowded_for_tables", raw.graphics.crowded and settings.tables),
    ):
        if true:
            warnings.add(slug)
    return leaf


def _read_pictures(
    pdf: pdfium.Pdf, leaves: Sequence[_Leaf], ocr: Ocr, warnings: set[str], watch: Watch
) -> PictureReader:
    """Read pages without a usable text layer (or all) by OCR; one that fails stays as it was."""
    reader = PictureReader(pdf, ocr.engine)
    read: list[tuple[_Leaf, list[Word]]] = []
    for leaf in leaves:
        wanted = ocr.always and leaf.status is not PageStatus.ERROR
        if (wanted or leaf.status in NO_TEXT) and watch.may_read(leaf.number):
            with watch.apart(PAGE_LOOKS * PAGE_SECONDS):
                words = reader.words(leaf.number)
            watch.lap("ocr", reader.seconds)
            if words or (words is not None and not _all_lines(leaf)):
                leaf.turn = reader.turn
                read.append((leaf, list(words)))
    settle_sizes(found for _, found in read)
    for leaf, found in read:
        leaf.status, leaf.tables, leaf.lines = PageStatus.OCR, [], lines_of(found)
        leaf.confidence = confidence_of(found)
        leaf.rules = [] if leaf.turn else leaf.rules
    warnings.update(reader.warnings | ({"read_by_ocr"} if read else set()))
    return reader


def _with_ocr(
    verdict: tuple[DocumentStatus, str, str], reader: PictureReader, words: int
) -> tuple[DocumentStatus, str, str]:
    """The verdict on the document with what OCR has to say to it; `words` are those of all pages."""
    status, reason, _ = verdict
    if status.is_searchable and not words:
        return DocumentStatus.NEEDS_OCR, NOTHING_READ, NOTHING_READ_HINT
    if status is DocumentStatus.OK or not reader.failures:
        return verdict
    return status, f"{reason} {reader.failures}".strip(), reader.hint


def _explain(raw: pdfium.RawPage, leaf: _Leaf, watch: Watch) -> None:
    """Tell the watch what the page lost, and where its tables are."""
    for reason, words in (
        ("outside the page", raw.clipped),
        ("set sideways", raw.sideways),
        ("printed twice", raw.doubled),
    ):
        for run in _runs(words):
            watch.aside(raw.number, reason, " ".join(word.text for word in run), box_of(run))
    if raw.truncated:
        reason = f"beyond {pdfium.MAX_CHARS:,} characters"
        watch.aside(raw.number, reason, f"{raw.chars - pdfium.MAX_CHARS:,} characters", (0.0, 0.0, 0.0, 0.0))
    for table in leaf.tables:
        watch.grid(raw.number, [cell.box for cell in table.cells])


def _trace(items: Sequence[Item], watch: Watch) -> None:
    """Tell the watch where each block stands, on every page and in every column it runs over."""
    for item in [item for item in items if not item.drop]:
        parts = item.parts if item.parts and item.table is None else [(item.page, line) for line in item.lines]
        pieces: list[tuple[int, list[Line]]] = []
        for page, line in parts:
            if pieces and pieces[-1][0] == page and (item.table is not None or line.top >= pieces[-1][1][-1].top):
                pieces[-1][1].append(line)
            else:
                pieces.append((page, [line]))
        for number, (page, lines) in enumerate(pieces):
            watch.piece(page, item.kind, item.level, box_of(lines), number > 0)


def _runs(words: Sequence[Word]) -> list[list[Word]]:
    """Words that follow each other in the file's stream."""
    runs: list[list[Word]] = []
    for word in sorted(words, key=lambda word: word.order):
        if runs and word.order - runs[-1][-1].order <= len(runs[-1][-1].text) + 3:
            runs[-1].append(word)
        else:
            runs.append([word])
    return runs


def _tables(raw: pdfium.RawPage, before: Table | None, plumber: Plumber, always: bool, warnings: set[str]) -> Found:
    """Tables by our own grid; by pdfplumber where that leaves doubt and it holds more, or always."""
    ours = find_tables(raw.graphics, raw.words, before)
    asked = is_ruled(raw.graphics) if always else bool(ours.doubt)
    if asked and plumber.can_read(raw.chars, raw.graphics.paths):
        try:
            theirs = tables_of(plumber.cells(raw.number), raw.words, before)
        except GaveUpError:
            warnings.add("pdfplumber_gave_up")
        else:
            if always or well_held(theirs.tables) > well_held(ours.tables):
                ours = theirs
    for table in ours.tables:
        set_headers(table)
    return ours


def _all_lines(leaf: _Leaf) -> list[Line]:
    return leaf.lines + [line for table in leaf.tables for cell in table.cells for line in cell.lines]


def _items(leaves: Sequence[_Leaf], outline: dict[str, int], watch: Watch) -> list[Item]:
    """Blocks of all pages in reading order, classified, with levels and joined paragraphs."""
    body = Body.of(line for leaf in leaves for line in leaf.lines)
    items: list[Item] = []
    last: Table | None = None
    for leaf in leaves:
        blocks = blocks_of(leaf.lines, [_table_block(table) for table in leaf.tables])
        leaf.agrees = order_agrees(blocks)
        watch.lap("layout")
        first = _edge_table(blocks)
        if last is not None and first is not None:
            continue_table(last, first)
        last = _edge_table(blocks[::-1])
        items += classify(leaf.number, blocks, body)
        watch.lap("structure")
    set_levels(items, outline, body)
    return join_split_paragraphs(items)


def _edge_table(blocks: Sequence[Block]) -> Table | None:
    """The table that begins a page (or, from the back, ends it), a line such as "continued" or a source aside."""
    words = 0
    for block in blocks:
        if block.table is not None:
            return block.table
        words += block.words
        if words > EDGE_WORDS:
            break
    return None


def _table_block(table: Table) -> Block:
    block = Block([line for cell in table.cells for line in cell.lines])
    block.x0, block.top, block.x1, block.bottom = table.box
    block.table = table
    return block


def _as_shown(passage: Passage, leaf: _Leaf) -> Passage:
    """The passage with its box on the page as shown, should it have been turned to be read."""
    if not leaf.turn:
        return passage
    x0, top, x1, bottom = turned_back(passage.box, leaf.turn, leaf.width, leaf.height)
    return replace(passage, box=(round(x0, 1), round(top, 1), round(x1, 1), round(bottom, 1)))


def _page(leaf: _Leaf, text: str) -> Page:
    return Page(
        leaf.number,
        leaf.label,
        round(leaf.width, 2),
        round(leaf.height, 2),
        leaf.status,
        text,
        len(text.split()),
        leaf.agrees,
        leaf.confidence,
    )


__all__ = ["Cell", "ExtractionSettings", "Kind", "read_document"]
