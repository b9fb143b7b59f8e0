"""The pure layout layer: words in, lines and blocks out, nothing lost and nothing doubled."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chna_toolkit.extraction.grid import cells_of
from chna_toolkit.extraction.layout import Block, blocks_of, ordered
from chna_toolkit.extraction.lines import lines_of
from chna_toolkit.extraction.sentences import sentence_spans
from chna_toolkit.extraction.text import Placed, running_text
from chna_toolkit.extraction.vocabulary import Vocabulary
from chna_toolkit.extraction.words import HYPHEN, Line, Style, Word

coordinate = st.floats(0, 600, allow_nan=False).map(lambda v: round(v, 1))
text = st.text(st.sampled_from("abcdefgXYZ0123.,;:()•–-" + HYPHEN), min_size=1, max_size=8)


@st.composite
def words(draw):
    x0, top = draw(coordinate), draw(coordinate)
    height = draw(st.floats(4, 40))
    letters = draw(text).replace(HYPHEN, "") + draw(st.sampled_from(["", "", HYPHEN]))
    style = Style(height / 1.2, draw(st.booleans()), draw(st.booleans()), draw(st.integers(1, 3)), 0)
    return Word(letters or "a", x0, top, x0 + 4 + 5 * len(letters), top + height, style=style)


def letters_of(lines: list[Line]) -> Counter[str]:
    return Counter("".join(w.text for line in lines for w in line.words) + "".join(line.marker for line in lines))


@settings(max_examples=150, deadline=None)
@given(st.lists(words(), max_size=40))
def test_every_letter_comes_out_once(page):
    for order, word in enumerate(page):
        word.order = order
    # Superscript numbers leave the text on purpose; all else must stay.
    before = Counter("".join(w.text for w in page))
    lines = lines_of(page)
    after = letters_of(lines)
    assert not after - before
    lost = before - after
    assert set(lost) <= set("0123456789,–-")
    blocks = blocks_of(lines)
    assert letters_of([line for block in blocks for line in block.lines]) == after
    assert sum(len(block.lines) for block in blocks) == len(lines)


@settings(max_examples=150, deadline=None)
@given(st.lists(words(), min_size=1, max_size=30))
def test_offsets_lead_back_to_lines(page):
    lines = lines_of(page)
    placed = [Placed(1, line) for line in lines]
    running = running_text(placed, Vocabulary(lines))
    assert HYPHEN not in running.text
    assert len(running.starts) == len(lines)
    assert list(running.starts) == sorted(running.starts)
    for start, end in sentence_spans(running.text):
        assert running.text[start:end].strip() == running.text[start:end] != ""
        assert running.lines_at(start, end)


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from('ab AB.!? "”)1,'), max_size=200))
def test_sentences_cover_all_but_space(content):
    spans = sentence_spans(content)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    kept = "".join("".join(content[a:b].split()) for a, b in spans)
    assert kept == "".join(content.split())


def box(x0: float, top: float, x1: float, bottom: float) -> Block:
    return Block([Line([Word("word", x0, y, x1, y + 12)]) for y in range(int(top), int(bottom) - 11, 14)])


@pytest.mark.parametrize("count", [2, 3, 4])
def test_columns_come_left_to_right_under_a_full_width_block(count):
    title = box(0, 0, 400, 12)
    columns = [[box(c * 100, 40 + 20 * r, c * 100 + 80, 52 + 20 * r) for r in range(3)] for c in range(count)]
    foot = box(0, 140, 400, 152)
    blocks = [title, foot, *[b for row in zip(*columns, strict=True) for b in row]]
    assert ordered(blocks) == [title, *[b for column in columns for b in column], foot]


def test_columns_stay_whole_where_their_paragraphs_end_alike():
    left = [box(0, 0, 80, 50), box(0, 70, 80, 120)]
    right = [box(100, 0, 180, 50), box(100, 70, 180, 120)]
    assert ordered([left[0], right[0], left[1], right[1]]) == [*left, *right]


def rules(xs, ys):
    across = [(xs[0], y, xs[-1], y) for y in ys]
    down = [(x, ys[0], x, ys[-1]) for x in xs]
    return across, down


@given(
    st.lists(st.integers(1, 30), min_size=2, max_size=6, unique=True),
    st.lists(st.integers(1, 30), min_size=2, max_size=8, unique=True),
)
def test_a_grid_has_a_cell_between_neighbouring_rulings(columns, rows):
    xs, ys = sorted(20.0 * c for c in columns), sorted(20.0 * r for r in rows)
    cells = cells_of(*rules(xs, ys))
    assert len(cells) == (len(xs) - 1) * (len(ys) - 1) or len(ys) < 3
    assert all(x1 > x0 and bottom > top for x0, top, x1, bottom in cells)


def test_a_spanning_cell_is_one_cell():
    across, down = rules([0.0, 100.0, 200.0], [0.0, 50.0, 100.0, 150.0])
    down[1] = (100.0, 50.0, 100.0, 150.0)
    assert (0.0, 0.0, 200.0, 50.0) in cells_of(across, down)


@pytest.mark.parametrize(
    ("left", "right", "known", "joined"),
    [
        ("commu" + HYPHEN, "nity", "community", "community"),
        ("low" + HYPHEN, "income", "low-income", "low-income"),
        ("heat" + HYPHEN, "sensitive", "heat", "heat-sensitive"),
        ("Smith" + HYPHEN, "Jones", "", "Smith-Jones"),
        ("2019" + HYPHEN, "2021", "", "2019-2021"),
        ("HOSPI" + HYPHEN, "TAL", "hospital", "HOSPITAL"),
    ],
)
def test_hyphens(left, right, known, joined):
    vocabulary = Vocabulary([Line([Word(known, 0, 0, 1, 1)])] if known else [])
    assert vocabulary.join(left, right) == joined


@pytest.mark.parametrize(
    "sentences",
    [
        ["The visits end this century.", "On the whole, all went well."],
        ["We met Dr. Example of St. Mary's Hosp. in May.", "It rained."],
        ["The U.S. Dept. of Health agreed.", "See Fig. 3 for details."],
        ["It costs approx. 3 million, etc.", "The board agreed."],
        ["She said “We will.”", "They did."],
    ],
)
def test_sentences_end_where_they_end(sentences):
    whole = " ".join(sentences)
    assert [whole[a:b] for a, b in sentence_spans(whole)] == sentences
