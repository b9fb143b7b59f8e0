"""What is left of a PDF that was cut off or damaged, as a file that PDFium opens.

A PDF keeps the table of its objects at its end, so a download that broke off opens in no program
though most pages are there. Here the objects are found by looking for them, those packed in object
streams are unpacked, and a table is written behind them. Pages that need an object that is gone are
named: they must not be taken for empty ones.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_BYTES = 200_000_000  # of a file; a larger one stays broken
MAX_UNPACKED = 100_000_000  # of all object streams
MAX_OBJECTS = 500_000
_MAX_DEPTH = 6  # of references from a page to what its text needs

_OBJECT = re.compile(rb"(?<![0-9])(\d{1,8})[ \t\r\n]{1,4}(\d{1,5})[ \t\r\n]{1,4}obj\b")
_REFERENCE = re.compile(rb"(\d{1,8})[ \t\r\n]+\d{1,5}[ \t\r\n]+R\b")
_NUMBER = re.compile(rb"[ \t\r\n]*(\d{1,10})(?![ \t\r\n]+\d{1,5}[ \t\r\n]+R\b)")
_PAGE, _PAGES = re.compile(rb"/Type[ \t\r\n]*/Page\b"), re.compile(rb"/Type[ \t\r\n]*/Pages\b")
_CATALOG = re.compile(rb"/Type[ \t\r\n]*/Catalog\b")


@dataclass(frozen=True, slots=True)
class Salvaged:
    """A file that opens, and how many pages it once had.

    Pages (by number) that are `gone` lack their content. Those that are `bare` lack a font, a
    picture or a form: what text they have is nearly always right, but may not be all.
    """

    data: bytes
    gone: frozenset[int]
    bare: frozenset[int]
    total: int


@dataclass(slots=True)
class _Wreck:
    """The objects that are whole, by number."""

    data: bytes
    bodies: dict[int, bytes] = field(default_factory=dict)  # what stands between obj and endobj, or before a stream
    places: dict[int, tuple[int, int]] = field(default_factory=dict)  # offset in the file, generation
    unpacked: dict[int, bytes] = field(default_factory=dict)  # objects out of streams, which have no place


def salvage(data: bytes) -> Salvaged | None:
    """Return what is left of a file, or None if there is no page in it (or it is encrypted, or huge)."""
    if len(data) > MAX_BYTES or b"/Encrypt" in data:
        return None
    wreck = _Wreck(data)
    _find_objects(wreck)
    _unpack_streams(wreck)
    pages = [number for number, body in wreck.bodies.items() if _PAGE.search(body)]
    if not pages:
        return None
    roots = [number for number, body in wreck.bodies.items() if _CATALOG.search(body)]
    root, order = 0, list[int]()
    for number in roots[::-1]:  # the newest is the last
        tree = _reference(wreck.bodies[number], b"/Pages")
        order = list(_leaves(wreck, tree)) if tree in wreck.bodies else []
        if any(page in wreck.bodies for page in order):
            root = number
            break
    extra = dict(wreck.unpacked)
    total = max(_stated_count(wreck, root), len(order))
    if not root:
        order, root = pages, max(wreck.bodies) + 1
        kids = b" ".join(b"%d 0 R" % page for page in pages)
        extra[root] = b"<< /Type /Catalog /Pages %d 0 R >>" % (root + 1)
        extra[root + 1] = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(pages))
        total = max(total, len(pages))
    gone = frozenset(place for place, page in enumerate(order, 1) if not _has_content(wreck, page))
    bare = frozenset(place for place, page in enumerate(order, 1) if place not in gone and _is_bare(wreck, page))
    return Salvaged(_written(wreck, extra, root), gone, bare, total)


def _find_objects(wreck: _Wreck) -> None:
    data = wreck.data
    starts = list(_OBJECT.finditer(data))[:MAX_OBJECTS]
    for index, match in enumerate(starts):
        end = starts[index + 1].start() if index + 1 < len(starts) else len(data)
        close = data.find(b"endobj", match.end(), end)
        if close < 0:
            continue  # cut off, or overwritten
        number = int(match[1])
        stream = data.find(b"stream", match.end(), close)
        wreck.bodies[number] = data[match.end() : stream if stream >= 0 else close]
        wreck.places[number] = match.start(), int(match[2])


def _unpack_streams(wreck: _Wreck) -> None:
    left = MAX_UNPACKED
    for number, head in list(wreck.bodies.items()):
        if not re.search(rb"/Type[ \t\r\n]*/ObjStm\b", head) or b"/DecodeParms" in head:
            continue
        count, first = _value(head, b"/N"), _value(head, b"/First")
        start = wreck.places[number][0]
        begin = wreck.data.find(b"stream", start) + len(b"stream")
        begin += 2 if wreck.data[begin : begin + 2] == b"\r\n" else 1
        packed = wreck.data[begin : wreck.data.find(b"endobj", begin)]
        plain = packed if b"/Filter" not in head else _inflated(packed, left)
        left -= len(plain)
        for inner, body in _members(plain, count, first):
            if inner not in wreck.bodies:
                wreck.bodies[inner] = wreck.unpacked[inner] = body


def _inflated(packed: bytes, most: int) -> bytes:
    try:
        return zlib.decompressobj().decompress(packed, max(1, most))
    except zlib.error:
        return b""


def _members(plain: bytes, count: int, first: int) -> Iterator[tuple[int, bytes]]:
    """Yield the objects of an unpacked stream: it begins with pairs of number and offset."""
    words = plain[:first].split()
    numbers = [int(word) for word in words if word.isdigit()][: 2 * min(count, MAX_OBJECTS)]
    pairs = list(zip(numbers[::2], numbers[1::2], strict=False))
    for index, (number, offset) in enumerate(pairs):
        end = pairs[index + 1][1] if index + 1 < len(pairs) else len(plain) - first
        if 0 < number < 10**8 and offset <= end:
            yield number, plain[first + offset : first + end]


def _leaves(wreck: _Wreck, tree: int) -> Iterator[int]:
    """Yield the numbers of the pages below a node in order, those that are gone too."""
    seen: set[int] = set()
    waiting = [tree]
    while waiting and len(seen) < MAX_OBJECTS:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        body = wreck.bodies.get(number)
        if body is not None and _PAGES.search(body):
            kids = _part(body, b"/Kids")
            waiting += [int(match) for match in _REFERENCE.findall(kids)][::-1]
        else:
            yield number


def _has_content(wreck: _Wreck, page: int) -> bool:
    body = wreck.bodies.get(page)
    return body is not None and _has_them_all(wreck, _part(body, b"/Contents"))


def _is_bare(wreck: _Wreck, page: int) -> bool:
    resources = _resolved(wreck, _inherited(wreck, wreck.bodies[page], b"/Resources"))
    if resources is None:
        return True
    parts = (_resolved(wreck, _part(resources, key)) for key in (b"/Font", b"/XObject"))
    return not all(part is not None and _has_them_all(wreck, part) for part in parts)


def _has_them_all(wreck: _Wreck, part: bytes) -> bool:
    return all(_has_all(wreck, int(match), _MAX_DEPTH) for match in _REFERENCE.findall(part))


def _has_all(wreck: _Wreck, number: int, depth: int) -> bool:
    """Whether an object is there, with all that it names of what decides which letters a font shows."""
    body = wreck.bodies.get(number)
    if body is None or depth == 0:
        return body is not None
    parts = (_part(body, key) for key in (b"/ToUnicode", b"/DescendantFonts", b"/Encoding"))
    needed = [int(match) for part in parts for match in _REFERENCE.findall(part)]
    if body.lstrip().startswith(b"["):  # an array of contents
        needed += [int(match) for match in _REFERENCE.findall(body)]
    return all(_has_all(wreck, inner, depth - 1) for inner in needed)


def _inherited(wreck: _Wreck, body: bytes, key: bytes) -> bytes:
    """Return the value of a key, of the page or of the nodes above it; b"" if none has it."""
    for _ in range(50):
        if part := _part(body, key):
            return part
        above = wreck.bodies.get(_reference(body, b"/Parent"))
        if above is None:
            return b""
        body = above
    return b""


def _resolved(wreck: _Wreck, part: bytes) -> bytes | None:
    """Return a value, or the object it refers to; None if that is gone."""
    match = _REFERENCE.match(part.strip())
    return wreck.bodies.get(int(match[1])) if match else part


def _part(body: bytes, key: bytes) -> bytes:
    """Return the value of a key in a dictionary as it is written: a reference, an array or a dictionary; else b""."""
    match = re.search(re.escape(key) + rb"(?![A-Za-z0-9])[ \t\r\n]*", body)
    if not match:
        return b""
    rest = body[match.end() :]
    if reference := _REFERENCE.match(rest):
        return reference[0]
    if rest[:1] == b"[":
        return rest[: rest.find(b"]") + 1]
    depth = 0
    for mark in re.finditer(rb"<<|>>", rest):
        depth += 1 if mark[0] == b"<<" else -1
        if depth <= 0:
            return rest[: mark.end()] if rest.startswith(b"<<") else b""
    return b""


def _reference(body: bytes, key: bytes) -> int:
    match = _REFERENCE.match(_part(body, key))
    return int(match[1]) if match else 0


def _value(body: bytes, key: bytes) -> int:
    match = re.search(re.escape(key) + rb"(?![A-Za-z0-9])", body)
    number = _NUMBER.match(body, match.end()) if match else None
    return int(number[1]) if number else 0


def _stated_count(wreck: _Wreck, root: int) -> int:
    """Return how many pages the file says it has; 0 if it does not."""
    tree = wreck.bodies.get(_reference(wreck.bodies.get(root, b""), b"/Pages"), b"")
    linear = next((body for body in wreck.bodies.values() if b"/Linearized" in body), b"")
    return min(max(_value(tree, b"/Count"), _value(linear, b"/N")), MAX_OBJECTS)


def _written(wreck: _Wreck, extra: dict[int, bytes], root: int) -> bytes:
    """Return the file with objects added and a table of all."""
    out = bytearray(wreck.data)
    places = dict(wreck.places)
    for number, body in extra.items():
        out += b"\n"
        places[number] = len(out), 0
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n"
    for number, (place, generation) in sorted(places.items()):
        out += b"%d 1\n%010d %05d n \n" % (number, place, generation)
    out += b"trailer\n<< /Size %d /Root %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (max(places) + 1, root, start)
    return bytes(out)
