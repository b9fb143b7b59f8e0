"""REFI-QDA: valid, exact, and back without loss."""

from __future__ import annotations

import json
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chna_toolkit.errors import ExitCode, UsageError
from chna_toolkit.evaluation.gold import load_gold
from chna_toolkit.exports.coded_text import lay_out, units_of
from chna_toolkit.exports.qda import MAYBE, TOOL, coders_of, gold_of, make_project, write_gold
from chna_toolkit.exports.refi import Case, Code, Coding, Project, Ruler, Source, read_qdpx, write_qdpx
from chna_toolkit.model import Assertion, Kind
from chna_toolkit.results.run import Run
from results.made_up import lexicon, sample_assessed, write

LESSONS = lexicon().lessons


@pytest.fixture(scope="module")
def project(run: Run) -> Project:
    readable = [one for one in sample_assessed() if one.document.status.is_searchable]
    return make_project(run, ((one.document_id, one.document) for one in readable))


@pytest.fixture(scope="module")
def path(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("qda") / "out.qdpx"
    write_qdpx(project, path)
    return path


def valid(path: Path, shared: Path) -> list[str]:
    etree = pytest.importorskip("lxml.etree", reason="needs lxml: pip install '.[test-exports]'")
    schema = etree.XMLSchema(etree.parse(shared / "reference" / "refi-qda" / "Project-mrt2019.xsd"))
    with zipfile.ZipFile(path) as archive:
        schema.validate(etree.fromstring(archive.read("project.qde")))
    return [str(error) for error in schema.error_log]


def test_it_is_valid_against_the_published_schema(path: Path, shared: Path):
    assert valid(path, shared) == []


def test_texts_stand_where_the_standard_says(path: Path, project: Project):
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        text = archive.read(names[1]).decode()
    assert names[0] == "project.qde"
    assert all(name.startswith("sources/") and name.endswith(".txt") for name in names[1:])
    assert not text.startswith("\ufeff")
    assert "\r" not in text
    assert text == project.sources[0].text


def test_every_counted_mention_is_coded_at_its_passage(run: Run, project: Project):
    found = {
        (source.name.split()[-1].removesuffix(".txt"), coding.code, source.text[coding.start : coding.end])
        for source in project.sources
        for coding in source.codings
    }
    wanted = {
        (row["document_id"], f"{row['lesson_id']} {row['assertion']}", one_line(str(row["sentence"])))
        for row in run.rows("mentions")
        if row["counted"]
    }
    assert found == wanted
    assert len(found) > 20


def one_line(text: str) -> str:
    return "".join(" " if char in "\n\r" else char for char in text)


def test_lessons_are_codes_and_assertions_their_subcodes(project: Project):
    assert [code.name for code in project.codes] == [f"{one.id} {one.title}" for one in LESSONS]
    assert [code.name for code in project.codes[0].codes] == [f"L01 {one}" for one in (*Assertion, MAYBE)]
    assert "Code when" in project.codes[0].description
    assert project.users[0].startswith(TOOL)


def test_hospitals_are_cases_with_their_documents(project: Project):
    cases = {case.name: case for case in project.cases}
    harbor = next(case for name, case in cases.items() if name.startswith("Harbor Point"))
    assert len(harbor.sources) == 2
    assert harbor.values["ein"] == "012345678"
    joint = [case for name, case in cases.items() if name.startswith("Two Rivers")]
    assert joint[0].sources == joint[1].sources


def test_what_is_written_is_read_back(path: Path, project: Project):
    again = read_qdpx(path)
    assert again.sources == project.sources
    assert again.users == project.users
    assert [one.name for one in again.codes] == [one.name for one in project.codes]


def test_the_same_project_gives_the_same_bytes(path: Path, project: Project, tmp_path: Path):
    write_qdpx(project, tmp_path / "again.qdpx")
    assert (tmp_path / "again.qdpx").read_bytes() == path.read_bytes()


# -- without loss, whatever the text

XML_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\t"), max_size=60)
NAMES = st.text(st.characters(categories=["L", "N", "P", "Zs"]), min_size=1, max_size=12)


@st.composite
def projects(draw: st.DrawFn) -> Project:
    users = tuple(draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)))
    codes = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    texts = draw(st.dictionaries(NAMES, XML_TEXT, max_size=3))
    sources = []
    for name, text in texts.items():
        spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
        marks = draw(st.lists(st.tuples(spans, st.sampled_from(codes), st.sampled_from(users)), max_size=5))
        codings = {Coding(a, b, code, user) for (a, b), code, user in marks}
        sources.append(Source(name, text, tuple(sorted(codings)), draw(XML_TEXT.map(str.strip))))
    tree = (Code(codes[0], draw(XML_TEXT.map(str.strip)), "#112233", tuple(Code(one) for one in codes[1:])),)
    cases = (Case(draw(NAMES), {"state": draw(NAMES)}, tuple(texts)),)
    return Project("p", users, tree, tuple(sources), cases, "t", "2026-01-01T00:00:00Z", {"state": "Text"})


@settings(max_examples=60, deadline=None)
@given(projects())
def test_any_project_comes_back(tmp_path_factory: pytest.TempPathFactory, project: Project):
    path = tmp_path_factory.mktemp("any") / "any.qdpx"
    write_qdpx(project, path)
    again = read_qdpx(path)
    assert (again.users, again.codes) == (project.users, project.codes)
    assert again.sources == project.sources


@settings(max_examples=15, deadline=None)
@given(projects())
def test_any_project_is_valid(shared: Path, tmp_path_factory: pytest.TempPathFactory, project: Project):
    path = tmp_path_factory.mktemp("valid") / "any.qdpx"
    write_qdpx(project, path)
    assert valid(path, shared) == []


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=8), st.data())
def test_passages_of_any_text_are_the_units_at_the_same_places(texts: list[str], data: st.DataObject):
    writer = write()
    for text in texts:
        if data.draw(st.booleans()):
            writer.turn()
        writer.say(text, Kind.PARAGRAPH)
    document = writer.done("a.pdf").document
    text, places = lay_out(document)
    units = list(units_of(text))
    assert len(units) == len(document.passages)
    for passage, unit in zip(document.passages, units, strict=True):
        assert (unit.number, unit.page) == (passage.index, passage.page)
        assert (unit.start, unit.end) == (places[passage.index], places[passage.index] + len(passage.text))
        assert len(unit.text) == len(passage.text)


LABELS = st.dictionaries(
    st.sampled_from([str(one.number) for one in LESSONS]), st.sampled_from([*map(str, Assertion), "yes"]), max_size=3
)


@settings(max_examples=60, deadline=None)
@given(st.lists(LABELS, min_size=1, max_size=6).filter(any))
def test_gold_makes_the_round_trip(tmp_path_factory: pytest.TempPathFactory, labels: list[dict[str, str]]):
    folder = tmp_path_factory.mktemp("gold")
    lines = [f"Sentence number {number} says something." for number in range(len(labels))]
    text = "\n".join(lines) + "\n"
    names = {str(one.number): one for one in LESSONS}
    codings = []
    for number, coded in enumerate(labels):
        start = sum(len(line) + 1 for line in lines[:number])
        for lesson, kind in coded.items():
            name = names[lesson].title if kind == "yes" else f"{names[lesson].id} {kind}"
            codings.append(Coding(start, start + len(lines[number]), name, "A. Coder"))
    codes = tuple(
        Code(one.title, codes=tuple(Code(f"{one.id} {kind}") for kind in (*Assertion, MAYBE))) for one in LESSONS
    )
    source = Source("doc 0123456789ab.txt", text, tuple(codings))
    write_qdpx(Project("p", ("A. Coder",), codes, (source,)), folder / "coded.qdpx")
    write_gold(gold_of(read_qdpx(folder / "coded.qdpx"), ["A. Coder"], LESSONS), folder / "gold.jsonl")
    units = load_gold(folder / "gold.jsonl")
    assert [unit.labels for unit in units] == labels
    assert [unit.id for unit in units] == [f"0123456789ab:{number}" for number in range(len(labels))]
    assert [unit.text for unit in units] == lines


# -- what people do in their programs


def coded(*codings: Coding, text: str = "First line here.\nSecond line here.\n\nThird line here.\n") -> Project:
    names = [*(f"{one.id} {one.title}" for one in LESSONS), "L10 plan", "L10 practice", "L10 maybe", "Interesting"]
    codes = tuple(Code(name) for name in names)
    return Project("p", ("Human", TOOL), codes, (Source("notes", text, codings),))


def labels(project: Project, *coders: str, everything: bool = False) -> list[dict[str, str]]:
    return [row["labels"] for row in gold_of(project, coders or ["Human"], LESSONS, everything)]


def test_a_coding_counts_for_the_lines_it_mostly_covers():
    assert labels(coded(Coding(3, 8, "L10 plan", "Human"))) == [{"10": "plan"}, {}, {}]
    assert labels(coded(Coding(0, 36, "L10 plan", "Human"))) == [{"10": "plan"}, {"10": "plan"}, {}]
    assert labels(coded(Coding(0, 20, "L10 plan", "Human"))) == [{"10": "plan"}, {}, {}]


def test_the_stronger_of_two_codes_stands_and_an_open_one_yields():
    lesson = f"L10 {LESSONS[9].title}"
    both = (Coding(0, 16, "L10 plan", "Human"), Coding(0, 16, "L10 practice", "Human"))
    assert labels(coded(*both))[0] == {"10": "practice"}
    assert labels(coded(Coding(0, 16, lesson, "Human"), both[0]))[0] == {"10": "plan"}
    assert labels(coded(Coding(0, 16, lesson, "Human")))[0] == {"10": "yes"}


def test_doubt_is_neither_right_nor_wrong():
    row = next(gold_of(coded(Coding(0, 16, "L10 maybe", "Human")), ["Human"], LESSONS))
    assert (row["labels"], row["maybe"]) == ({}, ["10"])


def test_other_codes_and_other_people_are_left_out():
    project = coded(Coding(0, 16, "Interesting", "Human"), Coding(0, 16, "L10 plan", TOOL))
    assert labels(project) == []
    assert labels(project, TOOL)[0] == {"10": "plan"}
    assert labels(project, everything=True) == [{}, {}, {}]
    assert coders_of(project) == ["Human", TOOL]


def test_a_project_without_lessons_is_refused():
    with pytest.raises(UsageError, match="no code of the project is a lesson"):
        list(gold_of(Project("p", ("H",), (Code("Else"),), ()), ["H"], LESSONS))


def test_the_line_before_in_the_same_paragraph_comes_along():
    rows = list(gold_of(coded(Coding(0, 16, "L10 plan", "Human")), ["Human"], LESSONS))
    assert [row["prev"] for row in rows] == ["", "First line here.", ""]


def test_a_text_with_windows_line_ends_keeps_its_places():
    raw = "one\r\ntwo\r\nthree"
    ruler = Ruler(raw)
    start = raw.index("three")
    assert ruler.text == "one\ntwo\nthree"
    first, last = ruler.place(start, start + 5)
    assert ruler.text[first:last] == "three"
    assert ruler.place(-5, 999) == (0, len(ruler.text))


# -- files from strangers


def make_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


HEAD = '<Project xmlns="urn:QDA-XML:project:1.0" name="x">'


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "no project.qde"),
        ({"project.qde": b"<Project"}, "no REFI-QDA project"),
        ({"project.qde": b'<!DOCTYPE x [<!ENTITY a "b">]><Project>&a;</Project>'}, "entities"),
        (
            {
                "project.qde": f'{HEAD}<Sources><TextSource guid="1" name="s" plainTextPath="absolute:///etc/passwd"/>'
                "</Sources></Project>".encode()
            },
            "is not in it",
        ),
    ],
)
def test_what_is_no_project_is_refused(tmp_path: Path, files: dict[str, bytes], message: str):
    with pytest.raises(UsageError, match=message):
        read_qdpx(make_zip(tmp_path / "bad.qdpx", files))


def test_a_file_that_swells_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("chna_toolkit.exports.refi._MOST_BYTES", 1000)
    with pytest.raises(UsageError, match="larger than"):
        read_qdpx(make_zip(tmp_path / "big.qdpx", {"project.qde": b" " * 2000}))


def test_no_archive_is_named_as_such(tmp_path: Path):
    (tmp_path / "a.qdpx").write_text("hello")
    for name in ("a.qdpx", "missing.qdpx"):
        with pytest.raises(UsageError, match=name):
            read_qdpx(tmp_path / name)


def test_a_project_of_another_program_is_read(shared: Path):
    project = read_qdpx(shared / "reference" / "refi-qda" / "nvivo_project.qdpx")
    assert project.origin.startswith("NVivo")
    assert len(project.users) == 2
    assert sum(1 for code in project.codes for _ in code.walk()) > 40
    assert all(coding.code for source in project.sources for coding in source.codings)


def test_the_command_writes_one_file_a_coder(chna, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    by_two = coded(Coding(0, 16, "L10 plan", "Human"), Coding(0, 16, "L10 practice", TOOL))
    write_qdpx(by_two, tmp_path / "coded.qdpx")
    done = chna("import", tmp_path / "coded.qdpx", "-o", tmp_path / "gold")
    assert done.code == ExitCode.OK
    assert "3 units, 1 labels by Human" in done.err
    assert [one.name for one in (tmp_path / "gold").iterdir()] == ["human.jsonl"]
    rows = [json.loads(line) for line in (tmp_path / "gold" / "human.jsonl").read_text().splitlines()]
    assert rows[0]["labels"] == {"10": "plan"}
    assert chna("import", tmp_path / "coded.qdpx", "-o", tmp_path / "gold").code == ExitCode.OUTPUT
    assert chna("import", tmp_path / "coded.qdpx", "-o", tmp_path / "tool", "--coder", TOOL).code == ExitCode.OK
    assert chna("import", tmp_path / "coded.qdpx", "-o", tmp_path / "x", "--coder", "Nobody").code == ExitCode.USAGE


def test_codings_of_the_tool_alone_are_no_gold(chna, path: Path, tmp_path: Path):
    done = chna("import", path, "-o", tmp_path / "gold")
    assert done.code == ExitCode.NO_INPUT
    assert f"--coder '{TOOL}" in done.err


def test_codings_by_line(project: Project):
    # Some programs know a selection by its line alone: the name says which.
    lines = defaultdict(set)
    for source in project.sources:
        for coding in source.codings:
            number = source.text.count("\n", 0, coding.start)
            assert source.text.split("\n")[number] == source.text[coding.start : coding.end]
            lines[source.name].add(number)
    assert lines
