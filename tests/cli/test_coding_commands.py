"""From a run to coders and back: `chna sample`, `chna agree`, and what they feed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from chna_toolkit.errors import ExitCode

openpyxl = pytest.importorskip("openpyxl", reason="coding sheets need openpyxl: pip install chna-toolkit[excel]")


@pytest.fixture
def run(chna, documents) -> Path:
    lines = ["=SUM(A1) starts a formula", *(f"plain sentence number {word}" for word in "abcdefghijklmnopqrstuvwxyz")]
    (documents / "west.pdf").write_text("\n".join([*lines, "L05 once", "L09 here", "L10 and L05 there", "12 34"]))
    assert chna("scan", "pdfs", "-o", "out", "-q").code == ExitCode.OK
    return Path("out")


def rows_of(path: str) -> list[dict[str, str]]:
    with Path(path).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_sample_has_each_stratum_and_its_weights_add_up_to_all_passages(chna, run):
    done = chna("sample", run, "-o", "sheet.csv", "--untagged", "5")
    assert done.code == ExitCode.OK, done.err
    key = rows_of("sheet.key.csv")
    sizes = {row["stratum"]: int(row["in_stratum"]) for row in key}
    assert {"L05", "L09", "L10"} <= {stratum.partition(" ")[0] for stratum in sizes}
    assert sum(float(row["weight"]) for row in key) == pytest.approx(sum(sizes.values()), abs=1e-3)
    untagged = [row for row in key if row["stratum"] == "untagged"]
    assert len(untagged) == 5
    assert float(untagged[0]["weight"]) == pytest.approx(int(untagged[0]["in_stratum"]) / 5, abs=1e-4)
    sheet = rows_of("sheet.csv")
    assert {row["id"] for row in sheet} == {row["id"] for row in key}
    assert not any("12 34" in row["text"] for row in sheet)  # numbers bear no lesson
    assert not {"stratum", "weight", "tags"} & sheet[0].keys()  # coders are not told
    assert all("L10:practice" in row["tags"] for row in key if row["stratum"].startswith("L10"))


def test_the_same_seed_draws_the_same_and_another_another(chna, run):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert chna("sample", run, "-o", f"{name}.xlsx", "--untagged", "5", "--seed", seed).code == ExitCode.OK
    assert Path("a.xlsx").read_bytes() == Path("b.xlsx").read_bytes()
    assert rows_of("a.key.csv") == rows_of("b.key.csv")
    assert rows_of("a.key.csv") != rows_of("c.key.csv")
    assert chna("sample", run, "-o", "a.xlsx").code == ExitCode.OUTPUT


def test_text_never_becomes_a_formula_and_lessons_have_drop_downs(chna, run):
    chna("sample", run, "-o", "sheet.xlsx", "--untagged", "100")
    book = openpyxl.load_workbook("sheet.xlsx")
    sheet = book["coding"]
    head = [cell.value for cell in sheet[1]]
    formula = next(row for row in sheet.iter_rows(min_row=2) if "SUM" in str(row[head.index("text")].value))
    cell = formula[head.index("text")]
    assert (cell.value, cell.data_type, cell.quotePrefix) == ("=SUM(A1) starts a formula", "s", True)
    choices = {str(one.sqref).split(":")[0]: one.formula1 for one in sheet.data_validations.dataValidation}
    lesson = openpyxl.utils.get_column_letter(head.index("L05") + 1)
    assert choices[f"{lesson}2"] == '"practice,plan,call,lack,maybe"'
    assert book["codebook"]["B2"].value == "Know your role"
    chna("sample", run, "-o", "plain.csv", "--untagged", "100")
    assert "'=SUM(A1)" in Path("plain.csv").read_text("utf-8-sig")


def test_a_run_whose_pdfs_are_gone_says_so_and_finds_them_elsewhere(chna, run, documents, home):
    documents.rename(home / "moved")
    done = chna("sample", run, "-o", "sheet.csv")
    assert (done.code, "--documents" in done.err) == (ExitCode.NO_INPUT, True)
    assert chna("sample", run, "-o", "sheet.csv", "--documents", home / "moved").code == ExitCode.OK


def code(source: str, target: str, codes: dict[str, dict[str, str]], delimiter: str = ",") -> None:
    """Fill in a coder's sheet: codes by a piece of the text."""
    rows = rows_of(source)
    for row in rows:
        for piece, given in codes.items():
            if piece in row["text"]:
                row.update(given)
    with Path(target).open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0].keys(), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def coders(chna, run) -> list[str]:
    chna("sample", run, "-o", "sheet.csv", "--untagged", "100")
    code(
        "sheet.csv",
        "ann.csv",
        {"L05 once": {"L05": "practice"}, "L09 here": {"L09": "plan"}, "number a": {"L10": "lack"}},
    )
    code(
        "sheet.csv",
        "bob.csv",
        {"L05 once": {"L05": "practice"}, "L09 here": {"L09": "call"}, "number b": {"skip": "skip"}},
        ";",
    )
    return ["ann.csv", "bob.csv"]


def test_agreement_by_lesson_and_overall(chna, coders):
    done = chna("agree", *coders, "--format", "json")
    assert done.code == ExitCode.OK, done.err
    found = json.loads(done.out)
    units = len(rows_of("ann.csv")) - 1  # one was skipped
    assert (found["units"], found["left_out"]) == (units, 1)
    lessons = found["agreement"]
    assert lessons["L05"]["percent"] == lessons["L05"]["alpha"] == lessons["L05"]["cohen"] == 1.0
    assert lessons["L09"]["percent"] == 1.0  # both find it; how it is asserted is another question
    assert lessons["L10"]["percent"] == pytest.approx(1 - 1 / units, abs=1e-6)
    assert lessons["L10"]["f1"] == 0.0
    assert lessons["assertions"]["percent"] == 0.5
    assert sorted((one["lesson"], one["codes"]["ann"], one["codes"]["bob"]) for one in found["disagreements"]) == [
        ("L09", "plan", "call"),
        ("L10", "lack", ""),
    ]
    text = chna("agree", *coders).out
    assert "Krippendorff's alpha" in text
    assert "Gwet's AC1" in text


def test_what_coders_say_together_is_gold(chna, coders):
    assert chna("agree", *coders, "--key", "sheet.key.csv", "-o", "gold.csv").code == ExitCode.OK
    rows = {row["text"]: row for row in rows_of("gold.csv")}
    assert rows["L05 once"]["L05"] == "practice"
    assert rows["L09 here"]["L09"] == "yes"  # borne, how is disputed
    assert rows["L09 here"]["dispute"] == "L09: ann plan, bob call"
    assert rows["plain sentence number a"]["L10"] == "maybe"
    assert rows["L05 once"]["weight"] == "1"
    assert rows["L05 once"]["doc"] == "west"
    found = json.loads(chna("evaluate", "gold.csv", "--format", "json").out)
    assert found["lessons"]["L05"]["right"] == 1
    assert found["lessons"]["L10"]["missed"] == 0  # maybe
    assert found["assertion_accuracy"] == 1.0  # of L05 alone


def test_what_was_settled_by_hand_decides(chna, coders):
    chna("agree", *coders, "-o", "gold.csv")
    code("gold.csv", "settled.csv", {"number a": {"settled": "L10 lack"}, "L09 here": {"settled": "L09=no; L05: plan"}})
    found = json.loads(chna("evaluate", "settled.csv", "--format", "json").out)
    assert found["lessons"]["L10"]["missed"] == 1
    assert found["lessons"]["L05"]["support"] == 2
    code("gold.csv", "settled.csv", {"number a": {"settled": "keep it"}})
    done = chna("evaluate", "settled.csv")
    assert (done.code, "settled.csv:" in done.err) == (ExitCode.USAGE, True)


@pytest.mark.parametrize("name", ["gold.jsonl", "gold.xlsx"])
def test_gold_is_the_same_in_every_format(chna, coders, name):
    chna("agree", *coders, "-o", "gold.csv")
    assert chna("agree", *coders, "-o", name).code == ExitCode.OK
    assert chna("agree", *coders, "-o", name).code == ExitCode.OUTPUT
    one, other = (json.loads(chna("evaluate", file, "--format", "json").out) for file in ("gold.csv", name))
    assert one["lessons"] == other["lessons"]


def test_a_coders_own_sheet_can_be_measured_with_its_key(chna, coders):
    done = chna("evaluate", "ann.csv", "--key", "sheet.key.csv", "--labels", "out", "--format", "json")
    assert done.code == ExitCode.OK, done.err
    found = json.loads(done.out)
    assert found["lessons"]["L05"]["right"] == 1
    assert found["clusters"] == 3


def test_sheets_that_do_not_belong_together_are_refused(chna, coders, home):
    code("ann.csv", "other.csv", {"L05 once": {"text": "another text"}})
    assert chna("agree", "ann.csv", "other.csv").code == ExitCode.USAGE
    assert chna("agree", "ann.csv").code == ExitCode.USAGE
    (home / "strangers.csv").write_text("id,text,L05\nz,never drawn,practice\n")
    assert chna("agree", "ann.csv", "strangers.csv").code == ExitCode.USAGE
    (home / "typo.csv").write_text("id,text,L05\nz,never drawn,practise\n")
    done = chna("agree", "ann.csv", "typo.csv")
    assert (done.code, "typo.csv:2" in done.err) == (ExitCode.USAGE, True)


def test_a_sample_goes_to_programs_of_qualitative_analysis_and_back(chna, run, home):
    from dataclasses import replace

    from chna_toolkit.exports.refi import Coding, read_qdpx, write_qdpx

    assert chna("sample", run, "-o", "coding.qdpx", "--untagged", "100").code == ExitCode.OK
    project = read_qdpx(Path("coding.qdpx"))
    (source,) = project.sources
    assert source.codings == ()  # coders are not told
    start = source.text.index("L09 here")
    code = next(one.name for code in project.codes for one in code.walk() if one.name == "L09 plan")
    coded = replace(source, codings=(Coding(start, start + 8, code, "Ann"),))
    write_qdpx(replace(project, users=("Ann",), sources=(coded,)), Path("back.qdpx"))
    assert chna("import", "back.qdpx", "--all", "-o", "imported").code == ExitCode.OK
    (imported,) = Path("imported").iterdir()
    done = chna("evaluate", imported, "--key", "coding.key.csv", "--labels", "out", "--format", "json")
    assert done.code == ExitCode.OK, done.err
    found = json.loads(done.out)
    assert found["units"] == len(rows_of("coding.key.csv"))
    assert found["lessons"]["L09"]["right"] == 1
    assert found["weighted_micro"] is None or found["clusters"] == 3
