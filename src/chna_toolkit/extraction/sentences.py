"""Sentences inside one block, by nupunkt with this domain's abbreviations."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

_ABBREVIATIONS_TEXT = """
Dr Mr Mrs Ms Jr Sr St Ste Ave Blvd Rd Ft Mt Inc Co Corp Ltd Hosp Univ Dept Dist Assn Assoc Ctr No Nos
Vol Fig Figs Tab Sec Ch App pp p ed eds al e.g i.e vs cf etc approx est avg incl U.S U.S.C Ph.D M.D D.O
R.N M.P.H Ed.D L.P.N B.S M.S M.A a.m p.m N.Y D.C
"""
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_TEXT.split())
# An abbreviation that ends a sentence all the same: the next word can only begin one.
_STARTS = re.compile(
    r"\b(?:Inc|etc|U\.S|a\.m|p\.m|Ph\.D|M\.D|al)\.[\"”’)\]]*(\s+)"
    r"(?=(?:The|This|These|Those|In|It|We|Our|They|For|However|As|At|If|When|While|There|Each|All|On|To|From|By|"
    r"With|After|Before|During|Although|Because|Since|Additionally|Many|Some|Most|An|A)\s)"
)
_GLUED = re.compile(r"(?<=[a-z)][.!?])(?=(?:The|This|These|In|We|Our|It|They|For|As)\s)")


@cache
def _tokenizer() -> Any:
    from nupunkt import load_default_model

    tokenizer = load_default_model()
    add = getattr(tokenizer, "add_abbreviations", None)
    if add is not None:
        add([word.lower() for word in _ABBREVIATIONS])
    return tokenizer


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """`(start, end)` of each sentence of a block's text, without surrounding space."""
    if len(text) < 40 and not re.search(r"[.!?]\W*\s", text):
        return _trimmed(text, 0, len(text))
    spans = []
    for start, end in _raw_spans(text):
        at = start
        for cut in (*_STARTS.finditer(text, start, end), *_GLUED.finditer(text, start, end)):
            if cut.end() > at:
                spans += _trimmed(text, at, cut.end())
                at = cut.end()
        spans += _trimmed(text, at, end)
    return _merged(text, spans)


def _raw_spans(text: str) -> list[tuple[int, int]]:
    from nupunkt import sent_spans

    _tokenizer()
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
