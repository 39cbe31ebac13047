"""vdirsyncer subscribes over HTTP: it gets every event, and the second time nothing is new."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import icalendar
import pytest

from tests.web.conftest import Served
from worker.domain.feed import Detail, Scope

PROGRAM = Path(sys.executable).with_name("vdirsyncer")
Told = tuple[str, str, str, int]
CONFIG = """
[general]
status_path = "{here}/status"
[pair calsync]
a = "feed"
b = "copy"
collections = null
[storage feed]
type = "http"
url = "{address}"
[storage copy]
type = "filesystem"
path = "{here}/copy"
fileext = ".ics"
"""


class Subscriber:
    """Somebody who keeps a copy of a feed, one file for each event."""

    def __init__(self, here: Path, address: str) -> None:
        self.here = here
        self.copy = here / "copy"
        self.copy.mkdir()
        (here / "config").write_text(CONFIG.format(here=here, address=address), encoding="utf-8")
        self.run("discover")

    def run(self, *command: str) -> list[str]:
        """What it says; it fails where anything is wrong with the feed."""
        done = subprocess.run(
            [PROGRAM, "--config", self.here / "config", *command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stderr.splitlines()

    def sync(self) -> tuple[list[Told], list[Told]]:
        """(what came, what went): it names entries by what is in them, so a change is both."""
        before = self.files()
        self.run("sync")
        after = self.files()
        came = sorted(told(event_of(after[name])) for name in after.keys() - before)
        went = sorted(told(event_of(before[name])) for name in before.keys() - after)
        assert all(after[name] == before[name] for name in after.keys() & before)
        return came, went

    def files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.copy.iterdir()}


def event_of(body: bytes) -> icalendar.Event:
    (event,) = icalendar.Calendar.from_ical(body).events
    return event


def told(one: icalendar.Event) -> Told:
    """When, what, and how often changed."""
    start, end = (str(one[name].dt) if name in one else "" for name in ("DTSTART", "DTEND"))
    return start, end, str(one["SUMMARY"]), int(one["SEQUENCE"])


@pytest.fixture
def subscribe(served: Served, tmp_path: Path) -> Iterator[object]:
    def start(scope: Scope, detail: Detail) -> tuple[Subscriber, str]:
        address = served.app.feeds.open("copied", scope, "", detail).address
        # The address of the configuration, at the port that the test's server was given.
        address = f"{served.origin}/feeds/{address.rpartition('/')[2]}"
        return Subscriber(tmp_path, address), address

    return start


def test_every_event_comes_at_its_instant_and_the_second_time_nothing_is_new(
    served: Served, subscribe
) -> None:
    reader, address = subscribe(Scope.ALL, Detail.FULL)
    whole = icalendar.Calendar.from_ical(served.client.get(address).content)
    expected = sorted(told(one) for one in whole.events)
    assert len(expected) > 200
    assert reader.sync() == (expected, [])
    assert reader.sync() == ([], [])
    (view,) = served.app.feeds.views()
    assert "vdirsyncer" in {fetch.client for fetch in view.fetches}


def test_a_conflict_that_changes_is_the_only_one_that_comes_anew(served: Served, subscribe) -> None:
    reader, _ = subscribe(Scope.CONFLICTS, Detail.TITLE)
    came, _ = reader.sync()
    assert len(came) > 5
    served.clock.time += 120
    served.app.acknowledge(served.finding(), "ada")
    (now,), (before,) = reader.sync()
    assert now[:3] == before[:3]
    assert now[3] > before[3]
