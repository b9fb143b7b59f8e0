"""Any framework, not only the 15 lessons: another lexicon goes through the whole pipeline, and scopes hold."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from small_lexicon import CUES, HEAD, LESSON, OTHER, Write

from chna_toolkit.cli.app import main
from chna_toolkit.errors import ExitCode
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.model import Document, DocumentStatus, Kind, Passage
from chna_toolkit.tagging import Tagger

SIX = ["E1", "E2", "E3", "E4", "E5", "E6"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A scan of two sample reports by the six elements that section 501(r)(3) asks for."""
    folder = tmp_path_factory.mktemp("six")
    samples: Path = request.getfixturevalue("sample_reports")
    pdfs = [str(samples / f"{name}.pdf") for name in ("saltmarsh-childrens-chna-2025", "wagon-creek-chna-2024")]
    with pytest.raises(SystemExit) as ended:
        main(["scan", *pdfs, "-o", str(folder / "out"), "--lexicon", "irs-501r", "--no-cache", "--jobs", "1", "-q"])
    assert ended.value.code == ExitCode.OK
    return folder / "out"


def rows(run: Path, table: str) -> list[dict[str, str]]:
    with (run / f"{table}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_number_ids_and_names_of_the_lessons_come_from_the_lexicon(run: Path) -> None:
    assert [row["lesson_id"] for row in rows(run, "lessons")] == SIX
    assert {row["lesson_id"] for row in rows(run, "lesson_results")} == set(SIX)
    assert [column for column in rows(run, "coverage_matrix")[0] if column.endswith("_status")] == [
        f"{one}_status" for one in SIX
    ]
    assert {row["lesson_id"] for row in rows(run, "mentions")} <= set(SIX)


def test_a_full_report_shows_the_six_and_a_poor_one_has_gaps(run: Path) -> None:
    matrix = rows(run, "coverage_matrix")
    covered = sorted(sum(row[f"{one}_status"] == "covered" for one in SIX) for row in matrix)
    assert covered[-1] == 6
    assert covered[0] <= 3
    gaps = rows(run, "gaps")
    assert all(row["recommendation"] and row["lesson_id"] in SIX for row in gaps)


def test_the_report_names_this_lexicon_and_not_the_15_lessons(run: Path) -> None:
    page = (run / "index.html").read_text("utf-8")
    assert "Six elements of a CHNA report under section 501(r)(3)" in page
    assert "After 26 CFR 1.501(r)-3(b)(6)(i)" in page
    for word in ("15 lessons", "15 Practical Lessons", "Shaikh", "The study recommends"):
        assert word not in page
    assert "15 lessons" not in (run / "summary.md").read_text("utf-8")
    assert json.loads((run / "run.json").read_text("utf-8"))["lexicon_name"].startswith("Six elements")


def test_the_learned_layer_of_the_15_lessons_keeps_out_of_it() -> None:
    tagger = Tagger(load_lexicon(Path("irs-501r")))
    assert tagger.method == "rules"
    assert tagger.warnings == ("learned_model_for_other_lessons",)


def test_lessons_of_another_framework_are_chosen_by_id_number_or_slug(capsys: pytest.CaptureFixture[str]) -> None:
    for key in ("E3", "e3", "3", "community-input"):
        with pytest.raises(SystemExit) as ended:
            main(["lesson", key, "--lexicon", "irs-501r"])
        assert not ended.value.code
        assert capsys.readouterr().out.startswith("E3  Take input from the community")


def test_a_lexicon_is_named_in_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from chna_toolkit.config import load_settings

    (tmp_path / "chna.toml").write_text('lexicon = "irs-501r"\n')
    settings = load_settings(folder=tmp_path, environment={})
    assert len(load_lexicon(settings.lexicon).lessons) == 6


def test_a_framework_may_have_more_than_99_lessons(
    write: Write, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lesson = LESSON.replace("number = 1\n", "number = 107\n")
    folder = write(lexicon=HEAD, L01=lesson, L02=OTHER, cues=CUES)
    sample = Path(__file__).resolve().parents[2] / "sample_reports" / "wagon-creek-chna-2024.pdf"
    with pytest.raises(SystemExit) as ended:
        main(["scan", str(sample), "-o", str(tmp_path / "out"), "--lexicon", str(folder), "--no-cache", "--jobs", "1"])
    assert not ended.value.code
    heads = [line[-3:] for line in capsys.readouterr().out.splitlines()[:3]]
    assert heads == ["0 1", "0 0", "2 7"]


# -- scopes: kind, headings above, headers of a cell


def mentions(lexicon: Path, *passages: Passage) -> list[str]:
    tagger = Tagger(load_lexicon(lexicon), method="rules")
    found = tagger.tag(Document("", DocumentStatus.OK, "", "", (), passages))
    return [f"{passages[one.passage].text}: {one.rule}" for one in found if one.counted]


def passage(
    index: int, text: str, kind: Kind = Kind.TABLE_CELL, section: tuple[str, ...] = (), row: str = "", column: str = ""
) -> Passage:
    return Passage(
        index, 1, "", kind, text, 0, len(text), (0.0, 0.0, 0.0, 0.0), section=section, row_header=row,
        column_header=column,
    )  # fmt: skip


SCOPED = '\n[[rules]]\nid = "L01.scoped"\n'


def test_a_rule_for_a_column_takes_its_cells_whole_and_no_others(write: Write) -> None:
    lesson = LESSON + SCOPED + 'kinds = ["table_cell"]\nheader = ["responsible party", "owner"]\n'
    folder = write(lexicon=HEAD, L01=lesson, L02=OTHER, cues=CUES)
    owners = ("Owners",)
    assert mentions(
        folder,
        passage(0, "Director of Nursing", column="Responsible parties"),
        passage(1, "Aunt Ada", row="Owner", column="2025"),
        passage(2, "Every Monday", column="Date", section=owners),  # the heading above is no header
        passage(3, "Owners meet on Mondays", Kind.PARAGRAPH, section=owners),
    ) == ["Director of Nursing: L01.scoped", "Aunt Ada: L01.scoped"]


def test_under_looks_at_headings_and_headers_alike(write: Write) -> None:
    lesson = LESSON + SCOPED + 'phrases = ["shed"]\nunder = ["owner"]\n'
    folder = write(lexicon=HEAD, L01=lesson, L02=OTHER, cues=CUES)
    assert mentions(
        folder,
        passage(0, "The old shed", Kind.PARAGRAPH, section=("1 Owners", "1.1 Houses")),
        passage(1, "A new shed", column="Owner"),
        passage(2, "Another shed", Kind.LIST_ITEM, section=("Dates",)),
    ) == ["The old shed: L01.scoped", "A new shed: L01.scoped"]


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.FOOTNOTE])  # nothing counts in those
def test_a_rule_is_limited_to_each_kind_of_passage(write: Write, kind: Kind) -> None:
    lesson = LESSON + SCOPED + f'phrases = ["shed"]\nkinds = ["{kind}"]\n'
    folder = write(lexicon=HEAD, L01=lesson, L02=OTHER, cues=CUES)
    found = mentions(folder, *(passage(n, f"Shed of a {one}", one) for n, one in enumerate(Kind)))
    assert found == [f"Shed of a {kind}: L01.scoped"]
