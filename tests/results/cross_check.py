"""Do the tables of a run agree with each other and with their schemas?

Reads a run folder with nothing but the standard library, as a stranger would, and works out anew
every number that another table holds. Also a script: `python tests/results/cross_check.py RUN...`.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from urllib.parse import unquote

from chna_toolkit.results.schemas import Column, Table, tables

RANK = ("covered", "planned", "acknowledged", "silent", "not_assessed")
ASSERTIONS = ("practice", "plan", "call", "lack")
Row = dict[str, str]


def problems(run: Path) -> Iterator[str]:
    """Yield what is wrong with the run folder, in words; nothing if all agrees."""
    texts = {path.name: path.read_bytes().decode("utf-8") for path in run.glob("*.csv")}
    lessons = [row["lesson_id"] for row in _rows(texts["lessons.csv"])]
    found: dict[str, list[Row]] = {}
    for table in tables(lessons):
        if f"{table.name}.csv" not in texts:
            yield f"{table.name}.csv is missing"
            return
        found[table.name] = _rows(texts[f"{table.name}.csv"])
        yield from _shape(table, texts[f"{table.name}.csv"], found[table.name])
    checks = (_results, _documents, _mentions, _hospitals, _gaps, _peers, _failures)
    for check in checks:
        yield from check(found, lessons)
    yield from _counts(found, json.loads((run / "run.json").read_text("utf-8")))


def _rows(text: str) -> list[Row]:
    csv.field_size_limit(2**31 - 1)
    return list(csv.DictReader(io.StringIO(text, newline="")))


# -- each table by itself


def _shape(table: Table, text: str, rows: list[Row]) -> Iterator[str]:
    if text.split("\n", 1)[0].replace('"', "") != ",".join(table.header):
        yield f"{table.name}: another header"
        return
    keys = [tuple(_sortable(row[column.name], column) for column in table.columns if column.key) for row in rows]
    if keys != sorted(keys) or len(set(keys)) != len(keys):
        yield f"{table.name}: not sorted by its key, or a key stands twice"
    for number, row in enumerate(rows, 1):
        for column in table.columns:
            if fault := _cell(row[column.name], column):
                yield f"{table.name} row {number}: {column.name} {row[column.name]!r} {fault}"


def _sortable(cell: str, column: Column) -> tuple[bool, object]:
    return (cell != "", _number(cell) if column.type in ("integer", "number") else cell)


def _cell(cell: str, column: Column) -> str:
    if column.values and cell not in column.values:
        return "is none of its values"
    if column.type == "string":
        return ""
    form = {"integer": r"-?\d+", "boolean": "true|false", "number": rf"-?\d+\.\d{{{column.decimals}}}"}[column.type]
    return "" if cell == "" or re.fullmatch(form, cell) else f"is no {column.type}"


def _number(cell: str) -> float:
    return float(cell or 0)


# -- tables against each other

Found = dict[str, list[Row]]


def _results(found: Found, lessons: list[str]) -> Iterator[str]:
    pairs = Counter((row["document_id"], row["lesson_id"]) for row in found["lesson_results"])
    if pairs != Counter((one["document_id"], lesson) for one in found["documents"] for lesson in lessons):
        yield "lesson_results: not one row for each document and lesson"
    words = {one["document_id"]: _number(one["words"]) for one in found["documents"]}
    for row in found["lesson_results"]:
        name = f"lesson_results {row['document_id']} {row['lesson_id']}"
        counted = _number(row["mentions_counted"])
        if counted != sum(_number(row[f"mentions_{assertion}"]) for assertion in ASSERTIONS):
            yield f"{name}: assertions do not add up"
        length = words[row["document_id"]]
        rate = f"{10_000 * counted / length:.2f}" if length else ""
        if row["mentions_per_10k_words"] != rate:
            yield f"{name}: the rate is {row['mentions_per_10k_words']}, not {rate}"
        needed = {"covered": ("practice",), "planned": ("practice", "plan"), "acknowledged": ASSERTIONS}
        if row["status"] in needed and not any(int(row[f"mentions_{one}"]) for one in needed[row["status"]]):
            yield f"{name}: {row['status']} without evidence"
        if row["status"] == "not_assessed" and (row["fragile"] == "true" or _number(row["strength"])):
            yield f"{name}: not assessed, but with a strength"


def _documents(found: Found, lessons: list[str]) -> Iterator[str]:
    statuses: dict[str, Counter[str]] = defaultdict(Counter)
    for row in found["lesson_results"]:
        statuses[row["document_id"]][row["status"]] += 1
    hospitals = Counter(key for key, _ in {(r["document_id"], r["hospital_key"]) for r in found["document_hospitals"]})
    for one in found["documents"]:
        name, tally = f"documents {one['document_id']}", statuses[one["document_id"]]
        if one["sha256"][:12] != one["document_id"]:
            yield f"{name}: the id is not of its hash"
        if [int(one[f"lessons_{status}"]) for status in RANK] != [tally[status] for status in RANK]:
            yield f"{name}: lessons by status differ from lesson_results"
        yield from _percent(name, one["lesson_coverage_percent"], tally)
        if (one["assessed"] == "true") != (tally["not_assessed"] < len(lessons)):
            yield f"{name}: assessed disagrees with lesson_results"
        if one["assessed"] == "true" and one["extraction_status"] not in ("ok", "partial"):
            yield f"{name}: {one['extraction_status']}, but assessed"
        if one["assessed"] == "false" and not one["reason"]:
            yield f"{name}: not assessed without a reason"
        if _number(one["hospitals"]) != hospitals[one["document_id"]] or not hospitals[one["document_id"]]:
            yield f"{name}: hospitals differ from document_hospitals"
        if _number(one["readable_pages"]) > _number(one["pages"]):
            yield f"{name}: more readable pages than pages"


def _percent(name: str, cell: str, tally: Counter[str]) -> Iterator[str]:
    assessed = tally.total() - tally["not_assessed"]
    percent = f"{100 * tally['covered'] / assessed:.1f}" if assessed else ""
    if cell != percent:
        yield f"{name}: the share is {cell}, not {percent}"


def _mentions(found: Found, lessons: list[str]) -> Iterator[str]:
    documents = {one["document_id"]: one for one in found["documents"]}
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in found["mentions"]:
        groups[row["document_id"], row["lesson_id"]].append(row)
        name, one = f"mention {row['mention_id']}", documents[row["document_id"]]
        if not 1 <= int(row["page_number"]) <= int(one["pages"]):
            yield f"{name}: no such page"
        if int(row["end_char"]) - int(row["start_char"]) != len(row["keyword"]):
            yield f"{name}: the keyword is not as long as its span"
        if (row["counted"] == "true") != (row["set_aside_reason"] == ""):
            yield f"{name}: counted and set aside, or neither"
        if (unquote(row["pdf_link"]), row["file"]) != (
            f"{one['file']}#page={row['page_number']}",
            one["file"],
        ):
            yield f"{name}: the link leads elsewhere"
        for mark in row["marks"].split(";"):
            start, end = map(int, mark.split("-"))
            if not 0 <= start < end <= len(row["sentence"]):
                yield f"{name}: a mark outside its sentence"
    if len({row["mention_id"] for row in found["mentions"]}) != len(found["mentions"]):
        yield "mentions: an id stands twice"
    for row in found["lesson_results"]:
        mine = groups[row["document_id"], row["lesson_id"]]
        counted = [one for one in mine if one["counted"] == "true"]
        name = f"lesson_results {row['document_id']} {row['lesson_id']}"
        # The same rule may match a span in two ways, which is one row of mentions.
        if len(counted) > int(row["mentions_counted"]) or bool(counted) != bool(int(row["mentions_counted"])):
            yield f"{name}: counted mentions differ"
        if len(mine) - len(counted) > int(row["mentions_set_aside"]):
            yield f"{name}: mentions set aside differ"
        if len({one["rule_id"] for one in counted}) != int(row["distinct_rules"]):
            yield f"{name}: rules differ"
        pages = {int(one["page_number"]) for one in counted}
        if (len(pages), str(min(pages, default=""))) != (int(row["pages_with_mentions"]), row["first_page"]):
            yield f"{name}: pages differ"


def _hospitals(found: Found, lessons: list[str]) -> Iterator[str]:
    status = {(row["document_id"], row["lesson_id"]): row["status"] for row in found["lesson_results"]}
    assessed = {one["document_id"]: one["assessed"] == "true" for one in found["documents"]}
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in found["document_hospitals"]:
        members[row["hospital_key"], row["chna_year"]].add(row["document_id"])
    matrix = {(row["hospital_key"], row["chna_year"]): row for row in found["coverage_matrix"]}
    if matrix.keys() != members.keys():
        yield "coverage_matrix: other hospitals than document_hospitals"
    for key, row in matrix.items():
        name, own = f"coverage_matrix {key}", members[key]
        if row["document_ids"].split(";") != sorted(own) or int(row["documents"]) != len(own):
            yield f"{name}: other documents"
        best = [min((status[one, lesson] for one in own), key=RANK.index) for lesson in lessons]
        if best != [row[f"{lesson}_status"] for lesson in lessons]:
            yield f"{name}: not the best status of its documents"
        if [best.count(one) for one in RANK] != [int(row[one]) for one in RANK]:
            yield f"{name}: lessons by status do not add up"
        yield from _percent(name, row["lesson_coverage_percent"], Counter(best))
        if (row["incomplete"] == "true") != any(not assessed[one] for one in own):
            yield f"{name}: incomplete is wrong"


def _gaps(found: Found, lessons: list[str]) -> Iterator[str]:
    shown = {
        (row["hospital_key"], row["chna_year"], lesson): row[f"{lesson}_status"]
        for row in found["coverage_matrix"]
        for lesson in lessons
    }
    gaps = {(row["hospital_key"], row["chna_year"], row["lesson_id"]): row for row in found["gaps"]}
    if gaps.keys() != {key for key, status in shown.items() if status not in ("covered", "not_assessed")}:
        yield "gaps: not exactly the lessons that were assessed and are not covered"
    latest: dict[str, dict[str, str]] = {lesson: {} for lesson in lessons}
    for (hospital, _, lesson), status in shown.items():  # the matrix is sorted by year
        if status != "not_assessed":
            latest[lesson][hospital] = status
    for (hospital, _, lesson), row in gaps.items():
        others = [status for key, status in latest[lesson].items() if key != hospital]
        if (int(row["peers_assessed"]), int(row["peers_covered"])) != (len(others), others.count("covered")):
            yield f"gaps {hospital} {lesson}: peers differ from coverage_matrix"
        if row["status"] != shown[hospital, row["chna_year"], lesson] or not row["reason"] or not row["recommendation"]:
            yield f"gaps {hospital} {lesson}: another status, or no reason or recommendation"
        if int(row["documents_searched"]) < 1 or not int(row["words"]):
            yield f"gaps {hospital} {lesson}: a gap where nothing was searched"


def _peers(found: Found, lessons: list[str]) -> Iterator[str]:
    matrix = found["coverage_matrix"]  # sorted by hospital and year
    traits: dict[str, dict[str, str]] = defaultdict(lambda: {"all": "all"})
    for row in matrix:
        for kind, value in (("system", row["system"]), ("state", row["state"]), ("size", _size(row["beds"]))):
            if value:
                traits[row["hospital_key"]][kind] = " ".join(value.casefold().split())
    latest = {
        (lesson, row["hospital_key"]): row[f"{lesson}_status"]
        for row in matrix
        for lesson in lessons
        if row[f"{lesson}_status"] != "not_assessed"
    }
    kinds = {kind for row in matrix for kind in traits[row["hospital_key"]]}
    wanted = {(r["hospital_key"], r["chna_year"], lesson, kind) for r in matrix for lesson in lessons for kind in kinds}
    if wanted != {(r["hospital_key"], r["chna_year"], r["lesson_id"], r["grouping"]) for r in found["peers"]}:
        yield "peers: not one row for each hospital, cycle, lesson and known grouping"
    for row in found["peers"]:
        key, kind, lesson = row["hospital_key"], row["grouping"], row["lesson_id"]
        own = traits[key].get(kind)
        others = [
            status
            for (other_lesson, other), status in latest.items()
            if other_lesson == lesson and other != key and own and traits[other].get(kind) == own
        ]
        counted = (len(others), others.count("covered"))
        percent = f"{100 * counted[1] / counted[0]:.1f}" if others else ""
        told = (int(row["peers_assessed"]), int(row["peers_covered"]))
        if told != counted or row["peers_covered_percent"] != percent or bool(row["why_none"]) == bool(others):
            yield f"peers {key} {lesson} {kind}: {told}, but the matrix says {counted}"


def _size(beds: str) -> str:
    return str(sum(int(beds) >= least for least in (26, 100, 300, 500))) if beds else ""


def _failures(found: Found, lessons: list[str]) -> Iterator[str]:
    named = {(row["document_id"], row["slug"].replace("-", "_")) for row in found["failures"]}
    for one in found["documents"]:
        state = one["extraction_status"]
        if state != "ok" and (one["document_id"], state) not in named:
            yield f"failures: {one['file']} is {state} and not among them"


def _counts(found: Found, manifest: dict) -> Iterator[str]:
    counts, documents = manifest["counts"], found["documents"]
    lost = {row["file"] for row in found["failures"] if not row["document_id"]}
    expected = {
        "documents": len(documents) + len(lost),
        "assessed": sum(one["assessed"] == "true" for one in documents),
        "needs_ocr": sum(one["extraction_status"] == "needs_ocr" for one in documents),
        "mentions": len(found["mentions"]),
        "gaps": len(found["gaps"]),
        "lessons": len(found["lessons"]),
        "pages": sum(int(one["pages"]) for one in documents),
        "words": sum(int(one["words"]) for one in documents),
    }
    covered = [int(row["covered"]) for row in found["coverage_matrix"] if row["lesson_coverage_percent"]]
    expected["median_covered"] = median(covered) if covered else None
    for name, value in expected.items():
        if counts[name] != value:
            yield f"run.json: {name} is {counts[name]}, not {value}"
    kinds = ("assessed", "needs_ocr", "too_little_text", "failed")
    if sum(counts[kind] for kind in kinds) != counts["documents"]:
        yield "run.json: kinds of documents do not add up"


if __name__ == "__main__":
    wrong = [f"{run}: {problem}" for run in sys.argv[1:] for problem in problems(Path(run))]
    print("\n".join(wrong) or "all tables agree")
    sys.exit(bool(wrong))
