"""What flows through the pipeline: frozen values passed from stage to stage.

    PDF --extract--> Document --tag--> [Mention] --score--> [LessonResult] --tabulate--> tables --report--> files

Pages count from 1. Character offsets count Unicode characters, end exclusive. Boxes are
`(x0, top, x1, bottom)` in PDF points with the origin at the top left of the page as shown
(after its rotation). Lessons are named by their id, such as `"L10"`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class DocumentStatus(StrEnum):
    """Whether a PDF could be read."""

    OK = "ok"
    PARTIAL = "partial"  # some pages could not be read or have no text
    NEEDS_OCR = "needs_ocr"  # pages are pictures, or their text layer is garbage
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    EMPTY = "empty"
    NOT_PDF = "not_pdf"
    TIMEOUT = "timeout"
    TOO_LARGE = "too_large"  # reading it takes more memory than allowed

    @property
    def is_searchable(self) -> bool:
        """Whether absence of evidence in this document means anything."""
        return self in (DocumentStatus.OK, DocumentStatus.PARTIAL)


class PageStatus(StrEnum):
    """Whether the text of one page can be trusted."""

    OK = "ok"
    BLANK = "blank"  # nothing to read: no text, no large picture
    IMAGE_ONLY = "image_only"  # a picture without text layer
    GARBAGE = "garbage"  # a text layer that is not language
    PARTIAL_IMAGE = "partial_image"  # text beside a picture large enough to hold more text
    OCR = "ocr"  # its text was read from a picture of the page
    ERROR = "error"  # the page could not be opened


NO_TEXT = frozenset((PageStatus.IMAGE_ONLY, PageStatus.GARBAGE))  # what OCR may read
BY_OCR = NO_TEXT | {PageStatus.OCR}  # pages that OCR, or its absence, decides of


class Kind(StrEnum):
    """What a passage is on its page."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"  # one sentence of running text
    LIST_ITEM = "list_item"  # one sentence of a bullet or numbered item
    TABLE_CELL = "table_cell"
    CAPTION = "caption"
    FOOTNOTE = "footnote"


Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Passage:
    """The unit that is coded: a sentence, bullet, heading, caption or table cell.

    `pages[page - 1].text[start:end] == text` holds for every passage. A sentence that runs
    over a page end belongs to the page where it begins; `end_page` says where it ends.
    """

    index: int  # 0-based place in reading order within the document
    page: int
    page_label: str  # printed page number, "" if unknown
    kind: Kind
    text: str
    start: int
    end: int
    box: Box  # on the page where it begins
    section: tuple[str, ...] = ()  # headings above it, outermost first
    block: int = 0  # sentences of one paragraph, item or cell share the number
    level: int = 0  # of a heading, 1 is the highest; 0 for other kinds
    end_page: int = 0  # 0: same as page
    row_header: str = ""  # of a table cell
    column_header: str = ""  # of a table cell
    ocr_confidence: float | None = None  # 0..1, mean over its words; None: it stands in a text layer


@dataclass(frozen=True, slots=True)
class Page:
    """One page as read. `text` joins its passages: what the offsets point into."""

    number: int
    label: str
    width: float
    height: float
    status: PageStatus
    text: str
    words: int  # in `text`
    order_agrees: bool = True  # geometric reading order agrees with the file's stream order
    ocr_confidence: float | None = None  # 0..1, mean over its words; None: not read by OCR, or no word on it


@dataclass(frozen=True, slots=True)
class Document:
    """A PDF as read: the only thing the later stages know of it."""

    sha256: str
    status: DocumentStatus
    reason: str  # why the status is not `ok`, in words; "" if it is
    hint: str  # what the user can do about it; "" if nothing
    pages: tuple[Page, ...] = ()
    passages: tuple[Passage, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)  # title, author, creator, producer, created
    warnings: tuple[str, ...] = ()  # slugs, sorted

    @property
    def words(self) -> int:
        """Words in the searchable text."""
        return sum(page.words for page in self.pages)

    @property
    def readable_pages(self) -> int:
        """Pages whose text could be searched (blank ones need no reading and count)."""
        good = (PageStatus.OK, PageStatus.BLANK, PageStatus.PARTIAL_IMAGE, PageStatus.OCR)
        return sum(page.status in good for page in self.pages)

    @property
    def ocr_pages(self) -> int:
        """Pages whose text was read from a picture."""
        return sum(page.status is PageStatus.OCR for page in self.pages)

    @property
    def ocr_confidence(self) -> float | None:
        """Mean confidence (0..1) over the words read from pictures; None if there are none."""
        read = [(page.words, page.ocr_confidence) for page in self.pages if page.ocr_confidence is not None]
        words = sum(count for count, _ in read)
        return sum(count * mean for count, mean in read) / words if words else None


class Assertion(StrEnum):
    """What a mention says of its lesson, strongest first."""

    PRACTICE = "practice"  # is done, or was done
    PLAN = "plan"  # will be done
    CALL = "call"  # should be done, says somebody who does not commit to it
    LACK = "lack"  # is missing, was not done, or hinders


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a rule of a lesson matched.

    `start` and `end` are offsets into the passage's text and span all `parts`. A mention that
    does not count says why in `set_aside` (`"excluded: L10.x.payer"`, `"weak"`, …).
    """

    lesson: str
    rule: str
    passage: int  # index of the passage in its document
    start: int
    end: int
    parts: tuple[tuple[int, int], ...]
    assertion: Assertion
    confidence: float  # 0..1, of this rule, or what the learned layer gives its lesson here
    counted: bool
    set_aside: str = ""  # "" if counted
    cue: str = ""  # the words that decided the assertion, "" if the default


def combined(confidences: Iterable[float]) -> float:
    """Return 1 - product of (1 - c): how surely at least one of independent pieces of evidence is right (noisy-or)."""
    doubt = 1.0
    for confidence in confidences:
        doubt *= 1.0 - confidence
    return 1.0 - doubt


class Status(StrEnum):
    """Status of a lesson in a document or at a hospital, best first."""

    COVERED = "covered"
    PLANNED = "planned"
    ACKNOWLEDGED = "acknowledged"
    SILENT = "silent"
    NOT_ASSESSED = "not_assessed"


@dataclass(frozen=True, slots=True)
class LessonResult:
    """What one document shows of one lesson."""

    lesson: str
    status: Status
    reason: str  # plain words, e.g. "practice on 3 pages by 2 rules"
    mentions: Mapping[Assertion, int]  # counted mentions by assertion; all four keys
    set_aside: int
    rules: tuple[str, ...]  # distinct rules with counted mentions, sorted
    pages: tuple[int, ...]  # pages with counted mentions, sorted
    strength: float  # 0..1, of the evidence for the status
    fragile: bool  # the status hangs on one rule or one page
    best: tuple[int, ...]  # indexes into the document's mentions, best evidence first
    nearest: tuple[int, ...]  # same, of set-aside mentions: what fell short, for gaps


@dataclass(frozen=True, slots=True)
class Identity:
    """The hospital a document speaks for. One document may have several, one hospital many documents."""

    name: str
    ccn: str = ""  # CMS certification number of the facility, text with leading zeros
    ein: str = ""  # employer identification number of the organization, nine digits as text
    system: str = ""
    state: str = ""  # USPS, two letters
    year: int | None = None  # CHNA cycle
    document_type: str = ""  # "chna", "implementation_strategy", "joint_chna", "other" or ""
    source: str = "none"  # "hospitals_csv", "guess" or "none"
    beds: int | None = None  # of the hospital

    @property
    def key(self) -> str:
        """What identifies the hospital over documents: its CCN, else its EIN, else its name."""
        # The same name is typed with straight and typeset with curly apostrophes.
        return self.ccn or self.ein or " ".join(self.name.casefold().replace("’", "'").split())


@dataclass(frozen=True, slots=True)
class Assessed:
    """One input file with all that is known about it: what the tables are made from."""

    file: str  # as shown to the user, relative to the scan root, with `/`
    size: int  # bytes
    document: Document
    mentions: tuple[Mention, ...]
    results: tuple[LessonResult, ...]  # one a lesson, always, in the lexicon's order
    identities: tuple[Identity, ...]  # at least one

    @property
    def document_id(self) -> str:
        """First 12 hexadecimal digits of the file's SHA-256."""
        return self.document.sha256[:12]
