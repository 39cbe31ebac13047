"""A store in a new file; and, where CALSYNC_TEST_POSTGRES names a server, in PostgreSQL, too."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from worker.store.store import Store

SERVER = os.environ.get("CALSYNC_TEST_POSTGRES", "")  # postgresql+psycopg://…
BACKENDS = ["sqlite", *(["postgresql"] if SERVER else [])]


@pytest.fixture(params=BACKENDS)
def url(request, tmp_path) -> Iterator[str]:
    """An address at which there is no store yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'calsync.db'}"
        return
    name = f"calsync_{secrets.token_hex(6)}"
    server = create_engine(SERVER, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield make_url(SERVER).set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        server.dispose()


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url)
    opened.accounts.register("clinic", "vendor_a", "tenant 1")
    yield opened
    opened.close()
