"""Report pages over a full store: what a person waits for, in the process that serves them.

50,000 events on 50 calendars and the findings among those that are not over. The floor is a bare
Starlette application that answers the same bytes, ready: no store, no templates, no access.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.filled import ACCOUNT, fill
from bench.measured import machine
from bench.workload import YEAR_START, calendars
from worker.app import Calsync
from worker.config import load
from worker.domain.health import succeeded
from worker.domain.span import DAY
from worker.engine.clock import SystemClock
from worker.engine.schedule import Schedule
from worker.web.app import build

TOKEN = "a-long-random-word-for-benchmarks"
NOW = YEAR_START + 182 * DAY + 9 * 3600  # a working day, half of the year ahead
HEADERS = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/html", "Host": "localhost"}
PAGES = (
    "/",
    "/conflicts",
    "/conflicts?resource=person_1",
    "/calendar?view=day",
    "/calendar",
    "/calendar?resource=person_1",
    "/calendar?view=heat&days=30",
    "/accounts",
)


class Stopped(SystemClock):
    """A clock that stands still, so that each run sees the same day."""

    def now(self) -> float:
        """The middle of the year."""
        return float(NOW)


def main() -> None:
    """Print milliseconds for each page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=9)
    chosen = parser.parse_args()
    print(machine())
    measure(chosen.n, chosen.runs)


def measure(count: int, runs: int) -> None:
    """Each page several times, by turns with its floor; the medians."""
    with tempfile.TemporaryDirectory() as directory, opened(Path(directory), count) as app:
        web = build(app, Schedule(app.cycle, app.store, app.clock))
        report = app.report()
        print(
            f"{count:,} events on {calendars(count)} calendars, "
            f"{len(report.findings):,} findings that are not over"
        )
        worst = f"/conflicts/{report.findings[0].finding.id}"
        for path in (*PAGES, worst):
            asyncio.run(_page(web, path, runs))


@contextmanager
def opened(directory: Path, count: int) -> Iterator[Calsync]:
    """calsync over a store of so many events, with all conflicts found."""
    fill(directory / "calsync.db", count)
    people = "".join(
        f'[resources.person_{number}]\nname = "Person {number}"\nkind = "person"\n'
        f'  [resources.person_{number}.bindings]\n  {ACCOUNT} = ["practitioner:{5_000 + number}"]\n'
        for number in range(calendars(count))
    )
    config = directory / "config.toml"
    config.write_text(
        f'[worker]\ndatabase = "sqlite:///{directory / "calsync.db"}"\n'
        f'[server]\nadmin_token = "{TOKEN}"\n'
        f'[accounts.{ACCOUNT}]\nvendor = "cliniko"\nbase_url = "http://127.0.0.1:9"\n'
        f'api_key = "MS0-au1"\ncontact = "ops@example.org"\n{people}',
        encoding="utf-8",
    )
    app = Calsync(load(config, {}), clock=Stopped(), seed=1)
    app.store.accounts.change_health(ACCOUNT, lambda before: succeeded(before, NOW, 120))
    yield app
    app.close()


async def _page(web: Starlette, path: str, runs: int) -> None:
    async with _client(web) as ours:
        first = await ours.get(path)
        if first.status_code != 200:
            raise SystemExit(f"{path}: {first.status_code} {first.text}")
        async with _client(_bare(first.content)) as floor:
            taken: dict[str, list[float]] = {"ours": [], "floor": []}
            used = time.process_time()
            for _ in range(runs):
                taken["floor"].append(await _timed(lambda: floor.get("/")))
                taken["ours"].append(await _timed(lambda: ours.get(path)))
            used = (time.process_time() - used) / runs * 1000
    least, mine = (statistics.median(taken[name]) * 1000 for name in ("floor", "ours"))
    print(
        f"{path}: {mine:.0f} ms ({used:.0f} ms of processor, both), "
        f"{len(first.content) / 1000:.0f} kB; floor {least:.1f} ms"
    )


async def _timed(asked: Callable[[], object]) -> float:
    begun = time.perf_counter()
    await asked()  # type: ignore[misc]
    return time.perf_counter() - begun


def _client(app: Starlette) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=HEADERS)


def _bare(content: bytes) -> Starlette:
    async def ready(_request: Request) -> Response:
        return Response(content, media_type="text/html")

    return Starlette(routes=[Route("/", ready)])


if __name__ == "__main__":
    main()
