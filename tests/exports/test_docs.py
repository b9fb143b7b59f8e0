"""What docs/exports.md tells people to type, the commands take."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "exports.md").read_text("utf-8")
COMMANDS = [
    shlex.split(line, comments=True)
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("chna ")
]


def test_the_commands_were_found():
    assert len(COMMANDS) >= 12


@pytest.mark.parametrize("name", sorted({words[1] for words in COMMANDS}))
def test_every_option_in_the_docs_is_one_of_the_command(chna, name: str):
    told = {word for words in COMMANDS if words[1] == name for word in words if re.match(r"-{1,2}[a-z]", word)}
    assert told <= set(re.findall(r"--?[a-z][a-z-]*", chna(name, "--help").out))


def test_every_view_named_in_the_docs_is_there(run, tmp_path: Path):
    import sqlite3
    from contextlib import closing

    from chna_toolkit.exports.sqlite import write_sqlite

    write_sqlite(run, tmp_path / "r.sqlite")
    with closing(sqlite3.connect(tmp_path / "r.sqlite")) as database:
        views = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
        (query,) = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
        assert database.execute(query).fetchall()
    assert views <= set(re.findall(r"`(\w+)`", TEXT))
