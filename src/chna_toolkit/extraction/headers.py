"""What the cells of a table stand under: its header rows, row headers, and the table of the page before."""

from __future__ import annotations

from collections.abc import Sequence

from chna_toolkit.extraction.cells import Cell, Table, is_number
from chna_toolkit.extraction.grid import SNAP

SLIVER = 0.15  # of the width of a cell or its head


def set_headers(table: Table) -> None:
    """Find the header rows, and give each body cell its column and row header."""
    table.head = table.head or _head_rows(table)
    for cell in table.cells:
        cell.header = cell.rows[0] < table.head
    spread_headers(table, [cell for cell in table.cells if cell.header])


def spread_headers(table: Table, heads: Sequence[Cell]) -> None:
    """Give body cells their headers; `heads` may come from the page before."""
    band = ""  # a row across the whole table names the rows under it
    first: dict[int, Cell] = {}  # of each row
    for cell in table.cells:
        if not cell.header and cell.columns[0] == 0:
            first.update(dict.fromkeys(range(*cell.rows), cell))
    for cell in sorted(table.cells, key=lambda c: (c.rows[0], c.columns[0])):
        if cell.header:
            continue
        if cell.columns[1] - cell.columns[0] == table.columns > 1:
            band = _short(cell.text)
            continue
        over = [head for head in heads if _stands_over(head, cell, table)]
        cell.column_header = " / ".join(dict.fromkeys(_short(h.text) for h in over if _narrow(h, table)))
        row = first.get(cell.rows[0])
        own = _short(row.text) if row is not None and row is not cell else ""
        cell.row_header = " / ".join(part for part in (band, own) if part)


def _stands_over(head: Cell, cell: Cell, table: Table) -> bool:
    """Whether a head shares columns with a cell, and more than a sliver of their width.

    Where the head's rulings end beside those of the body, the white between them is a column that nobody meant.
    """
    first, end = max(head.columns[0], cell.columns[0]), min(head.columns[1], cell.columns[1])
    if first >= end:
        return False
    edges = (*table.edges, table.box[2])
    widths = [edges[stop] - edges[start] for start, stop in (head.columns, cell.columns)]
    return edges[end] - edges[first] > SLIVER * min(widths)


def _narrow(head: Cell, table: Table) -> bool:
    return head.columns[1] - head.columns[0] < table.columns


def _short(text: str, limit: int = 160) -> str:
    text = text.replace("\ufffe ", "").replace("\ufffe", "")
    return text if len(text) <= limit else text[: limit - 1].rsplit(" ", 1)[0] + "…"


def _head_rows(table: Table) -> int:
    """How many rows at the top are column headers; 0 if the table has none that can be told."""
    rows = [[c for c in table.cells if c.rows[0] == row] for row in range(table.rows)]
    head = 0
    while head < len(rows) - 1 and rows[head] and rows[head][0].columns == (0, table.columns):
        head += 1  # a title across the whole table
    if head >= len(rows) - 1 or not rows[head]:
        return 0
    first, rest = rows[head], [c for row in rows[head + 1 :] for c in row]
    if not _header_like(first, rest, table.columns):
        return 0
    spans = any(1 < c.columns[1] - c.columns[0] < table.columns for c in first)
    deep = max(c.rows[1] for c in first)
    unnamed = all(c.columns[0] > 0 for c in first) and any(c.columns[0] == 0 for c in rows[head + 1])
    if (spans or unnamed) and head + 2 < len(rows) and not any(is_number(c.text) for c in rows[head + 1]):
        return max(deep, head + 2)
    return head + 1


def _header_like(first: Sequence[Cell], rest: Sequence[Cell], columns: int) -> bool:
    texts = [cell.text for cell in first]
    body = [cell for cell in rest if cell.columns[0] > 0]
    figures = sum(is_number(cell.text) for cell in body)
    if any(len(text.split()) > 14 for text in texts) or not rest:
        return False
    if len(first) > 1 and all(cell.columns[0] > 0 and cell.columns[1] - cell.columns[0] > 1 for cell in first):
        return True  # each stands over several columns, none over the row headers
    if any(map(is_number, texts)) and not _names_ranges(first, figures, len(body)):
        return False
    bold = all(line.style.bold for cell in first for line in cell.lines)
    later_bold = sum(all(line.style.bold for line in cell.lines) for cell in rest) / len(rest)
    if bold and later_bold < 0.6:
        return True
    long_rest = sum(len(cell.text.split()) for cell in rest) / len(rest)
    long_first = sum(len(text.split()) for text in texts) / len(texts)
    if columns == 2 and len(first) == 2 and _is_numbered(rest) and not any(is_number(text) for text in texts):
        return True
    numbers = figures > 0.5 * len(body)
    return len(first) >= min(columns, 3) - 1 and (numbers or (columns >= 3 and long_rest > 1.3 * long_first))


def _names_ranges(first: Sequence[Cell], figures: int, body: int) -> bool:
    """Whether a row with numbers names columns: half of it are words, while under it stand figures alone."""
    texts = [cell.text for cell in first if cell.columns[0] > 0]
    words = sum(not is_number(text) for text in texts)
    return 2 * words >= len(texts) and figures > 0.95 * body


def _is_numbered(cells: Sequence[Cell]) -> bool:
    """Whether the first column counts the rows and the second says something of each."""
    counts = [cell.text.strip(".") for cell in cells if cell.columns == (0, 1)]
    return len(counts) > 3 and sum(text.isdigit() and len(text) < 4 for text in counts) > 0.8 * len(counts)


def continue_table(before: Table, table: Table) -> None:
    """Take a table at a page top for the rest of the one that ends the page before, if their columns agree.

    It gets that one's column headers, unless it repeats them, and a first row without a first cell is
    the rest of the row that the page end cut.
    """
    if table.columns != before.columns or not _same_columns(before.edges, table.edges):
        return
    heads = [cell for cell in before.cells if cell.header]
    own = [cell for cell in table.cells if cell.header]
    if own and {cell.text for cell in own} != {cell.text for cell in heads}:
        if not heads or _looks(own) == _looks(heads):
            return  # another table of the same shape
        for cell in own:
            cell.header = False
        table.head = 0
    _join_cut_row(before, table)
    if heads:
        spread_headers(table, heads)


def _same_columns(a: Sequence[float], b: Sequence[float]) -> bool:
    """Whether columns are as wide; the whole table may be shifted, as where margins mirror each other."""
    shift = b[0] - a[0]
    return all(abs(y - x - shift) <= 2 * SNAP for x, y in zip(a, b, strict=True))


def _looks(cells: Sequence[Cell]) -> tuple[bool, int]:
    """Weight and colour of header cells."""
    styles = [line.style for cell in cells for line in cell.lines]
    return all(style.bold for style in styles), max(style.color for style in styles)


def _join_cut_row(before: Table, table: Table) -> None:
    """Move a first row without a first cell into the cells above, on the page before."""
    row = [cell for cell in table.cells if cell.rows[0] == table.head]
    last = max(cell.rows[1] for cell in before.cells)
    above = {cell.columns: cell for cell in before.cells if cell.rows[1] == last and not cell.header}
    if not row or any(cell.columns[0] == 0 for cell in row) or 0 not in {columns[0] for columns in above}:
        return
    if any(cell.columns not in above for cell in row):
        return
    for cell in row:
        above[cell.columns].rest += cell.lines
    table.cells = [cell for cell in table.cells if not any(cell is moved for moved in row)]
