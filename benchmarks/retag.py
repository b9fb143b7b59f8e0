"""Pages a second and core when documents whose text is in the cache are tagged again.

usage: python benchmarks/retag.py [--method rules|hybrid|encoder] PDF [PDF ...]    (encoder by default, as in a scan)

Reads the PDFs once, in another process, where the encoder also tags them with a lexicon that lacks every fortieth
rule. Then times in this one what a second scan with the whole lexicon does for each document: decode the cached text,
and the scores that the encoder gave then, and tag it, with one thread. Also prints words a second, and the cost of
making a tagger.
"""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")  # as in the workers of a scan

from chna_toolkit.codec import decode_document, decode_scores, encode_document, encode_scores
from chna_toolkit.extraction import read_document
from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.lexicon.model import Lexicon
from chna_toolkit.tagging import Tagger
from chna_toolkit.tagging.encoder import KeptScores

CHANGED = 40  # one rule in so many


def earlier_lexicon() -> Lexicon:
    lexicon = load_lexicon()
    gone = {rule.id for rule in [rule for lesson in lexicon.lessons for rule in lesson.rules][::CHANGED]}
    lessons = (
        replace(lesson, rules=tuple(rule for rule in lesson.rules if rule.id not in gone)) for lesson in lexicon.lessons
    )
    return replace(lexicon, lessons=tuple(lessons))


@lru_cache(maxsize=1)
def earlier_tagger(method: str) -> Tagger:
    return Tagger(earlier_lexicon(), method=method)


def first_scan(path: str, method: str) -> tuple[bytes, bytes]:
    """Return what a first scan leaves in the cache: text and scores."""
    document, kept = read_document(Path(path)), KeptScores()
    if method == "encoder":
        earlier_tagger(method).tag(document, kept)
    return encode_document(document), encode_scores(kept.used)


def main(paths: list[str], method: str) -> None:
    # A second scan opens no PDF; to read them here would leave the memory that the tagger works in scattered.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as first:
        cached = list(first.map(first_scan, paths, [method] * len(paths)))
    start = time.process_time()
    tagger = Tagger(load_lexicon(), method=method)
    ready = time.process_time()
    pages = words = mentions = read = known = 0
    for text, scores in cached:
        document, kept = decode_document(text), KeptScores(decode_scores(scores))
        mentions += len(tagger.tag(document, kept))
        pages += len(document.pages)
        words += document.words
        read += len(kept.used)
        known += len(kept.used.keys() & kept.earlier.keys())
    spent = time.process_time() - ready
    print(f"{method}: {pages} pages, {words} words, {mentions} mentions in {spent:.2f} CPU s")
    print(
        f"{pages / spent:.0f} pages a second, {words / spent:.0f} words a second; tagger made in {ready - start:.2f} s"
    )
    if read:
        print(f"the encoder had read {known} of the {read} passages in doubt before")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    method = arguments[1] if arguments[:1] == ["--method"] else "encoder"
    arguments = arguments[2:] if arguments[:1] == ["--method"] else arguments
    if not arguments:
        sys.exit(__doc__)
    main(arguments, method)
