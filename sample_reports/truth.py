"""What must be found in the sample documents: labels of the sources, with the pages they came to stand on."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from dataclasses import dataclass

import pypdfium2
from source import Label, Source

LESSONS = tuple(f"L{number:02d}" for number in range(1, 16))
HEADER = """\
# What must be found in the sample documents. Written by make.py from the labels in sources/*.md: do not edit.
#
# [[document]]   one a PDF
#   file, pages
#   type           "chna", "joint_chna" or "implementation_strategy"
#   year           CHNA cycle
#   hospitals      name, state, ccn of each
#   extraction     status the extraction must give: "ok" or "needs_ocr"
#   expected       status of each lesson (covered, planned, acknowledged, silent, not_assessed)
#   after_ocr      of the scan only: the statuses its text would give
# [[document.evidence]]   a sentence, bullet, heading or cell that a careful coder quotes
#   lesson, assertion (practice, plan, call, lack), page (from 1), label (as printed), quote
#   A sentence that bears two lessons has two entries. Sentences that are not listed bear none.
# [[document.never]]      looks like evidence for the lesson and must not be counted for it
#   lesson, page, label, quote
"""


@dataclass(frozen=True)
class Found:
    """A label and the page it begins on."""

    label: Label
    page: int


def letters(text: str) -> str:
    """Letters and digits only: what is left of a text whatever the line breaks, hyphens and ligatures."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def page_texts(pdf: bytes) -> list[str]:
    """Text of each page, as PDFium reads it."""
    document = pypdfium2.PdfDocument(pdf)
    texts = []
    for page in document:
        texts.append(page.get_textpage().get_text_range())
        page.close()
    document.close()
    return texts


def locate(source: Source, texts: list[str]) -> list[Found]:
    """Page of every label; ValueError if a quote is missing.

    Labels are looked for in the order of the source, each from where the last one stood, so that
    a short cell ("School districts") is found in its own row.
    """
    pages = [letters(text) for text in texts]
    found, at = [], (1, 0)
    for label in source.labels:
        at = _place(letters(label.quote), pages, at)
        if at == NOWHERE:
            raise ValueError(f"{source.path.name}: not in the PDF, or out of order: {label.quote!r}")
        found.append(Found(label, at[0]))
    return found


NOWHERE = (0, 0)


def _place(wanted: str, pages: list[str], start: tuple[int, int]) -> tuple[int, int]:
    """Page (from 1) and offset where `wanted` begins at or after `start`; it may run on to the next page."""
    first, skip = start
    for number in range(first, len(pages) + 1):
        offset = pages[number - 1].find(wanted, skip if number == first else 0)
        if offset >= 0:
            return number, offset
    for number in range(first, len(pages)):
        offset = _across(wanted, pages[number - 1], pages[number])
        if offset >= 0:
            return number, offset
    return NOWHERE


def _across(wanted: str, here: str, there: str) -> int:
    """Offset on `here` of a text that goes on on `there` (between them stands page furniture), or -1."""
    for cut in range(len(wanted) - 4, 7, -1):
        if wanted[:cut] in here and wanted[cut:] in there:
            return here.index(wanted[:cut])
    return -1


def statuses(source: Source) -> dict[str, str]:
    """Status of each lesson as the labels give it."""
    result = {}
    for number, lesson in enumerate(LESSONS, 1):
        said = {label.assertion for label in source.labels if label.lesson == number}
        if "practice" in said:
            result[lesson] = "covered"
        elif "plan" in said:
            result[lesson] = "planned"
        else:
            result[lesson] = "acknowledged" if said & {"call", "lack"} else "silent"
    return result


def declared(source: Source) -> dict[str, str]:
    """Statuses as the head of the source declares them; what it does not name is silent."""
    result = dict.fromkeys(LESSONS, "silent")
    for status, numbers in source.head["expected"].items():
        result |= {f"L{number:02d}": status for number in numbers}
    return result


def document_toml(source: Source, found: list[Found], pages: int, page_label: list[str]) -> str:
    """The `[[document]]` of one source."""
    head = source.head
    scanned = head.get("scanned", False)
    read = statuses(source)
    expected = dict.fromkeys(LESSONS, "not_assessed") if scanned else read
    hospitals = [{key: h[key] for key in ("name", "state", "ccn")} for h in head["hospitals"]]
    lines = ["[[document]]", f"file = {_value(source.file)}", f"pages = {pages}", f"type = {_value(head['type'])}",
             f"year = {head['year']}", f"extraction = {_value('needs_ocr' if scanned else 'ok')}",
             "hospitals = [", *(f"  {_inline(h)}," for h in hospitals), "]",
             f"expected = {_inline(expected)}"]  # fmt: skip
    if scanned:
        lines.append(f"after_ocr = {_inline(read)}")
    for item in sorted(found, key=lambda f: f.label.assertion == "never"):
        never = item.label.assertion == "never"
        lines += ["", f"[[document.{'never' if never else 'evidence'}]]", f'lesson = "L{item.label.lesson:02d}"']
        if not never:
            lines.append(f"assertion = {_value(item.label.assertion)}")
        lines += [f"page = {item.page}", f"label = {_value(page_label[item.page - 1])}",
                  f"quote = {_value(item.label.quote)}"]  # fmt: skip
    return "\n".join(lines) + "\n"


def _value(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _inline(table: dict[str, str]) -> str:
    return "{" + ", ".join(f"{key} = {_value(value)}" for key, value in table.items()) + "}"


COLUMNS = ("file", "sha256", "ccn", "ein", "name", "system", "state", "cycle_year", "document_type")


def hospitals_csv(sources: list[Source], digests: dict[str, str]) -> str:
    """The join table: by file pattern where the head gives one, else by SHA-256."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for source in sources:
        head = source.head
        pattern = head.get("pattern", source.file)
        digest = "" if pattern else digests[source.file]
        for h in head["hospitals"]:
            writer.writerow((pattern, digest, h["ccn"], h["ein"], h["name"], h.get("system", ""), h["state"],
                             head["year"], head["type"]))  # fmt: skip
    return out.getvalue()
