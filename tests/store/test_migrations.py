"""The schema: made whole or not at all, brought up to date, and never guessed at."""

from __future__ import annotations

import os
import re
import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event as hooks
from sqlalchemy import select, text
from sqlmodel import SQLModel

from tests.builders import event
from tests.store.practice import found, polled
from worker.store import schema, tables
from worker.store.database import Database, StoreError
from worker.store.store import Store

SCRIPTS = Path(schema.__file__).with_name("migrations")


def script() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return ScriptDirectory.from_config(config)


def revisions() -> list[str]:
    return [one.revision for one in script().walk_revisions()][::-1]


def at_revision(database: Database, revision: str) -> None:
    """Make a store as an older version would have left it."""
    from alembic import command

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.execute(text("INSERT INTO meta (name, value) VALUES ('key', 'abcdef')"))


def layout(path: Path) -> list[tuple[str, ...]]:
    with sqlite3.connect(path) as connection:
        query = (
            "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 2"
        )
        found = connection.execute(query).fetchall()
    return [(kind, name, re.sub(r"\s+", " ", sql)) for kind, name, sql in found]


def pieces(sql: str) -> tuple[str, list[str]]:
    """A table or index: how it begins, and its columns and constraints in whatever order."""
    head, _, rest = sql.partition("(")
    inner, _, tail = rest.rpartition(")")
    return f"{head}{tail}", sorted(re.split(r",\s*(?![^()]*\))", inner.strip()))


def test_a_new_store_is_what_the_migrations_lead_to(tmp_path):
    new, migrated = tmp_path / "new.db", tmp_path / "migrated.db"
    Store(f"sqlite:///{new}").close()
    database = Database(f"sqlite:///{migrated}")
    at_revision(database, schema.HEAD)
    database.close()
    described = [
        {(kind, name): pieces(sql) for kind, name, sql in layout(path)} for path in (new, migrated)
    ]
    assert described[0] == described[1]
    assert len(described[0]) > 20
    opened = Database(f"sqlite:///{new}")
    assert schema.current(opened) == schema.HEAD
    opened.close()


def test_the_newest_script_is_the_one_that_the_program_needs():
    assert script().get_heads() == [schema.HEAD]


def test_revisions_are_numbered_in_order_so_that_older_and_newer_can_be_told():
    assert revisions() == [f"{number:04}" for number in range(1, len(revisions()) + 1)]


def test_a_migrated_store_is_what_the_tables_describe(store):
    with store.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


@pytest.mark.parametrize("revision", revisions()[:-1])
def test_an_older_store_becomes_what_a_new_one_is(url, revision, tmp_path):
    database = Database(url)
    at_revision(database, revision)
    database.close()
    upgraded = Store(url)
    upgraded.accounts.register("clinic", "vendor_a", "")
    with upgraded.database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []
        key = connection.execute(select(tables.META.c.value)).scalar_one()
    assert key == "abcdef"  # hashes of people stay what they were
    polled(upgraded, event("1"))
    assert found(upgraded, event("1").key)
    upgraded.close()


def test_a_newer_store_is_refused_and_left_untouched(url):
    Store(url).close()
    database = Database(url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match=r"its schema 9999 is newer than this program"):
        Store(url)
    assert schema.current(database) == "9999"
    database.close()


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ("9999", "run the newer calsync, or restore the backup"),
        ("0001", "run `calsync db upgrade`"),
        (None, "run `calsync db upgrade`"),
    ],
)
def test_whoever_verifies_a_store_of_another_version_hears_what_to_do(found, words):
    assert words in schema.told(found)


def test_the_store_of_another_program_that_uses_migrations_is_refused(url):
    Store(url).close()
    database = Database(url)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '1a2b3c4d5e6f'"))
    with pytest.raises(StoreError, match="another program"):
        Store(url)
    database.close()


def test_the_tables_of_another_program_are_refused_and_left_untouched(url):
    database = Database(url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE event (id INTEGER)"))
    with pytest.raises(StoreError, match="another program"):
        Store(url)
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(id) FROM event")).scalar_one() == 0
    database.close()


class Killed(BaseException):
    """What nobody may catch."""


def dying_at(database: Database, statement: int, die) -> list[str]:
    """Let `die` be called before the statement of this number; returns the statements seen."""
    seen: list[str] = []

    @hooks.listens_for(database._writer, "before_cursor_execute")
    def _count(_connection, _cursor, sql, *_rest) -> None:
        seen.append(sql)
        if len(seen) == statement:
            die()

    return seen


def statements(path: Path) -> int:
    database = Database(f"sqlite:///{path}")
    seen = dying_at(database, 0, lambda: None)
    schema.ensure(database)
    database.close()
    return len(seen)


def test_an_upgrade_that_is_interrupted_at_any_statement_leaves_nothing_and_can_be_repeated(
    tmp_path,
):
    whole = tmp_path / "whole.db"
    total = statements(whole)
    assert total > 20

    def die() -> None:
        raise Killed

    for number in range(1, total + 1):
        path = tmp_path / f"{number}.db"
        database = Database(f"sqlite:///{path}")
        dying_at(database, number, die)
        with pytest.raises(Killed):
            schema.ensure(database)
        database.close()
        assert layout(path) == []
        Store(f"sqlite:///{path}").close()
        assert layout(path) == layout(whole)


def test_a_process_killed_at_any_statement_of_an_upgrade_leaves_nothing_and_can_be_repeated(
    tmp_path,
):
    whole = tmp_path / "whole.db"
    for number in range(1, statements(whole) + 1, 3):
        path = tmp_path / f"{number}.db"
        child = os.fork()
        if not child:
            database = Database(f"sqlite:///{path}")
            dying_at(database, number, lambda: os._exit(9))
            schema.ensure(database)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
        Store(f"sqlite:///{path}").close()
        assert layout(path) == layout(whole)
