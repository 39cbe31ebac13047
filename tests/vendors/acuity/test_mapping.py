"""What a row of Acuity means."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders import WEEK, at
from tests.vendors.acuity.studio import (
    Studio,
    account,
    block_row,
    calendar_row,
    row,
    type_row,
    walk,
)
from worker.domain.event import Event, Kind, Status, Trait, fingerprint
from worker.domain.span import Span


def read(*rows: dict[str, Any], **studio: Any) -> Event:
    seen = walk(account(Studio(rows=list(rows), **studio)), WEEK)
    assert not seen.gaps
    return seen.only


def test_a_booking_is_one_event_with_one_attendee():
    event = read(row())
    assert event.key.kind is Kind.SINGLE
    assert event.key.native_id == "1722092210"
    assert event.status is Status.BOOKED
    assert event.title == "Consultation"
    assert event.location == "Room 3"
    assert event.subjects == ("calendar:42",)
    assert event.attendees == 1
    assert event.capacity is None
    assert event.people == ("email:ida@example.org",)


def test_the_end_is_computed():
    event = read(row(1, "2026-03-03T23:30", endTime="12:20am", duration="50"))
    assert event.span == Span(at("2026-03-03T23:30"), at("2026-03-04T00:20"))


@pytest.mark.parametrize("duration", ["50", 50, "50.0"])
def test_durations_may_be_text(duration):
    assert read(row(duration=duration)).span.seconds == 50 * 60


def test_a_missing_duration_is_that_of_the_type():
    odd = row()
    del odd["duration"]
    assert read(odd, types=[type_row(duration=25)]).span.seconds == 25 * 60


@pytest.mark.parametrize("offset", ["+0300", "+03:00"])
def test_offsets_without_a_colon_are_read(offset):
    event = read(row(datetime=f"2026-03-03T12:00:00{offset}"))
    assert event.span.start == at("2026-03-03T09:00")
    assert event.traits == ()


def test_the_calendars_zone_counts():
    event = read(row(zone="Asia/Kathmandu", timezone="America/New_York"))
    assert event.timezone == "Asia/Kathmandu"
    assert event.span.start == at("2026-03-03T10:00")


def test_wall_times_are_read_in_the_calendars_zone():
    event = read(row(datetime="2026-03-03T12:00:00", calendarTimezone="Europe/Athens"))
    assert event.span.start == at("2026-03-03T10:00")
    assert event.traits == ()


def test_a_wall_time_without_a_zone_takes_that_of_the_listed_calendar():
    odd = row(datetime="2026-03-03T12:00:00")
    del odd["calendarTimezone"]
    event = read(odd, calendars=[calendar_row(timezone="Asia/Tokyo")])
    assert event.span.start == at("2026-03-03T03:00")
    assert event.timezone == "Asia/Tokyo"
    assert event.traits == ()


def test_a_wall_time_without_any_zone_says_so():
    odd = row(datetime="2026-03-03T12:00:00", calendarTimezone=None)
    studio = Studio(rows=[odd], calendars=[])
    event = walk(account(studio, timezone="America/New_York"), WEEK).only
    assert event.span.start == at("2026-03-03T17:00")
    assert event.timezone == ""
    assert event.traits == (Trait.NAIVE_TIME,)


def test_a_wall_time_in_a_fold_is_ambiguous():
    window = Span(at("2026-10-20T00:00"), at("2026-10-30T00:00"))
    odd = row(datetime="2026-10-25T03:30:00")
    event = walk(account(Studio(rows=[odd])), window).only
    assert event.span.start == at("2026-10-25T00:30")
    assert event.traits == (Trait.AMBIGUOUS_TIME,)


def test_an_unknown_zone_beside_an_offset_is_only_dropped():
    event = read(row(calendarTimezone="Aint/No_Timezone"))
    assert event.timezone == ""
    assert event.span.start == at("2026-03-03T10:00")


def test_paddings_come_from_the_type():
    studio = Studio(rows=[row()], types=[type_row(paddingBefore="15", paddingAfter=None)])
    event = walk(account(studio), WEEK).only
    assert (event.pad_before, event.pad_after) == (15, 0)
    assert event.span.seconds == 50 * 60
    assert studio.calls("appointment-types")[0]["includeDeleted"] == "true"


def test_a_type_that_nobody_knows_has_no_paddings():
    event = read(row(appointmentTypeID=8))
    assert (event.pad_before, event.pad_after) == (0, 0)


def test_a_cancelled_booking_has_no_attendees():
    event = read(row(canceled=True, noShow=False))
    assert event.status is Status.CANCELLED
    assert event.attendees == 0
    assert event.people == ()
    assert event.traits == ()


def test_a_no_show_is_cancelled_and_says_so():
    event = read(row(canceled=True, noShow=True))
    assert event.status is Status.CANCELLED
    assert event.traits == (Trait.NO_SHOW,)


def test_cancelled_appointments_are_asked_for():
    studio = Studio(rows=[row(1), row(2, canceled=True)])
    seen = walk(account(studio), WEEK)
    assert seen.events["single", "2"].status is Status.CANCELLED
    assert all(query["showall"] == "true" for query in studio.calls("appointments"))
    assert all(query["excludeForms"] == "true" for query in studio.calls("appointments"))


def test_an_address_is_compared_without_case_and_spaces():
    assert read(row(email=" Ida@Example.ORG ")).people == ("email:ida@example.org",)


@pytest.mark.parametrize("email", ["", None, "  "])
def test_who_leaves_no_address_cannot_be_told_apart(email):
    event = read(row(email=email))
    assert event.people == ()
    assert event.attendees == 1


def test_what_flips_with_the_clock_changes_nothing():
    later = row(
        canClientCancel=True,
        canClientReschedule=True,
        phone="(123) 555-9999",
        formsText="",
        confirmationPage="https://app.acuityscheduling.com/other",
        timezone="Asia/Tokyo",
        amountPaid="45.00",
    )
    assert fingerprint(read(row())) == fingerprint(read(later))


def test_labels_may_be_null_and_images_false():
    labels = [{"id": 1, "name": "Late", "color": "green"}]
    assert fingerprint(read(row(labels=None))) == fingerprint(read(row(labels=labels)))
    assert read(row(), types=[type_row(image="https://example.org/a.png")]).pad_before == 5


def test_a_mark_in_the_notes_makes_it_ours():
    event = read(row(notes="Copied\n[calsync 0123456789ABCDEF]"))
    assert event.mark == "0123456789abcdef"


def test_a_class_is_one_event():
    rows = [
        row(1, classID=900, email="ann@example.org", appointmentTypeID=9, type="Yoga "),
        row(2, classID=900, email="bob@example.org", appointmentTypeID=9, type="Yoga "),
        row(3, classID=900, email="cy@example.org", appointmentTypeID=9, canceled=True),
    ]
    event = read(*rows, types=[type_row(9, type="class", classSize=12, paddingAfter=0)])
    assert (event.key.kind, event.key.native_id) == (Kind.GROUP, "900")
    assert event.status is Status.BOOKED
    assert event.title == "Yoga"
    assert event.attendees == 2
    assert event.capacity == 12
    assert event.people == ("email:ann@example.org", "email:bob@example.org")
    assert (event.pad_before, event.pad_after) == (5, 0)


@pytest.mark.parametrize("none", [None, 0, "", "0"])
def test_a_row_without_a_class_is_a_booking_of_its_own(none):
    assert read(row(classID=none)).key.kind is Kind.SINGLE


def test_class_ids_may_be_text():
    event = read(row(1, classID="900"), row(2, classID=900))
    assert event.key.native_id == "900"
    assert event.attendees == 2


def test_a_class_that_all_have_left_is_offered():
    event = read(row(1, classID=900, canceled=True), row(2, classID=900, canceled=True))
    assert event.status is Status.OFFERED
    assert event.attendees == 0
    assert event.people == ()


def test_the_time_of_most_rows_is_that_of_the_class():
    rows = [
        row(1, "2026-03-03T10:00", classID=900, duration="90"),
        row(2, "2026-03-03T10:00", classID=900),
        row(3, "2026-03-03T10:00", classID=900),
        *(row(n, "2026-03-04T10:00", classID=900, canceled=True) for n in range(4, 9)),
    ]
    assert read(*rows).span == Span(at("2026-03-03T10:00"), at("2026-03-03T10:50"))


def test_a_class_is_ours_only_if_every_row_is():
    mark = "[calsync 0123456789abcdef]"
    assert read(row(1, classID=9, notes=mark), row(2, classID=9, notes=mark)).ours
    assert not read(row(1, classID=9, notes=mark), row(2, classID=9)).ours


def test_a_block_is_held_time():
    event = walk(account(Studio(blocks=[block_row()])), WEEK).only
    assert (event.key.kind, event.key.native_id) == (Kind.BLOCK, "9990961446")
    assert event.status is Status.HELD
    assert event.span == Span(at("2026-03-03T14:00"), at("2026-03-03T15:00"))
    assert event.title == "Dentist"
    assert event.subjects == ("calendar:42",)
    assert event.timezone == "Europe/Athens"
    assert (event.attendees, event.capacity, event.people) == (0, None, ())


def test_block_ids_beyond_32_bits_are_kept():
    seen = walk(account(Studio(blocks=[block_row(99909614460), block_row("9990961447")])), WEEK)
    assert seen.ids == ["99909614460", "9990961447"]


def test_a_block_of_ours_shows_its_mark_instead_of_a_title():
    notes = "Taken elsewhere [calsync 0123456789abcdef]"
    event = walk(account(Studio(blocks=[block_row(notes=notes)])), WEEK).only
    assert event.title == ""
    assert event.mark == "0123456789abcdef"


def test_identical_blocks_are_two_events():
    assert walk(account(Studio(blocks=[block_row(1), block_row(2)])), WEEK).ids == ["1", "2"]


def test_a_repeating_block_is_read_as_given_and_says_so():
    seen = walk(account(Studio(blocks=[block_row(recurring="weekly", until="2026-12-31")])), WEEK)
    assert seen.only.traits == (Trait.SERIES,)
    assert not seen.gaps


def test_a_repeating_block_listed_by_its_first_time_only_leaves_a_gap():
    studio = Studio(blocks=[block_row(1, "2025-01-07T10:00", "2025-01-07T11:00", recurring=1)])
    studio._wanted = lambda *_: True  # type: ignore[method-assign]
    seen = walk(account(studio), WEEK)
    assert not seen.events
    assert any("repeating" in gap for gap in seen.gaps)


def test_a_long_block_that_began_weeks_ago_is_seen():
    away = block_row(1, "2026-02-01T00:00", "2026-04-01T00:00")
    studio = Studio(blocks=[away])
    assert walk(account(studio), WEEK).ids == ["1"]
    assert studio.calls("blocks")[0]["minDate"] < "2026-02-01"
