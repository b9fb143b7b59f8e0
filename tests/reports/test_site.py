"""A large report is a folder of pages: complete, without dead links, and never mixed with an earlier one."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from chna_toolkit import storage
from chna_toolkit.errors import OutputError
from chna_toolkit.model import Assessed, Identity
from chna_toolkit.reports import site, write_reports
from chna_toolkit.reports.html import render_html, render_html_within
from chna_toolkit.reports.pictures import Picture, Pictures
from chna_toolkit.reports.places import page_names
from chna_toolkit.reports.site import INDEX, LIMIT, LISTING, listed, write_html
from chna_toolkit.results.view import view_of
from chna_toolkit.storage import Url, published
from reports.test_report_html import Page
from results.made_up import make_run, sample_assessed, sample_failures, sample_run, write


@pytest.fixture
def pictures(tmp_path: Path) -> Pictures:
    """A picture of every page that the sample run quotes."""
    file = tmp_path / "white.png"
    Image.new("P", (12, 15)).save(file)
    shown = [one for hospital in view_of(sample_run()).hospitals for f in hospital.findings for one in f.evidence]
    return {(one.document, one.page): Picture(one.document, one.page, 612, 792, file, 90) for one in shown}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


def files(out: Path) -> set[str]:
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


def pages(out: Path) -> dict[str, Page]:
    return {name: Page((out / name).read_text("utf-8")) for name in files(out) if name.endswith(".html")}


def links(page: Page) -> Iterator[str]:
    for tag, attributes in page.elements:
        for name in ("href", "src"):
            if name in attributes:
                assert (tag, name) != ("use", "src")
                yield str(attributes[name])


# -- which form


def test_a_small_report_is_one_file(out: Path) -> None:
    write_html(view_of(sample_run()), out)
    assert files(out) == {INDEX}


def test_a_report_that_would_be_too_large_becomes_a_site(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view = view_of(sample_run())
    size = len(render_html(view).encode())
    assert render_html_within(view, size) == render_html(view)
    assert render_html_within(view, size - 1) is None
    monkeypatch.setattr(site, "LIMIT", size - 1)
    write_html(view, out)
    assert len(pages(out)) == 2 + len(view.hospitals)
    write_html(view, out, "file")
    assert files(out) == {INDEX}


def test_pictures_count_for_the_size(pictures: Pictures) -> None:
    heavy = {key: replace(one, size=LIMIT) for key, one in pictures.items()}
    assert render_html_within(view_of(sample_run()), LIMIT, heavy) is None


# -- what the pages hold


def test_every_link_leads_somewhere(out: Path, pictures: Pictures) -> None:
    write_html(view_of(sample_run()), out, "site", pictures)
    found = pages(out)
    ids = {name: {a["id"] for _, a in page.elements if "id" in a} for name, page in found.items()}
    led_to = set()
    for name, page in found.items():
        for link in links(page):
            path, _, mark = link.partition("#")
            target = (Path(name).parent / unquote(path)).as_posix() if path else name
            target = re.sub(r"[^/]+/\.\./", "", target)
            if "/pdfs/" in target:  # the PDFs of the run are not there
                assert target.startswith("../pdfs/"), (name, link)
                continue
            assert (out / target).is_file(), (name, link)
            assert not mark or mark in ids[target], (name, link)
            led_to.add(target)
    assert led_to == files(out) - {LISTING}


def test_pages_load_nothing_but_their_style_and_pictures(out: Path, pictures: Pictures) -> None:
    write_html(view_of(sample_run()), out, "site", pictures)
    for name, page in pages(out).items():
        (policy,) = [str(one["content"]) for one in page.all("meta") if one.get("http-equiv")]
        assert policy.startswith(
            "default-src 'none'; style-src 'self' file:; img-src 'self' file:; script-src 'sha256-"
        )
        assert "unsafe" not in policy
        assert len(page.all("script")) == 1
        assert [one["rel"] for one in page.all("link")] == ["stylesheet"], name
        assert "style" not in {attribute for _, attributes in page.elements for attribute in attributes}
        assert not set((out / name).read_text("utf-8")) & set("\u202e\u202c\x00\x1b")


def test_all_that_the_single_file_says_is_in_the_site(out: Path) -> None:
    view = view_of(sample_run())
    write_html(view, out, "site")
    found = pages(out)
    text = " ".join(page.text for page in found.values())
    single = Page(render_html(view))
    for words in ("What could not be assessed", "Data dictionary", "Methods and limits", "Provenance"):
        assert words in found[INDEX].text
    for mark in set(single.marks):
        assert mark in text
    assert {one for page in found.values() for one in page.marks} == set(single.marks)


def test_a_page_of_a_hospital_stands_alone_and_knows_its_neighbours(out: Path) -> None:
    view = view_of(sample_run())
    write_html(view, out, "site")
    names = page_names(view.hospitals)
    for number, hospital in enumerate(view.hospitals):
        page = Page((out / "report" / names[hospital.anchor]).read_text("utf-8"))
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        neighbours = {a["rel"]: a["href"] for a in page.all("a") if "rel" in a}
        beside = {"prev": number - 1, "next": number + 1}
        expected = {rel: names[view.hospitals[n].anchor] for rel, n in beside.items() if 0 <= n < len(view.hospitals)}
        assert neighbours == expected


def test_pages_are_named_after_hospitals_but_hold_nothing_of_documents_that_could_do_harm() -> None:
    view = view_of(sample_run())
    names = page_names(view.hospitals)
    assert len(set(names.values())) == len(view.hospitals)
    assert all(re.fullmatch(r"[a-z0-9-]{8,70}\.html", name) for name in names.values())
    harbor = next(one for one in view.hospitals if one.name.startswith("Harbor"))
    assert names[harbor.anchor].startswith("harbor-point-children-s-hospital-2024-")
    alone = view_of(make_run([one for one in sample_assessed() if "harbor" in one.file]))
    assert page_names(alone.hospitals)[alone.hospitals[0].anchor] == names[harbor.anchor]
    odd = [
        write().fill(20).done(f"{n}.pdf", Identity(name)) for n, name in enumerate(("../../etc", "CON", "病院", "."))
    ]
    assert all(
        re.fullmatch(r"[a-z0-9-]+\.html", name) for name in page_names(view_of(make_run(odd)).hospitals).values()
    )


def test_the_matrix_names_each_status_and_leads_to_it_unless_there_are_very_many(
    out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cells(page: Page) -> list[str | None]:
        return [one.get("aria-label") for tag, one in page.elements if tag in ("td", "a") and "aria-label" in one]

    view = view_of(sample_run())
    write_html(view, out, "site")
    linked = pages(out)[INDEX]
    expected = [
        site_word(finding.status) + (", fragile" if finding.is_fragile else "")
        for hospital in view.hospitals
        for finding in hospital.findings
    ]
    assert cells(linked) == expected
    assert "Each sign leads to the sentences behind it." in linked.text
    monkeypatch.setattr("chna_toolkit.reports.places.LINKED", 3)
    write_html(view, out, "site")
    plain = pages(out)[INDEX]
    assert cells(plain) == expected
    assert len(plain.all("a")) == len(linked.all("a")) - len(expected)


def site_word(status: str) -> str:
    return status.replace("_", " ")


def test_the_same_run_gives_the_same_site(tmp_path: Path, pictures: Pictures) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_html(view_of(sample_run()), tmp_path / name, "site", pictures)
    one, two = tmp_path / "one", tmp_path / "two"
    assert files(one) == files(two)
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in files(one))


# -- in place of an earlier report


def smaller() -> list[Assessed]:
    return [one for one in sample_assessed() if "stonebridge" in one.file]


def test_pages_of_an_earlier_run_go_and_files_of_others_stay(out: Path, pictures: Pictures) -> None:
    write_html(view_of(sample_run()), out, "site", pictures)
    (out / "report" / "notes.txt").write_text("mine")
    before = listed(out)
    write_html(view_of(make_run(smaller())), out, "site")
    assert listed(out) < before
    assert files(out) == {INDEX, LISTING, "report/notes.txt", *listed(out)}
    assert not (out / "report" / "pages").exists()
    write_html(view_of(sample_run()), out, "file")
    assert files(out) == {INDEX, "report/notes.txt"}


def test_a_folder_of_that_name_that_is_not_ours_is_left_alone(out: Path) -> None:
    (out / "report").mkdir()
    (out / "report" / "style.css").write_text("mine")
    (out / INDEX).write_text("old")
    with pytest.raises(OutputError, match="holds other files") as caught:
        write_reports(sample_run(), out, form="site")
    assert "--report file" in caught.value.hint
    assert (out / INDEX).read_text() == "old"
    assert files(out) == {INDEX, "report/style.css"}
    write_reports(sample_run(), out, form="file")
    assert (out / "report" / "style.css").read_text() == "mine"


def test_a_listing_that_was_tampered_with_removes_nothing_else(out: Path) -> None:
    write_html(view_of(make_run(smaller())), out, "site")
    victims = [out / "mentions.csv", out.parent / "keep.html", out / "report" / "notes.txt"]
    for victim in victims:
        victim.write_text("mine")
    with (out / LISTING).open("a") as stream:
        stream.write("mentions.csv\n../keep.html\nreport/../mentions.csv\nreport/notes.txt\n/etc/passwd\nreport/\n")
    write_html(view_of(make_run(smaller())), out, "file")
    assert all(victim.exists() for victim in victims)


def test_a_report_that_was_interrupted_leaves_the_old_one_whole(out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_html(view_of(make_run(smaller())), out, "site")
    old = {name: (out / name).read_bytes() for name in files(out) - {LISTING}}
    write = site.write_text

    def failing(path: Path, text: str) -> None:
        if path.name == INDEX:
            raise OSError("no space left")
        write(path, text)

    monkeypatch.setattr(site, "write_text", failing)
    with pytest.raises(OutputError, match="no space left"):
        write_reports(sample_run(), out, form="site")
    assert old.keys() <= files(out)
    assert (out / INDEX).read_bytes() == old[INDEX]
    monkeypatch.undo()
    write_html(view_of(make_run(smaller())), out, "site")
    assert files(out) == {*old, LISTING}


def test_in_a_bucket_pages_of_an_earlier_run_go_too(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket: dict[str, bytes] = {"run.json": b"old", "mentions.csv": b"old", "report/a.html": b"", "report/b.html": b""}
    bucket[LISTING] = b"# ours\nreport/a.html\nreport/b.html\nmentions.csv\nreport/../run.json\n"

    class Door:
        def get(self, name: str) -> bytes | None:
            return bucket.get(name)

        def delete(self, name: str) -> bool:
            return bucket.pop(name, None) is not None

    def put(path: Path, url: Url) -> None:
        bucket[url.text.removeprefix("s3://b/")] = path.read_bytes()

    monkeypatch.setattr(storage, "door_of", lambda _: Door())
    monkeypatch.setattr(storage, "_upload", put)
    with published(Url("s3://b"), "run.json", LISTING) as folder:
        (folder / "report").mkdir()
        (folder / "report" / "b.html").write_text("new")
        (folder / LISTING).write_text("report/b.html\n")
        (folder / "run.json").write_text("new")
    assert bucket == {
        "run.json": b"new", "mentions.csv": b"old", "report/b.html": b"new", LISTING: b"report/b.html\n",
    }  # fmt: skip
    with published(Url("s3://b"), "run.json", LISTING) as folder:
        (folder / "run.json").write_text("newer")
    assert bucket == {"run.json": b"newer", "mentions.csv": b"old"}


def test_very_many_failures_are_named_up_to_a_bound() -> None:
    lost = [replace(sample_failures()[0], file=f"{n}.pdf") for n in range(400)]
    text = Page(render_html(view_of(make_run(sample_assessed(), lost)))).text
    assert "further in documents.csv and failures.csv ." in text
