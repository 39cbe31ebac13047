"""A store in a new file, and in a new database of a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgresql
from worker.store.store import Store

BACKENDS = ["sqlite", *(["postgresql"] if postgresql.AT_HAND else [])]


@pytest.fixture(params=BACKENDS)
def url(request, tmp_path) -> Iterator[str]:
    """An address at which there is no store yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'calsync.db'}"
        return
    with postgresql.database(request.getfixturevalue("postgresql_server")) as address:
        yield address


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    opened = Store(url)
    opened.accounts.register("clinic", "vendor_a", "tenant 1")
    yield opened
    opened.close()
