"""Pages a second and core when documents whose text is in the cache are tagged again.

usage: python benchmarks/retag.py PDF [PDF ...]

Reads the PDFs once, then times in this process what a second scan with another lexicon does for
each: decode the cached text and tag it. Also prints words a second, and the cost of making a tagger.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from chna_toolkit.codec import decode_document, encode_document
from chna_toolkit.extraction import read_document
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.tagging import Tagger


def main(paths: list[str]) -> None:
    cached = [encode_document(read_document(Path(path))) for path in paths]
    start = time.process_time()
    tagger = Tagger(load_lexicon())
    ready = time.process_time()
    pages = words = mentions = 0
    for entry in cached:
        document = decode_document(entry)
        mentions += len(tagger.tag(document))
        pages += len(document.pages)
        words += document.words
    spent = time.process_time() - ready
    print(f"{pages} pages, {words} words, {mentions} mentions in {spent:.2f} CPU s")
    print(
        f"{pages / spent:.0f} pages a second, {words / spent:.0f} words a second; tagger made in {ready - start:.2f} s"
    )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
