"""How the view of a run is joined from its tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from chna_toolkit.model import Box, DocumentStatus, Status
from chna_toolkit.results.cells import split_names
from chna_toolkit.results.frames import rows_of
from chna_toolkit.results.peers import unknown
from chna_toolkit.results.run import Manifest, Run
from chna_toolkit.results.schemas import GROUPINGS, NEAREST
from chna_toolkit.results.shares import Share
from chna_toolkit.results.view import (
    DocumentView,
    Evidence,
    FailureView,
    Finding,
    Gap,
    HospitalView,
    LessonView,
    Nearest,
    RunView,
    Span,
)
from chna_toolkit.scoring import hospital_status

_Row = Mapping[str, Any]

_SIDES = ("box_x0", "box_top", "box_x1", "box_bottom")
_MENTION_COLUMNS = (
    "document_id", "lesson_id", "rule_id", "passage", "file", "page_number", "page_label", "section", "kind",
    "row_header", "column_header", "assertion", "cue", "confidence", "counted", "set_aside_reason",
    "evidence_rank", "sentence", "marks", "before", "after", "ocr_confidence", *_SIDES,
)  # fmt: skip
_URL_SIGNS = "/:%~@!$&'()*+,;=-._"  # what a URL without query and fragment is written with
EVIDENCE_SHOWN = 5  # passages for a lesson of a hospital; all are in mentions.csv
MANY = 100  # hospitals; with more of them, fewer passages keep the report small enough to mail
EVIDENCE_OF_MANY = 2


def grouping_of(manifest: Manifest) -> str:
    """Return by which hospitals are peers in the reports of a run."""
    setting = manifest.settings.get("peers")
    return str(setting.value) if setting and setting.value in GROUPINGS else "all"


class Builder:
    """Joins the tables of a run into its view."""

    def __init__(self, run: Run, peers: str = "") -> None:
        self.run = run
        self.grouping = peers or grouping_of(run.manifest)
        self.links = {one.file: one.link or one.file for one in run.manifest.inputs}
        self.matrix: list[_Row] = sorted(
            run.rows("coverage_matrix"),
            key=lambda row: (row["hospital_name"].casefold(), row["hospital_key"], row["chna_year"] or 0),
        )
        self.most = EVIDENCE_OF_MANY if len(self.matrix) > MANY else EVIDENCE_SHOWN
        self.results = {(row["document_id"], row["lesson_id"]): row for row in self._rows("lesson_results")}
        self.gaps = {(row["hospital_key"], row["chna_year"], row["lesson_id"]): row for row in self._rows("gaps")}
        self.mentions: dict[tuple[str, str], list[_Row]] = defaultdict(list)
        # The largest table by far: only what is shown is taken from it.
        rows: list[_Row] = list(rows_of(run.tables["mentions"][list(_MENTION_COLUMNS)]))
        for row in rows:
            self.mentions[row["document_id"], row["lesson_id"]].append(row)
        owners = self._rows("document_hospitals")
        self.types = {
            (row["document_id"], row["hospital_key"], row["chna_year"]): row["document_type"] for row in owners
        }
        self.known = {row["hospital_key"] for row in owners if row["identity_source"] != "none"}
        self.documents = {row["document_id"]: self._document(row) for row in self._rows("documents")}
        self.latest = {lesson: self._latest(lesson) for lesson in run.lessons}
        shares = run.tables["peers"]
        self.peers = {
            (row["hospital_key"], row["chna_year"], row["lesson_id"]): _share(row)
            for row in rows_of(shares[shares["grouping"] == self.grouping])
        }
        lessons = (self._lesson(row) for row in self._rows("lessons"))
        self.lessons = tuple(sorted(lessons, key=lambda lesson: lesson.number))

    def _rows(self, table: str) -> list[_Row]:
        return list(self.run.rows(table))

    def view(self) -> RunView:
        """Return the view."""
        documents = tuple(sorted(self.documents.values(), key=lambda one: one.file))
        return RunView(
            manifest=self.run.manifest,
            lessons=self.lessons,
            hospitals=tuple(self._hospital(row, n) for n, row in enumerate(self.matrix, 1)),
            documents=documents,
            not_assessed=self._not_assessed(documents),
            read_in_part=self._read_in_part(documents),
            schemas=self.run.schemas,
            grouping=self.grouping,
        )

    def link(self, file: str, page: int | None = None) -> str:
        """Return the URL of a PDF, relative to the report unless it is on the web. Only scanned files are linked to."""
        found = self.links.get(file, "")
        if found.startswith("https://"):  # where the scan fetched it from
            path = quote(found, safe=_URL_SIGNS)
            return f"{path}#page={page}" if page else path
        path = quote(found or file, errors="surrogateescape")
        # "javascript:x.pdf" is a file name, and must not become a URL scheme.
        path = path if path.startswith(("../", "./")) else f"./{path}"
        return f"{path}#page={page}" if page else path

    def _lesson(self, row: _Row) -> LessonView:
        statuses = list(self.latest[row["lesson_id"]].values())
        names = (
            "number", "slug", "title", "brief", "definition", "code_when", "do_not_code_when",
            "recommendation", "example", "counter_example", "rules",
        )  # fmt: skip
        return LessonView(
            id=row["lesson_id"],
            tally={status: statuses.count(status) for status in Status},
            **{name: row[name] for name in names},
        )

    def _latest(self, lesson: str) -> dict[str, Status]:
        """Return each hospital's status in its latest cycle that was assessed for the lesson."""
        latest: dict[str, Status] = {}
        for hospital in sorted(self.matrix, key=lambda one: one["chna_year"] or 0):
            status = Status(hospital[f"{lesson}_status"])
            if status is not Status.NOT_ASSESSED or hospital["hospital_key"] not in latest:
                latest[hospital["hospital_key"]] = status
        return latest

    def _document(self, row: _Row) -> DocumentView:
        return DocumentView(
            id=row["document_id"],
            file=row["file"],
            link=self.link(row["file"]),
            other_files=tuple(split_names(row["other_files"])),
            status=DocumentStatus(row["extraction_status"]),
            is_assessed=row["assessed"],
            reason=row["reason"],
            hint=row["hint"],
            title=row["pdf_title"],
            pages=row["pages"],
            readable_pages=row["readable_pages"],
            ocr_pages=row["ocr_pages"],
            ocr_confidence=row["ocr_confidence"],
            words=row["words"],
        )

    def _hospital(self, row: _Row, number: int) -> HospitalView:
        place = (row["hospital_key"], row["chna_year"])
        documents = tuple(
            replace(self.documents[one], type=self.types.get((one, *place), ""))
            for one in row["document_ids"].split(";")
        )
        documents = tuple(sorted(documents, key=lambda one: one.file))
        fragile = row["fragile_lessons"].split(";")
        return HospitalView(
            key=row["hospital_key"],
            name=row["hospital_name"],
            ccn=row["ccn"],
            ein=row["ein"],
            system=row["system"],
            state=row["state"],
            beds=row["beds"],
            year=row["chna_year"],
            year_source=row["year_source"],
            is_known=row["hospital_key"] in self.known,
            is_incomplete=row["incomplete"],
            documents=documents,
            findings=tuple(self._finding(lesson, place, documents, lesson.id in fragile) for lesson in self.lessons),
            anchor=f"h{number}",
        )

    def _finding(
        self,
        lesson: LessonView,
        place: tuple[str, int | None],
        documents: Sequence[DocumentView],
        is_fragile: bool,
    ) -> Finding:
        results = [self.results[one.id, lesson.id] for one in documents]
        status = hospital_status(Status(row["status"]) for row in results)
        mentions = [row for one in documents for row in self.mentions[one.id, lesson.id]]
        evidence = self._evidence([row for row in mentions if row["counted"]], status)
        aside = self._evidence([row for row in mentions if not row["counted"]], status)
        gap = self.gaps.get((*place, lesson.id))
        return Finding(
            lesson=lesson,
            status=status,
            is_fragile=is_fragile,
            reasons=tuple((row["file"] if len(results) > 1 else "", row["status_reason"]) for row in results),
            counted=sum(row["mentions_counted"] for row in results),
            pages=sum(row["pages_with_mentions"] for row in results),
            evidence=evidence[: self.most],
            more=max(0, len(evidence) - self.most),
            set_aside=aside[: self.most],
            more_set_aside=max(0, len(aside) - self.most),
            # A grouping that no hospital has a value for has no rows.
            peers=self.peers.get((*place, lesson.id)) or Share("", 0, 0, 0, unknown(self.grouping)),
            gap=self._gap(gap) if gap else None,
        )

    def _evidence(self, rows: Iterable[_Row], status: Status) -> tuple[Evidence, ...]:
        """Join the mentions of each passage, best passage first."""
        passages: dict[tuple[str, int], list[_Row]] = defaultdict(list)
        for row in rows:
            passages[row["document_id"], row["passage"]].append(row)
        first = "plan" if status is Status.PLANNED else "practice"
        found = []
        for key, group in passages.items():
            group.sort(key=lambda row: (row["evidence_rank"] is None, row["evidence_rank"] or 0, -row["confidence"]))
            best = group[0]
            # A repeated text has no rank: one quote of it is enough.
            if best["evidence_rank"] is not None:
                order = (best["assertion"] != first, -best["confidence"], best["evidence_rank"], key)
                found.append((order, self._one(group)))
        return tuple(one for _, one in sorted(found, key=lambda pair: pair[0]))

    def _one(self, group: Sequence[_Row]) -> Evidence:
        best = group[0]
        headers = [text for text in (best["row_header"], best["column_header"]) if text]
        return Evidence(
            sentence=best["sentence"],
            marks=_union(best["sentence"], (_spans(row["marks"]) for row in group)),
            assertion=best["assertion"],
            cue=best["cue"],
            confidence=best["confidence"],
            is_counted=best["counted"],
            set_aside=best["set_aside_reason"],
            file=best["file"],
            link=self.link(best["file"], best["page_number"]),
            page=best["page_number"],
            page_label=best["page_label"],
            section=best["section"],
            headers=" / ".join(headers),
            kind=best["kind"],
            rules=tuple(dict.fromkeys(row["rule_id"] for row in group)),
            ocr_confidence=best["ocr_confidence"],
            before=best["before"],
            after=best["after"],
            document=best["document_id"],
            box=_box(best),
        )

    def _gap(self, row: _Row) -> Gap:
        nearest = [
            Nearest(
                row[f"nearest_{n}_quote"],
                row[f"nearest_{n}_file"],
                self.link(row[f"nearest_{n}_file"], row[f"nearest_{n}_page"]),
                row[f"nearest_{n}_page"],
                row[f"nearest_{n}_why"],
            )
            for n in range(1, NEAREST + 1)
            if row[f"nearest_{n}_quote"]
        ]
        names = ("documents_searched", "documents_unread", "readable_pages", "pages", "words", "rules_tried")
        return Gap(kind=row["gap_kind"], nearest=tuple(nearest), **{name: row[name] for name in names})

    def _not_assessed(self, documents: Sequence[DocumentView]) -> tuple[FailureView, ...]:
        """Return documents of which nothing can be said, and files that never became one."""
        known = {one.file for one in documents}
        rows = [
            FailureView(
                one.file,
                "too little text" if one.status.is_searchable else _words(one.status.value),
                one.reason,
                one.hint,
            )
            for one in documents
            if not one.is_assessed
        ]
        rows += [_failure(row) for row in self._rows("failures") if row["file"] not in known]
        return tuple(sorted(rows, key=lambda row: (row.file, row.what)))

    def _read_in_part(self, documents: Sequence[DocumentView]) -> tuple[FailureView, ...]:
        """Return documents that were assessed although something was wrong with them."""
        assessed = {one.file: one for one in documents if one.is_assessed}
        rows = [
            FailureView(one.file, f"{one.readable_pages} of {one.pages} pages searched", one.reason, one.hint)
            for one in assessed.values()
            if one.status is DocumentStatus.PARTIAL or one.readable_pages < one.pages
        ]
        rows += [
            _failure(row)
            for row in self._rows("failures")
            if row["file"] in assessed and row["slug"] != DocumentStatus.PARTIAL.value
        ]
        return tuple(sorted(rows, key=lambda row: (row.file, row.what)))


def _share(row: _Row) -> Share:
    counts = (row["peers_assessed"], row["peers_covered"], row["peers_joint"])
    return Share(row["peer_group"], *counts, row["why_none"])


def _failure(row: _Row) -> FailureView:
    return FailureView(row["file"], _words(row["slug"]), row["message"], row["hint"])


def _words(slug: str) -> str:
    return slug.replace("_", " ").replace("-", " ").replace("ocr", "OCR")


def _box(row: _Row) -> Box | None:
    x0, top, x1, bottom = (row[side] for side in _SIDES)
    return None if x0 is None or top is None or x1 is None or bottom is None else (x0, top, x1, bottom)


def _spans(marks: str) -> list[Span]:
    pairs = (part.split("-") for part in marks.split(";") if part)
    return [(int(start), int(end)) for start, end in pairs]


def _union(text: str, many: Iterable[Iterable[Span]]) -> tuple[Span, ...]:
    """Join spans of the text that overlap or have only white space between them."""
    joined: list[Span] = []
    for start, end in sorted(span for spans in many for span in spans):
        if joined and not text[joined[-1][1] : start].strip():
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)
