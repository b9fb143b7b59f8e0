"""The codebook of a lexicon as Markdown, CSV and REFI-QDA codebook."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from small_lexicon import HEAD, LESSON, Write

from chna_toolkit.cli.app import main
from chna_toolkit.errors import ExitCode, UsageError
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.lexicon_ci.export import FORMATS, code_guid, export
from chna_toolkit.model import Assertion

QDC = {"q": "urn:QDA-XML:codebook:1.0"}


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_lexicon_gives_the_same_text(form: str) -> None:
    assert export(load_lexicon(), form) == export(load_lexicon(), form)


@pytest.mark.parametrize("name", ["builtin", "irs-501r"])
def test_markdown_has_an_entry_a_lesson(name: str) -> None:
    lexicon = load_lexicon(Path(name) if name != "builtin" else None)
    text = export(lexicon, "markdown")
    assert re.findall(r"^## (\w+) ", text, re.MULTILINE) == [lesson.id for lesson in lexicon.lessons]
    for lesson in lexicon.lessons:
        assert f"](#{lesson.slug})" in text
        assert f'<a id="{lesson.slug}"></a>' in text
        assert lesson.code_when.strip() in text


def test_csv_has_a_row_a_lesson_and_no_formula(write: Write) -> None:
    folder = write(lexicon=HEAD, L01=LESSON.replace('brief = "Things', 'brief = "=Things'))
    rows = list(csv.DictReader(io.StringIO(export(load_lexicon(folder), "csv"))))
    assert [row["lesson_id"] for row in rows] == ["L01"]
    assert rows[0]["brief"] == "'=Things are shared."
    assert rows[0]["examples"] == "They share their bread.\nA common pot feeds all."
    assert rows[0]["rules"] == "2"


def codes(text: str) -> list[ET.Element]:
    return ET.fromstring(text).findall("q:Codes/q:Code", QDC)


def test_qdc_has_a_code_a_lesson_with_one_an_assertion_below() -> None:
    lexicon = load_lexicon()
    found = codes(export(lexicon, "qdc"))
    assert [code.get("name", "").split()[0] for code in found] == [lesson.id for lesson in lexicon.lessons]
    for code, lesson in zip(found, lexicon.lessons, strict=True):
        assert code.get("guid") == code_guid(lexicon, lesson)
        assert lesson.definition.strip() in code.findtext("q:Description", "", QDC)
        assert [below.get("name") for below in code.findall("q:Code", QDC)] == [
            f"{lesson.id} {assertion}" for assertion in Assertion
        ]
    guids = [code.get("guid") for code in ET.fromstring(export(lexicon, "qdc")).iter(f"{{{QDC['q']}}}Code")]
    assert len(set(guids)) == len(guids) == 15 * 5


def test_identifiers_last_when_a_text_changes_and_differ_between_frameworks(write: Write) -> None:
    one = load_lexicon(write())
    other = load_lexicon(write("other", lexicon=HEAD, L01=LESSON.replace("Sharing.", "To share.")))
    third = load_lexicon(write("third", lexicon=HEAD.replace("Sharing", "Caring"), L01=LESSON))
    assert code_guid(one, one.lessons[0]) == code_guid(other, other.lessons[0])
    assert code_guid(one, one.lessons[0]) != code_guid(third, third.lessons[0])


def printed_schema(text: str) -> str:
    """The codebook schema out of the text of the standard, without running heads and the figure beside it."""
    begin = text.index("<?xml", text.index("5.2 XML Schema for REFI-QDA codebook exchange"))
    lines: list[str] = []
    for line in text[begin : text.index("</xsd:schema>", begin)].splitlines():
        if lines and not lines[-1].endswith(">"):
            within_quotes = lines[-1].count('"') % 2
            lines[-1] += ("" if within_quotes else " ") + line
        elif re.match(r"</?xsd:|<\?xml|<!--", line):
            lines.append(line)
    return "\n".join([*lines, "</xsd:schema>"])


def test_qdc_is_valid_by_the_schema_of_the_standard(shared: Path) -> None:
    """The standard prints the schema; it is taken from there, so that nothing is copied into the project."""
    etree = pytest.importorskip("lxml.etree", reason="needs lxml: pip install chna-toolkit[dev]")
    pypdfium2 = pytest.importorskip("pypdfium2")
    standard = shared / "reference" / "refi-qda" / "REFI-QDA-1-5.pdf"
    if not standard.is_file():
        pytest.skip("needs the standard, REFI-QDA-1-5.pdf")
    document = pypdfium2.PdfDocument(str(standard))
    text = "\n".join(page.get_textpage().get_text_range().replace("\r", "") for page in document)
    schema = etree.XMLSchema(etree.fromstring(printed_schema(text).encode()))
    for lexicon in (load_lexicon(), load_lexicon(Path("irs-501r"))):
        found = etree.fromstring(export(lexicon, "qdc").encode())
        schema.assertValid(found)
    broken = export(load_lexicon(), "qdc").replace('isCodable="true"', "", 1)
    assert not schema.validate(etree.fromstring(broken.encode()))


def test_control_characters_and_marks_are_no_danger(write: Write) -> None:
    hostile = LESSON.replace('title = "Share"', 'title = "<Sh\\u0007are> & \\"more\\""')
    text = export(load_lexicon(write(lexicon=HEAD, L01=hostile)), "qdc")
    assert codes(text)[0].get("name") == 'L01 <Sh\ufffdare> & "more"'


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown format 'docx'"):
        export(load_lexicon(), "docx")


def test_the_command_writes_a_file_or_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*arguments: str) -> int:
        with pytest.raises(SystemExit) as ended:
            main(["lexicon", "export", *arguments])
        return int(ended.value.code or 0)

    assert run("irs-501r", "--format", "csv") == ExitCode.OK
    assert capsys.readouterr().out.startswith("lesson_id,")
    assert run("irs-501r", "--format", "qdc", "-o", str(tmp_path / "six.qdc")) == ExitCode.OK
    assert len(codes((tmp_path / "six.qdc").read_text("utf-8"))) == 6
    assert run("irs-501r", "-o", str(tmp_path / "no" / "six.md")) == ExitCode.OUTPUT
    assert run("irs-501r", "--format", "docx") == ExitCode.USAGE
