"""Hundreds of odd PDFs: each has a stated status, none costs a process, and nothing piles up."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from extraction_pages import holds, write

from chna_toolkit.assess import FIRST, Plan, read
from chna_toolkit.config import Settings
from chna_toolkit.inputs import Input, find_inputs
from chna_toolkit.model import DocumentStatus
from chna_toolkit.pool import Limits, WorkerPool
from chna_toolkit.scan import make_plan
from chna_toolkit.texts import read_texts

SETTINGS = Settings(jobs=2, timeout=60, memory_mb=1024, cache=False, ocr="off")


def resident_after_reading(item: Input, plan: Plan) -> tuple[float, DocumentStatus]:
    """MiB that the process holds once the document is read; runs in a worker."""
    status = read(item, plan, FIRST).document.status
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20, status


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_a_worker_does_not_grow_with_the_documents_it_reads(make_pdf, tmp_path):
    def page(canvas):
        write(canvas, 72, 90, "Partners", 20, "Helvetica-Bold")
        write(canvas, 72, 140, "We met many partners in town,\nand they agreed to share their data.")
        canvas.grid([100, 200, 300], [300, 330, 360])

    data = make_pdf(page, page).read_bytes()
    plan = make_plan(SETTINGS)
    held = []
    with WorkerPool(1, Limits(seconds=60, tasks=1000)) as pool:
        for number in range(300):
            # Another document each time: every tenth is cut in two, and every seventh has a broken page.
            changed = data[: len(data) // 2] if number % 10 == 9 else data + b"\n%%%d" % number
            changed = changed.replace(b"/MediaBox", b"/MediaBax", 1) if number % 7 == 6 else changed
            path = tmp_path / "one.pdf"
            path.write_bytes(changed)
            item = Input(path, "one.pdf", hashlib.sha256(changed).hexdigest(), len(changed))
            held.append(pool.submit(resident_after_reading, item, plan).result()[0])
    early, late = max(held[30:60]), max(held[-30:])
    assert late - early < 3, f"{early:.1f} MiB after 60 documents, {late:.1f} after 300"


@pytest.mark.slow
def test_every_pdf_of_the_test_suites_has_a_status(shared: Path):
    """All of `stress`: what PDFium opens is read, the rest is told apart; no crash, no fault of ours."""
    statuses: Counter[str] = Counter()
    for item, (document, _) in read_texts(
        find_inputs([str(shared / "corpus" / "stress")]), make_plan(SETTINGS), SETTINGS
    ):
        holds(document)
        assert "crash" not in document.reason, f"{item.file}: {document.reason}"
        assert document.status not in (DocumentStatus.TIMEOUT, DocumentStatus.TOO_LARGE), item.file
        assert not any(warning.startswith("cut_by_") for warning in document.warnings), item.file
        statuses[document.status] += 1
    assert sum(statuses.values()) >= 300
    assert statuses["ok"] > 150
    assert statuses["encrypted"] > 20
