"""Documents join hospitals by the rows of hospitals.csv; else a guess is made and marked as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode, UsageError
from chna_toolkit.hospitals import HospitalList, guess_identities, read_hospitals
from chna_toolkit.model import Document, DocumentStatus, Identity, Kind, Page, PageStatus, Passage

SHA = "0123456789ab" + "c" * 52


@pytest.fixture
def read(tmp_path: Path):
    def read(text: str, encoding: str = "utf-8") -> HospitalList:
        path = tmp_path / "hospitals.csv"
        path.write_bytes(text.encode(encoding))
        return read_hospitals(path)

    return read


def fault(read, text: str, encoding: str = "utf-8") -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(text, encoding)
    assert caught.value.exit_code is ExitCode.USAGE
    return caught.value


def test_a_row_gives_a_hospital_with_its_leading_zeros(read):
    rows = read(
        "file,ccn,ein,name,system,state,cycle_year,document_type\n"
        "north.pdf,010001,01-2345678,North Hospital,North Health,oh,2022,CHNA\n"
    )
    assert rows.identities("pdfs/north.pdf", SHA) == (
        Identity("North Hospital", "010001", "012345678", "North Health", "OH", 2022, "chna", "hospitals_csv"),
    )


def test_one_document_may_have_two_hospitals_and_one_hospital_two_documents(read):
    rows = read("file,name\njoint.pdf,North\njoint.pdf,South\nsouth-*.pdf,South\n")
    assert [one.name for one in rows.identities("joint.pdf", SHA)] == ["North", "South"]
    assert [one.name for one in rows.identities("2019/south-2019.pdf", SHA)] == ["South"]
    assert rows.identities("other.pdf", SHA) == ()


@pytest.mark.parametrize(
    ("pattern", "file", "is_match"),
    [
        ("a.pdf", "deep/a.pdf", True),
        ("A.pdf", "a.PDF", True),
        ("deep/*", "deep/a.pdf", True),
        ("other/*", "deep/a.pdf", False),
        ("plan [final].pdf", "plan [final].pdf", True),
        (".\\deep\\a.pdf", "deep/a.pdf", True),
    ],
)
def test_patterns_match_the_shown_path_or_the_name(read, pattern, file, is_match):
    assert bool(read(f"file,name\n{pattern},North\n").identities(file, SHA)) is is_match


def test_a_hash_or_its_beginning_decides_whatever_the_name(read):
    rows = read(f"sha256,file,name\n{SHA[:12]},old.pdf,North\n")
    assert rows.identities("new.pdf", SHA)
    assert not rows.identities("old.pdf", "f" * 64)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("﻿file,name\na.pdf,Niño\n", "utf-8"), ("file;name\r\na.pdf;Niño\r\n", "utf-8")],
    ids=["byte order mark", "semicolons"],
)
def test_what_spreadsheets_write_is_read(read, text, encoding):
    assert read(text, encoding).identities("a.pdf", SHA)[0].name == "Niño"


def test_rows_without_document_and_columns_without_use_are_warnings(read):
    rows = read("file,name,wards\na.pdf,North,25\nb.pdf,South,30\n")
    assert rows.warnings[0].endswith("hospitals.csv:1: columns not used: wards")
    [warning] = rows.unmatched([("a.pdf", SHA)])
    assert warning.endswith("hospitals.csv:3: no document matches 'b.pdf'")


@pytest.mark.parametrize(
    ("text", "where", "remedy"),
    [
        ("file,ccn\na.pdf,10001\n", ":2: ccn '10001'", "write 010001"),
        ("file,ein\na.pdf,12345678\n", ":2: ein '12345678'", "write 012345678"),
        ("file,ein\na.pdf,1.2E+08\n", ":2: ein '1.2E+08'", "as text"),
        ("file,name,state\na.pdf,N,Ohio\n", ":2: state 'Ohio'", "two-letter"),
        ("file,name,cycle_year\n\na.pdf,N,2022-24\n", ":3: cycle_year '2022-24'", "four digits"),
        (
            "file,name,document_type\na.pdf,N,report\n",
            ":2: document_type 'report'",
            "implementation_strategy",
        ),
        ("sha256,name\nxyz,N\n", ":2: sha256 'xyz'", "hexadecimal"),
        ("file,name\n,N\n", ":2: file: empty", "pattern"),
        ("file,name\na.pdf,\n", ":2: name: empty", "ccn"),
        ("file,name\na.pdf,St. Mary, North\n", ":2: more cells", "quote"),
    ],
)
def test_a_faulty_cell_is_named_with_file_line_column_and_remedy(read, text, where, remedy):
    message = fault(read, text).message
    assert "hospitals.csv" + where in message
    assert remedy in message


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("file,name,cnn\n", "unknown column 'cnn'", "Did you mean 'ccn'?"),
        ("file,name,name\n", "'name' stands twice", ""),
        ("name\n", "needs a column file or sha256", "cycle_year"),
        ("", "needs a column", ""),
        ('file,name\n"a.pdf,N\n', "not a table", "CSV UTF-8"),
    ],
)
def test_a_faulty_header_is_named(read, text, message, hint):
    error = fault(read, text)
    assert message in error.message
    assert hint in error.hint


def test_another_encoding_is_named_with_its_line(read):
    error = fault(read, "file,name\na.pdf,Niño\n", "latin-1")
    assert ":2: not UTF-8" in error.message
    assert "CSV UTF-8" in error.hint


def test_many_faults_are_shown_at_once_but_not_all(read):
    error = fault(read, "file,ccn\n" + "a.pdf,1\n" * 15)
    assert error.message.count("ccn '1'") == 10
    assert "and 5 more" in error.message


def test_a_missing_file_is_a_usage_error(tmp_path: Path):
    with pytest.raises(UsageError, match="No such file"):
        read_hospitals(tmp_path / "no.csv")


# -- guesses


def cover(*lines: str, title: str = "") -> Document:
    """A document whose first page holds these lines: `# ` marks headings, the first the largest."""
    passages = []
    for index, line in enumerate(lines):
        kind = Kind.HEADING if line.startswith("# ") else Kind.PARAGRAPH
        text = line.removeprefix("# ")
        size = 40 - index
        passages.append(Passage(index, 1, "", kind, text, 0, len(text), (0, 0, 100, size), level=1))
    page = Page(1, "", 612, 792, PageStatus.OK, "\n".join(lines), 10)
    return Document(SHA, DocumentStatus.OK, "", "", (page,), tuple(passages), {"title": title} if title else {})


def guess(document: Document, file: str = "report.pdf") -> Identity:
    [identity] = guess_identities(document, file)
    assert identity.source == "guess"
    return identity


@pytest.mark.parametrize(
    ("lines", "name", "year", "kind"),
    [
        (
            ["# 2022 Community Health Needs Assessment", "# Riverbend Regional Medical Center", "June 2022"],
            "Riverbend Regional Medical Center",
            2022,
            "chna",
        ),
        (
            ["# Quarry County Hospital Community Health Needs Assessment 2022–2024"],
            "Quarry County Hospital",
            2022,
            "chna",
        ),
        (
            ["# Implementation Strategy", "# Fiscal Years 2023-2025", "# Saint Odo Health System"],
            "Saint Odo Health System",
            2023,
            "implementation_strategy",
        ),
        (
            ["# HARBOR POINT HOSPITAL", "# CHNA REPORT", "Adopted by the board on May 5, 2019"],
            "HARBOR POINT HOSPITAL",
            2019,
            "chna",
        ),
        (["# Welcome", "Tilden County Health Department"], "Tilden County Health Department", None, ""),
    ],
)
def test_name_year_and_type_are_guessed_from_the_cover(lines, name, year, kind):
    identity = guess(cover(*lines))
    assert (identity.name, identity.year, identity.document_type) == (name, year, kind)


def test_a_joint_document_may_have_several_hospitals():
    document = cover("# Joint Community Health Needs Assessment", "# Elm Hospital", "# Oak Medical Center", "2025")
    found = guess_identities(document, "joint.pdf")
    assert [(one.name, one.year, one.document_type) for one in found] == [
        ("Elm Hospital", 2025, "joint_chna"),
        ("Oak Medical Center", 2025, "joint_chna"),
    ]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Elm Medical Center St. Oak Hospital", ["Elm Medical Center", "St. Oak Hospital"]),
        ("Elm Hospital, Oak Hospital and Ash Clinic", ["Elm Hospital", "Oak Hospital", "Ash Clinic"]),
        ("Elm Children's Hospital Medical Center", ["Elm Children's Hospital Medical Center"]),
    ],
)
def test_names_side_by_side_on_a_joint_document_are_taken_apart(line, names):
    found = guess_identities(cover("# Joint CHNA 2024", f"# {line}"), "joint.pdf")
    assert [one.name for one in found] == names


def test_without_a_cover_the_title_is_asked_then_the_file_name():
    assert guess(cover(title="Larkspur Hospital CHNA 2021")).name == "Larkspur Hospital"
    assert guess(cover(title="Larkspur Hospital CHNA 2021")).year == 2021
    found = guess(cover(title="Microsoft Word - final"), "2020/north-bay_hospital_CHNA-2020-final.pdf")
    assert (found.name, found.year, found.document_type) == ("North Bay Hospital", 2020, "chna")


def test_one_hospital_is_known_again_however_its_name_is_typeset():
    assert Identity("Elm Children’s  Hospital").key == Identity("ELM CHILDREN'S HOSPITAL").key


@pytest.mark.parametrize(
    ("document", "file", "year"),
    [
        (cover(), "2019.pdf", 2019),
        (cover(), "downloads/web-page-saved-as.pdf", None),
        (cover("# Climate Forward", "# Spring 2023 Update"), "city/climate-forward.pdf", 2023),
        (cover(title="CHNA"), "Hospital.pdf", None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_hospital_is_invented_where_none_is_named(document, file, year):
    [found] = guess_identities(document, file)
    assert (found.name, found.source, found.year) == (file, "none", year)


def test_beds_are_a_number_or_refused(read):
    rows = read('file,name,beds\na.pdf,North,"1,200"\nb.pdf,South,\n').rows
    assert [row.identity.beds for row in rows] == [1200, None]
    with pytest.raises(UsageError, match="whole number of beds"):
        read("file,name,beds\na.pdf,North,about 20\n")
