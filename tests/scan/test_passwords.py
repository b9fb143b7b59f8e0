"""Passwords come from a file or the keyring, open what they name, and are shown nowhere."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from chna_toolkit.assess import NO_PASSWORDS, Plan, Stages
from chna_toolkit.errors import MissingDependencyError, UsageError
from chna_toolkit.passwords import SERVICE, Passwords, is_open_to_others, load_passwords
from chna_toolkit.scoring import DEFAULT_THRESHOLDS

SHA = "ab" * 32


def load(tmp_path: Path, text: str | bytes) -> Passwords:
    path = tmp_path / "passwords.txt"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_passwords(path)


@pytest.mark.parametrize(
    ("line", "opens"),
    [
        ("hunter2", True),
        (" spaces count ", True),
        ("# no comment: a password may begin so", True),
        ("*.pdf\tx", True),
        ("north/*.pdf\tx", True),
        ("plan.pdf\tx", True),
        (f"{SHA}\tx", True),
        (f"{SHA[:12]}\tx", True),
        ("PLAN.pdf\tx", False),
        ("south/*\tx", False),
        ("abab\tx", False),
    ],
)
def test_a_line_is_a_password_or_a_name_and_a_password(tmp_path, line, opens):
    found = list(load(tmp_path, line + "\r\n\n").candidates("north/plan.pdf", SHA))
    assert found == ([line.split("\t")[-1]] if opens else [])


def test_those_that_name_the_document_are_tried_first_then_the_others_in_order(tmp_path):
    passwords = load(tmp_path, "\ufefffirst\n*.pdf\tnamed\nsecond\nother.doc\tno\n")
    assert list(passwords.candidates("a.pdf", SHA)) == ["named", "first", "second"]


@pytest.mark.parametrize("text", ["", "\n\n", "a.pdf\t\n", "\tsecret\n", b"\xff\xfesecret", b"x" * 1_000_002])
def test_a_file_without_sense_is_an_error_that_quotes_nothing_of_it(tmp_path, text):
    with pytest.raises(UsageError, match=r"passwords\.txt") as caught:
        load(tmp_path, text)
    assert "secret" not in caught.value.message + caught.value.hint + str(caught.value.__cause__)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        load_passwords(tmp_path / "none")


def test_passwords_are_not_shown(tmp_path):
    passwords = load(tmp_path, "hunter2\n*.pdf\thunter3\n")
    assert "hunter" not in repr(passwords) + str(passwords) + passwords.digest
    assert repr(passwords) == "Passwords(2 entries)"


def plan(passwords: Passwords) -> Plan:
    versions = {"extractor": "1", "tagger": "1"}
    return Plan(None, None, "", (), DEFAULT_THRESHOLDS, "auto", 1.0, versions, Stages(), passwords=passwords)


def test_texts_that_passwords_opened_are_kept_apart(tmp_path):
    one, other = plan(load(tmp_path, "hunter2\n")), plan(load(tmp_path, "hunter3\n"))
    assert one.text_key(SHA) == other.text_key(SHA) == plan(NO_PASSWORDS).text_key(SHA)
    assert len({made.unlocked_key(SHA) for made in (one, other, plan(NO_PASSWORDS))}) == 3
    assert "hunter" not in repr(one)


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are for Unix")
def test_a_file_that_others_can_read_is_noticed(tmp_path):
    path = tmp_path / "passwords.txt"
    path.write_text("x\n")
    for mode, is_open in ((0o600, False), (0o640, True), (0o604, True)):
        path.chmod(mode)
        assert is_open_to_others(path) is is_open


class TestKeyring:
    @pytest.fixture(autouse=True)
    def ring(self):
        keyring = pytest.importorskip("keyring")
        from keyring.backend import KeyringBackend

        class Ring(KeyringBackend):
            priority = 1.0
            entries: dict[str, str] = {}  # noqa: RUF012
            asked: list[str] = []  # noqa: RUF012

            def get_password(self, service: str, username: str) -> str | None:
                assert service == SERVICE == "chna"
                self.asked.append(username)
                return self.entries.get(username)

            def set_password(self, service: str, username: str, password: str) -> None:
                self.entries[username] = password

        before, ring = keyring.get_keyring(), Ring()
        ring.entries, ring.asked = {}, []
        keyring.set_keyring(ring)
        yield ring
        keyring.set_keyring(before)

    def test_it_is_asked_by_hash_name_and_for_every_document(self, ring):
        for user in (SHA, "north/plan.pdf", "plan.pdf", "*"):
            ring.set_password("chna", user, f"for {user}")
        found = list(load_passwords(None, keyring=True).candidates("north/plan.pdf", SHA))
        assert found == [f"for {user}" for user in (SHA, "north/plan.pdf", "plan.pdf", "*")]

    def test_it_is_asked_only_when_the_file_has_no_password_that_opens(self, ring, tmp_path):
        path = tmp_path / "passwords.txt"
        path.write_text("x\n")
        candidates = load_passwords(path, keyring=True).candidates("plan.pdf", SHA)
        ring.asked.clear()
        assert next(candidates) == "x"
        assert ring.asked == []

    def test_a_keyring_that_does_not_answer_is_a_missing_dependency(self, ring, monkeypatch):
        from keyring.errors import KeyringLocked

        def locked(*_: object) -> None:
            raise KeyringLocked("secret detail")

        monkeypatch.setattr(ring, "get_password", locked)
        with pytest.raises(MissingDependencyError, match="KeyringLocked"):
            load_passwords(None, keyring=True)

    def test_without_the_package_the_extra_is_named(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "keyring", None)
        with pytest.raises(MissingDependencyError) as caught:
            load_passwords(None, keyring=True)
        assert "chna-toolkit[keyring]" in caught.value.hint
