"""From every schema there ever was: killed at any statement, an upgrade has not begun (P22)."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.store.test_migrations import Killed, at_revision, dying_at, layout, revisions
from worker.store import schema
from worker.store.database import Database
from worker.store.store import Store


def filled(path: Path, revision: str) -> None:
    """A store of that version with a row in every table, whose log has been taken in."""
    database = Database(f"sqlite:///{path}")
    at_revision(database, revision)
    with database.writing() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys=ON"))
        tables = connection.execute(
            text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        )
        for table in [row[0] for row in tables if row[0] not in ("meta", "alembic_version")]:
            columns = connection.execute(text(f"PRAGMA table_info({table})")).all()
            names = ", ".join(f'"{row[1]}"' for row in columns)
            values = ", ".join("'[]'" if "CHAR" in row[2] or row[2] == "TEXT" else "1"
                               for row in columns)  # fmt: skip
            connection.execute(text(f"INSERT INTO {table} ({names}) VALUES ({values})"))
    database.close()


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for (name,) in names}


def upgraded(path: Path) -> None:
    database = Database(f"sqlite:///{path}")
    schema.ensure(database)
    database.close()


@pytest.mark.parametrize("revision", revisions()[:-1])
def test_killed_at_any_statement_of_an_upgrade_the_older_store_is_as_it_was(tmp_path, revision):
    old, whole, torn = tmp_path / "old.db", tmp_path / "whole.db", tmp_path / "torn.db"
    filled(old, revision)
    shutil.copy(old, whole)
    database = Database(f"sqlite:///{whole}")
    seen = dying_at(database, 0, lambda: None)
    schema.ensure(database)
    database.close()
    before, after = contents(old), contents(whole)
    assert before["account"] == [row[: len(before["account"][0])] for row in after["account"]]
    assert set(before) <= set(after)

    def die() -> None:
        raise Killed

    for number in range(1, len(seen) + 1):
        for left in tmp_path.glob("torn.db*"):
            left.unlink()
        shutil.copy(old, torn)
        database = Database(f"sqlite:///{torn}")
        dying_at(database, number, die)
        with pytest.raises(Killed):
            schema.ensure(database)
        database.close()
        assert layout(torn) == layout(old), number
        assert contents(torn) == before, number
    upgraded(torn)
    assert layout(torn) == layout(whole)
    assert contents(torn) == after


def test_a_store_of_every_version_is_opened_and_nothing_that_was_said_is_lost(tmp_path):
    for revision in revisions()[:-1]:
        path = tmp_path / f"{revision}.db"
        filled(path, revision)
        before = contents(path)
        Store(f"sqlite:///{path}").close()
        after = contents(path)
        for table in set(before) - {"alembic_version", "meta"}:
            assert len(after[table]) == len(before[table]), (revision, table)
