"""Any document and any mentions survive the way to the disk and back; damage is noticed."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chna_toolkit.codec import (
    CodecError,
    decode_document,
    decode_mentions,
    decode_scores,
    encode_document,
    encode_mentions,
    encode_scores,
)
from chna_toolkit.model import Assertion, Document, DocumentStatus, Kind, Mention, Page, PageStatus, Passage

TEXT = st.text(st.characters(), max_size=30)  # half surrogate pairs among them
COUNT = st.integers(0, 400)
LENGTH = st.floats(-1e4, 1e4)
PAGES = st.builds(
    Page,
    number=COUNT,
    label=TEXT,
    width=LENGTH,
    height=LENGTH,
    status=st.sampled_from(PageStatus),
    text=TEXT,
    words=COUNT,
    order_agrees=st.booleans(),
    ocr_confidence=st.none() | st.floats(0, 1),
)
PASSAGES = st.builds(
    Passage,
    index=COUNT,
    page=st.integers(-1, 5),
    page_label=TEXT,
    kind=st.sampled_from(Kind),
    text=TEXT,
    start=st.integers(0, 10),
    end=st.integers(0, 40),
    box=st.tuples(LENGTH, LENGTH, LENGTH, LENGTH),
    section=st.lists(TEXT, max_size=3).map(tuple),
    block=COUNT,
    level=COUNT,
    end_page=COUNT,
    row_header=TEXT,
    column_header=TEXT,
    ocr_confidence=st.none() | st.floats(0, 1),
)
DOCUMENTS = st.builds(
    Document,
    sha256=TEXT,
    status=st.sampled_from(DocumentStatus),
    reason=TEXT,
    hint=TEXT,
    pages=st.lists(PAGES, max_size=4).map(tuple),
    passages=st.lists(PASSAGES, max_size=6).map(tuple),
    metadata=st.dictionaries(TEXT, TEXT, max_size=3),
    warnings=st.lists(TEXT, max_size=3).map(tuple),
)
MENTIONS = st.builds(
    Mention,
    lesson=TEXT,
    rule=TEXT,
    passage=COUNT,
    start=COUNT,
    end=COUNT,
    parts=st.lists(st.tuples(COUNT, COUNT), max_size=3).map(tuple),
    assertion=st.sampled_from(Assertion),
    confidence=st.floats(0, 1),
    counted=st.booleans(),
    set_aside=TEXT,
    cue=TEXT,
)


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS)
def test_every_document_survives_the_round_trip(document):
    data = encode_document(document)
    assert decode_document(data) == document
    assert encode_document(decode_document(data)) == data


@settings(max_examples=60, deadline=None)
@given(st.lists(MENTIONS, max_size=6).map(tuple))
def test_all_mentions_survive_the_round_trip(mentions):
    assert decode_mentions(encode_mentions(mentions)) == mentions


@given(st.dictionaries(TEXT, st.lists(st.integers(-200, 200), max_size=15), max_size=4))
def test_all_scores_survive_the_round_trip(scores):
    assert decode_scores(encode_scores(scores)) == scores
    assert encode_scores(dict(reversed(scores.items()))) == encode_scores(scores)


def test_the_text_of_a_passage_is_written_once():
    text = "".join(chr(0x4E00 + number) for number in range(4000))  # does not compress
    page = Page(1, "1", 612, 792, PageStatus.OK, text, 4000)
    passage = Passage(0, 1, "1", Kind.PARAGRAPH, text, 0, 4000, (0, 0, 1, 1))
    document = Document("a" * 64, DocumentStatus.OK, "", "", (page,), (passage,))
    without = Document("a" * 64, DocumentStatus.OK, "", "", (page,))
    assert len(encode_document(document)) < len(encode_document(without)) + 200


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS, st.data())
def test_damage_is_an_error_and_never_another_document(document, data):
    good = encode_document(document)
    place = data.draw(st.integers(0, len(good) - 1))
    cut = good[:place]
    altered = good[:place] + bytes([good[place] ^ data.draw(st.integers(1, 255))]) + good[place + 1 :]
    with pytest.raises(CodecError):
        decode_document(cut)
    with suppress(CodecError):  # a bit of the zlib header may mean nothing
        assert decode_document(altered) == document


def test_mentions_are_not_taken_for_a_document():
    with pytest.raises(CodecError, match="not a document of format"):
        decode_document(encode_mentions([]))
