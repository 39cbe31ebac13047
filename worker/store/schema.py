"""Which schema the store has, and how it becomes the one that this version needs."""

from __future__ import annotations

import re
import secrets
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlmodel import SQLModel

import worker.store.push_tables
import worker.store.tables  # noqa: F401
from worker.store.database import Database, Unfit

_REVISION = re.compile(r"\d{4}")
HEAD = "0007"
UPGRADE_WAIT = 60.0


def current(database: Database) -> str | None:
    """The revision of the schema in the store; None where there is none yet."""
    with database.reading() as connection:
        return _revision(connection)


def ensure(database: Database) -> None:
    """Make a new store, or bring an older one up to date.

    Raises StoreError for a store that is newer than this program, and for a database that
    is another program's: both are left untouched.
    """
    if not database.sqlite or database.path.exists():
        found = current(database)
        if found == HEAD:
            return
        _refuse_newer(database, found)
        _refuse_foreign(database, found)
    with database.locked("schema", UPGRADE_WAIT):
        upgrade(database)


def upgrade(database: Database) -> None:
    """Make the tables, or run every migration that is missing: all in one transaction."""
    with database.writing() as connection:
        if _revision(connection) is None:
            _make(connection)
        else:
            _migrate(connection)
        _seed(connection)


def _make(connection: Connection) -> None:
    """What the migrations lead to, at once: a new store has nothing that could be lost."""
    for statement in _statements(connection.dialect.name):
        connection.exec_driver_sql(statement)
    connection.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": HEAD})


def _migrate(connection: Connection) -> None:
    # Alembic costs half a second to import: only those pay who need it.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, HEAD)


@cache
def _statements(database: str) -> tuple[str, ...]:
    """In the words of a kind of database, as SQLAlchemy names it."""
    dialect = (sqlite if database == "sqlite" else postgresql).dialect()
    made: list[str] = [_VERSION]
    for table in SQLModel.metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda one: str(one.name))
        made += [str(CreateIndex(one).compile(dialect=dialect)) for one in indexes]
    return tuple(made)


# Alembic's own table, as it makes it.
_VERSION = """
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
)
"""


def told(found: str | None) -> str:
    """What to do about a schema that is not the one that this program needs."""
    if found is None:
        return "it has no calsync tables; run `calsync db upgrade`"
    if found > HEAD:
        return (
            f"its schema {found} is newer than this program ({HEAD}); "
            "run the newer calsync, or restore the backup from before the upgrade"
        )
    return f"its schema {found} is older than this program ({HEAD}); run `calsync db upgrade`"


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
    return str(row[0]) if row else None


def _refuse_newer(database: Database, found: str | None) -> None:
    if found is not None and _REVISION.fullmatch(found) and found > HEAD:
        raise Unfit(f"{database.shown}: {told(found)}")


def _refuse_foreign(database: Database, found: str | None) -> None:
    """Another program's tables are not ours to change, whether it numbers its schema or not."""
    with database.reading() as connection:
        names = set(inspect(connection).get_table_names())
    # A server's database may be shared, as long as no name is taken; a file is one program's.
    foreign = bool(names if database.sqlite else names & SQLModel.metadata.tables.keys())
    if not _REVISION.fullmatch(found) if found else foreign:
        raise Unfit(
            f"{database.shown}: this is the database of another program; "
            "name a file or a database of its own for calsync"
        )


def _seed(connection: Connection) -> None:
    known = connection.execute(text("SELECT value FROM meta WHERE name = 'key'")).first()
    if known is None:
        # Hashes of people are made with this key: without the store nobody can test a guess.
        connection.execute(
            text("INSERT INTO meta (name, value) VALUES ('key', :value)"),
            {"value": secrets.token_hex(32)},
        )
