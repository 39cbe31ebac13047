"""The adapter against the simulated vendor, in every reading of what is not public."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from tests.builders import StillClock, at, seams
from tests.vendors.timify.samples import QUARTER, Read
from worker.domain.event import Event, Key, Kind
from worker.domain.instants import iso
from worker.domain.listing import Presence
from worker.domain.span import DAY, HOUR, Span
from worker.sandbox.exchange import Request
from worker.sandbox.timify.quirks import Quirks
from worker.sandbox.timify.simulator import Timify as Simulated
from worker.sandbox.timify.state import Recurring
from worker.vendors.base import NeedsPerson, TryLater
from worker.vendors.timify import ENTRY
from worker.vendors.timify.client import Timify

START = at("2026-03-03T09:00")

# Everything that may be read in two ways, and still has one truth.
READINGS = [
    {},
    {"token_schemes": frozenset({"raw"})},
    {"token_schemes": frozenset({"bearer"})},
    {"refresh": "revokes_old_token"},
    {"token_seconds": 3},
    {"range_cap_days": 31},
    {"range_cap_days": 30},
    {"to_date": "exclusive"},
    {"window_match": "start"},
    {"window_zone": "utc"},
    {"window_zone": "utc", "to_date": "exclusive", "window_match": "start"},
    {"window_zone": "company"},
    {"list_envelope": "total"},
    {"list_envelope": "bare"},
    {"list_order": "newest"},
    {"bookings_in_list": "window"},
    {"bookings_in_list": "window", "to_date": "exclusive"},
    {"largest_page": 5},
    {"largest_page": 5, "list_envelope": "bare"},
    {"largest_page": 1},
    {"interval": "padded"},
    {"external_lookup": "either"},
    {"failure": "status_zero"},
]


def bridge(simulator: Simulated, request: httpx.Request) -> httpx.Response:
    """Carry a request to the simulator and its answer back."""
    path, _, query = request.url.raw_path.decode().partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    said = simulator.handle(Request(request.method, path, query, headers, request.read()))
    return httpx.Response(
        said.status, headers=list(said.headers), stream=httpx.ByteStream(said.body)
    )


class World:
    """A studio with something of everything, and the adapter that reads it."""

    def __init__(self, zone: str = "Europe/Berlin", **quirks: Any) -> None:
        self.clock = StillClock()
        self.studio = Simulated(self.clock, timezone=zone, quirks=Quirks(**quirks))
        self.amy = self.studio.add_resource("Amy Ng", external_id="amy")
        self.room = self.studio.add_resource("Room 1")
        self.vendor = self.open()

    def open(self, **settings: Any) -> Timify:
        chosen = {
            "vendor": "timify",
            "app_id": "sandbox-app",
            "app_secret": "sandbox-app-secret",
            "company_id": self.studio.company_id,
            **settings,
        }
        made = seams(lambda request: bridge(self.studio, request), self.clock)
        vendor = ENTRY.open("studio", ENTRY.settings(**chosen), made)
        assert isinstance(vendor, Timify)
        return vendor

    def fill(self, zone: str) -> None:
        studio, amy, room = self.studio, self.amy, self.room
        studio.book("Consultation", START, 60, [amy, room], customers=["Eve Example"], before=10)
        studio.book("Long", START + 40 * DAY, 20 * 60, [amy], after=15)
        studio.add_course("Yoga", START + DAY, 90, [amy], max_participants=9, participants=4)
        studio.add_course("Empty", START + 2 * DAY, 90, [room], max_participants=9)
        weekly = Recurring(zone, "WEEKS", repeat_times=12)
        studio.add_series("Weekly", START + 3 * HOUR, 30, [amy, room], rule=weekly, before=5)
        monthly = replace(weekly, frequency="MONTHS", repeat_times=4)
        moved = studio.add_series("Monthly", START + 5 * HOUR, 30, [amy], rule=monthly)
        studio.move_occurrence(moved, date(2026, 4, 3), START + 30 * DAY)
        lone = studio.add_series("Lone", START + 6 * HOUR, 30, [room], rule=monthly)
        for day in (date(2026, 4, 3), date(2026, 5, 3), date(2026, 6, 3)):
            studio.drop_occurrence(lone, day)
        single = replace(monthly, repeat_times=1)
        studio.add_series("Once", START + 7 * HOUR, 30, [room], rule=single)
        studio.add_chain("Chain", START + 8 * HOUR, 45, [amy], rule=weekly)
        studio.split(studio.book("Colour", START + 4 * DAY, 90, [amy]), (0, 30), (60, 30))
        daily = replace(weekly, frequency="DAYS", repeat_times=3)
        parts = studio.add_series("Split days", START + 5 * DAY, 60, [amy, room], rule=daily)
        studio.split(parts, (0, 20), (40, 20))
        studio.reserve("Held", START + 6 * DAY, 30, [amy], minutes=60)
        studio.block(amy, date(2026, 3, 27), date(2026, 3, 31), ("09:00", "12:00"))
        studio.block(room, date(2026, 4, 7), None, ("09:00", "10:00"), ("22:00", "24:00"))
        studio.block(room, date(2026, 3, 29), None, reason="SICK")
        studio.block(amy, date(2026, 2, 1), date(2026, 12, 31), ("06:00", "06:30"))

    def shown(self, window: Span = QUARTER) -> list[dict[str, Any]]:
        result = Read(self.vendor, window)
        assert result.gaps == []
        assert result.quarantined == []
        return [worded(event) for event in result.events]

    def truth(self, window: Span = QUARTER) -> list[dict[str, Any]]:
        return sorted(
            (one for one in self.studio.truth() if window.shows(span_of(one))), key=in_order
        )


def in_order(one: dict[str, Any]) -> tuple[str, str, str]:
    return (one["kind"], one["native_id"], one["occurrence"])


def span_of(one: dict[str, Any]) -> Span:
    start, end = (datetime.fromisoformat(one[name]) for name in ("start", "end"))
    return Span(int(start.timestamp()), int(end.timestamp()))


def worded(event: Event) -> dict[str, Any]:
    """An event in the words of the contract's documents."""
    return {
        "native_id": event.key.native_id,
        "occurrence": event.key.occurrence,
        "kind": event.key.kind.value,
        "status": event.status.value,
        "start": iso(event.span.start),
        "end": iso(event.span.end),
        "timezone": event.timezone,
        "title": event.title,
        "location": event.location,
        "capacity": event.capacity,
        "attendees": event.attendees,
        "pad_before": event.pad_before,
        "pad_after": event.pad_after,
        "subjects": list(event.subjects),
    }


@pytest.mark.parametrize("quirks", READINGS, ids=str)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Nome"])
def test_what_is_read_is_the_truth_in_every_reading(zone: str, quirks: dict[str, Any]) -> None:
    world = World(zone, **quirks)
    world.fill(zone)
    assert world.shown() == world.truth()


@pytest.mark.parametrize("days", [(-1, 1), (0, 1), (3, 31), (25, 28), (26, 27), (58, 200)])
@pytest.mark.parametrize("quirks", [{}, {"bookings_in_list": "window", "to_date": "exclusive"}])
def test_any_window_shows_exactly_its_own(days: tuple[int, int], quirks: dict[str, Any]) -> None:
    world = World(**quirks)
    world.fill("Europe/Berlin")
    window = Span(START + days[0] * DAY, START + days[1] * DAY)
    assert world.shown(window) == world.truth(window)


def test_changes_between_walks_are_followed() -> None:
    world = World()
    world.fill("Europe/Berlin")
    world.shown()
    studio = world.studio
    one = studio.book("New", START + 9 * DAY, 25, [world.room], customers=["Eve Example"])
    studio.move(one, START + 10 * DAY)
    studio.edit(one, title="Newer", before=20)
    world.clock.sleep(2 * HOUR)
    assert world.shown() == world.truth()


def test_a_token_revoked_in_mid_run_changes_nothing() -> None:
    world = World(largest_page=2)
    world.fill("Europe/Berlin")
    batches = world.vendor.fetch(QUARTER, None).batches
    first = next(batches)
    world.studio.revoke_tokens()
    seen = {one.event.key for batch in (first, *batches) for one in batch.sightings}
    assert len(seen) == len(world.truth())


def test_an_expired_token_hidden_behind_status_zero_heals_with_the_next_walk() -> None:
    world = World(failure="status_zero", token_seconds=3600)
    world.fill("Europe/Berlin")
    world.shown()
    world.studio.revoke_tokens()
    with pytest.raises(Exception, match="status is not 1"):
        world.shown()
    assert world.shown() == world.truth()


def test_a_rotated_secret_needs_a_person() -> None:
    world = World()
    world.studio.rotate_secret("another")
    world.studio.revoke_tokens()
    with pytest.raises(NeedsPerson, match="app_secret"):
        world.shown()


def test_a_company_without_the_app_needs_a_person() -> None:
    world = World()
    foreign = world.studio.add_company("Foreign", "Europe/Paris", installed=False)
    with pytest.raises(NeedsPerson, match="company_id"):
        Read(world.open(company_id=foreign))


def test_throttling_is_told_as_such() -> None:
    world = World(requests_per_minute=2)
    with pytest.raises(TryLater) as told:
        world.shown()
    assert told.value.throttled


def test_what_is_deleted_is_confirmed_as_gone_and_what_stays_as_present() -> None:
    world = World()
    world.fill("Europe/Berlin")
    events = {event.title: event for event in Read(world.vendor, QUARTER).events}
    for title in ("Consultation", "Yoga", "Weekly", "Colour"):
        event = events[title]
        assert world.vendor.confirm(event.key, event.span).presence is Presence.PRESENT
        world.studio.remove(event.key.native_id)
        assert world.vendor.confirm(event.key, event.span).presence is Presence.GONE


def test_every_block_is_confirmed_until_it_is_taken_away() -> None:
    world = World()
    world.fill("Europe/Berlin")
    blocks = [one for one in Read(world.vendor, QUARTER).events if one.key.kind is Kind.BLOCK]
    for event in blocks:
        found = world.vendor.confirm(event.key, event.span)
        assert found.sighting is not None
        assert found.sighting.event == event
    last = blocks[-1].key.native_id
    for native_id in {event.key.native_id for event in blocks} - {last}:
        world.studio.unblock(native_id)
    for event in blocks:
        found = world.vendor.confirm(event.key, event.span).presence
        is_left = event.key.native_id == last
        # Where nothing else is listed around it, emptiness proves nothing.
        assert found is Presence.PRESENT if is_left else found is not Presence.PRESENT
    beside = [one for one in blocks if abs(one.span.start - blocks[-1].span.start) < 10 * DAY]
    gone = [one for one in beside if one.key.native_id != last]
    assert gone
    for event in gone:
        assert world.vendor.confirm(event.key, event.span).presence is Presence.GONE


def test_a_dropped_occurrence_is_confirmed_as_gone() -> None:
    world = World()
    rule = Recurring("Europe/Berlin", "DAYS", repeat_times=3)
    series = world.studio.add_series("S", START, 30, [world.amy], rule=rule)
    world.studio.drop_occurrence(series, date(2026, 3, 4))
    key = Key("studio", Kind.SINGLE, series, "2026-03-04")
    last = Span(START + DAY, START + DAY + 1800)
    assert world.vendor.confirm(key, last).presence is Presence.GONE


def test_check_is_content_with_a_good_account() -> None:
    world = World()
    world.fill("Europe/Berlin")
    access = world.vendor.check()
    assert access.problems == ()
    assert any(world.amy in note for note in access.notes)


def test_nothing_is_written_while_reading() -> None:
    world = World()
    world.fill("Europe/Berlin")
    before = (world.studio.truth(), list(world.studio.notifications))
    world.shown()
    world.vendor.check()
    assert (world.studio.truth(), list(world.studio.notifications)) == before


def test_the_series_of_a_company_keeps_its_wall_time_across_the_change_of_clocks() -> None:
    world = World("America/Nome")
    world.fill("America/Nome")
    starts = {
        datetime.fromtimestamp(event.span.start, UTC).hour
        for event in Read(world.vendor, QUARTER).events
        if event.title == "Weekly"
    }
    assert starts == {12, 11}
