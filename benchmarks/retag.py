"""Pages a second and core when documents whose text is in the cache are tagged again.

usage: python benchmarks/retag.py [--method rules|hybrid|encoder] PDF [PDF ...]

Reads the PDFs once, then times in this process what a second scan with another lexicon does for
each: decode the cached text and tag it, with one thread. Also prints words a second, and the cost of making a tagger.
By default with the learned layer, without the encoder.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # as in the workers of a scan

from chna_toolkit.codec import decode_document, encode_document
from chna_toolkit.extraction import read_document
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.tagging import Tagger


def main(paths: list[str], method: str) -> None:
    cached = [encode_document(read_document(Path(path))) for path in paths]
    start = time.process_time()
    tagger = Tagger(load_lexicon(), method=method)
    ready = time.process_time()
    pages = words = mentions = 0
    for entry in cached:
        document = decode_document(entry)
        mentions += len(tagger.tag(document))
        pages += len(document.pages)
        words += document.words
    spent = time.process_time() - ready
    print(f"{method}: {pages} pages, {words} words, {mentions} mentions in {spent:.2f} CPU s")
    print(
        f"{pages / spent:.0f} pages a second, {words / spent:.0f} words a second; tagger made in {ready - start:.2f} s"
    )


if __name__ == "__main__":
    arguments = sys.argv[1:]
    method = arguments[1] if arguments[:1] == ["--method"] else "hybrid"
    arguments = arguments[2:] if arguments[:1] == ["--method"] else arguments
    if not arguments:
        sys.exit(__doc__)
    main(arguments, method)
