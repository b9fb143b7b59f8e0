"""Finding the lexicon's phrases: our index against spaCy's PhraseMatcher over the same words and phrases.

usage: python benchmarks/matcher.py [TEXTS.jsonl]    (tests/gold/own.jsonl by default; lines with "text")

Both get texts that are cut into words already; what is timed for the matcher is making a Doc of a text and matching
it. It knows no punctuation, so it finds a few more. Prints CPU microseconds a word, and seconds to get ready.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc
from spacy.vocab import Vocab

from chna_toolkit.lexicon import load_lexicon
from chna_toolkit.lexicon.phrases import Sequence
from chna_toolkit.lexicon.words import Words, cut, names
from chna_toolkit.tagging.index import PhraseIndex

ROUNDS = 5
OWN = Path(__file__).parents[1] / "tests" / "gold" / "own.jsonl"


def phrases() -> list[Sequence]:
    """All spelt-out phrases of the lexicon's word classes whose words may take any form."""
    speller = load_lexicon().speller
    spelt = {
        one for name in speller.classes for one in speller.members(name.rpartition(".")[2], name.rpartition(".")[0])
    }
    return sorted(one for one in spelt if not any(form for _, form in one) and not one[0][0].startswith("#"))


def best(work: list[Words], find: object) -> float:
    """CPU seconds of the fastest round over all texts."""
    assert callable(find)
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        for words in work:
            find(words)
        times.append(time.process_time() - start)
    return min(times)


def main(path: Path) -> None:
    texts = [cut(json.loads(line)["text"]) for line in path.read_text(encoding="utf-8").splitlines()]
    texts = [words for words in texts if len(words) and not names(words)]
    total = sum(map(len, texts))
    wanted = phrases()

    start = time.process_time()
    index = PhraseIndex(load_lexicon().speller)
    group = index.add([" ".join(norm for norm, _ in one) for one in wanted])
    index.freeze()
    ready = time.process_time()
    vocab = Vocab()
    matcher = PhraseMatcher(vocab, attr="ORTH")
    matcher.add("all", [Doc(vocab, words=[norm for norm, _ in one]) for one in wanted])
    armed = time.process_time()

    ours = best(texts, index.find)
    theirs = best(texts, lambda words: matcher(Doc(vocab, words=list(words.norms))))
    hits = sum(len(index.find(words).spans(group)) for words in texts)
    matches = sum(len(matcher(Doc(vocab, words=list(words.norms)))) for words in texts)
    print(
        f"{len(wanted)} phrases, {len(texts)} texts, {total} words; {hits} hits of the index, {matches} of the matcher"
    )
    print(f"index   {ours / total * 1e6:5.2f} us a word, ready in {ready - start:.2f} s")
    print(f"matcher {theirs / total * 1e6:5.2f} us a word, ready in {armed - ready:.2f} s; ratio {theirs / ours:.2f}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else OWN)
