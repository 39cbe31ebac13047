"""The adapter against the simulated Acuity: what it reads must be what is true there."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from tests.builders import StillClock, at, seams
from tests.vendors.acuity.studio import Seen, settings, walk
from worker.domain.event import Event, Key, Kind, Status, fingerprint
from worker.domain.instants import iso
from worker.domain.listing import Presence
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.sandbox.acuity import Acuity as Simulator
from worker.sandbox.acuity import Limiter, Quirks
from worker.sandbox.exchange import Request
from worker.vendors.acuity import ENTRY
from worker.vendors.base import NeedsPerson, TryLater

NOW = at("2026-03-02T08:00")
WINDOW = Span(NOW - DAY, NOW + 90 * DAY)
BASE = "https://acuityscheduling.com"


@dataclass
class Practice:
    """A studio at the vendor with two calendars in two zones, and the adapter that reads it."""

    quirks: Quirks = field(default_factory=Quirks)
    limiter: Limiter | None = None

    def __post_init__(self) -> None:
        self.clock = StillClock(NOW)
        self.sim = Simulator(
            self.clock,
            seed=3,
            api_key="k3y",
            timezone="America/New_York",
            quirks=self.quirks,
            limiter=self.limiter,
        )
        self.asked: list[str] = []
        self.amy = self.sim.add_calendar("Amy Ng")
        self.room = self.sim.add_calendar("Studio B", timezone="Pacific/Auckland")
        both = [self.amy, self.room]
        self.talk = self.sim.add_type("Consultation ", 50, both, before=5, after=10)
        self.yoga = self.sim.add_class_type("Yoga", 75, both, 12, after=15)
        self.account = ENTRY.open("coaching", settings(), seams(self.answer, self.clock))

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        query = request.url.query.decode()
        self.asked.append(f"{path}?{query}")
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = self.sim.handle(Request(request.method, path, query, headers, b"", BASE))
        return httpx.Response(
            reply.status, stream=httpx.ByteStream(reply.body), headers=list(reply.headers)
        )

    def book(self, hours: float, **more: Any) -> int:
        return self.sim.book(self.talk, int(NOW + hours * HOUR), **more)

    def yoga_at(self, hours: float, *clients: str, calendar: int | None = None) -> int:
        start = int(NOW + hours * HOUR)
        session = self.sim.add_class(self.yoga, start, calendar_id=calendar, location="Hall")
        self.sim.join(session, *clients)
        return session

    def world(self) -> None:
        for n in range(160):
            self.book(3 + n * 11, calendar_id=(self.amy, self.room)[n % 2], client=f"Client {n}")
        self.sim.cancel(self.book(20), no_show=True)
        self.sim.cancel(self.book(30))
        self.book(-23.5)
        self.book(24 * 200)  # beyond the window
        for n in range(9):
            self.yoga_at(10 + n * 50, *(f"Guest {g}" for g in range(n)), calendar=self.room)
        left = self.yoga_at(17)
        for row in self.sim.join(left, "Ann Example", "Bob Example"):
            self.sim.cancel(row)
        self.sim.delete_type(self.talk)
        for n in range(30):
            start = NOW + n * DAY
            self.sim.block(self.amy, start, start + 2 * HOUR, f"Off {n} ")
        self.sim.block(self.room, NOW - 40 * DAY, NOW + 3 * DAY, "Building works")

    def read(self, window: Span = WINDOW) -> Seen:
        return walk(self.account, window)  # type: ignore[arg-type]

    def true(self, window: Span = WINDOW) -> list[dict[str, Any]]:
        return [one for one in self.sim.truth() if shows(window, one)]


def shows(window: Span, one: dict[str, Any]) -> bool:
    return window.shows(Span(at(one["start"].rstrip("Z")), at(one["end"].rstrip("Z"))))


def told(event: Event) -> dict[str, Any]:
    return {
        "native_id": event.key.native_id,
        "occurrence": event.key.occurrence,
        "kind": str(event.key.kind),
        "status": str(event.status),
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


def agree(practice: Practice, window: Span = WINDOW) -> None:
    seen = practice.read(window)
    assert not seen.gaps
    assert not seen.quarantined
    mine = [told(event) for event in seen.events.values() if window.shows(event.span)]
    order = ("kind", "native_id")
    assert sorted(mine, key=lambda one: [one[name] for name in order]) == sorted(
        practice.true(window), key=lambda one: [one[name] for name in order]
    )


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"max_ceiling": 100},
        {"max_ceiling": 17},
        {"max_ceiling": None},
        {"day_zone": "calendar"},
        {"blocks_default_max": None},
        {"class_id": "text"},
        {"can_use_api": True},
    ],
)
def test_what_is_read_is_what_is_true(changes):
    practice = Practice(Quirks(**changes))
    practice.world()
    agree(practice)


@pytest.mark.parametrize("match", ["overlap", "start"])
def test_long_blocks_are_found_however_the_vendor_cuts_them(match):
    practice = Practice(Quirks(blocks_match=match))
    practice.sim.block(practice.room, NOW - 60 * DAY, NOW + 3 * DAY)
    agree(practice)


@pytest.mark.parametrize("zone", ["account", "calendar"])
def test_the_edges_of_the_window_are_exact(zone):
    practice = Practice(Quirks(day_zone=zone))
    for edge in (-24, 24 * 7):
        for minutes in (-51, -50, -49, -1, 0, 1):
            for calendar in (practice.amy, practice.room):
                practice.book(edge + minutes / 60, calendar_id=calendar)
    agree(practice, Span(NOW - DAY, NOW + 7 * DAY))


def test_a_summer_time_change_in_the_window_moves_nothing():
    practice = Practice()
    for n in range(-4, 5):
        practice.sim.book(practice.talk, at("2026-03-08T07:00") + n * 30 * MINUTE)
        practice.sim.block(practice.amy, at("2026-03-08T06:00"), at("2026-03-08T08:00") + n * 60)
    agree(practice)


def test_the_same_again_gives_the_same_fingerprints():
    practice = Practice()
    practice.world()
    first = practice.read()
    practice.clock.time += 3 * HOUR  # canClientCancel flips
    second = practice.read()
    assert {key: fingerprint(one) for key, one in first.events.items()} == {
        key: fingerprint(one) for key, one in second.events.items()
    }


def test_what_changes_there_is_read_anew():
    practice = Practice()
    booked, off = practice.book(5), practice.sim.block(practice.amy, NOW, NOW + HOUR)
    session = practice.yoga_at(9, "Ann Example", "Bob Example")
    agree(practice)
    practice.sim.move(booked, NOW + 50 * HOUR, calendar_id=practice.room)
    practice.sim.move_class(session, NOW + 60 * HOUR)
    practice.sim.join(session, "Cy Example")
    practice.sim.rename_type(practice.yoga, "Yin yoga ")
    practice.sim.unblock(off)
    agree(practice)


def test_everything_that_is_there_is_confirmed():
    practice = Practice()
    practice.world()
    for event in list(practice.read().events.values())[::7]:
        confirmation = practice.account.confirm(event.key, event.span)
        assert confirmation.presence is Presence.PRESENT
        assert confirmation.sighting is not None
        assert confirmation.sighting.event == event


def test_what_is_removed_there_is_gone():
    practice = Practice()
    off = practice.sim.block(practice.amy, NOW, NOW + HOUR)
    key = Key("coaching", Kind.BLOCK, str(off))
    practice.sim.unblock(off)
    assert practice.account.confirm(key, WINDOW).presence is Presence.GONE


def test_what_is_cancelled_there_is_present_and_cancelled():
    practice = Practice()
    booked = practice.book(5)
    practice.sim.cancel(booked)
    key = Key("coaching", Kind.SINGLE, str(booked))
    confirmation = practice.account.confirm(key, WINDOW)
    assert confirmation.sighting is not None
    assert confirmation.sighting.event.status is Status.CANCELLED


def test_everyone_leaving_a_class_does_not_make_it_vanish():
    practice = Practice()
    session = practice.sim.add_class(practice.yoga, NOW + 5 * HOUR)
    rows = practice.sim.join(session, "Ann Example", "Bob Example")
    before = practice.read().events["group", str(session)]
    for one in rows:
        practice.sim.cancel(one)
    confirmation = practice.account.confirm(before.key, before.span)
    assert confirmation.sighting is not None
    assert confirmation.sighting.event == replace(
        before, status=Status.OFFERED, attendees=0, people=()
    )


def test_the_published_limit_is_kept():
    practice = Practice(Quirks(max_ceiling=20))
    practice.world()
    agree(practice)
    assert practice.clock.slept


def test_a_limit_that_others_use_up_is_throttling():
    practice = Practice(limiter=Limiter(3, 20))
    with pytest.raises(TryLater) as caught:
        practice.read()
    assert caught.value.throttled
    assert caught.value.wait is None


def test_a_key_that_was_changed_needs_a_person():
    practice = Practice()
    practice.sim.rotate_key("another")
    with pytest.raises(NeedsPerson, match="user_id with api_key"):
        practice.read()


def test_an_access_token_reads_the_same_until_it_is_revoked():
    practice = Practice()
    practice.world()
    token = SecretStr(practice.sim.add_token())
    changes = {"user_id": None, "api_key": None, "access_token": token}
    connected = settings(**changes)
    practice.account = ENTRY.open("coaching", connected, seams(practice.answer, practice.clock))
    agree(practice)
    practice.sim.revoke_tokens()
    with pytest.raises(NeedsPerson, match="connect the account again"):
        practice.read()


def test_a_poll_of_a_busy_account_takes_few_calls():
    practice = Practice()
    practice.world()
    practice.read()
    counted = Counter(one.partition("?")[0].rpartition("/")[2] for one in practice.asked)
    assert counted["appointments"] <= 8
    assert counted["blocks"] <= 4
    assert counted["appointment-types"] == 1


def test_nobody_is_named_in_what_is_kept():
    practice = Practice()
    practice.world()
    kept = b"".join(practice.account.redact(one) for one in practice.read().answers.values())
    for secret in (b"Client 1", b"Guest", b"@", b"Amy", b"schedule.php", b"1235550100"):
        assert secret not in kept
    assert json.loads(practice.account.redact(b"[]")) == []


def test_a_check_tells_what_can_be_bound():
    practice = Practice()
    access = practice.account.check()
    assert access.who == "user 12345"
    assert not access.problems
    assert any(f"calendar:{practice.amy}" in note for note in access.notes)
