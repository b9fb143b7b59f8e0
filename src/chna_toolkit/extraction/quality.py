"""Whether the text of a page, and of a document, can be trusted."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from chna_toolkit.extraction.watch import Loss
from chna_toolkit.model import DocumentStatus, PageStatus

FEW_WORDS = 20  # a page with fewer, under a large picture, has its text in the picture
PICTURE = 0.5  # share of the page: a scan or a full-page picture
SMALL_PICTURE = 0.1  # share of the page: where nothing else is, it is what the page says
SOME_PICTURE = 0.25  # share of the page: text beside it may be incomplete
ODD_SHARE = 0.05  # of the letters in private use or unknown
JUDGED_WORDS = 40  # fewer words say nothing about language

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_ODD = re.compile(r"[\ue000-\uf8ff\ufffd]|\(cid:\d+\)")
# The commonest English words; half of running text, a tenth of tables, nothing of a broken layer.
_COMMON_TEXT = """
the of and to in a is that for it as was with be by on not he i this are or his from at which but have
an had they you were their one all we can her has there been if more when will would who so no she other
its may these what them than some him time into only do such my new about out also two any up first
could our then most see me should after said your very between made many over those well us how where
before through because being during each under while both percent health care community county public
services people population data residents access needs need local state program programs children adults
years year per rate rates survey hospital support mental social family families school education food
housing table page total number age assessment department including
"""
_COMMON = frozenset(_COMMON_TEXT.split())


def judge_page(text: str, chars: int, cover: float) -> PageStatus:
    """Status of one page from its text, the characters in its layer, and the share under pictures."""
    if text.isascii() and _is_plainly_language(text) and cover < SOME_PICTURE:
        return PageStatus.OK
    letters = len(text) - text.count(" ")
    words = _WORD.findall(text)
    if len(words) < FEW_WORDS:
        if cover >= PICTURE:
            return PageStatus.IMAGE_ONLY
        if not words and chars < 5 and cover < 0.02:
            return PageStatus.BLANK
        if not words and cover >= SMALL_PICTURE:
            return PageStatus.IMAGE_ONLY
    odd = sum(len(match) if len(match) > 1 else 1 for match in _ODD.findall(text))
    if letters and odd > ODD_SHARE * letters and odd > 10:
        return PageStatus.GARBAGE
    if is_garbage(words):
        return PageStatus.GARBAGE
    if not words and chars == 0:
        return PageStatus.BLANK
    return PageStatus.PARTIAL_IMAGE if cover >= SOME_PICTURE else PageStatus.OK


def _is_plainly_language(text: str) -> bool:
    """Whether so many words are common ones that no closer look would say otherwise; so of nearly every page."""
    words = text.split()
    common = sum(map(_COMMON.__contains__, words))
    return common >= FEW_WORDS and common > 0.2 * len(words) and "(cid:" not in text


def is_garbage(words: Sequence[str]) -> bool:
    """Whether words are no language: hardly any common one, and letters strung together without sense."""
    if sum(map(_COMMON.__contains__, words)) > 0.06 * len(words):  # as they stand: enough for nearly every page
        return False
    words = [word for word in words if word[0] < "\u0250"]  # other scripts are another question
    if len(words) < JUDGED_WORDS:
        return False
    common = sum(word.casefold() in _COMMON for word in words) / len(words)
    if common > 0.06:
        return False
    longer = {word for word in words if len(word) > 2}
    strange = sum(_is_strange(word) for word in longer) / max(1, len(longer))
    return strange > 0.3 or (common < 0.01 and len(longer) < 0.3 * len(words))


def _is_strange(word: str) -> bool:
    """No vowel, mixed case inside, or four consonants and more in a row: rare in English words."""
    low = word.casefold()
    if not re.search(r"[aeiouyáéíóúàèäöü]", low):
        return not word.isupper() or len(word) > 5
    if re.search(r"[a-z][A-Z][a-z]*[A-Z]", word):
        return True
    return bool(re.search(r"[bcdfghjklmnpqrstvwxz]{5}", low))


def judge_document(statuses: Sequence[PageStatus]) -> tuple[DocumentStatus, str, str]:
    """Status of a readable PDF, the reason and a remedy, from its pages' statuses."""
    total = len(statuses)
    blank = statuses.count(PageStatus.BLANK)
    if not total or blank == total:
        return DocumentStatus.EMPTY, "The PDF has no page with anything on it.", "Download the file again."
    pictures = statuses.count(PageStatus.IMAGE_ONLY)
    garbage = statuses.count(PageStatus.GARBAGE)
    errors = statuses.count(PageStatus.ERROR)
    filled = total - blank
    unread = pictures + garbage
    ocr = "Install tesseract (on Debian or Ubuntu, apt install tesseract-ocr) and scan with --ocr auto, the default."
    if errors == filled:
        return DocumentStatus.DAMAGED, "No page of the PDF could be opened.", "Download the file again."
    if unread and unread + errors > 0.8 * filled:
        return DocumentStatus.NEEDS_OCR, _why(pictures, garbage, errors, filled), ocr
    # A cover or two photographs are no lost text; more than that is.
    if errors or garbage or pictures > max(2, 0.1 * filled):
        return DocumentStatus.PARTIAL, _why(pictures, garbage, errors, filled), ocr if unread else ""
    return DocumentStatus.OK, "", ""


def judge_reading(
    statuses: Sequence[PageStatus], lost: Mapping[int, Loss], total: int, warnings: set[str]
) -> tuple[DocumentStatus, str, str]:
    """The same where limits kept pages from being read; adds the warnings that say so.

    `lost` has pages by number, with the limit they met; of `total` pages the last may not even
    have a status, where there are more than a document may have, or a broken file lost them.
    """
    tried = [status for number, status in enumerate(statuses, 1) if number not in lost]
    status, reason, hint = judge_document(tried)
    is_salvaged = "salvaged" in warnings
    causes = sorted({*lost.values(), *([Loss.FILE] if is_salvaged else [])}, key=list(Loss).index)
    warnings.update(f"cut_by_{cause}" for cause in causes if cause is not Loss.FILE)
    whys = [_LOSSES[cause][1] for cause in causes]
    if total > len(statuses) and not is_salvaged:
        whys.append(f"more than {len(statuses):,} are not looked at")
        warnings.add("pages_over_limit_skipped")
    if not whys:
        return status, reason, hint
    why = f"{len(tried):,} of {total:,} pages were read: {'; '.join(whys)}."
    remedy = _LOSSES[causes[0]][2] if causes else "Split the file."
    if causes and (not tried or status is DocumentStatus.EMPTY):  # nobody can say that there is nothing
        return _LOSSES[causes[0]][0], why, remedy
    if status in (DocumentStatus.OK, DocumentStatus.PARTIAL):
        return DocumentStatus.PARTIAL, f"{why} {reason}".strip(), remedy
    return status, f"{why} {reason}".strip(), f"{remedy} {hint}".strip()


# By cause: the status of a document of which nothing could be read, the reason, the remedy.
_LOSSES = {
    Loss.TIME: (DocumentStatus.TIMEOUT, "the time limit ran out", "Give it more with --timeout."),
    Loss.MEMORY: (DocumentStatus.TOO_LARGE, "the rest needs more memory than allowed", "Allow more with --memory."),
    Loss.FILE: (DocumentStatus.DAMAGED, "the file is cut off or damaged", "Download the file again."),
    Loss.CRASH: (
        DocumentStatus.DAMAGED,
        "the rest crashes the reader",
        "Open it in a PDF program and save a copy; the other documents are not affected.",
    ),
}


def _why(pictures: int, garbage: int, errors: int, filled: int) -> str:
    parts = []
    if pictures:
        parts.append(f"{pictures} are pictures without a text layer")
    if garbage:
        parts.append(f"{garbage} have a text layer that is not language")
    if errors:
        parts.append(f"{errors} could not be opened")
    return f"Of {filled} pages with content, " + ", ".join(parts) + "."


def rotten_pages(words: Sequence[int]) -> list[int]:
    """0-based indexes of pages whose text is far shorter than all neighbours': bit rot loses text silently."""
    found = []
    for index, count in enumerate(words):
        near = list(words[max(0, index - 3) : index]) + list(words[index + 1 : index + 4])
        if len(near) >= 4 and min(near) > 150 and count < 0.1 * min(near):
            found.append(index)
    return found
