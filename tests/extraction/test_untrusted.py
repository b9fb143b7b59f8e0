"""Nothing that a PDF names is opened, run or asked for, in Python or below it."""

from __future__ import annotations

import ctypes
import json
import os
import select
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bombs
import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at the file system through inotify")

_ACCESS, _OPEN = 0x1, 0x20

# Reads the file as a scan does, draws it, and writes what Python itself opened, ran or called.
READER = """
import json, sys
seen = []
def hook(event, arguments):
    if event in ("open", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen") or event.startswith("socket."):
        seen.append([event, str(arguments[0])])
from pathlib import Path
from chna_toolkit.extraction import read_document
from chna_toolkit.extraction.drawing import draw_pages
from chna_toolkit.extraction.reader import ExtractionSettings
from chna_toolkit.extraction.watch import Watch
sys.addaudithook(hook)
path, watch = Path(sys.argv[1]), Watch(explains=True)
document = read_document(path, ExtractionSettings(tables="pdfplumber"), watch)
draw_pages(path, document, watch, Path(sys.argv[2]), ())
print(json.dumps([document.status, document.pages[0].text, seen]))
"""


@contextmanager
def watched(folder: Path) -> Iterator[list[int]]:
    """Gives a list that holds, after the block, an event for each file of the folder that anybody opened or read."""
    libc, events = ctypes.CDLL(None, use_errno=True), list[int]()
    handle = libc.inotify_init()
    assert handle >= 0
    assert libc.inotify_add_watch(handle, str(folder).encode(), _ACCESS | _OPEN) >= 0
    try:
        yield events
        while select.select([handle], [], [], 0.1)[0]:
            data = os.read(handle, 65536)
            while data:
                _, mask, _, length = struct.unpack("iIII", data[:16])
                events.append(mask)
                data = data[16 + length :]
    finally:
        os.close(handle)


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    folder = tmp_path / "canary"
    folder.mkdir()
    (folder / "other.pdf").write_bytes(b"%PDF-1.4 secret")
    (folder / "run.sh").write_text(f"#!/bin/sh\ntouch {folder}/ran\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "text.txt").write_text("BT /F1 12 Tf 72 300 Td (Stolen text.) Tj ET")
    return folder


def actions(folder: Path, port: int) -> dict[int, bytes]:
    """Objects of a page with every action that leads out of the file, some to be done on opening."""
    place, url = str(folder).encode(), b"http://127.0.0.1:%d/" % port
    kinds = [
        b"/S /GoToR /F (%b/other.pdf) /D [0 /Fit]" % place,
        b"/S /GoToE /F (%b/other.pdf) /D [0 /Fit]" % place,
        b"/S /Launch /F (%b/run.sh) /Unix << /F (%b/run.sh) >>" % (place, place),
        b"/S /URI /URI (%b)" % url,
        b"/S /SubmitForm /F << /FS /URL /F (%b) >> /Flags 4" % url,
        b"/S /ImportData /F (%b/text.txt)" % place,
        b"/S /JavaScript /JS (app.launchURL\\('%b'\\); this.getURL\\('%b'\\);)" % (url, url),
    ]
    objects = bombs.pages([bombs.stream(bombs.TEXT + b" /Ref Do")], b"/XObject << /Ref 500 0 R >>")
    links = []
    for number, kind in enumerate(kinds):
        objects[100 + number] = b"<< /Type /Action %b >>" % kind
        objects[200 + number] = b"<< /Type /Annot /Subtype /Link /Rect [72 390 400 420] /A %d 0 R >>" % (100 + number)
        links.append(b"%d 0 R" % (200 + number))
    # A stream whose data are said to be in a file, a form that stands for a page of another file, an attachment.
    objects[300] = b"<< /Length 0 /F (%b/text.txt) >>\nstream\n\nendstream" % place
    objects[500] = bombs.stream(
        b"", b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Ref << /F (%b/other.pdf) /Page 0 >>" % place
    )
    objects[600] = b"<< /Type /Filespec /F (%b/run.sh) /EF << /F 601 0 R >> >>" % place
    objects[601] = bombs.stream(b"#!/bin/sh\ntouch ran", b"/Type /EmbeddedFile")
    names = b"/Names << /EmbeddedFiles << /Names [(run.sh) 600 0 R] >> /JavaScript << /Names [(a) 106 0 R] >> >>"
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R /OpenAction 102 0 R /AA << /WC 103 0 R >> %b >>" % names
    objects[10] = objects[10].replace(
        b"/Contents 11 0 R", b"/Contents [11 0 R 300 0 R] /Annots [%b]" % b" ".join(links)
    )
    objects[10] = objects[10].replace(b"/Type /Page ", b"/Type /Page /AA << /O 102 0 R >> ")
    return objects


def test_no_path_and_no_link_in_a_pdf_is_followed(tmp_path: Path, canary: Path):
    out, path = tmp_path / "drawn", tmp_path / "links.pdf"
    with socket.create_server(("127.0.0.1", 0)) as server:
        bombs.write_pdf(path, actions(canary, server.getsockname()[1]))
        with watched(canary) as events:
            done = subprocess.run([sys.executable, "-c", READER, path, out], capture_output=True, text=True, check=True)
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    status, text, seen = json.loads(done.stdout)
    assert (status, text) == ("ok", "Our partners meet every month in town.")
    assert events == []
    assert not (canary / "ran").exists()
    assert [one for one in seen if one[0] != "open"] == []
    installed = (sys.prefix, sys.base_prefix, str(Path(__file__).resolve().parents[2]))
    strange = [name for _, name in seen if not name.startswith((*installed, str(path), str(out)))]
    assert [name for name in strange if not name.startswith(("/proc/", "/usr/", "/lib", "<"))] == []
    assert list(out.iterdir()) == [out / "p001.png"]


def test_this_would_notice_if_one_were(canary: Path):
    with watched(canary) as events:
        subprocess.run(["/bin/cat", canary / "text.txt"], capture_output=True, check=True)
    assert {mask & (_OPEN | _ACCESS) for mask in events} == {_OPEN, _ACCESS}
