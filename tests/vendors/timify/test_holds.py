"""Holds at the simulated TIMIFY: imported, seen again, told to nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest

from tests.builders import at
from tests.vendors.timify.test_against_sandbox import START
from tests.vendors.timify.written import (
    LINK,
    Place,
    answering,
    babbling,
    breaking,
    is_write,
    losing,
)
from worker.domain.event import Kind, Role, Status, role
from worker.domain.marker import mark
from worker.domain.reconcile.intent import Intent, Written, echo
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.sandbox.timify.state import PALETTE, Customer, Recurring
from worker.vendors.base import Ambiguous, NeedsPerson, Nonsense, Rejected, TryLater, Vanished
from worker.vendors.writer import Settling, Telling, Writer

NOBODY = Telling.NOBODY

# Everything that may be read in two ways, and lets holds stand where they belong.
SENSES = [
    {},
    {"import_keys": "camel"},
    {"import_keys": "snake"},
    {"import_id": "stays_apart"},
    {"external_lookup": "either"},
    {"input_zone": "company"},
    {"list_envelope": "bare"},
    {"interval": "padded"},
    {"default_notify": frozenset({"customers", "resources"})},
    {"token_schemes": frozenset({"bearer"})},
    {"failure": "status_zero"},
    {"window_zone": "utc", "to_date": "exclusive", "window_match": "start"},
    {"array_patch": "merge"},
]


def reads_back(place: Place, written: Written, intent: Intent) -> None:
    """A full reading shows exactly what the write returned, with its mark, and told nobody."""
    seen = place.seen()[written.key]
    assert echo(seen) == echo(written.event)
    assert seen.mark == intent.link
    wanted = place.account.shape(intent)
    assert (seen.span, seen.title) == (wanted.span, wanted.title)
    assert (seen.location, seen.capacity) == (wanted.location, wanted.capacity)
    assert wanted.calendar in seen.subjects
    assert place.studio.notifications == []


def test_the_account_can_be_written_to() -> None:
    account = Place().account
    assert isinstance(account, Writer)
    assert isinstance(account, Settling)
    can = account.capabilities
    assert (can.create, can.move, can.remove, can.hold) == (True, True, True, True)


@pytest.mark.parametrize("quirks", SENSES, ids=lambda quirks: " ".join(quirks) or "as told")
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Nome", "Asia/Kathmandu"])
def test_a_hold_is_made_moved_and_deleted_in_every_reading(
    zone: str, quirks: dict[str, Any]
) -> None:
    place = Place(zone, **quirks)
    place.seen()
    made = place.account.create(place.hold())
    assert (made.key.kind, made.event.status) == (Kind.SINGLE, Status.HELD)
    assert made.event.attendees == 0
    assert role(made.event) is Role.OURS
    reads_back(place, made, place.hold())
    assert place.account.probe(place.hold()) == made
    later = place.hold(START + 2 * HOUR, 90)
    moved = place.account.update(made.key, later)
    assert moved.key == made.key
    reads_back(place, moved, later)
    place.account.delete(made.key, "over")
    assert place.records == []
    assert place.account.probe(later) is None
    assert place.studio.notifications == []


def test_a_hold_may_name_its_resource_by_the_external_id() -> None:
    place = Place()
    intent = place.hold(calendar="external:amy")
    reads_back(place, place.account.create(intent), intent)


def test_a_hold_says_nothing_but_its_time_and_that_it_is_ours() -> None:
    place = Place()
    place.account.create(place.hold(title="Anna Schmidt, back pain", location="Ward 4"))
    [(method, path, body)] = place.writes
    assert (method, path) == ("POST", "/v1/appointments/import/bulk")
    [row] = body["events"]
    assert row == {
        "importEventId": f"calsync-{LINK}",
        "title": "Held by calsync",
        "notes": f"Held by calsync {mark(LINK)}",
        "color": "#8b8b8b",
        "datetime": "2026-03-03 10:00",
        "timezone": "Europe/Berlin",
        "duration": 60,
        "external_id": f"calsync-{LINK}",
        "externalId": f"calsync-{LINK}",
        "resource_ids": [place.amy],
        "resourceIds": [place.amy],
        "has_notify_customers": False,
        "hasNotifyCustomers": False,
        "has_notify_resources": False,
        "hasNotifyResources": False,
    }
    flags = {name: value for name, value in body.items() if name != "events"}
    assert flags == {
        "has_notify_customers": False,
        "hasNotifyCustomers": False,
        "has_notify_resources": False,
        "hasNotifyResources": False,
        "skip_emitter": True,
        "skipEmitter": True,
    }
    assert row["color"] in PALETTE


@pytest.mark.parametrize("minute", [0, 1, 4, 5, 7, 58])
@pytest.mark.parametrize("length", [0, 1, 5, 53, 60, 61])
def test_a_hold_is_rounded_outward_to_the_five_minute_grid(minute: int, length: int) -> None:
    place = Place()
    intent = place.hold(START + minute * MINUTE, length)
    made = place.account.create(intent)
    reads_back(place, made, intent)
    shown = made.event.span
    assert shown.start <= intent.span.start
    assert shown.end >= intent.span.end
    assert shown.start > intent.span.start - 5 * MINUTE
    assert shown.seconds < length * MINUTE + 10 * MINUTE


def test_an_import_that_is_carried_out_at_once_is_seen_at_once_and_nobody_sleeps() -> None:
    place = Place()
    place.account.create(place.hold())
    assert place.clock.slept == []


def test_an_import_that_is_carried_out_soon_is_waited_for() -> None:
    place = Place(import_delay_seconds=2.5)
    reads_back(place, place.account.create(place.hold()), place.hold())
    assert sum(place.clock.slept) <= 4  # a second of it keeps our own pace


def test_an_import_that_takes_long_is_left_open_and_found_later() -> None:
    place = Place(import_delay_seconds=20.0)
    with pytest.raises(Ambiguous):
        place.account.create(place.hold())
    assert place.account.probe(place.hold()) is None
    place.clock.sleep(20)
    found = place.account.probe(place.hold())
    assert found is not None
    reads_back(place, found, place.hold())


def test_where_imports_take_long_only_the_first_one_is_waited_for() -> None:
    place = Place(import_delay_seconds=20.0)
    for number in range(5):
        with pytest.raises(Ambiguous):
            place.account.create(
                place.hold(START + number * DAY, link=f"{number:024x}"),
            )
    assert sum(place.clock.slept) <= 4  # a second of it keeps our own pace


def test_an_import_that_is_sent_again_makes_no_second_one() -> None:
    place = Place(import_delay_seconds=20.0)
    for _ in range(2):
        with pytest.raises(Ambiguous):
            place.account.create(place.hold())
    place.clock.sleep(20)
    assert len(place.seen()) == len(place.records) == 1
    assert place.account.create(place.hold()).event.span == place.hold().span


def test_an_import_that_is_refused_later_is_never_taken_for_done() -> None:
    place = Place()
    intent = place.hold(calendar="resource:" + "0" * 24)
    with pytest.raises(Ambiguous):
        place.account.create(intent)
    assert place.account.probe(intent) is None


@pytest.mark.parametrize("fault", [losing, breaking, babbling])
def test_a_hold_whose_answer_is_lost_is_looked_for_and_found(fault: Any) -> None:
    place = Place()
    place.between = fault
    made = place.account.create(place.hold())
    assert len(place.writes) == 1
    reads_back(place, made, place.hold())


@pytest.mark.parametrize("fault", [losing, breaking, babbling])
def test_a_hold_whose_answer_is_lost_and_that_is_not_seen_is_left_open(fault: Any) -> None:
    place = Place(import_delay_seconds=20.0)
    place.between = fault
    with pytest.raises(Ambiguous):
        place.account.create(place.hold())
    assert len(place.writes) == 1
    place.clock.sleep(20)
    assert place.account.probe(place.hold()) is not None


def test_no_call_follows_a_stated_wait() -> None:
    place = Place()

    def wait(request: httpx.Request, ask: Any) -> httpx.Response:
        if not is_write(request):
            return ask(request)  # type: ignore[no-any-return]
        return httpx.Response(503, headers={"retry-after": "90"}, stream=httpx.ByteStream(b""))

    place.between = wait
    with pytest.raises(Ambiguous) as told:
        place.account.create(place.hold())
    assert told.value.wait == 90
    assert is_write(place.requests[-1])


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, None, Rejected),
        (404, None, Rejected),
        (409, None, Rejected),
        (403, None, NeedsPerson),
        (429, None, TryLater),
        (200, {"status": 0, "error": {"message": "no"}}, Rejected),
        (200, {"status": 7}, Ambiguous),
        (202, {"status": 1}, Ambiguous),
        (500, None, Ambiguous),
        (302, None, Ambiguous),
    ],
)
def test_each_refusal_has_its_own_meaning(status: int, body: Any, error: type[Exception]) -> None:
    place = Place()
    place.between = answering(status, body)
    for intent in (place.hold(), place.copy()):
        with pytest.raises(error):
            place.account.create(intent)
    assert len(place.writes) == 2
    assert place.records == []


def test_an_import_that_is_merely_accepted_is_done_once_it_is_seen() -> None:
    place = Place()

    def accepted(request: httpx.Request, ask: Any) -> httpx.Response:
        answer: httpx.Response = ask(request)
        if is_write(request):
            return httpx.Response(202, stream=httpx.ByteStream(b'{"status": 1}'))
        return answer

    place.between = accepted
    reads_back(place, place.account.create(place.hold()), place.hold())


def test_a_write_whose_token_is_refused_is_not_repeated_and_the_next_one_works() -> None:
    place = Place()
    place.seen()
    place.studio.revoke_tokens()
    with pytest.raises(TryLater) as told:
        place.account.create(place.hold())
    assert told.value.untouched
    assert len(place.writes) == 1
    reads_back(place, place.account.create(place.hold()), place.hold())


def test_the_other_way_of_sending_a_token_is_learnt_by_a_read() -> None:
    place = Place(token_schemes=frozenset({"bearer"}))
    with pytest.raises(TryLater):
        place.account.create(place.hold())
    place.account.create(place.hold())
    assert len(place.writes) == 2


def test_a_rotated_secret_needs_a_person_before_anything_is_written() -> None:
    place = Place()
    place.studio.rotate_secret("another")
    with pytest.raises(NeedsPerson, match="app_secret"):
        place.account.create(place.hold())
    assert place.writes == []


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Nome"])
@pytest.mark.parametrize("make", ["hold", "copy"])
def test_a_company_that_takes_wall_times_for_utc_is_not_written_to(zone: str, make: str) -> None:
    place = Place(zone, input_zone="utc")
    intent = getattr(place, make)()
    with pytest.raises(NeedsPerson, match="timezone"):
        place.account.create(intent)
    assert place.records == []
    before = len(place.writes)
    for other in (place.hold(link="1" * 24), place.copy(link="2" * 24)):
        with pytest.raises(NeedsPerson, match="timezone"):
            place.account.create(other)
    assert len(place.writes) == before
    assert place.studio.notifications == []


def test_a_late_import_at_a_wrong_time_is_taken_back_when_it_is_found() -> None:
    place = Place(input_zone="utc", import_delay_seconds=20.0)
    with pytest.raises(Ambiguous):
        place.account.create(place.hold())
    place.clock.sleep(20)
    with pytest.raises(NeedsPerson, match="timezone"):
        place.account.probe(place.hold())
    assert place.records == []
    assert place.account.probe(place.hold()) is None
    with pytest.raises(NeedsPerson, match="timezone"):
        place.account.create(place.hold())


def test_a_hold_that_a_person_moved_by_the_offset_is_no_sign_of_another_zone() -> None:
    place = Place()
    made = place.account.create(place.hold())
    place.studio.move(made.key.native_id, START + HOUR)
    found = place.account.probe(place.hold())
    assert found is not None
    assert found.event.span.start == START + HOUR
    assert len(place.records) == 1


def test_nothing_is_written_in_a_zone_that_is_only_guessed() -> None:
    place = Place()

    def silent(request: httpx.Request, ask: Any) -> httpx.Response:
        if request.url.path.endswith("/companies"):
            return httpx.Response(404, stream=httpx.ByteStream(b"{}"))
        return ask(request)  # type: ignore[no-any-return]

    place.between = silent
    with pytest.raises(NeedsPerson, match="`timezone`"):
        place.account.create(place.hold())
    assert place.writes == []
    account = place.open(timezone="Europe/Berlin")
    assert account.create(place.hold()).event.span == place.hold().span


@pytest.mark.parametrize("minutes", range(-70, 140, 7))
def test_times_that_the_clocks_show_twice_are_moved_to_ones_that_they_show_once(
    minutes: int,
) -> None:
    place = Place()
    fold = at("2026-10-25T00:00")  # two o'clock, summer time; an hour later it is two again
    intent = place.hold(fold + minutes * MINUTE, 30)
    made = place.account.create(intent)
    assert made.event.span == place.account.shape(intent).span
    assert made.event.span.start <= intent.span.start
    assert made.event.span.end >= intent.span.end


@pytest.mark.parametrize("minutes", range(-70, 140, 7))
def test_times_around_hours_that_the_clocks_leave_out_are_kept(minutes: int) -> None:
    place = Place()
    gap = at("2026-03-29T01:00")
    intent = place.hold(gap + minutes * MINUTE, 30)
    made = place.account.create(intent)
    assert made.event.span == place.account.shape(intent).span
    assert made.event.span.start > intent.span.start - 5 * MINUTE


def test_an_update_sends_only_what_changes() -> None:
    place = Place()
    made = place.account.create(place.hold())
    place.account.update(made.key, place.hold())
    assert len(place.writes) == 1
    place.account.update(made.key, place.hold(minutes=90))
    silent = {"has_notify_customers": False, "has_notify_resources": False}
    path = f"/v1/appointments/{made.key.native_id}"
    assert place.writes[-1] == ("PATCH", path, {"duration": 90, **silent})
    place.account.update(made.key, place.hold(START + DAY, 90))
    when = {"datetime": "2026-03-04 10:00", "timezone": "Europe/Berlin"}
    assert place.writes[-1] == ("PATCH", path, {**when, **silent})


def test_a_mark_that_is_gone_is_put_back_beside_what_people_wrote() -> None:
    place = Place()
    made = place.account.create(place.hold())
    place.studio.edit(made.key.native_id, notes="Bring the key", external_id="")
    assert place.seen()[made.key].mark == ""
    place.account.update(made.key, place.hold())
    [record] = place.records
    assert record.notes == f"Bring the key\n{mark(LINK)}"
    assert place.seen()[made.key].mark == LINK


def test_a_mark_lasts_in_the_external_id_where_notes_are_edited() -> None:
    place = Place()
    made = place.account.create(place.hold())
    place.studio.edit(made.key.native_id, notes="", title="Busy")
    assert place.seen()[made.key].mark == LINK
    found = place.account.probe(place.hold())
    assert found is not None
    assert found.key == made.key


def test_a_hold_is_found_however_far_it_was_moved() -> None:
    place = Place()
    made = place.account.create(place.hold())
    place.studio.move(made.key.native_id, START + 60 * DAY)
    found = place.account.probe(place.hold())
    assert found is not None
    assert found.event.span.start == START + 60 * DAY


def test_a_probe_reads_every_page() -> None:
    place = Place(largest_page=2)
    for number in range(9):
        place.studio.book(f"B{number}", START + number * HOUR, 30, [place.room])
    place.account.create(place.hold(START + 5 * HOUR))
    place.studio.site.appointments[next(reversed(place.studio.site.appointments))].external_id = ""
    found = place.account.probe(place.hold(START + 5 * HOUR))
    assert found is not None


def test_a_probe_says_nothing_where_the_list_cannot_be_believed() -> None:
    place = Place()

    def short(request: httpx.Request, ask: Any) -> httpx.Response:
        if request.url.path.endswith("/appointments"):
            body = b'{"data": [], "total": 3, "status": 1}'
            return httpx.Response(200, stream=httpx.ByteStream(body))
        return ask(request)  # type: ignore[no-any-return]

    place.between = short
    with pytest.raises(Nonsense):
        place.account.probe(place.hold())


def test_a_probe_says_nothing_where_several_carry_the_mark() -> None:
    place = Place()
    for day in (1, 2):
        notes = f"Held by calsync {mark(LINK)}"
        place.studio.book("Held", START + day * DAY, 60, [place.amy], notes=notes)
    with pytest.raises(Nonsense, match="several"):
        place.account.probe(place.hold())


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_probe_that_is_not_answered_is_told_as_such(status: int) -> None:
    place = Place()
    place.account.probe(place.hold())
    place.studio.fail_next(status, times_=5)
    with pytest.raises(TryLater):
        place.account.probe(place.hold())


def test_a_hold_that_people_joined_is_neither_moved_nor_deleted() -> None:
    place = Place()
    made = place.account.create(place.hold())
    place.records[0].customers.append(Customer("1", "Eve Example", "eve@example.org"))
    with pytest.raises(Rejected, match="people"):
        place.account.update(made.key, place.hold(START + DAY))
    with pytest.raises(Rejected, match="people"):
        place.account.delete(made.key, "over")
    assert len(place.records) == 1
    assert place.studio.notifications == []


@pytest.mark.parametrize("change", ["recurring", "chain_id"])
def test_what_became_a_series_is_read_only(change: str) -> None:
    place = Place()
    made = place.account.create(place.hold())
    rule = Recurring("Europe/Berlin", "DAYS", repeat_times=3)
    setattr(place.records[0], change, rule if change == "recurring" else "d" * 24)
    for act in (
        lambda: place.account.update(made.key, place.hold(START + DAY)),
        lambda: place.account.delete(made.key, "over"),
        lambda: place.account.move(made.event, place.hold(START + DAY).span, NOBODY),
        lambda: place.account.end(made.event, "over", NOBODY),
    ):
        with pytest.raises(Rejected, match="series"):
            act()
    assert len(place.writes) == 1


def test_an_update_of_what_is_gone_says_so_and_writes_nothing() -> None:
    place = Place()
    made = place.account.create(place.hold())
    place.account.delete(made.key, "over")
    before = len(place.writes)
    with pytest.raises(Vanished):
        place.account.update(made.key, place.hold(START + DAY))
    assert len(place.writes) == before


def test_what_carries_the_mark_of_another_is_not_overwritten() -> None:
    place = Place()
    made = place.account.create(place.hold())
    with pytest.raises(Rejected, match="mark"):
        place.account.update(made.key, place.hold(START + DAY, link="b" * 24))


@pytest.mark.parametrize("fault", [losing, breaking, babbling])
def test_an_update_or_a_deletion_whose_answer_is_lost_is_sent_once(fault: Any) -> None:
    place = Place()
    made = place.account.create(place.hold())
    place.between = fault
    with pytest.raises(Ambiguous):
        place.account.update(made.key, place.hold(START + DAY))
    with pytest.raises(Ambiguous):
        place.account.delete(made.key, "over")
    assert [method for method, _, _ in place.writes] == ["POST", "PATCH", "DELETE"]
    assert place.records == []


def test_an_update_that_was_dropped_silently_is_not_taken_for_done() -> None:
    place = Place()
    made = place.account.create(place.hold())
    place.between = answering(200, {"data": {"id": made.key.native_id}, "status": 1})
    with pytest.raises(Ambiguous, match="old time"):
        place.account.update(made.key, place.hold(START + DAY))


def test_a_move_that_comes_out_in_utc_stops_all_further_writes() -> None:
    place = Place()
    made = place.account.create(place.hold())
    place.studio.site.quirks = replace(place.studio.site.quirks, input_zone="utc")
    with pytest.raises(Ambiguous, match="timezone"):
        place.account.update(made.key, place.hold(START + DAY))
    with pytest.raises(NeedsPerson, match="timezone"):
        place.account.update(made.key, place.hold(START + DAY))


def test_timeshifts_are_read_only() -> None:
    place = Place()
    place.studio.block(place.amy, date(2026, 3, 3))
    [block] = [one for one in place.seen().values() if one.key.kind is Kind.BLOCK]
    with pytest.raises(Rejected, match="timeshifts"):
        place.account.delete(block.key, "over")
    with pytest.raises(Rejected, match="timeshifts"):
        place.account.move(block, Span(START, START + HOUR), NOBODY)
    assert place.writes == []


@pytest.mark.parametrize("calendar", ["*", "", "resource:", "practitioner:3", "external:"])
def test_a_hold_needs_a_resource(calendar: str) -> None:
    place = Place()
    intent = place.hold(calendar=calendar)
    assert "bind" in place.account.refuses(intent)
    with pytest.raises(Rejected, match="bind"):
        place.account.create(intent)
    assert place.requests == [] or place.writes == []
