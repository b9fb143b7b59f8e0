"""`chna export --qdpx`: texts from the cache, or from the PDFs again."""

from __future__ import annotations

import shutil
from pathlib import Path

from chna_toolkit.errors import ExitCode
from chna_toolkit.exports.refi import read_qdpx


def test_texts_come_from_the_cache_when_the_documents_are_gone(chna, documents):
    chna("scan", documents, "-o", "out", "-q")
    shutil.rmtree(documents)
    done = chna("export", "out", "--qdpx", "coded.qdpx")
    assert done.code == ExitCode.OK, done.err
    source = next(one for one in read_qdpx(Path("coded.qdpx")).sources if one.name.startswith("north"))
    assert [(one.code, source.text[one.start : one.end]) for one in source.codings] == [
        ("L05 practice", "L05 and more")
    ]


def test_without_a_cache_they_are_read_again(chna, documents):
    chna("scan", documents, "-o", "out", "-q", "--no-cache")
    assert chna("export", "out", "--qdpx", "coded.qdpx", "--no-cache").code == ExitCode.OK
    assert len(read_qdpx(Path("coded.qdpx")).sources) == 2


def test_with_neither_the_remedy_is_named(chna, documents):
    chna("scan", documents, "-o", "out", "-q", "--no-cache")
    shutil.rmtree(documents)
    done = chna("export", "out", "--qdpx", "coded.qdpx", "--no-cache")
    assert done.code == ExitCode.USAGE
    assert "scan again" in done.err
    assert not Path("coded.qdpx").exists()


def test_a_document_that_changed_since_is_not_taken_for_the_same(chna, documents):
    chna("scan", documents, "-o", "out", "-q", "--no-cache")
    (documents / "north.pdf").write_text("something else\n")
    assert chna("export", "out", "--qdpx", "coded.qdpx", "--no-cache").code == ExitCode.USAGE


def test_documents_that_could_not_be_read_are_left_out(chna, documents):
    (documents / "bad.pdf").write_text("encrypted\n")
    chna("scan", documents, "-o", "out", "-q")
    assert chna("export", "out", "--qdpx", "coded.qdpx").code == ExitCode.OK
    assert len(read_qdpx(Path("coded.qdpx")).sources) == 2
