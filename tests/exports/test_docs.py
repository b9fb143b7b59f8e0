"""What docs/exports.md says of the database, the database has. Its commands are run by tests/docs."""

from __future__ import annotations

import re
from pathlib import Path

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "exports.md").read_text("utf-8")


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
