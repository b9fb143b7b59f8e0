"""What becomes of hard documents: statuses, the slowest, and the most memory that a worker held.

    python benchmarks/hard_documents.py FOLDER... [--bombs] [--cut]

`--bombs` adds the files that the tests make to exhaust their reader. `--cut` reads each document with
its last tenth, and its second half, missing, and compares the pages with those of the whole.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "extraction"))

from chna_toolkit.config import Settings  # noqa: E402
from chna_toolkit.inputs import find_inputs  # noqa: E402
from chna_toolkit.scan import make_plan  # noqa: E402
from chna_toolkit.texts import read_texts  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--bombs", action="store_true")
    parser.add_argument("--cut", action="store_true")
    parser.add_argument("--timeout", type=float, default=60.0)
    parser.add_argument("--memory", type=int, default=1024)
    options = parser.parse_args()
    settings = Settings(jobs=1, timeout=options.timeout, memory_mb=options.memory, cache=False, ocr="off")
    with tempfile.TemporaryDirectory() as folder:
        if options.bombs:
            import bombs

            for bomb in bombs.BOMBS:
                read([str(bomb(Path(folder) / f"{bomb.__name__}.pdf"))], settings, each=True)
        if options.folders and options.cut:
            cut(options.folders, settings, Path(folder))
        elif options.folders:
            read(options.folders, settings)


def read(paths: Sequence[str], settings: Settings, *, each: bool = False) -> None:
    from test_limits import Memory

    statuses: Counter[str] = Counter()
    slowest, pages, last = (0.0, ""), 0, time.monotonic()
    with Memory() as memory:
        for item, (document, _) in read_texts(find_inputs(paths), make_plan(settings), settings):
            slowest, last = max(slowest, (time.monotonic() - last, item.file)), time.monotonic()
            statuses[document.status] += 1
            pages += len(document.pages)
    if each:
        print(f"{item.file:26} {slowest[0]:5.1f} s {memory.most:5.0f} MiB  {document.status}: {document.reason}")
    else:
        print(f"{sum(statuses.values())} documents, {pages} pages: {dict(statuses.most_common())}")
        print(f"slowest {slowest[1]}: {slowest[0]:.1f} s; most memory of a worker {memory.most:.0f} MiB")


def cut(paths: Sequence[str], settings: Settings, folder: Path) -> None:
    for share in (0.9, 0.5):
        stated = kept = words = wrong = total = 0
        for item in find_inputs(paths):
            data = item.path.read_bytes()
            (folder / "cut.pdf").write_bytes(data[: int(share * len(data))])
            whole, part = (
                next(read_texts(find_inputs([str(path)]), make_plan(settings), settings))[1][0]
                for path in (item.path, folder / "cut.pdf")
            )
            stated += len(whole.pages)
            kept += sum(bool(page.text) for page in part.pages)
            known = Counter(word for page in whole.pages for word in page.text.split())
            found = Counter(word for page in part.pages for word in page.text.split())
            total += sum(known.values())
            words += sum((known & found).values())
            wrong += sum((found - known).values())
        print(f"first {share:.0%} of each file: {kept} of {stated} pages with text, {words / total:.2f} of the words,")
        print(f"    {wrong / max(1, words + wrong):.3f} of the words read are not in the whole document")


if __name__ == "__main__":
    main()
