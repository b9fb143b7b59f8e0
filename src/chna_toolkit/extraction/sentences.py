"""Sentences inside one block, by nupunkt with this domain's abbreviations."""

from __future__ import annotations

import re

_LOWER_TEXT = """
approx assn assoc capt corp dept depts dist equiv esp exec figs govt hosp incl misc natl prof resp univ vols
"""
_LOWER = frozenset(_LOWER_TEXT.split())  # abbreviations that look like plain words
# An abbreviation that ends a sentence all the same: the next word can only begin one.
_STARTS = re.compile(
    r"\b(?:Inc|etc|U\.S|a\.m|p\.m|Ph\.D|M\.D|al)\.[\"”’)\]]*(\s+)"
    r"(?=(?:The|This|These|Those|In|It|We|Our|They|For|However|As|At|If|When|While|There|Each|All|On|To|From|By|"
    r"With|After|Before|During|Although|Because|Since|Additionally|Many|Some|Most|An|A)\s)"
)
_PLAIN_END = re.compile(r"(?<![\w.-])([a-z][a-z’'-]{3,})\.[\"”’)\]]*(\s+)(?=[\"“‘(\[]?[A-Z0-9•])")
_GLUED = re.compile(r"(?<=[a-z)][.!?])(?=(?:The|This|These|In|We|Our|It|They|For|As)\s)")

_POINT = re.compile(r"[.!?…]")  # looked for first: most lines and many sentences have none inside
_INNER_END = re.compile(r"[.!?…]\W*\s")


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """`(start, end)` of each sentence of a block's text, without surrounding space."""
    if not (_POINT.search(text, 0, len(text) - 1) and (_INNER_END.search(text) or _GLUED.search(text))):
        return _trimmed(text, 0, len(text))
    spans = []
    for start, end in _raw_spans(text):
        at = start
        for cut in _cuts(text, start, end):
            if cut > at:
                spans += _trimmed(text, at, cut)
                at = cut
        spans += _trimmed(text, at, end)
    return _merged(text, spans)


def _cuts(text: str, start: int, end: int) -> list[int]:
    """Sentence ends that nupunkt passes over: its model takes some 5,000 words for abbreviations."""
    if not _POINT.search(text, start, end - 2):
        return []
    cuts = [match.end() for match in _STARTS.finditer(text, start, end)]
    cuts += [match.end() for match in _GLUED.finditer(text, start, end)]
    cuts += [m.end() for m in _PLAIN_END.finditer(text, start, end) if m.group(1) not in _LOWER]
    return sorted(cut for cut in cuts if cut < end)


def _raw_spans(text: str) -> list[tuple[int, int]]:
    from nupunkt import sent_spans

    spans: list[tuple[int, int]] = sent_spans(text)
    return spans


def _trimmed(text: str, start: int, end: int) -> list[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return [(start, end)] if end > start else []


def _merged(text: str, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Undo splits before a lower-case letter or after a mere number or initial."""
    out: list[tuple[int, int]] = []
    for start, end in spans:
        if out:
            before = text[out[-1][0] : out[-1][1]]
            lower = text[start].islower() and before[-1:] == "."
            if lower or len(before) < 4 or not any(c.isalpha() for c in text[start:end]):
                out[-1] = out[-1][0], end
                continue
        out.append((start, end))
    return out
