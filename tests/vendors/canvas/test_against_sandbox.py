"""The adapter against the simulated Canvas: what it reads must be what is true there."""

from __future__ import annotations

from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import httpx
import pytest

from tests.builders import NOW, StillClock, seams
from worker.domain.event import Event, Kind, Status
from worker.domain.instants import iso
from worker.domain.listing import Batch, Presence
from worker.domain.span import DAY, HOUR, Span
from worker.sandbox.canvas import Canvas as Site
from worker.sandbox.canvas import Quirks
from worker.sandbox.exchange import Request
from worker.vendors.canvas import Canvas, CanvasSettings

BASE = "https://canvas.example.edu"
WINDOW = Span(NOW - DAY, NOW + 90 * DAY)


@dataclass
class World:
    """A site and an account on it, joined without a network."""

    quirks: Quirks = field(default_factory=Quirks)
    clock: StillClock = field(default_factory=StillClock)
    codes: list[str] = field(default_factory=list)
    token: str = "canvas-instructor-token"

    def __post_init__(self) -> None:
        self.site = Site(self.clock, quirks=self.quirks)
        self.asked: list[str] = []
        settings = CanvasSettings.model_validate(
            {"vendor": "canvas", "base_url": BASE, "token": self.token, "context_codes": self.codes}
        )
        self.account = Canvas("campus", settings, seams(self._answer, self.clock))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url.raw_path.decode())
        response = self.site.handle(
            Request(
                method=request.method,
                path=request.url.raw_path.decode().partition("?")[0],
                query=request.url.query.decode(),
                headers={name.lower(): value for name, value in request.headers.items()},
                body=request.content,
                base=BASE,
            )
        )
        headers = [("Date", formatdate(self.clock.now(), usegmt=True)), *response.headers]
        return httpx.Response(
            response.status, headers=headers, stream=httpx.ByteStream(response.body)
        )

    def read(self, window: Span = WINDOW) -> Batch:
        batches = list(self.account.fetch(window, None).batches)
        return Batch(
            tuple(s for batch in batches for s in batch.sightings),
            tuple(q for batch in batches for q in batch.quarantined),
            gaps=tuple(gap for batch in batches for gap in batch.gaps),
        )

    def fill(self) -> None:
        """Three groups in two courses: bookings, an unpublished one, past and running slots."""
        site = self.site
        self.one, self.two = site.add_course("Algebra"), site.add_course("Biology")
        self.students = [site.add_student(f"Student {n}", courses=[self.one]) for n in range(4)]
        self.hours = site.add_group(
            "Office hours",
            [self.one, self.two],
            slots=[
                (NOW - 40 * DAY, NOW - 40 * DAY + HOUR),
                (NOW - 3 * HOUR, NOW - 2 * HOUR),
                (NOW - HOUR // 2, NOW + HOUR // 2),
                (NOW + DAY, NOW + DAY + HOUR),
            ],
            state="active",
            location_name="Room 5",
            participants_per_appointment=2,
        )
        self.draft = site.add_group("Draft", [self.two], slots=[(NOW + DAY, NOW + DAY + HOUR)])
        self.gone_by = site.add_group(
            "Gone by", [self.one], slots=[(NOW - 5 * HOUR, NOW - 4 * HOUR)], state="active"
        )
        self.slots = [slot.id for slot in site.slots(self.hours)]
        for student in self.students[:2]:
            site.reserve(self.slots[3], student)
        site.reserve(self.slots[1], self.students[2])


def shown(events: list[Event]) -> list[dict[str, Any]]:
    return sorted(
        (
            {
                "native_id": e.key.native_id,
                "occurrence": e.key.occurrence,
                "kind": str(e.key.kind),
                "status": str(e.status),
                "start": iso(e.span.start),
                "end": iso(e.span.end),
                "timezone": e.timezone,
                "title": e.title,
                "location": e.location,
                "capacity": e.capacity,
                "attendees": e.attendees,
                "pad_before": e.pad_before,
                "pad_after": e.pad_after,
                "subjects": list(e.subjects),
            }
            for e in events
        ),
        key=lambda row: row["native_id"],
    )


def true(world: World, window: Span = WINDOW) -> list[dict[str, Any]]:
    rows = [
        row
        for row in world.site.truth()
        if row["status"] != "cancelled"
        and iso(window.start) < row["end"]
        and row["start"] < iso(window.end)
    ]
    return sorted(rows, key=lambda row: row["native_id"])


QUIRKS = [
    Quirks(),
    Quirks(paging="bookmark"),
    Quirks(link_last=False),
    Quirks(link_keeps_params=False),
    Quirks(header_case="lower"),
    Quirks(context_codes="visible"),
    Quirks(rewrites_description=False),
    Quirks(shard=3),
]


@pytest.mark.parametrize("quirks", QUIRKS, ids=str)
def test_what_is_read_is_what_is_true(quirks: Quirks):
    world = World(quirks)
    world.fill()
    found = world.read()
    assert shown([s.event for s in found.sightings]) == true(world)
    assert found.gaps == ()
    assert found.quarantined == ()


@pytest.mark.parametrize("paging", ["page", "bookmark"])
def test_every_page_of_a_long_list_is_read(paging: Any):
    world = World(Quirks(paging=paging, link_keeps_params=False))
    course = world.site.add_course("Algebra")
    for n in range(230):
        start = NOW + n * HOUR
        world.site.add_group(f"Group {n}", [course], slots=[(start, start + HOUR)], state="active")
    found = world.read()
    assert len({s.event.key for s in found.sightings}) == 230
    assert found.gaps == ()


def test_people_are_the_ones_who_reserved():
    world = World()
    world.fill()
    events = {s.event.key.native_id: s.event for s in world.read().sightings}
    booked = events[str(world.slots[3])]
    assert booked.people == tuple(sorted(f"campus/user:{n}" for n in world.students[:2]))
    assert booked.series == f"group:{world.hours}"


def test_a_moved_slot_of_a_stale_group_is_still_read_after_it_has_ended():
    world = World()
    world.fill()
    world.site.move(world.slots[0], NOW + 2 * HOUR, NOW + 3 * HOUR)
    world.clock.time += 4 * HOUR
    assert shown([s.event for s in world.read().sightings]) == true(world)


def test_a_settled_past_is_not_read_again():
    world = World()
    course = world.site.add_course("Algebra")
    world.site.add_group(
        "Old", [course], slots=[(NOW - 9 * DAY, NOW - 8 * DAY), (NOW, NOW + HOUR)], state="active"
    )
    world.clock.time += 5
    world.read()
    before = len(world.asked)
    world.read()
    assert len(world.asked) == before + 1


def test_a_settled_past_is_read_again_after_a_slot_was_moved():
    world = World()
    course = world.site.add_course("Algebra")
    group = world.site.add_group(
        "Old",
        [course],
        slots=[(NOW - 9 * DAY, NOW - 8 * DAY), (NOW + HOUR, NOW + 2 * HOUR)],
        state="active",
    )
    world.clock.time += 5
    world.read()
    world.clock.time += 5
    old = world.site.slots(group)[0].id
    world.site.move(old, NOW - 3 * HOUR, NOW - 2 * HOUR)
    found = {s.event.key.native_id for s in world.read().sightings}
    assert str(old) in found


def test_a_deleted_slot_of_a_living_group_is_confirmed_as_cancelled():
    world = World()
    world.fill()
    before = {s.event.key.native_id: s.event for s in world.read().sightings}
    event = before[str(world.slots[3])]
    world.site.delete_slot(world.slots[3])
    answer = world.account.confirm(event.key, event.span)
    assert answer.presence is Presence.PRESENT
    assert answer.sighting is not None
    assert answer.sighting.event.status is Status.CANCELLED
    assert answer.sighting.event.subjects == event.subjects


def test_a_living_slot_is_confirmed_exactly_as_it_was_listed():
    world = World()
    world.fill()
    for sighting in world.read().sightings:
        answer = world.account.confirm(sighting.event.key, sighting.event.span)
        assert answer.presence is Presence.PRESENT
        assert answer.sighting is not None
        assert answer.sighting.event == sighting.event


@pytest.mark.parametrize("forbidden", [403, 401])
def test_a_deleted_group_is_gone_where_another_of_its_courses_answers(forbidden: Any):
    world = World(Quirks(forbidden_status=forbidden))
    world.fill()
    world.read()
    slot = world.site.slots(world.gone_by)[0]
    world.site.delete_group(world.gone_by)
    found = world.read()
    key = next(iter(found.sightings)).event.key
    gone = type(key)("campus", Kind.SLOT, str(slot.id))
    assert world.account.confirm(gone, WINDOW).presence is Presence.GONE


@pytest.mark.parametrize("forbidden", [403, 401])
def test_lost_rights_are_not_a_deletion(forbidden: Any):
    world = World(Quirks(forbidden_status=forbidden))
    world.fill()
    events = [s.event for s in world.read().sightings]
    for group in (world.hours, world.draft, world.gone_by):
        world.site.delete_group(group)
    assert world.read().sightings == ()
    for event in events:
        assert world.account.confirm(event.key, event.span).presence is Presence.UNKNOWN


def test_an_unknown_slot_is_gone():
    world = World()
    world.fill()
    key = type(world.read().sightings[0].event.key)("campus", Kind.SLOT, "1")
    assert world.account.confirm(key, WINDOW).presence is Presence.GONE


def test_context_codes_limit_the_list():
    world = World(codes=["course_0"])
    world.fill()
    assert world.read().sightings == ()
    world.account.close()


def test_a_student_sees_an_empty_list_and_the_check_says_why():
    world = World(token="students")
    world.fill()
    world.site.add_student("Sam", courses=[world.one], token="students")
    found = world.read()
    assert (found.sightings, found.gaps) == ((), ())
    assert "student" in " ".join(world.account.check().notes)


def test_the_check_names_what_is_managed_and_nobody():
    world = World()
    world.fill()
    access = world.account.check()
    said = " ".join((access.who, *access.notes, *access.problems))
    assert f"group:{world.hours}" in said
    assert f"course:{world.two}" in said
    assert "Student" not in said
    assert "Imogen" not in said
    assert access.problems == ()


def test_a_nearly_full_bucket_is_left_to_drain():
    world = World(Quirks(bucket_high_water=130.0, request_cost=20.0, bucket_leak=10.0))
    course = world.site.add_course("Algebra")
    for n in range(30):
        slots = [(NOW - HOUR - n, NOW - n), (NOW + DAY, NOW + DAY + HOUR)]
        world.site.add_group(f"Group {n}", [course], slots=slots, state="active")
    found = world.read()
    assert len(found.sightings) == 60
    assert world.clock.slept


def test_what_is_kept_of_an_answer_names_nobody():
    world = World()
    world.fill()
    for sighting in world.read().sightings:
        kept = world.account.redact(sighting.answer).decode()
        assert "Student" not in kept
        assert sighting.event.key.native_id in kept
        for person in sighting.event.people:
            assert f'"{person.partition(":")[2]}"' not in kept
