"""PDFs made to exhaust or confuse who reads them, written by hand: no library would."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from pathlib import Path

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
TEXT = b"BT /F1 12 Tf 72 400 Td (Our partners meet every month in town.) Tj ET"


def write_pdf(path: Path, objects: dict[int, bytes]) -> Path:
    """A file of numbered objects (1 is the catalog) with a table of where they stand."""
    out = bytearray(b"%PDF-1.7\n")
    places = {}
    for number, body in sorted(objects.items()):
        places[number] = len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start, most = len(out), max(objects) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n" % most
    for number in range(1, most):
        out += b"%010d 00000 %c \n" % (places.get(number, 0), b"n" if number in places else b"f")
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (most, start)
    path.write_bytes(out)
    return path


def stream(data: bytes, more: bytes = b"", level: int = 9) -> bytes:
    data = zlib.compress(data, level)
    return b"<< /Length %d /Filter /FlateDecode %b >>\nstream\n%b\nendstream" % (len(data), more, data)


def repeated(piece: bytes, times: int) -> bytes:
    """A packed stream of one piece many times over, made without ever holding it whole."""
    packer = zlib.compressobj(9)
    block, left = piece * 10_000, times
    parts = []
    while left > 0:
        parts.append(packer.compress(block if left >= 10_000 else piece * left))
        left -= 10_000
    data = b"".join([*parts, packer.flush()])
    return b"<< /Length %d /Filter /FlateDecode >>\nstream\n%b\nendstream" % (len(data), data)


def pages(contents: Iterable[bytes], resources: bytes = b"", box: bytes = b"0 0 612 792") -> dict[int, bytes]:
    """Objects of a document with one page for each content stream; 3 is the font, free numbers from 1000."""
    kids, objects = [], {3: FONT}
    for number, content in enumerate(contents):
        kids.append(b"%d 0 R" % (10 + 2 * number))
        objects[10 + 2 * number] = (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [%b] /Contents %d 0 R /Resources << /Font << /F1 3 0 R >> %b >> >>"
            % (box, 11 + 2 * number, resources)
        )
        objects[11 + 2 * number] = content
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[2] = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (b" ".join(kids), len(kids))
    return objects


def good() -> list[bytes]:
    return [stream(TEXT)]


def endless_stream(path: Path) -> Path:
    """300 MB of nothing much, in 300 kB."""
    return write_pdf(path, pages([*good(), repeated(b"q Q ", 75_000_000), *good()]))


def huge_stream(path: Path) -> Path:
    """A string of 800 MB, in 800 kB."""
    return write_pdf(path, pages([*good(), repeated(b"z", 800_000_000), *good()]))


def million_operators(path: Path) -> Path:
    content = b"BT /F1 1 Tf 72 700 Td " + b"(a) Tj " * 20
    return write_pdf(path, pages([*good(), repeated(content, 100_000), *good()]))


def million_words(path: Path) -> Path:
    line = b"BT /F1 1 Tf 1 0 0 1 10 %d Tm (" + b"the county and our partners " * 100 + b") Tj ET\n"
    body = b"".join(line % (700 - number % 600) for number in range(1000))
    return write_pdf(path, pages([stream(body)]))


def pile_of_words(path: Path) -> Path:
    """Thousands of words, all on one spot."""
    body = b"".join(b"BT /F1 11 Tf %d 300 Td (our %d partners and) Tj ET\n" % (72 + n % 3, n) for n in range(8000))
    return write_pdf(path, pages([stream(body + TEXT)]))


def million_objects(path: Path) -> Path:
    return write_pdf(path, pages([repeated(b"10 10 m 50 50 l S ", 1_000_000), *good()]))


def million_squares(path: Path) -> Path:
    body = b"".join(b"%d %d 9 9 re S " % (number % 600, number // 600 % 780) for number in range(1_000_000))
    return write_pdf(path, pages([stream(TEXT + b" " + body, level=1)]))


def thousands_of_pages(path: Path) -> Path:
    objects = pages(good())
    for number in range(5000):
        objects[1000 + number] = objects[10]
    kids = b" ".join(b"%d 0 R" % (1000 + number) for number in range(5000))
    objects[2] = b"<< /Type /Pages /Kids [%b] /Count 5000 >>" % kids
    return write_pdf(path, objects)


def false_count(path: Path) -> Path:
    objects = pages(good())
    objects[2] = b"<< /Type /Pages /Kids [10 0 R] /Count 2147483647 >>"
    return write_pdf(path, objects)


def page_tree_loop(path: Path) -> Path:
    objects = pages(good())
    objects[2] = b"<< /Type /Pages /Kids [10 0 R 2 0 R 2 0 R] /Count 9 >>"
    return write_pdf(path, objects)


def deep_page_tree(path: Path) -> Path:
    objects = pages(good())
    depth = 20_000
    for level in range(depth):
        objects[1000 + level] = b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (1001 + level)
    objects[1000 + depth] = objects[10]
    objects[2] = b"<< /Type /Pages /Kids [1000 0 R] /Count 1 >>"
    return write_pdf(path, objects)


def deep_array(path: Path) -> Path:
    objects = pages(good())
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R /Deep " + b"[" * 500_000 + b"]" * 500_000 + b" >>"
    return write_pdf(path, objects)


def deep_content(path: Path) -> Path:
    return write_pdf(path, pages([stream(b"[" * 1_000_000 + b"]" * 1_000_000 + b" TJ " + TEXT), *good()]))


def deep_graphics(path: Path) -> Path:
    return write_pdf(path, pages([stream(b"q " * 2_000_000 + TEXT), *good()]))


def recursive_form(path: Path) -> Path:
    """A form that draws itself twice."""
    form = stream(
        b"/X Do /X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X 1000 0 R >> >>"
    )
    objects = pages([*good(), stream(b"/X Do"), *good()], b"/XObject << /X 1000 0 R >>")
    return write_pdf(path, {**objects, 1000: form})


def nested_forms(path: Path) -> Path:
    """Forms that draw the next one twice, 22 deep: four million drawings."""
    objects = pages([*good(), stream(b"/X Do"), *good()], b"/XObject << /X 1000 0 R >>")
    for level in range(22):
        inner = b"/Resources << /XObject << /X %d 0 R >> >>" % (1001 + level)
        objects[1000 + level] = stream(b"/X Do /X Do", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] " + inner)
    objects[1022] = stream(
        TEXT, b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /F1 3 0 R >> >>"
    )
    return write_pdf(path, objects)


def giant_page(path: Path) -> Path:
    return write_pdf(path, pages(good(), box=b"0 0 1000000000 1000000000"))


def endless_page(path: Path) -> Path:
    return write_pdf(path, pages(good(), box=b"-99999999999999999999 nan inf 1e400"))


def endless_lines(path: Path) -> Path:
    """Rulings and words at the end of the world, beside sound ones."""
    far = b"1e38 0 0 1e38 0 0 cm 0 0 m 9e30 0 l S 9e30 9e30 9e30 9e30 re S BT /F1 12 Tf 1 1 Td (far) Tj ET"
    table = b" ".join(b"%d 100 m %d 200 l S 100 %d m 300 %d l S" % (x, x, x, x) for x in (100, 150, 200))
    return write_pdf(path, pages([stream(b"q " + far + b" Q " + table + b" " + TEXT), *good()]))


def huge_image(path: Path) -> Path:
    picture = b"/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 8 /ColorSpace /DeviceRGB"
    objects = pages([stream(TEXT + b" q 612 0 0 792 0 0 cm /I Do Q")], b"/XObject << /I 1000 0 R >>")
    return write_pdf(path, {**objects, 1000: repeated(b"\0", 100_000_000).replace(b"<< ", b"<< " + picture + b" ", 1)})


def million_bookmarks(path: Path) -> Path:
    objects = pages(good())
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R /Outlines 1000 0 R >>"
    objects[1000] = b"<< /First 1001 0 R /Last 1001 0 R /Count 1 >>"
    objects[1001] = b"<< /Title (Round) /Parent 1000 0 R /Next 1002 0 R /First 1001 0 R >>"
    objects[1002] = b"<< /Title (And round) /Parent 1000 0 R /Next 1001 0 R /First 1000 0 R >>"
    return write_pdf(path, objects)


def huge_metadata(path: Path) -> Path:
    objects = pages(good())
    objects[1000] = b"<< /Title (" + b"T" * 30_000_000 + b") >>"
    data = write_pdf(path, objects).read_bytes().replace(b"/Root 1 0 R", b"/Root 1 0 R /Info 1000 0 R")
    path.write_bytes(data)
    return path


def object_stream(path: Path) -> Path:
    """An object stream that says it holds a thousand million objects, and unpacks to 500 MB."""
    objects = pages(good())
    objects[1000] = repeated(b"1 0 ", 125_000_000).replace(
        b"<< ", b"<< /Type /ObjStm /N 1000000000 /First 499999999 ", 1
    )
    objects[10] = objects[10].replace(b"/Parent 2 0 R", b"/Parent 2 0 R /Rotate 1000 0 R")
    return write_pdf(path, objects)


def filter_chain(path: Path) -> Path:
    """A stream packed a thousand times, it says."""
    content = stream(TEXT).replace(b"/FlateDecode", b"[" + b"/FlateDecode " * 1000 + b"]")
    return write_pdf(path, pages([content, *good()]))


BOMBS: list[Callable[[Path], Path]] = [
    endless_stream, huge_stream, million_operators, million_words, pile_of_words, million_objects, million_squares,
    thousands_of_pages, false_count, page_tree_loop, deep_page_tree, deep_array, deep_content, deep_graphics,
    recursive_form, nested_forms, giant_page, endless_page, endless_lines, huge_image, million_bookmarks, huge_metadata,
    object_stream, filter_chain,
]  # fmt: skip
