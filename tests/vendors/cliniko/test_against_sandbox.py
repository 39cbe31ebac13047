"""The adapter against the simulated Cliniko: what it reads must be what is true there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from tests.builders import StillClock, at, seams
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.instants import iso
from worker.domain.listing import Batch, Coverage, Cursor, Presence
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.sandbox.cliniko import Cliniko as Simulator
from worker.sandbox.cliniko import Quirks, RepeatRule
from worker.sandbox.exchange import Request
from worker.vendors.cliniko import ENTRY, Cliniko

NOW = at("2026-03-02T08:00")
WINDOW = Span(NOW - DAY, NOW + 90 * DAY)
SECRET = "c2FuZGJveC1rZXk-uk2"


@dataclass
class Practice:
    """A small practice at the vendor, and the adapter that reads it."""

    quirks: Quirks = field(default_factory=Quirks)
    missing: tuple[str, ...] = ()  # lists that this server does not know

    def __post_init__(self) -> None:
        self.clock = StillClock(NOW)
        self.asked: list[str] = []
        self.sim = Simulator(self.clock, seed=3, api_key=SECRET, quirks=self.quirks)
        self.hill = self.sim.add_business("Hill Street")
        self.quay = self.sim.add_business("Quay", None)
        self.amy = self.sim.add_practitioner("Amy", "Ng")
        self.pilates = self.sim.add_appointment_type("Pilates", 60, max_attendees=3)
        self.physio = self.sim.add_appointment_type("Physio", 30)
        self.lunch = self.sim.add_block_type("Lunch")
        self.patients = [self.sim.add_patient("Pat", str(n), f"p{n}@x.test") for n in range(4)]
        settings = ENTRY.settings.model_validate(
            {"vendor": "cliniko", "api_key": SECRET, "contact": "ops@example.org"}
        )
        self.account = Cliniko("clinic", settings, seams(self.answer, self.clock))

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        query = request.url.query.decode()
        self.asked.append(f"{path}?{query}")
        if any(path.startswith(f"/v1/{name}") for name in self.missing):
            return httpx.Response(404, stream=httpx.ByteStream(b'{"message":"Not found"}'))
        headers = {name.lower(): value for name, value in request.headers.items()}
        base = "https://api.uk2.cliniko.com"
        reply = self.sim.handle(Request(request.method, path, query, headers, b"", base))
        date = ("Date", formatdate(self.clock.now(), usegmt=True))
        return httpx.Response(
            reply.status, stream=httpx.ByteStream(reply.body), headers=[*reply.headers, date]
        )

    def group(self, hours: float, *patients: int, **more: Any) -> str:
        start = int(NOW + hours * HOUR)
        row = self.sim.add_group_appointment(self.pilates, self.hill, self.amy, start, **more)
        for patient in patients:
            self.sim.add_attendee(row, self.patients[patient])
        return row

    def single(self, hours: float, patient: int = 0, **more: Any) -> str:
        return self.sim.add_individual_appointment(
            self.physio,
            self.hill,
            self.amy,
            self.patients[patient],
            int(NOW + hours * HOUR),
            **more,
        )

    def block(self, hours: float, **more: Any) -> str:
        start = int(NOW + hours * HOUR)
        return self.sim.add_unavailable_block(self.quay, self.amy, start, start + HOUR, **more)

    def world(self) -> None:
        self.group(1, 0, 1)
        self.group(3)
        self.group(24 * 400)  # beyond the window
        gone = self.group(5, 2)
        self.sim.archive("group", gone)
        self.single(2)
        self.sim.cancel_appointment(self.single(4, 1))
        self.sim.archive("individual", self.single(6, 2))
        self.block(7, block_type=self.lunch)
        self.block(8)
        self.sim.cancel_attendee(self.sim.add_attendee(self.group(9, 0), self.patients[1]))
        self.group(10, 0, repeat=RepeatRule("Weekly", 3))
        for n in range(130):
            self.single(20 + n, n % 4)

    def walk(
        self, since: Cursor | None = None, window: Span = WINDOW
    ) -> tuple[Coverage, list[Batch]]:
        walk = self.account.fetch(window, since)
        return walk.coverage, list(walk.batches)

    def since(self, batches: list[Batch], window: Span = WINDOW) -> Cursor:
        assert batches[-1].cursor
        return Cursor(batches[-1].cursor, window, int(self.clock.now()))

    def pass_time(self, seconds: float) -> None:
        self.clock.time += seconds


def events(batches: list[Batch]) -> dict[Key, Event]:
    return {s.event.key: s.event for batch in batches for s in batch.sightings}


def gaps(batches: list[Batch]) -> list[str]:
    return [gap for batch in batches for gap in batch.gaps]


def shown(found: dict[Key, Event]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (event.key.kind, event.key.native_id): {
            "native_id": event.key.native_id,
            "occurrence": event.key.occurrence,
            "kind": event.key.kind,
            "status": event.status,
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
        for event in found.values()
    }


def true(sim: Simulator) -> dict[tuple[str, str], dict[str, Any]]:
    rows = {(row["kind"], row["native_id"]): row for row in sim.truth()}
    start, end = iso(WINDOW.start), iso(WINDOW.end)
    return {key: row for key, row in rows.items() if row["start"] < end and row["end"] > start}


READINGS = [
    Quirks(),
    Quirks(archiving="archived_at"),
    Quirks(archiving="deleted_at"),
    Quirks(conflicts_link="null"),
    Quirks(attendees_link="list"),
    Quirks(id_type="number"),
    Quirks(colliding_ids=True),
    Quirks(cancelled_patients_listed=True),
    Quirks(no_repeat_rule="empty", root_repeated_from="absent", children_carry_rule=True),
    Quirks(repeats_counted="with_first", repeats_keep="utc"),
    Quirks(bare_q="refuse", per_page_out_of_range="refuse"),
    Quirks(by_id_hides_archived=False),
]


@pytest.mark.parametrize("quirks", READINGS)
def test_a_full_walk_shows_what_is_true(quirks: Quirks) -> None:
    practice = Practice(quirks)
    practice.world()
    coverage, batches = practice.walk()
    assert coverage is Coverage.FULL
    assert not gaps(batches)
    assert shown(events(batches)) == true(practice.sim)


@pytest.mark.parametrize("quirks", READINGS)
def test_every_event_can_be_confirmed_by_id(quirks: Quirks) -> None:
    practice = Practice(quirks)
    practice.world()
    found = events(practice.walk()[1])
    for event in list(found.values())[:20]:
        answer = practice.account.confirm(event.key, event.span)
        assert answer.presence is Presence.PRESENT
        assert answer.sighting is not None
        assert answer.sighting.event == event


CHANGING = [
    Quirks(),
    Quirks(archiving_bumps_updated_at=False),
    Quirks(archiving_bumps_updated_at=False, archiving="deleted_at"),
    Quirks(attendee_bumps_booking=True),
    Quirks(async_bump_after=30),
    Quirks(colliding_ids=True),
    Quirks(conflicts_link="null", id_type="number"),
]


@pytest.mark.parametrize("missing", [(), ("bookings",), ("attendees",)])
@pytest.mark.parametrize("quirks", CHANGING)
def test_walks_over_changes_end_where_a_full_walk_would(
    quirks: Quirks, missing: tuple[str, ...]
) -> None:
    practice = Practice(quirks, missing)
    practice.world()
    moved, archived, joined, away = (
        practice.single(30),
        practice.group(31, 0),
        practice.group(32),
        practice.block(33),
    )
    left = practice.sim.add_attendee(practice.group(34), practice.patients[2])
    practice.pass_time(HOUR)
    picture: dict[Key, Event] = {}
    since = None
    window = WINDOW
    steps = [
        lambda: None,
        lambda: practice.sim.move("individual", moved, NOW + 50 * HOUR, NOW + 51 * HOUR),
        lambda: practice.sim.archive("group", archived),
        lambda: practice.sim.add_attendee(joined, practice.patients[3]),
        lambda: practice.sim.cancel_attendee(left),
        lambda: practice.sim.move("block", away, NOW + 500 * DAY, NOW + 501 * DAY),
        lambda: practice.sim.cancel_appointment(moved),
        lambda: practice.group(40, 1, 2),
        lambda: practice.single(90 * 24 - 0.1),
    ]
    for number, step in enumerate(steps):
        step()
        practice.pass_time(7 * MINUTE)
        full_at = practice.clock.now()
        coverage, batches = practice.walk(since, window)
        assert (coverage is Coverage.CHANGES) == (number > 0)
        assert not gaps(batches)
        picture |= events(batches)
        assert batches[-1].cursor
        since = Cursor(batches[-1].cursor, window, int(full_at))
    live = {key: event for key, event in picture.items() if WINDOW.shows(event.span)}
    assert shown(live) == true(practice.sim)


def test_a_walk_over_changes_reads_only_what_changed() -> None:
    practice = Practice()
    practice.world()
    practice.pass_time(HOUR)
    practice.single(2, 1)
    _, batches = practice.walk()
    since = practice.since(batches)
    practice.pass_time(10 * MINUTE)
    new = practice.single(3, 1)
    practice.asked.clear()
    coverage, batches = practice.walk(since)
    assert coverage is Coverage.CHANGES
    assert new in {key.native_id for key in events(batches)}
    assert len(events(batches)) == 2  # the new one, and the one within the overlap
    assert len(practice.asked) <= 12


def test_what_the_window_gains_is_read_though_it_did_not_change() -> None:
    practice = Practice()
    late = practice.single(90 * 24 + 1)
    late_group = practice.group(90 * 24 + 2, 1)
    practice.pass_time(HOUR)
    practice.single(1)
    _, batches = practice.walk()
    assert {key.native_id for key in events(batches)}.isdisjoint({late, late_group})
    wider = Span(WINDOW.start + 4 * HOUR, WINDOW.end + 4 * HOUR)
    coverage, batches = practice.walk(practice.since(batches), wider)
    assert coverage is Coverage.CHANGES
    assert {late, late_group} <= {key.native_id for key in events(batches)}


def test_a_window_that_reaches_further_back_is_read_whole() -> None:
    practice = Practice()
    practice.single(1)
    since = practice.since(practice.walk()[1])
    assert practice.walk(since, WINDOW.widened(HOUR, 0))[0] is Coverage.FULL


def test_a_full_walk_is_due_an_hour_after_the_last() -> None:
    practice = Practice()
    practice.single(1)
    since = practice.since(practice.walk()[1])
    practice.pass_time(HOUR)
    assert practice.walk(since)[0] is Coverage.FULL


def test_conflicts_are_told_by_the_vendor_without_saying_which() -> None:
    practice = Practice()
    one, other, alone = practice.single(1), practice.group(1), practice.block(9)
    found = {key.native_id: key for key in events(practice.walk()[1])}
    assert practice.account.conflicts(found[one])
    assert practice.account.conflicts(found[other])
    assert not practice.account.conflicts(found[alone])


def test_a_role_that_may_not_see_attendees_still_shows_how_many_there_are() -> None:
    practice = Practice()
    full = practice.group(1, 0, 1)
    practice.sim.revoke_key(SECRET)
    practice.sim.add_key(SECRET, forbidden=["attendees"])
    _, batches = practice.walk()
    found = events(batches)[Key("clinic", Kind.GROUP, full)]
    assert not gaps(batches)
    assert (found.attendees, found.status) == (2, Status.BOOKED)


@pytest.mark.parametrize("forbidden", ["bookings", "group_appointments"])
def test_a_role_that_may_not_see_a_list_leaves_a_gap(forbidden: str) -> None:
    practice = Practice()
    practice.world()
    practice.sim.revoke_key(SECRET)
    barred = {"bookings": ["bookings", "individual_appointments"]}.get(forbidden, [forbidden])
    practice.sim.add_key(SECRET, forbidden=barred)
    _, batches = practice.walk()
    assert any("403" in gap for gap in gaps(batches))
    assert batches[-1].cursor is None


def test_check_names_what_can_be_bound_and_no_person() -> None:
    practice = Practice()
    access = practice.account.check()
    assert not access.problems
    text = " ".join((access.who, *access.notes))
    assert f"practitioner:{practice.amy}" in text
    assert f"business:{practice.hill}" in text
    assert "Amy" not in text
    assert "avery" not in text.lower()


def test_redacted_answers_hold_no_person_and_no_bearer_link() -> None:
    practice = Practice()
    practice.group(1, 0, 1, notes="Pat is late")
    practice.single(2, notes="bring the scans")
    _, batches = practice.walk()
    answers: Iterator[bytes] = (s.answer for batch in batches for s in batch.sightings)
    kept = b" ".join(practice.account.redact(answer) for answer in answers).decode()
    assert practice.pilates in kept
    for secret in ("Pat", "scans", "telehealth", "/patients/", *practice.patients):
        assert secret not in kept
