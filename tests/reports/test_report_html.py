"""The HTML report: complete, offline, safe, and readable without script or colour."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from pathlib import Path

import pytest

from chna_toolkit.errors import OutputError
from chna_toolkit.model import Assertion, Assessed, DocumentStatus, Identity
from chna_toolkit.reports import write_reports
from chna_toolkit.reports.accuracy import Share, accuracy_of
from chna_toolkit.reports.html import excerpt, render_html
from chna_toolkit.reports.words import plain_cue
from chna_toolkit.results.run import Run, Setting, read_run, write_run
from chna_toolkit.results.view import Evidence, view_of
from chna_toolkit.results.viewing import MANY
from results.made_up import harbor, make_run, sample_assessed, sample_run, write

VOID = {"meta", "link", "br", "img", "input", "hr", "path", "circle", "rect", "use"}


class Page(HTMLParser):
    """Reads a page strictly: every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.marks: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(set(names)) == len(names), (tag, names)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            return
        if self.open and self.open[-1] == "mark":
            self.marks.append(data)
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def html() -> str:
    return render_html(view_of(sample_run()))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_it_loads_nothing_and_forbids_loading(page: Page, html: str) -> None:
    loading = {"src", "srcset", "data", "action", "formaction", "poster", "background", "ping"}
    assert not [attributes for _, attributes in page.elements if loading & attributes.keys()]
    assert not page.all("link")
    assert not page.all("iframe")
    assert not re.search(r"url\(|@import", html)
    (policy,) = [one["content"] for one in page.all("meta") if one.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_links_stay_inside_the_report_or_lead_to_its_pdfs(page: Page) -> None:
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    assert max(ids.values()) == 1
    for _, attributes in page.elements:
        target = attributes.get("href")
        if target is not None and target.startswith("#"):
            assert target[1:] in ids, target
        elif target is not None:
            assert target.startswith(("./", "../")), target


def test_no_path_of_the_scanning_machine_is_told(page: Page, html: str) -> None:
    assert "lexicon = own rules (argument --lexicon)" in page.text
    assert "/home" not in html
    assert "hospitals = " not in page.text


def test_a_document_of_an_unknown_hospital_is_called_that(page: Page) -> None:
    assert "hospital unknown: the document stands under its file name" in page.text
    assert "a document whose hospital is not known counts as one" in page.text
    known = Page(render_html(view_of(make_run([write().fill(30).done("a.pdf", harbor())]))))
    assert "not known" not in known.text


def test_many_failures_do_not_push_the_matrix_away(page: Page) -> None:
    lost = [write().done(f"{n}.pdf", status=DocumentStatus.EMPTY, reason="It has no bytes.") for n in range(9)]
    many = Page(render_html(view_of(make_run([*lost, write().fill(30).done("a.pdf", harbor())]))))
    assert "3 more" in many.text
    assert "8.pdf empty It has no bytes." in many.text


def test_nothing_from_a_pdf_becomes_an_element(page: Page, html: str) -> None:
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert not page.all("b")
    assert '<script>alert("name")</script> [/x] | Hospital' in page.text
    assert '=HYPERLINK("https://evil.example/","open") |' in page.text
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert "style" not in {name for _, attributes in page.elements for name in attributes}
    assert not set(html) & set("\u202e\u202c\x00\x1b")


def test_a_file_named_like_a_script_url_is_a_relative_path() -> None:
    run = make_run([write().shows(3).fill(20).done("javascript:alert(1).pdf")])
    bare = Run(replace(run.manifest, inputs=()), run.tables)
    for one in (run, bare):
        targets = [str(a.get("href")) for a in Page(render_html(view_of(one))).all("a")]
        assert not [target for target in targets if target.startswith("javascript:")]
        assert any("javascript%3Aalert" in target for target in targets)


def test_the_matrix_is_a_table_that_tools_can_read(page: Page) -> None:
    assert all(one.get("scope") in ("col", "row") for one in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    cells = [one for one in page.all("td") if (one.get("class") or "").startswith("cell ")]
    assert len(cells) == 10 * 15
    for status in ("covered", "planned", "acknowledged", "silent", "not assessed"):
        assert status in page.text


def test_headings_are_in_order_without_leaps(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))


def test_it_says_first_what_could_not_be_assessed(page: Page) -> None:
    text = page.text
    assert text.index("What could not be assessed") < text.index("Hospitals and lessons")
    assert "old-mill-scan.pdf needs OCR 24 of 24 pages are pictures" in text
    assert "For whoever made this report: Install tesseract" in text
    assert "gone.pdf unreadable no permission to read it For whoever made this report: Ask its owner." in text
    assert "pine-2022.pdf 2 of 3 pages searched 1 of 2 pages has no text" in text


def test_evidence_has_its_words_marked_and_its_place_named(page: Page) -> None:
    assert "mobile clinic" in page.marks
    assert "<script>alert(1)</script>" in page.marks
    links = {one.get("href") for one in page.all("a")}
    assert "../pdfs/harbor/harbor-point-chna-2024.pdf#page=1" in links
    assert "../pdfs/harbor/implementation%20strategy%20%231.pdf#page=2" in links
    assert "Our work > Partners" in page.text
    assert "table cell: Expand visits / Responsible" in page.text


def test_what_stands_around_a_passage_is_there_on_demand() -> None:
    writer = write().fill(2).say("The bus came late. " * 20).say("A memorandum binds them.").bears("L10", "memorandum")
    writer.say("It was signed <b>in May</b>.").fill(20)
    page = Page(render_html(view_of(make_run([writer.done("a.pdf")]))))
    assert re.search(r"What stands around it … \w+ .*bus came late\. A memorandum", page.text)
    assert "The bus came late. A memorandum binds them. It was signed <b>in May</b>." in page.text
    (evidence,) = view_of(make_run([writer.done("a.pdf")])).hospitals[0].findings[9].evidence
    assert len(evidence.before) <= 242


def test_a_gap_says_what_was_searched_what_came_near_and_what_to_do(page: Page) -> None:
    text = page.text
    assert "Searched: 2 documents, 14 of 14 pages, 4,297 words." in text
    assert "2 of 5 other hospitals here cover it" in text
    assert "Recommended: Name one person who answers for it" in text
    assert "set aside: words known to mislead (L10.x.consultant)" in text


def test_words_and_numbers_of_the_methods_come_from_the_run() -> None:
    run = sample_run()
    strict = Run(replace(run.manifest, thresholds={"covered": 0.85, "min_readable_share": 0.75}), run.tables)
    text = Page(render_html(view_of(strict))).text
    assert "assert practice reach 0.85;" in text
    assert "at least 75% of the pages" in text


def test_the_accuracy_of_each_lesson_stands_beside_its_results() -> None:
    run = sample_run()
    shipped = Run(replace(run.manifest, lexicon_name="15 lessons for lasting community collaboration"), run.tables)
    text = Page(render_html(view_of(shipped))).text
    found = accuracy_of(shipped.manifest, run.lessons)
    assert found is not None
    assert [kind.name for kind in found.kinds] == ["written passages", "real documents"]
    for kind in found.kinds:
        assert list(kind.right) == list(run.lessons)
        for lesson in run.lessons:
            assert 0 <= kind.right[lesson].hits <= min(kind.right[lesson].of, kind.found[lesson].of)
            assert kind.right[lesson].text in text
    assert f"Measured with an earlier or other version of the lexicon ({found.lexicon_hash})" in text
    same = Run(replace(shipped.manifest, lexicon_hash=f"{found.lexicon_hash}abc"), run.tables)
    assert "Measured with an earlier" not in Page(render_html(view_of(same))).text
    by_rules = replace(shipped.manifest, settings={"method": Setting("rules", "argument --method")})
    assert accuracy_of(by_rules, run.lessons) is None
    assert "How often each lesson is read rightly" not in Page(render_html(view_of(run))).text  # another framework


def test_what_decided_an_assertion_is_told_in_words() -> None:
    assert plain_cue("are to be") == "“are to be”"
    assert plain_cue("under: cue.plan.under") == "what it stands under"
    assert plain_cue("learned: the, partner") == "the words the, partner, as a model has learned"


def test_a_share_of_nothing_is_not_a_figure() -> None:
    assert Share(0, 0).text == "–"
    assert Share(1, 2).text == "1 of 2, 50% (9–91)"


def test_the_data_dictionary_is_the_schemas(page: Page) -> None:
    run = sample_run()
    for table in run.schemas:
        assert f"{table.name}.csv" in page.text
    names = {column.name for table in run.schemas for column in table.columns}
    assert all(name in page.text for name in names)


def test_the_same_run_gives_the_same_page(html: str) -> None:
    assert render_html(view_of(sample_run())) == html
    turned = make_run(sample_assessed()[::-1])
    assert "Harbor Point" in render_html(view_of(turned))


def test_a_run_without_documents_is_a_page_too() -> None:
    assert "No document could be read." in Page(render_html(view_of(make_run([])))).text


def test_a_read_back_run_gives_the_same_reports(tmp_path: Path, html: str) -> None:
    run = sample_run()
    write_run(tmp_path, run.tables, run.manifest)
    paths = write_reports(read_run(tmp_path), tmp_path)
    assert [path.name for path in paths] == ["index.html", "summary.md"]
    assert paths[0].read_bytes().decode() == html


def test_an_unwritable_folder_is_an_error_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(OutputError) as caught:
        write_reports(sample_run(), tmp_path / "missing")
    assert caught.value.hint


def test_a_long_passage_is_cut_around_its_marks() -> None:
    words = "lorem ipsum dolor sit amet " * 60
    text = f"{words}one memorandum {words}two {words}"
    marks = tuple((text.index(word), text.index(word) + len(word)) for word in ("memorandum", "two"))
    evidence = Evidence(text, marks, "practice", "", 0.7, True, "", "a.pdf", "#", 1, "1", "", "", "paragraph", ())
    pieces = excerpt(evidence)
    assert [piece for piece, marked in pieces if marked] == ["memorandum", "two"]
    assert sum(len(piece) for piece, _ in pieces) < 900
    assert pieces[0][0].startswith("… ")
    assert pieces[0][0].endswith("amet one ")
    assert pieces[-1][0].endswith(" …")


def test_marks_of_several_rules_in_one_passage_are_joined() -> None:
    writer = write().fill(20).say("A written memorandum of understanding binds them.")
    writer.bears("L10", "written memorandum", rule="L10.a", confidence=0.7)
    writer.bears("L10", "memorandum of understanding", rule="L10.b", confidence=0.9)
    (hospital,) = view_of(make_run([writer.done("a.pdf", Identity("A"))])).hospitals
    (evidence,) = hospital.findings[9].evidence
    assert [text for text, marked in evidence.pieces if marked] == ["written memorandum of understanding"]
    assert evidence.rules == ("L10.b", "L10.a")


def test_quotes_that_were_read_by_ocr_say_so() -> None:
    def text_of(confidence: float | None) -> str:
        document = write().fill(40).shows(1).done("a.pdf", harbor(), ocr=confidence)
        return " ".join(" ".join(Page(render_html(view_of(make_run([document])))).texts).split())

    read = text_of(0.87)
    assert "2 of 2 pages searched (2 read by OCR, 0.87 sure: check quotes against the page)" in read
    assert read.count("read by OCR, 0.87 sure") == 2  # the document and its one quote
    assert "were read by OCR, which errs" in read
    assert "0.87 sure" not in text_of(None)
    assert "which errs" not in text_of(None)


def test_only_the_best_passages_are_shown_and_the_rest_counted() -> None:
    writer = write().fill(20)
    for number in range(9):
        writer.say(f"Charter {number} of the partners.").bears("L10", "partners", confidence=number / 10)
    writer.say("A plan of the partners.").bears("L10", "partners", Assertion.PLAN, 0.99)
    (hospital,) = view_of(make_run([writer.done("a.pdf")])).hospitals
    finding = hospital.findings[9]
    assert [evidence.confidence for evidence in finding.evidence] == [0.8, 0.7, 0.6, 0.5, 0.4]
    assert finding.more == 5


def test_a_report_on_many_hospitals_shows_fewer_passages_of_each() -> None:
    def hospital(number: int) -> Assessed:
        writer = write().fill(20)
        for passage in range(4):
            writer.say(f"Charter {passage} of the partners.").bears("L10", "partners")
        return writer.done(f"{number}.pdf", Identity(f"Hospital {number}"))

    few, many = (view_of(make_run([hospital(n) for n in range(size)])) for size in (3, MANY + 1))
    assert {len(one.findings[9].evidence) for one in few.hospitals} == {4}
    assert {(len(one.findings[9].evidence), one.findings[9].more) for one in many.hospitals} == {(2, 2)}


# What is written on what: pairs of colour names in style.css.
ON = [
    ("ink", "paper"), ("ink", "card"), ("ink", "soft"), ("muted", "paper"), ("muted", "card"), ("muted", "soft"),
    ("link", "paper"), ("link", "card"), ("link", "soft"), ("mark-ink", "mark"), ("covered-ink", "covered"),
    ("planned-ink", "planned"), ("acknowledged-ink", "acknowledged"), ("silent-ink", "paper"),
    ("silent-ink", "card"), ("hatch-ink", "paper"),
]  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("ink", "ground"), ON)
def test_text_stands_out_from_its_ground(mode: str, ink: str, ground: str) -> None:
    style = (files("chna_toolkit.reports") / "templates" / "style.css").read_text(encoding="utf-8")
    light, dark = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in style.split("@media")[:2])
    colours = light if mode == "light" else dark
    one, other = sorted((luminance(colours[ink]), luminance(colours[ground])))
    assert (other + 0.05) / (one + 0.05) >= 4.5
