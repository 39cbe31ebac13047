"""Copies at the simulated TIMIFY, and what a person approved for its own appointments."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import at
from tests.vendors.timify.test_against_sandbox import START
from tests.vendors.timify.test_holds import reads_back
from tests.vendors.timify.written import (
    LINK,
    Place,
    answering,
    babbling,
    breaking,
    is_write,
    losing,
)
from worker.domain.event import Event, Key, Kind, Role, Status, role
from worker.domain.marker import find, mark
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.sandbox.timify.state import Customer, Recurring
from worker.vendors.base import Ambiguous, Nonsense, Rejected, Vanished
from worker.vendors.timify import drafts
from worker.vendors.writer import Telling

SENSES = [
    {},
    {"create_status": 201},
    {"input_zone": "company"},
    {"interval": "padded"},
    {"duplicate_external_id": "refused"},
    {"default_notify": frozenset({"customers", "resources"})},
]
ZONES = ["Europe/Berlin", "America/Nome", "Asia/Kathmandu", "Australia/Lord_Howe", "UTC"]


def event_of(place: Place, native_id: str) -> Event:
    [found] = [one for one in place.seen().values() if one.key.native_id == native_id]
    return found


@pytest.mark.parametrize("quirks", SENSES, ids=lambda quirks: " ".join(quirks) or "as told")
@pytest.mark.parametrize("capacity", [None, 1, 6])
def test_a_copy_is_made_changed_and_deleted(quirks: dict[str, Any], capacity: int | None) -> None:
    place = Place(**quirks)
    made = place.account.create(place.copy(capacity=capacity))
    is_course = capacity == 6
    assert made.key.kind is (Kind.GROUP if is_course else Kind.SINGLE)
    assert made.event.status is (Status.OFFERED if is_course else Status.HELD)
    assert role(made.event) is Role.OURS
    reads_back(place, made, place.copy(capacity=capacity))
    later = place.copy(START + DAY, 90, title="Yoga", capacity=8 if is_course else capacity)
    moved = place.account.update(made.key, later)
    assert moved.key == made.key
    reads_back(place, moved, later)
    assert place.account.probe(later) == moved
    place.account.delete(made.key, "over")
    assert place.records == []
    assert place.account.probe(later) is None


def test_a_copy_is_sent_with_a_title_snake_case_and_all_flags_off() -> None:
    place = Place()
    place.account.create(place.copy(capacity=6, calendar="external:amy", title=""))
    assert place.writes == [
        (
            "POST",
            "/v1/appointments",
            {
                "title": "Copied by calsync",
                "datetime": "2026-03-03 10:00",
                "timezone": "Europe/Berlin",
                "duration": 60,
                "color": "#6882b0",
                "notes": f"Copied by calsync {mark(LINK)}",
                "external_id": f"calsync-{LINK}",
                "external_resource_ids": ["amy"],
                "is_course": True,
                "max_participants": 6,
                "participants": 0,
                "has_notify_customers": False,
                "has_notify_resources": False,
            },
        )
    ]


def test_a_rule_says_which_service_and_colour() -> None:
    place = Place()
    service = place.studio.add_service("Massage", 30, external_id="massage")
    for name, value, link in (
        ("service_id", service, "1" * 24),
        ("external_service_id", "massage", "2" * 24),
    ):
        details = {name: value, "color": "#b22e53", "notes": "Bring a towel", "max_participants": 4}
        intent = place.copy(link=link, details=details)
        reads_back(place, place.account.create(intent), intent)
    assert {one.service_id for one in place.records} == {service}
    assert {one.color for one in place.records} == {"#b22e53"}
    assert {one.max_participants for one in place.records} == {4}


def test_combined_services_are_one_event_as_long_as_their_origin() -> None:
    place = Place()
    wash = place.studio.add_service("Wash", 20)
    cut = place.studio.add_service("Cut", 40)
    details = {"service_id": wash, "combination_services": [{"service_id": cut, "duration": 40}]}
    intent = place.copy(details=details)
    made = place.account.create(intent)
    reads_back(place, made, intent)
    [(_, path, body)] = place.writes
    assert (path, body["duration"]) == ("/v1/appointments/multiple", 20)
    assert len(place.records[0].batches) == 2
    later = place.copy(START + DAY, details=details)
    reads_back(place, place.account.update(made.key, later), later)
    with pytest.raises(Rejected, match="length"):
        place.account.update(made.key, place.copy(START + DAY, 90, details=details))
    with pytest.raises(Rejected, match="longer"):
        place.account.create(place.copy(minutes=40, link="b" * 24, details=details))


def test_a_slot_is_won_first_where_the_rule_says_so_and_the_reservation_is_let_go() -> None:
    place = Place()
    intent = place.copy(details={"reserve": True})
    made = place.account.create(intent)
    reads_back(place, made, intent)
    assert [(method, path) for method, path, _ in place.writes] == [
        ("POST", "/v1/appointments/reservation"),
        ("POST", "/v1/appointments"),
        ("DELETE", place.writes[2][1]),
    ]
    body = place.writes[0][2]
    assert (body["date"], body["minute"], body["duration"]) == ("2026-03-03", 600, 60)
    assert find(body["title"]) not in ("", LINK)
    assert len(place.records) == 1


def test_a_slot_that_cannot_be_won_is_not_written() -> None:
    place = Place()

    def taken(request: httpx.Request, ask: Any) -> httpx.Response:
        if request.url.path.endswith("/reservation"):
            return httpx.Response(409, stream=httpx.ByteStream(b'{"status": 0}'))
        return ask(request)  # type: ignore[no-any-return]

    place.between = taken
    with pytest.raises(Rejected):
        place.account.create(place.copy(details={"reserve": True}))
    assert len(place.writes) == 1
    assert place.records == []


def test_a_reservation_is_let_go_where_the_writing_is_refused() -> None:
    place = Place()

    def refused(request: httpx.Request, ask: Any) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith("/appointments"):
            return httpx.Response(400, stream=httpx.ByteStream(b'{"status": 0}'))
        return ask(request)  # type: ignore[no-any-return]

    place.between = refused
    with pytest.raises(Rejected):
        place.account.create(place.copy(details={"reserve": True}))
    assert place.records == []


def test_a_reservation_left_behind_is_no_copy_and_nobodys_origin() -> None:
    place = Place()

    def lost(request: httpx.Request, ask: Any) -> httpx.Response:
        answer: httpx.Response = ask(request)
        if request.url.path.endswith("/reservation"):
            raise httpx.ReadError("gone", request=request)
        return answer

    place.between = lost
    with pytest.raises(Ambiguous):
        place.account.create(place.copy(details={"reserve": True}))
    assert place.account.probe(place.copy()) is None
    [left] = place.seen().values()
    assert role(left) is Role.OURS
    place.clock.sleep(HOUR)
    assert place.seen() == {}


def test_a_copy_and_its_reservation_at_a_wrong_time_go_at_once() -> None:
    place = Place()

    def turn(request: httpx.Request, ask: Any) -> httpx.Response:
        answer: httpx.Response = ask(request)
        if request.url.path.endswith("/reservation"):
            place.studio.site.quirks = replace(place.studio.site.quirks, input_zone="utc")
        return answer

    place.between = turn
    with pytest.raises(Exception, match="taken back"):
        place.account.create(place.copy(details={"reserve": True}))
    assert place.writes[-1][1] == "/v1/appointments/delete/bulk"
    assert place.records == []
    assert place.studio.notifications == []


@pytest.mark.parametrize("fault", [losing, breaking, babbling])
def test_a_copy_whose_answer_is_lost_is_sent_once_and_found(fault: Any) -> None:
    place = Place()
    place.between = fault
    with pytest.raises(Ambiguous):
        place.account.create(place.copy())
    assert len(place.writes) == len(place.records) == 1
    found = place.account.probe(place.copy())
    assert found is not None
    reads_back(place, found, place.copy())


@pytest.mark.parametrize("body", [{}, {"status": 1}, {"data": None, "status": 1}, {"data": [1]}])
def test_an_answer_without_the_new_id_leaves_it_open(body: Any) -> None:
    place = Place()
    place.between = answering(200, body)
    with pytest.raises(Ambiguous):
        place.account.create(place.copy())


def test_a_copy_that_cannot_be_read_back_is_left_open() -> None:
    place = Place()

    def deaf(request: httpx.Request, ask: Any) -> httpx.Response:
        if not is_write(request) and place.records:
            return httpx.Response(503, stream=httpx.ByteStream(b""))
        return ask(request)  # type: ignore[no-any-return]

    place.between = deaf
    with pytest.raises(Ambiguous):
        place.account.create(place.copy())


def test_a_copy_that_stands_there_already_is_taken_over_where_the_vendor_refuses_a_second() -> None:
    place = Place(duplicate_external_id="refused")
    made = place.account.create(place.copy())
    assert place.account.create(place.copy()) == made
    assert len(place.records) == 1


def test_what_people_wrote_and_whom_they_added_stays() -> None:
    place = Place()
    made = place.account.create(place.copy())
    id_ = made.key.native_id
    notes = f"Ring twice\n{place.records[0].notes}"
    place.studio.edit(id_, notes=notes, color="#b22e53", before=10, price=40)
    place.studio.edit(id_, resource_ids=[place.amy, place.room])
    place.account.update(made.key, place.copy(START + DAY, title="Yoga"))
    [record] = place.records
    kept = (record.notes, record.color, record.before, record.price, record.resource_ids)
    assert kept == (notes, "#b22e53", 10, 40, (place.amy, place.room))


def test_a_copy_that_people_booked_is_left_to_a_person() -> None:
    place = Place()
    made = place.account.create(place.copy(capacity=6))
    place.studio.join(made.key.native_id, "Eve Example")
    place.studio.notifications.clear()
    with pytest.raises(Rejected, match="people"):
        place.account.delete(made.key, "over")
    with pytest.raises(Rejected, match="people"):
        place.account.update(made.key, place.copy(START + DAY, capacity=6))
    changed = place.account.update(made.key, place.copy(capacity=9))
    assert changed.event.capacity == 9
    assert place.studio.notifications == []


def test_a_title_never_passes_for_a_mark() -> None:
    place = Place()
    other = "d" * 24
    intent = place.copy(title=f"Pilates {mark(other)}\r\n=1+1")
    made = place.account.create(intent)
    assert made.event.mark == LINK
    assert find(made.event.title) == ""
    reads_back(place, made, intent)


@pytest.mark.parametrize(
    ("details", "words"),
    [
        ({"colour": "#b22e53"}, "unknown keys: colour"),
        ({"color": "#123456"}, "color"),
        ({"color": ["#b22e53"]}, "color"),
        ({"service_id": 7}, "service_id"),
        ({"service_id": "a", "external_service_id": "b"}, "exclude"),
        ({"reserve": "yes"}, "reserve"),
        ({"max_participants": 0}, "max_participants"),
        ({"max_participants": True}, "max_participants"),
        ({"notes": mark(LINK)}, "notes"),
        ({"combination_services": [{"service_id": "a", "duration": 5}]}, "service_id"),
        ({"service_id": "a", "combination_services": []}, "combination_services"),
        (
            {"service_id": "a", "combination_services": [{"service_id": "a"}]},
            "combination_services",
        ),
        (
            {"service_id": "a", "combination_services": [{"service_id": "a", "duration": 7}]},
            "combination_services",
        ),
    ],
)
def test_a_rule_that_timify_cannot_follow_is_refused_in_words(details: Any, words: str) -> None:
    place = Place()
    assert words in place.account.refuses(place.copy(details=details))
    assert place.account.refuses(place.hold()) == ""
    assert place.requests == []


def test_there_are_no_open_slots_to_withdraw() -> None:
    assert Place().account.refuses(Place().hold(purpose=Purpose.WITHDRAWAL))


SPANS = st.builds(
    lambda start, length: Span(start, start + length),
    st.integers(at("2024-01-01T00:00"), at("2030-01-01T00:00")),
    st.integers(0, 3 * DAY),
)


@given(
    SPANS,
    st.sampled_from(ZONES),
    st.text(max_size=300),
    st.sampled_from(list(Purpose)),
    st.none() | st.integers(0, 40),
)
def test_shaping_is_stable_and_never_makes_anything_shorter(
    span: Span, zone: str, title: str, purpose: Purpose, capacity: int | None
) -> None:
    intent = Intent(
        LINK, purpose, "studio", "resource:1", "amy", span, title=title, capacity=capacity
    )
    shaped = drafts.shape(intent, zone)
    assert drafts.shape(shaped, zone) == shaped
    assert shaped.span.start <= span.start
    assert shaped.span.end >= span.end
    assert shaped.span.seconds % (5 * MINUTE) == 0 < shaped.span.seconds
    assert shaped.title
    assert find(shaped.title) == ""


@given(SPANS, st.sampled_from(ZONES), st.text(max_size=60), st.integers(0, 12))
def test_what_was_shaped_and_made_reads_back_equal(
    span: Span, zone: str, title: str, capacity: int
) -> None:
    place = Place(zone)
    intent = place.copy(span=span, title=title, capacity=capacity)
    shaped = place.open(timezone=zone).shape(intent)
    made = place.account.create(intent).event
    assert (made.span, made.title, made.capacity) == (shaped.span, shaped.title, shaped.capacity)
    assert made.location == shaped.location


@pytest.mark.parametrize("telling", list(Telling))
def test_an_approved_move_tells_people_only_where_that_was_approved(telling: Telling) -> None:
    place = Place(default_notify=frozenset({"customers", "resources"}))
    id_ = place.studio.book("Massage", START, 60, [place.amy], customers=["Eve Example"])
    event = event_of(place, id_)
    span = Span(START + DAY, START + DAY + HOUR)
    moved = place.account.move(event, span, telling)
    assert moved.event.span == span
    assert place.seen()[moved.key] == moved.event
    assert bool(place.studio.notifications) == (telling is Telling.PEOPLE)
    place.studio.notifications.clear()
    place.account.end(moved.event, "approved", telling)
    assert place.records == []
    assert bool(place.studio.notifications) == (telling is Telling.PEOPLE)
    place.account.end(moved.event, "approved", telling)
    with pytest.raises(Vanished):
        place.account.move(moved.event, span, telling)


def test_the_flags_of_a_deletion_go_where_either_reading_finds_them() -> None:
    place = Place()
    id_ = place.studio.book("Massage", START, 60, [place.amy])
    place.account.end(event_of(place, id_), "approved", Telling.NOBODY)
    request = place.requests[-1]
    silent = {"has_notify_customers": False, "has_notify_resources": False}
    assert json.loads(request.content) == silent
    assert dict(request.url.params) == dict.fromkeys(silent, "false")


def test_a_move_to_a_time_off_the_grid_is_refused() -> None:
    place = Place()
    id_ = place.studio.book("Massage", START, 60, [place.amy])
    event = event_of(place, id_)
    for span in (Span(START + 60, START + HOUR + 60), Span(START, START + HOUR + 60)):
        with pytest.raises(Rejected, match="five minutes"):
            place.account.move(event, span, Telling.NOBODY)
    assert place.writes == []


def test_a_part_of_a_split_appointment_or_series_is_left_to_a_person() -> None:
    place = Place()
    split = place.studio.book("Colour", START, 90, [place.amy])
    place.studio.split(split, (0, 30), (60, 30))
    rule = Recurring("Europe/Berlin", "DAYS", repeat_times=3)
    place.studio.add_series("Weekly", START + DAY, 30, [place.amy], rule=rule)
    place.studio.add_chain("Chain", START + 2 * DAY, 30, [place.amy], rule=rule)
    for event in place.seen().values():
        with pytest.raises(Rejected, match="in TIMIFY"):
            place.account.move(event, Span(event.span.start + DAY, event.span.end + DAY), QUIET)
        with pytest.raises(Rejected, match="in TIMIFY"):
            place.account.end(event, "approved", QUIET)
    assert place.writes == []


def test_an_appointment_that_became_a_course_meanwhile_is_left_alone() -> None:
    place = Place()
    id_ = place.studio.book("Massage", START, 60, [place.amy])
    event = event_of(place, id_)
    place.studio.edit(id_, is_course=True)
    with pytest.raises(Rejected, match="another sort"):
        place.account.end(event, "approved", QUIET)
    assert place.writes == []


def test_an_id_that_would_lead_elsewhere_is_never_written_to() -> None:
    place = Place()
    with pytest.raises(Rejected):
        place.account.delete(Key("studio", Kind.SINGLE, "../companies"), "over")
    assert place.writes == []


def test_a_record_of_ours_that_was_split_says_nothing() -> None:
    place = Place()
    made = place.account.create(place.copy(minutes=90))
    place.studio.split(made.key.native_id, (0, 30), (60, 30))
    with pytest.raises(Nonsense):
        place.account.probe(place.copy(minutes=90))
    with pytest.raises(Rejected, match="parts"):
        place.account.delete(made.key, "over")


def test_customers_on_a_copy_make_it_booked() -> None:
    place = Place()
    made = place.account.create(place.copy())
    place.records[0].customers.append(Customer("1", "Eve Example", "eve@example.org"))
    seen = place.seen()[made.key]
    assert (seen.status, seen.attendees, seen.mark) == (Status.BOOKED, 1, LINK)


QUIET = Telling.NOBODY
