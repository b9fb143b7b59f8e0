"""The tables of a run: one schema each for header, type, order, sort key and data dictionary.

Every table is UTF-8 with a comma and a line feed, with its header even when it has no rows,
sorted by its key. Missing is empty, truth is `true` or `false`, numbers have a fixed number of
decimals, identifiers are text with their leading zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from chna_toolkit.model import Assertion, DocumentStatus, Kind, Status

Type = Literal["string", "integer", "number", "boolean"]
Value = str | int | float | bool | None

NEAREST = 3  # nearest passages shown with a gap
NEIGHBOUR = 240  # characters of a passage that stands beside one with a mention
NEAR = 5  # mentions of a lesson in a document whose neighbours are told; reports show no more
FORMULA_NOTE = (
    "Text stands exactly as in the document, so a spreadsheet may take a text that begins with =, +, - or @ for a "
    "formula. To open the tables in one, use the workbook of `chna export RUN --excel FILE.xlsx`, or the copies of "
    "`chna export RUN --csv-excel DIR`."
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what stands in it and what it means."""

    name: str
    type: Type
    description: str
    unit: str = ""
    key: bool = False
    values: tuple[str, ...] = ()  # the only ones possible; empty: any
    decimals: int = 4  # of a number


@dataclass(frozen=True, slots=True)
class Table:
    """One CSV file: its columns in order. The columns with `key` name a row and sort the rows."""

    name: str
    description: str
    columns: tuple[Column, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """Names of the columns that together name a row."""
        return tuple(column.name for column in self.columns if column.key)

    @property
    def header(self) -> tuple[str, ...]:
        """Names of all columns in order."""
        return tuple(column.name for column in self.columns)


_STATUSES = tuple(status.value for status in Status)
_ASSESSED = tuple(status.value for status in Status if status is not Status.NOT_ASSESSED)
_ASSERTIONS = tuple(assertion.value for assertion in Assertion)
_SOURCES = ("hospitals_csv", "guess", "none")
GROUPINGS = ("all", "system", "state", "size")  # by which hospitals are peers
GAP_KINDS = ("planned_only", "named_by_document", "weak_evidence", "silent")

_DOCUMENT_ID = Column(
    "document_id",
    "string",
    "The document: first digits of the file's SHA-256. The same bytes have the same id under any name.",
    "12 hexadecimal digits",
    key=True,
)
_FILE = Column("file", "string", "Path of the PDF relative to the scanned folder.", "path with /")
_HOSPITAL_KEY = Column(
    "hospital_key",
    "string",
    "The hospital over documents and cycles: its CCN, else its EIN, else its name in lower case.",
    key=True,
)
_YEAR = Column("chna_year", "integer", "CHNA cycle; empty if unknown.", "year", key=True)
_LESSON_ID = Column("lesson_id", "string", "The lesson, such as L10.", key=True)
_LESSON_TITLE = Column("lesson_title", "string", "The lesson's title.")
_HOSPITAL = (
    Column("hospital_name", "string", "Name of the hospital."),
    Column("ccn", "string", "CMS certification number of the facility; empty if unknown."),
    Column("ein", "string", "Employer identification number of the organization; empty if unknown.", "9 digits"),
    Column("system", "string", "Health system it belongs to; empty if unknown."),
    Column("state", "string", "State; empty if unknown.", "USPS, two letters"),
    Column("beds", "integer", "Its beds, from hospitals.csv; empty if unknown.", "beds"),
)


def _tally(prefix: str = "lessons_", of: str = "document") -> tuple[Column, ...]:
    words = {
        Status.COVERED: "shown as practice",
        Status.PLANNED: "with plans only",
        Status.ACKNOWLEDGED: "only called for or named as missing",
        Status.SILENT: "not found in text that could be searched",
        Status.NOT_ASSESSED: "that could not be assessed",
    }
    return tuple(
        Column(f"{prefix}{status}", "integer", f"Lessons {text} by the {of}.", "lessons")
        for status, text in words.items()
    )


_PERCENT = Column(
    "lesson_coverage_percent",
    "number",
    "100 x covered lessons / assessed lessons; empty if none was assessed.",
    "percent",
    decimals=1,
)

DOCUMENTS = Table(
    "documents",
    "One row a document.",
    (
        _DOCUMENT_ID,
        replace(_FILE, key=False),
        Column(
            "other_files", "string", "Further files with the same bytes; they count once.", "paths, ; (in a name: \\;)"
        ),
        Column("sha256", "string", "Hash of the file's bytes.", "64 hexadecimal digits"),
        Column("size_bytes", "integer", "Size of the file.", "bytes"),
        Column(
            "extraction_status",
            "string",
            "Whether the PDF could be read.",
            values=tuple(status.value for status in DocumentStatus),
        ),
        Column("assessed", "boolean", "Whether there was enough readable text to say what is missing."),
        Column("reason", "string", "Why the document could not be read in full or be assessed; empty if it was."),
        Column("hint", "string", "What can be done about it; empty if nothing."),
        Column("pdf_title", "string", "Title in the PDF's own metadata; often wrong."),
        Column("pages", "integer", "Pages of the PDF.", "pages"),
        Column("readable_pages", "integer", "Pages whose text could be searched, blank ones included.", "pages"),
        Column("ocr_pages", "integer", "Pages of these whose text was read from a picture, by OCR.", "pages"),
        Column(
            "ocr_confidence",
            "number",
            "How sure OCR was of their words, on average; empty if it read none.",
            "0-1",
        ),
        Column("words", "integer", "Words that were searched, running heads left out.", "words"),
        Column("hospitals", "integer", "Hospitals that the document speaks for.", "hospitals"),
        *_tally(),
        _PERCENT,
        Column("warnings", "string", "What was odd while reading.", "slugs, ;"),
    ),
)

DOCUMENT_HOSPITALS = Table(
    "document_hospitals",
    "Which document speaks for which hospital and cycle: many to many, because joint CHNAs exist.",
    (
        _DOCUMENT_ID,
        _HOSPITAL_KEY,
        _YEAR,
        replace(_FILE, key=False),
        *_HOSPITAL,
        Column("document_type", "string", "chna, implementation_strategy, joint_chna, other; empty if unknown."),
        Column(
            "identity_source",
            "string",
            "Where name and year come from; none: no hospital is known, the document stands under its file name.",
            values=_SOURCES,
        ),
    ),
)

LESSON_RESULTS = Table(
    "lesson_results",
    "What each document shows of each lesson: always one row for every lesson and document.",
    (
        _DOCUMENT_ID,
        _LESSON_ID,
        replace(_FILE, key=False),
        _LESSON_TITLE,
        Column("status", "string", "What the document shows of the lesson.", values=_STATUSES),
        Column("status_reason", "string", "Why, in words."),
        Column(
            "fragile",
            "boolean",
            "The status hangs on one rule or on one page: without it, it would be lower.",
        ),
        Column("strength", "number", "Strength of the evidence for the status.", "0-1"),
        Column("mentions_counted", "integer", "Mentions that count.", "mentions"),
        *(
            Column(f"mentions_{assertion}", "integer", f"Counted mentions that assert {assertion}.", "mentions")
            for assertion in Assertion
        ),
        Column("mentions_set_aside", "integer", "Mentions that matched but do not count.", "mentions"),
        Column("distinct_rules", "integer", "Rules with counted mentions.", "rules"),
        Column("pages_with_mentions", "integer", "Pages with counted mentions.", "pages"),
        Column("first_page", "integer", "First page with a counted mention; empty if none.", "page number from 1"),
        Column(
            "mentions_per_10k_words",
            "number",
            "Counted mentions by the length of the document; empty if it has no words.",
            "per 10,000 words",
            decimals=2,
        ),
        Column("thresholds", "string", "Which thresholds decided; run.json holds them.", "8 hexadecimal digits"),
    ),
)

_MATRIX = Table(
    "coverage_matrix",
    "One row a hospital and cycle, one column a lesson: the best status over its documents.",
    (
        _HOSPITAL_KEY,
        _YEAR,
        *_HOSPITAL,
        Column("year_source", "string", "Where the cycle comes from.", "hospitals_csv, guess, none; several: ;"),
        Column("documents", "integer", "Documents of this hospital and cycle.", "documents"),
        Column("document_ids", "string", "Which.", "document_id, ;"),
        *_tally("", "hospital"),
        _PERCENT,
        Column("fragile_lessons", "string", "Lessons whose status hangs on one rule or one page.", "lesson ids, ;"),
        Column("incomplete", "boolean", "A document of this hospital and cycle could not be assessed."),
    ),
)


def _nearest(number: int) -> tuple[Column, ...]:
    name = f"nearest_{number}"
    return (
        Column(f"{name}_quote", "string", f"Passage that came near, number {number}; empty if none."),
        Column(f"{name}_file", "string", "Where it stands.", "path with /"),
        Column(f"{name}_page", "integer", "Its page.", "page number from 1"),
        Column(f"{name}_why", "string", "Why it fell short."),
    )


GAPS = Table(
    "gaps",
    "Lessons that a hospital could be assessed for and does not show as practice.",
    (
        _HOSPITAL_KEY,
        _YEAR,
        _LESSON_ID,
        Column("hospital_name", "string", "Name of the hospital."),
        Column("state", "string", "State; empty if unknown.", "USPS, two letters"),
        _LESSON_TITLE,
        Column("status", "string", "Best status over the hospital's documents.", values=_ASSESSED[1:]),
        Column("gap_kind", "string", "What kind of gap it is.", values=GAP_KINDS),
        Column("reason", "string", "Why, in words, document by document."),
        Column("documents_searched", "integer", "Documents that could be searched.", "documents"),
        Column("documents_unread", "integer", "Documents that could not.", "documents"),
        Column("readable_pages", "integer", "Pages that were searched.", "pages"),
        Column("pages", "integer", "Pages of all its documents.", "pages"),
        Column("words", "integer", "Words that were searched.", "words"),
        Column("rules_tried", "integer", "Rules of the lesson that were tried on every passage.", "rules"),
        Column(
            "peers_assessed",
            "integer",
            "All other hospitals in this run that could be assessed for the lesson, each by its latest cycle; "
            "peers.csv has those of the same system, state or size.",
            "hospitals",
        ),
        Column("peers_covered", "integer", "How many of them cover the lesson.", "hospitals"),
        Column("peers_covered_percent", "number", "The same as a share; empty if none.", "percent", decimals=1),
        *(column for number in range(1, NEAREST + 1) for column in _nearest(number)),
        Column("definition", "string", "What the lesson means."),
        Column("recommendation", "string", "What the study advises a hospital that lacks it."),
    ),
)

PEERS = Table(
    "peers",
    "Each hospital beside its peers: how many of them cover a lesson. One row for each hospital, cycle, lesson and "
    "grouping that is known of any hospital in the run. A peer counts once, by its latest cycle that could be "
    "assessed for the lesson; a hospital is not its own peer.",
    (
        _HOSPITAL_KEY,
        _YEAR,
        _LESSON_ID,
        Column(
            "grouping",
            "string",
            "What makes hospitals peers: being in the same run (all), health system, state, or size by beds.",
            key=True,
            values=GROUPINGS,
        ),
        Column("peer_group", "string", "Which system, state or size; empty if unknown, or for all."),
        Column("hospital_name", "string", "Name of the hospital."),
        _LESSON_TITLE,
        Column("status", "string", "The hospital's own status.", values=_STATUSES),
        Column("peers_assessed", "integer", "Peers that could be assessed for the lesson.", "hospitals"),
        Column("peers_covered", "integer", "How many of them cover it.", "hospitals"),
        Column("peers_covered_percent", "number", "The same as a share; empty of nobody.", "percent", decimals=1),
        Column("percent_low", "number", "Lower end of its 95 % Wilson interval.", "percent", decimals=1),
        Column("percent_high", "number", "Upper end.", "percent", decimals=1),
        Column(
            "peers_joint",
            "integer",
            "Of those assessed, how many share a document with the hospital: they cannot differ by it.",
            "hospitals",
        ),
        Column("why_none", "string", "Why there is nobody to compare with; empty if there is."),
    ),
)

MENTIONS = Table(
    "mentions",
    "The evidence: every place where a rule matched, counted or set aside.",
    (
        Column("mention_id", "string", "Short name of the mention, stable over runs.", "12 hexadecimal digits"),
        _DOCUMENT_ID,
        Column("page_number", "integer", "Page of the PDF.", "from 1", key=True),
        Column(
            "start_char",
            "integer",
            "Where the keyword begins in the text of the page.",
            "Unicode characters from 0",
            key=True,
        ),
        Column("end_char", "integer", "Where it ends, exclusive: page_text[start:end] is the keyword.", key=True),
        _LESSON_ID,
        Column("rule_id", "string", "The rule that matched.", key=True),
        replace(_FILE, key=False),
        Column("page_label", "string", "Page number as printed, may be iv; empty if unknown."),
        Column("section", "string", "Headings above the passage, outermost first.", "headings, >"),
        Column("kind", "string", "What the passage is on its page.", values=tuple(kind.value for kind in Kind)),
        Column("row_header", "string", "First cell of the row, for a table cell."),
        Column("column_header", "string", "Head of the column, for a table cell."),
        Column("assertion", "string", "What the passage says of the lesson.", values=_ASSERTIONS),
        Column("cue", "string", "The words that decided the assertion; empty if it is the default."),
        Column(
            "confidence",
            "number",
            "How sure it is: by its rule or, if it counts and that is more, by the learned layer.",
            "0-1",
        ),
        Column("counted", "boolean", "Whether the mention counts for the status."),
        Column("set_aside_reason", "string", "Why it does not; empty if it counts."),
        Column(
            "evidence_rank",
            "integer",
            "1 is the best evidence of its lesson in its document (set aside: the nearest miss); "
            "empty for the second mention of a text.",
        ),
        Column("left", "string", "Up to eight words before the keyword."),
        Column("keyword", "string", "The matched text."),
        Column("right", "string", "Up to eight words after the keyword."),
        Column("sentence", "string", "The passage: a sentence, bullet, heading, caption or table cell."),
        Column("marks", "string", "The matched words in `sentence`.", "start-end in characters, ;"),
        Column("before", "string", f"End of the passage before it; empty beyond evidence_rank {NEAR}."),
        Column("after", "string", f"Beginning of the passage after it; empty beyond evidence_rank {NEAR}."),
        Column("passage", "integer", "Place of the passage in the document's reading order.", "from 0"),
        Column(
            "ocr_confidence",
            "number",
            "How sure OCR was of the passage's words, on average; empty if they stand in a text layer.",
            "0-1",
        ),
        *(
            Column(f"box_{side}", "number", text, "PDF points from the top left", decimals=2)
            for side, text in (
                ("x0", "Left edge of the passage on its page."),
                ("top", "Upper edge."),
                ("x1", "Right edge."),
                ("bottom", "Lower edge."),
            )
        ),
        Column("pdf_link", "string", "The page in the PDF, relative to the scanned folder.", "URL"),
        Column("lexicon_hash", "string", "Hash of the lexicon whose rule matched.", "64 hexadecimal digits"),
    ),
)

FAILURES = Table(
    "failures",
    "Files that could not be read or processed. They are never gaps.",
    (
        replace(_FILE, key=True),
        Column("stage", "string", "Where it went wrong.", "open, extract, tag, write", key=True),
        Column("slug", "string", "What went wrong, for programs.", key=True),
        replace(_DOCUMENT_ID, key=False),
        Column("message", "string", "What went wrong, in words."),
        Column("hint", "string", "What can be done about it; empty if nothing."),
    ),
)

LESSONS = Table(
    "lessons",
    "The codebook of the run: what each lesson means and when it is coded.",
    (
        _LESSON_ID,
        Column("number", "integer", "Number of the lesson in the study."),
        Column("slug", "string", "Short name."),
        Column("title", "string", "Title."),
        Column("brief", "string", "The lesson in one sentence."),
        Column("definition", "string", "What it means."),
        Column("code_when", "string", "When a passage is coded with it."),
        Column("do_not_code_when", "string", "When it is not."),
        Column("recommendation", "string", "What the study advises a hospital that lacks it."),
        Column("example", "string", "A passage that bears the lesson; [[...]] marks the words.", ""),
        Column("counter_example", "string", "A passage that looks like it and does not bear it."),
        Column("rules", "integer", "Rules of the lesson.", "rules"),
        Column("exclusions", "integer", "Its exclusions.", "exclusions"),
        Column("examples", "integer", "Sentences that test it.", "examples"),
        Column("lexicon_version", "string", "Version of the lexicon."),
        Column("lexicon_hash", "string", "Hash of the lexicon.", "64 hexadecimal digits"),
    ),
)


def coverage_matrix(lessons: Sequence[str]) -> Table:
    """Return the schema of the coverage matrix with one status column for each lesson id."""
    columns = list(_MATRIX.columns)
    place = next(i for i, column in enumerate(columns) if column.name == "covered")
    columns[place:place] = [
        Column(f"{lesson}_status", "string", f"Status of lesson {lesson}.", values=_STATUSES) for lesson in lessons
    ]
    return replace(_MATRIX, columns=tuple(columns))


def tables(lessons: Sequence[str]) -> tuple[Table, ...]:
    """Return the schemas of all tables of a run over these lessons, in the order of the dictionary."""
    return (
        coverage_matrix(lessons),
        GAPS,
        PEERS,
        LESSON_RESULTS,
        MENTIONS,
        DOCUMENTS,
        DOCUMENT_HOSPITALS,
        LESSONS,
        FAILURES,
    )
