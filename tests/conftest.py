"""What all tests share: properties are tried with the same examples everywhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import URL, Engine
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from tests import postgresql
from worker.store import database as databases

settings.register_profile(
    "fixed",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NONE = "no chromium was found (on Debian: apt-get install chromium)"


class _Alike(SQLiteDialect_pysqlite):
    """Equal to any other of its kind: what was compiled for one fits all."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Alike)

    def __hash__(self) -> int:
        return hash(_Alike)


@pytest.fixture(scope="session", autouse=True)
def compiled_once() -> Iterator[None]:
    """Engines of one process share the statements that any of them has compiled.

    Most tests open stores of their own and would compile the same statements again, which took
    from a seventh to a quarter of their time. A daemon opens one store.
    """
    compiled: LRUCache[object, object] = LRUCache(2000)
    make = databases._sqlite

    def sharing(url: URL, begin: str) -> Engine:
        engine = make(url, begin)
        engine.dialect.__class__ = _Alike  # a part of what a compiled statement is found by
        engine._compiled_cache = compiled  # type: ignore[assignment]
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(databases, "_sqlite", sharing)
        yield


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The address of a PostgreSQL server; skipped where there is none."""
    if not postgresql.AT_HAND:
        pytest.skip("no PostgreSQL is at hand")
    with ExitStack() as stack:
        try:
            address = stack.enter_context(postgresql.server())
        except (OSError, RuntimeError, AssertionError, subprocess.SubprocessError) as error:
            pytest.skip(f"a PostgreSQL server could not be started here: {error!r}")
        yield address


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a browser are skipped where there is none; see the end of the run."""
    if CHROMIUM is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NONE))


def _reason(skipped: pytest.TestReport) -> str:
    """Why a test was skipped, in its own words."""
    told = skipped.longrepr
    return str(told[2] if isinstance(told, tuple) else told).removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Whether the browser tests ran: a skip that nobody sees would pass for a success."""
    stats = terminalreporter.stats
    skipped = [one for one in stats.get("skipped", ()) if "browser" in one.keywords]
    ran = [one for one in stats.get("passed", ()) if "browser" in one.keywords]
    for reason, count in Counter(_reason(one) for one in skipped).items():
        terminalreporter.write_line(f"browser tests: {count} NOT RUN, {reason}", yellow=True)
    if ran:
        terminalreporter.write_line(f"browser tests: {len(ran)} run with {CHROMIUM}")
