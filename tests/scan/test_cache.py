"""The store keeps whole entries or none, shares its folder and deletes only what is its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from chna_toolkit.cache import Store, Usage, default_folder, make_key
from chna_toolkit.codec import CodecError
from chna_toolkit.errors import ExitCode, OutputError

KEY = "ab" + "0" * 62


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "cache")
    store.prepare()
    return store


def test_an_entry_is_found_again(store: Store):
    assert not store.has("text", KEY)
    store.save("text", KEY, b"page one")
    assert store.has("text", KEY)
    assert store.load("text", KEY, bytes.decode) == "page one"
    assert store.load("mentions", KEY, bytes.decode) is None


def test_a_damaged_entry_counts_as_missing(store: Store):
    def decode(data: bytes) -> str:
        raise CodecError("cut short")

    store.save("text", KEY, b"page one")
    assert store.load("text", KEY, decode) is None


def test_an_entry_is_replaced_whole(store: Store):
    store.save("text", KEY, b"a long first version")
    store.save("text", KEY, b"second")
    assert store.load("text", KEY, bytes.decode) == "second"
    assert [path.name for path in store.path("text", KEY).parent.iterdir()] == [KEY[2:]]


def test_usage_counts_entries_and_bytes(store: Store):
    store.save("text", KEY, b"12345")
    store.save("text", "cd" + KEY[2:], b"123")
    assert store.usage() == [Usage("text", 2, 8), Usage("mentions", 0, 0), Usage("scores", 0, 0), Usage("source", 0, 0)]


def test_clear_deletes_entries_and_leftovers_but_nothing_of_others(store: Store):
    store.save("text", KEY, b"12345")
    (store.path("text", KEY).parent / "tmpx.partial").write_bytes(b"half")
    foreign = store.folder / "text" / "ab" / "thesis.docx"
    foreign.write_text("mine")
    assert store.clear() == 2
    assert foreign.read_text() == "mine"
    assert store.usage()[0].entries == 0


def test_the_key_depends_on_every_value_and_not_on_their_order():
    assert make_key({"a": 1, "b": [2]}) == make_key({"b": [2], "a": 1})
    assert make_key({"a": 1, "b": [2]}) != make_key({"a": 1, "b": [3]})
    assert len(make_key({})) == 64


@pytest.mark.skipif(os.name == "nt", reason="XDG is for Unix")
def test_the_default_folder_respects_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "chna-toolkit"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".cache" / "chna-toolkit"


@pytest.mark.skipif(os.name == "nt", reason="XDG is for Unix")
def test_a_user_without_a_home_is_told_to_name_a_folder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as it is where nobody knows the user
    with pytest.raises(OutputError, match="no home folder") as caught:
        default_folder()
    assert "CHNA_CACHE_DIR" in caught.value.hint


def test_a_folder_that_cannot_be_made_is_an_output_error_with_a_remedy(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError) as caught:
        Store(tmp_path / "file" / "cache").prepare()
    assert caught.value.exit_code is ExitCode.OUTPUT
    assert "--cache-dir" in caught.value.hint
