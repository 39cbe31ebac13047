"""W6: a feed of many events, drawn for the first time; and again after one event changed.

Cold, the floor is what the icalendar library takes by itself to build and write the same events,
which are in memory already. After a change it is what nobody can do without: the rows of the
window, read in order, and the bytes of each event, ready beforehand, joined.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar

from bench.filled import ACCOUNT, NOW, fill, moved, opened, rules_for, some_numbers
from bench.measured import Measured, alone, compare, side_by_side, stopwatch, tell
from worker.domain.conflict.report import SourceState
from worker.domain.feed import Detail, Scope
from worker.domain.span import MINUTE
from worker.domain.stored import Stored
from worker.feeds.desk import FeedDesk
from worker.feeds.setting import Setting
from worker.store.events import Wanted
from worker.store.store import Store

MODULE = "bench.w6_feed"
ZONE = "Australia/Sydney"


class Still:
    """A clock before the year of the workload."""

    def now(self) -> float:
        return NOW

    def monotonic(self) -> float:
        return 0.0


def main() -> None:
    """Measure, or do one part of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, nargs="+", default=[10_000])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--part", nargs=2, metavar=("NAME", "FILE"))
    chosen = parser.parse_args()
    if chosen.part:
        name, path = chosen.part
        PARTS[name](Path(path), chosen.n[0])
        return
    for count in chosen.n:
        measure(count, chosen.runs)


def measure(count: int, runs: int) -> None:
    """Floors and calsync side by side; prints the ratios."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "calsync.db"
        fill(path, count)

        def one(name: str) -> Measured:
            return alone(MODULE, "--part", name, str(path), "--n", str(count))

        library, cold = side_by_side(runs, lambda: one("library"), lambda: one("cold"))
        joined, again = side_by_side(runs, lambda: one("joined"), lambda: one("changed"))
    compare(f"W6 {count:,} events, first drawn (floor: icalendar alone)", library, cold)
    compare(f"W6 {count:,} events, one changed (floor: rows and join)", joined, again)


def desk_over(store: Store, count: int) -> FeedDesk:
    """The desk of a clinic whose account is fresh."""
    setting = Setting(
        address="https://calsync.example",
        accounts=(ACCOUNT,),
        resources=rules_for(count).resources,
        zone=ZONE,
        zone_of_account=lambda _id: ZONE,
        sources=lambda: (SourceState(ACCOUNT, NOW, complete=True, stale=False),),
    )
    return FeedDesk(store, setting, Still())


def new_token(desk: FeedDesk) -> str:
    """The token of a new feed of everything, in full."""
    address = desk.open(f"feed{len(desk.views())}", Scope.ALL, "", Detail.FULL).address
    return address.rpartition("/")[2].removesuffix(".ics")


def _library(path: Path, count: int) -> None:
    store = opened(path)
    events = list(store.events.list(Wanted(accounts=[ACCOUNT])))
    with stopwatch() as found:
        _expect(_written(events).count(b"BEGIN:VEVENT") == count)
    store.close()
    tell(found)


def _written(events: Sequence[Stored]) -> bytes:
    calendar = icalendar.Calendar()
    zone = ZoneInfo(ZONE)
    for one in events:
        event, part = one.event, icalendar.Event()
        changed = datetime.fromtimestamp(one.updated_at, UTC)
        part.add("uid", f"{event.key.id}@calsync")
        part.add("dtstamp", changed)
        part.add("last-modified", changed)
        part.add("sequence", one.revision - 1)
        part.add("dtstart", datetime.fromtimestamp(event.span.start, zone))
        part.add("dtend", datetime.fromtimestamp(event.span.end, zone))
        part.add("summary", event.title)
        part.add("status", "CONFIRMED")
        part.add("transp", "OPAQUE")
        part.add("url", event.url)
        part.add("description", f"Booked in {ACCOUNT}\n{one.resources[0]}")
        calendar.add_component(part)
    return bytes(calendar.to_ical())


def _cold(path: Path, count: int) -> None:
    store = opened(path)
    desk = desk_over(store, count)
    token = new_token(desk)
    with stopwatch() as found:
        body = desk.look(token).content.body
    _expect(body.count(b"BEGIN:VEVENT") == count)
    found.note = f"{len(body) / 1e6:.1f} MB"
    _end(store, desk)
    tell(found)


def _joined(path: Path, count: int) -> None:
    store = opened(path)
    desk = desk_over(store, count)
    body = desk.look(new_token(desk)).content.body
    ready = dict(enumerate(body.split(b"BEGIN:VEVENT")[1:]))
    connection = sqlite3.connect(path)
    with stopwatch() as found:
        rows = connection.execute("SELECT number, revision FROM event ORDER BY start").fetchall()
        whole = b"BEGIN:VEVENT".join([ready[place] for place, _ in enumerate(rows)])
    _expect(len(rows) == count and len(whole) > 100 * count)
    connection.close()
    _end(store, desk)
    tell(found)


def _changed(path: Path, count: int) -> None:
    store = opened(path)
    desk = desk_over(store, count)
    token = new_token(desk)
    before = desk.look(token).content
    (number,) = some_numbers(store, 1, random.Random(count))
    moved(store, rules_for(count), number, MINUTE)
    with stopwatch() as found:
        after = desk.look(token).content
    _expect(after.etag != before.etag and after.body.count(b"BEGIN:VEVENT") == count)
    with stopwatch() as same:
        for _ in range(1000):
            _expect(desk.ready(token))
    found.note = f"asked again with nothing changed: {same.wall * 1000:.0f} µs"
    _end(store, desk)
    tell(found)


def _end(store: Store, desk: FeedDesk) -> None:
    desk.close()
    store.close()


def _expect(truth: object) -> None:
    if not truth:
        sys.exit("the work was not done: nothing to measure")


PARTS = {"library": _library, "cold": _cold, "joined": _joined, "changed": _changed}

if __name__ == "__main__":
    main()
