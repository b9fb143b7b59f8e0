"""Cells of tables against tables that people wrote down from the pages' pictures.

usage: python benchmarks/tables.py TRUTH.jsonl PDF [PDF ...] [--misses] [--keys FILE.jsonl]

A line of the truth is one page: `{"doc": name, "sha256": of its file, "page": 12, "tables": [{"head": [["Year",
"2024"], …], "rows": [["…", "…", …], …]}]}`. `head` has the headings of each column from the top (null: there are none),
a row its cells from the left; `^` goes on from the row above, `<` from the cell to the left. A text with nothing but
`<` after it names the rows under it; a heading over all columns is the table's title and none of theirs. Where the text
must not be kept, `keys` holds a hash of each cell with its headings instead (`--keys` writes such a file). Cells
without a letter or digit are no passages, and not asked for.

A cell is right if it has the same letters and digits, as a whole, under the same column and row headings. Headings
are judged by the cells under them; where they are passages themselves, they are not counted.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chna_toolkit.extraction import read_document
from chna_toolkit.model import Document, Kind

LONG = 60  # letters of a heading that are compared: longer ones are cut
Cell = tuple[str, str, str]  # text, row heading, column heading: letters and digits


def plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text).casefold()


def cell_of(text: str, row: str, column: str) -> Cell:
    return plain(text), plain(row)[:LONG], plain(column)[:LONG]


def key(page: tuple[str, int], cell: Cell) -> str:
    return hashlib.sha256("\n".join([page[0], str(page[1]), *cell]).encode()).hexdigest()[:16]


def written(table: dict[str, Any]) -> Iterator[Cell]:
    """Yield the cells of a table as it was written down."""
    band = first = ""
    above = [[level for level in column if level not in titles(table)] for column in table["head"] or []]
    for row in table["rows"]:
        if len(row) > 1 and set(row[1:]) == {"<"}:
            band = row[0]
            yield cell_of(band, "", "")
            continue
        if row[0] != "^":
            first = row[0]
        for place, text in enumerate(row):
            if text in ("^", "<") or not plain(text):
                continue
            wide = place + 1
            while wide < len(row) and row[wide] == "<":
                wide += 1
            heads = [level for column in above[place:wide] for level in column]
            column = " ".join(dict.fromkeys(map(str.strip, heads)))
            yield cell_of(text, band + first if place else band, column)


def titles(table: dict[str, Any]) -> set[str]:
    """Return the headings that stand over all columns."""
    columns = table["head"] or [[]]
    return set(columns[0]).intersection(*columns) if len(columns) > 1 else set()


def headings(table: dict[str, Any]) -> Iterator[Cell]:
    """Yield the cells of its head, which may be read as such or not at all."""
    for column in table["head"] or []:
        yield from (cell_of(level, "", "") for level in column)


def read(document: Document, page: int) -> Iterator[Cell]:
    """Yield the cells that were read on a page; what was divided into sentences is joined."""
    blocks: dict[int, list[Any]] = defaultdict(list)
    for passage in document.passages:
        if passage.kind is Kind.TABLE_CELL and passage.page == page:
            blocks[passage.block].append(passage)
    for parts in blocks.values():
        yield cell_of(" ".join(part.text for part in parts), parts[0].row_header, parts[0].column_header)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("truth", type=Path)
    parser.add_argument("pdf", type=Path, nargs="+")
    parser.add_argument("--misses", action="store_true", help="print what was read otherwise")
    parser.add_argument("--keys", type=Path, help="write the truth without its text")
    options = parser.parse_args()
    pages = [json.loads(line) for line in options.truth.read_text(encoding="utf-8").splitlines()]
    documents = {document.sha256: document for document in map(read_document, options.pdf)}
    total: Counter[str] = Counter()
    for page in pages:
        document = documents.get(page["sha256"])
        if document is None:
            print(f"{page['doc']}: not among the files")
            continue
        place = page["sha256"], page["page"]
        found = Counter(read(document, page["page"]))
        if "keys" not in page:
            true = Counter(cell for table in page["tables"] for cell in written(table))
            heads = {cell for table in page["tables"] for cell in headings(table)} - true.keys()
            page["keys"] = sorted(key(place, cell) for cell in true.elements())
            page["heads"] = sorted(key(place, cell) for cell in heads)
            if options.misses:
                show(page, true, Counter({cell: count for cell, count in found.items() if cell not in heads}))
        wanted, given = Counter(page["keys"]), Counter(key(place, cell) for cell in found.elements())
        given = Counter({one: count for one, count in given.items() if one not in page["heads"]})
        right = (wanted & given).total()
        counts = {"pages": 1, "tables": tables(page), "true": wanted.total(), "read": given.total(), "right": right}
        total.update(counts)
        print(row(f"{page['doc'][:40]}, page {page['page']}", counts))
    print(row("all", total))
    if options.keys:
        lines = [json.dumps(bare(page)) for page in pages]
        options.keys.write_text("\n".join(lines) + "\n", encoding="utf-8")


def tables(page: dict[str, Any]) -> int:
    return page["tables"] if isinstance(page["tables"], int) else len(page["tables"])


def bare(page: dict[str, Any]) -> dict[str, Any]:
    return {name: page[name] for name in ("doc", "sha256", "page", "heads", "keys")} | {"tables": tables(page)}


def row(name: str, counts: dict[str, int] | Counter[str]) -> str:
    recall, precision = counts["right"] / max(1, counts["true"]), counts["right"] / max(1, counts["read"])
    cells = f"{counts['right']:5} of {counts['true']:5} cells, {counts['read']:5} read"
    return f"{name:52} {counts['tables']:3} tables {cells}   found {recall:.3f}   precision {precision:.3f}"


def show(page: dict[str, Any], true: Counter[Cell], found: Counter[Cell]) -> None:
    for sign, cells in (("-", true - found), ("+", found - true)):
        for text, above, column in sorted(cells.elements()):
            print(f"  {sign} p{page['page']} {text[:50]!r} row {above[:40]!r} column {column[:40]!r}")


if __name__ == "__main__":
    main()
