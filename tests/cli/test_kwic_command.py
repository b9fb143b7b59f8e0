"""`chna kwic` in the texts of a run."""

from __future__ import annotations

import shutil

from chna_toolkit.errors import ExitCode


def test_a_phrase_is_looked_for_in_every_text(chna, documents):
    chna("scan", documents, "-o", "out", "-q")
    shutil.rmtree(documents)  # the cache has them
    done = chna("kwic", "Hospital", "out")
    assert done.code == ExitCode.OK
    assert [line.split()[:3] for line in done.out.splitlines()] == [["north.pdf", "p.", "1"], ["south.pdf", "p.", "1"]]
    assert len(chna("kwic", "/h[a-z]+l/", "out").out.splitlines()) == 2


def test_what_stands_nowhere_is_a_failed_check(chna, documents):
    chna("scan", documents, "-o", "out", "-q")
    done = chna("kwic", "zeppelin", "out")
    assert (done.code, done.out) == (ExitCode.CHECK_FAILED, "")
    assert "stands nowhere" in done.err
