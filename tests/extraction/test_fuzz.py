"""Whatever stands on a page, and whatever bytes pose as a PDF: no crash, and a document that holds together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from extraction_pages import holds, write
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from chna_toolkit.assess import FIRST, Plan, read
from chna_toolkit.config import Settings
from chna_toolkit.extraction.graphics import FAR, Graphics
from chna_toolkit.extraction.pdfium import RawPage
from chna_toolkit.extraction.reader import ExtractionSettings, _read
from chna_toolkit.extraction.watch import Watch
from chna_toolkit.extraction.words import HYPHEN, Style, Word
from chna_toolkit.inputs import Input
from chna_toolkit.model import Document, DocumentStatus
from chna_toolkit.pool import Limits, WorkerPool
from chna_toolkit.scan import make_plan

QUICK = settings(
    max_examples=60, deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate, Phase.shrink)
)

# -- made pages

WIDTH, HEIGHT = 612.0, 792.0
xs = st.one_of(st.floats(0, WIDTH), st.sampled_from([0.0, 1e-9, 72.0, 300.0]), st.floats(-WIDTH, 2 * WIDTH))
tops = st.one_of(st.floats(0, HEIGHT), st.sampled_from([0.0, 40.0, 400.0, 412.0]), st.floats(-HEIGHT, 2 * HEIGHT))
anywhere = st.one_of(xs, st.floats(-FAR, FAR))
letters = st.one_of(
    st.text(min_size=1, max_size=12).map(lambda text: "".join(text.split())).filter(bool),
    st.sampled_from(["the", "community", "•", "o", "1.", "(a)", "Figure", "Table", "3", "12", "iv", "Page", "of"]),
    st.sampled_from(["....", "…", "-", "ﬁ", "A", "HEALTH", "Source:", "|", "—"]),
    st.sampled_from([f"part{HYPHEN}", HYPHEN, "\u200b", "\ud800", "\U0001f600"]),
)
styles = st.builds(
    Style,
    st.one_of(st.sampled_from([0.0, 9.0, 11.0, 11.0, 16.0, 400.0]), st.floats(0, 1e5)),
    st.booleans(),
    st.booleans(),
    st.integers(0, 3),
    st.sampled_from([0, 0xFFFFFF]),
)


@st.composite
def made_words(draw: st.DrawFn) -> list[Word]:
    """Words in rows as they are printed, or anywhere, or one over the other."""
    words: list[Word] = []
    for _ in range(draw(st.integers(0, 8))):
        x, top, style = draw(xs), draw(tops), draw(styles)
        for _ in range(draw(st.integers(1, 6))):
            text = draw(letters)
            ends = draw(st.one_of(st.just((x + 6 * len(text), top + 12)), st.tuples(xs, tops)))
            box = (min(x, ends[0]), min(top, ends[1]), max(x, ends[0]), max(top, ends[1]))
            words.append(Word(text, *box, len(words) * 3, style))
            x = draw(st.one_of(st.just(box[2] + 3), st.just(x), xs))
    return words


@st.composite
def made_rulings(draw: st.DrawFn) -> Graphics:
    """Lines as of a table, and others that make no sense."""
    graphics = Graphics(cover=draw(st.sampled_from([0.0, 0.3, 1.0])))
    lefts, rows = sorted(draw(st.lists(xs, max_size=5))), sorted(draw(st.lists(tops, max_size=5)))
    if lefts and rows:
        graphics.rules_h = [(lefts[0], y, lefts[-1], y) for y in rows]
        graphics.rules_v = [(x, rows[0], x, rows[-1]) for x in lefts]
    for x0, top, x1, bottom in draw(st.lists(st.tuples(anywhere, anywhere, anywhere, anywhere), max_size=3)):
        graphics.rules_h.append((x0, top, x1, top))
        graphics.rules_v.append((x0, top, x0, bottom))
    return graphics


@st.composite
def made_pages(draw: st.DrawFn) -> list[RawPage]:
    pages = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        # The same words again are what running heads are made of.
        words = draw(made_words()) if not pages or draw(st.booleans()) else [_copy(word) for word in pages[-1].words]
        page = RawPage(number, draw(st.sampled_from(["", "i", "7"])), 612.0, draw(st.sampled_from([792.0, 1.0])), words)
        page.graphics, page.chars = draw(made_rulings()), sum(len(word.text) for word in words)
        page.sideways = draw(made_words()) if draw(st.booleans()) else []
        pages.append(page)
    return pages


def _copy(word: Word) -> Word:
    return Word(word.text, word.x0, word.top, word.x1, word.bottom, word.order, word.style, word.glue)


class MadePdf:
    """Gives the reader pages that no file has."""

    unlocked = False
    salvaged = None

    def __init__(self, pages: list[RawPage]) -> None:
        self.made, self.pages = pages, len(pages)

    def page(self, number: int, graphics: bool = True) -> RawPage:
        page = self.made[number - 1]
        made = RawPage(number, page.label, page.width, page.height, [_copy(word) for word in page.words])
        made.graphics, made.chars, made.sideways = page.graphics, page.chars, page.sideways
        return made

    def outline(self) -> dict[str, int]:
        return {"community": 2}

    def metadata(self) -> dict[str, str]:
        return {}


def laid_out(pages: list[RawPage], watch: Watch) -> Document:
    return _read(MadePdf(pages), Path("no file"), "0" * 64, ExtractionSettings(), watch)  # type: ignore[arg-type]


@QUICK
@given(made_pages())
def test_any_words_at_any_place_give_a_document_that_holds_together(pages: list[RawPage]):
    document = laid_out(pages, Watch())
    holds(document)
    assert "pages_unreadable" not in document.warnings
    watch = Watch(explains=True)
    assert laid_out(pages, watch) == document
    assert all(0 < one.page <= len(pages) for one in [*watch.pieces, *watch.asides, *watch.grids])


# -- broken bytes


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sound") / "sound.pdf"
    canvas = Canvas(str(path), pagesize=(612, 792), invariant=1)
    for number in (1, 2):
        write(canvas, 72, 90, "Our plan", 18, "Helvetica-Bold")
        write(canvas, 72, 130, f"We met {number} partners in town,\nand they agreed to share their data.")
        canvas.grid([100, 200, 300], [300, 330, 360])
        canvas.bookmarkPage("here")
        canvas.addOutlineEntry("Our plan", "here")
        canvas.showPage()
    canvas.save()
    return path.read_bytes()


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1, Limits(seconds=20, memory_mb=800)) as pool:
        yield pool


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan(Settings(cache=False, ocr="off"))


mutations = st.lists(
    st.tuples(
        st.floats(0, 1, exclude_max=True),
        st.sampled_from(["flip", "cut", "double", "drop", "number"]),
        st.binary(min_size=1, max_size=8),
    ),
    min_size=1,
    max_size=12,
)


def mutated(data: bytes, changes: list[tuple[float, str, bytes]]) -> bytes:
    for share, how, noise in changes:
        at = int(share * len(data))
        if how == "flip":
            data = data[:at] + noise + data[at + len(noise) :]
        elif how == "cut":
            data = data[: max(at, 20)]
        elif how == "double":
            data = data[:at] + data[at : at + 200] + data[at:]
        elif how == "drop":
            data = data[:at] + data[at + 40 * len(noise) :]
        else:
            data = data[:at] + b"999999999" + data[at + 1 :]
    return data


@settings(QUICK, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
@given(changes=mutations)
@example(changes=[(0.5, "cut", b"x")])
def test_no_bytes_break_the_reader(
    sound: bytes, pool: WorkerPool, plan: Plan, tmp_path: Path, changes: list[tuple[float, str, bytes]]
):
    data, path = mutated(sound, changes), tmp_path / "broken.pdf"
    path.write_bytes(data)
    item = Input(path, "broken.pdf", hashlib.sha256(data).hexdigest(), len(data))
    document = pool.submit(read, item, plan, FIRST).result().document  # fails if the process died
    holds(document)
    assert document.status in DocumentStatus
    assert bool(document.reason) == (document.status is not DocumentStatus.OK)
