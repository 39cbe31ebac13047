"""Civil time and findings: whole days, folds, gaps, and days of 23 or 25 hours."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest

from tests.builders import event
from tests.conflict import reference
from worker.domain.conflict.availability import outside
from worker.domain.conflict.double import doubles
from worker.domain.event import Event, Trait
from worker.domain.instants import instant, local_instant, midnight
from worker.domain.span import HOUR, Span
from worker.domain.subject import Resource

AMY = Resource("amy", "Amy")
NAMES = iter(range(10**6))


def of(span: Span, **fields: object) -> Event:
    """A booking of exactly this stretch."""
    return event(str(next(NAMES)), span.start, span.seconds // 60, **fields)


def days(first: date, count: int, zone: str) -> Event:
    """An entry of whole days, as a vendor gives it: from a day up to, not including, another."""
    span = Span(midnight(first, zone), midnight(first + timedelta(days=count), zone))
    return of(span, traits=(Trait.ALL_DAY,))


def on_the_wall(start: str, end: str, zone: str) -> Event:
    return of(Span(local_instant(start, zone)[0], local_instant(end, zone)[0]))


def with_offsets(start: str, end: str) -> Event:
    return of(Span(instant(start), instant(end)))


def overlap(*events: Event) -> int:
    """The minutes for which Amy is double-booked, by the word of both judges."""
    found = list(doubles(AMY, events))
    expected = reference.doubles(events, 1)
    assert [(one.start, one.end) for one in expected] == [
        (one.span.start, one.span.end) for one in found
    ]
    return sum(finding.overlap_minutes for finding in found)


@cache
def shows(at: int, zone: str) -> date:
    return datetime.fromtimestamp(at, ZoneInfo(zone)).date()


def first_instant(day: date, zone: str) -> int:
    """By looking at the clock every quarter of an hour."""
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("UTC")).timestamp())
    start = noon - 40 * HOUR
    return next(at for at in range(start, start + 60 * HOUR, 900) if shows(at, zone) >= day)


def days_of_change(zone: str, year: int) -> list[date]:
    """The days at whose ends the offset is different, and those around them."""
    rules = ZoneInfo(zone)
    all_days = [date(year, 1, 2) + timedelta(days=n) for n in range(362)]
    offsets = {
        day: datetime(day.year, day.month, day.day, 12, tzinfo=rules).utcoffset()
        for day in all_days
    }
    found = set()
    for one, other in pairwise(all_days):
        if offsets[one] != offsets[other]:
            found |= {one, other, other + timedelta(days=1)}
    return sorted(found)


def test_a_day_begins_at_its_first_instant_in_every_zone_whose_clocks_change():
    checked = 0
    for zone in sorted(available_timezones()):
        for day in days_of_change(zone, 2026):
            assert midnight(day, zone) == first_instant(day, zone), (zone, day)
            checked += 1
    assert checked > 500


def test_a_day_that_a_zone_skipped_is_empty():
    # Samoa went from the 29th of December 2011 straight to the 31st.
    assert midnight(date(2011, 12, 30), "Pacific/Apia") == first_instant(
        date(2011, 12, 31), "Pacific/Apia"
    )
    assert days(date(2011, 12, 30), 1, "Pacific/Apia").span.seconds == 0


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), 23.5),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
        ("America/Santiago", date(2026, 9, 6), 23),  # without a midnight
        ("America/Santiago", date(2026, 4, 4), 25),  # with two eleven o'clocks in the evening
        ("America/Havana", date(2026, 11, 1), 25),  # with two midnights
        ("Africa/Cairo", date(2026, 4, 24), 23),
        ("Asia/Kathmandu", date(2026, 3, 29), 24),
    ],
)
def test_a_whole_day_is_as_long_as_its_clocks_make_it(zone: str, day: date, hours: float):
    whole = days(day, 1, zone)
    assert whole.span.seconds == hours * HOUR
    assert overlap(whole, days(day - timedelta(days=1), 1, zone)) == 0
    assert overlap(whole, days(day + timedelta(days=1), 1, zone)) == 0
    assert overlap(whole, days(day - timedelta(days=1), 3, zone)) == hours * 60


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata"])
def test_a_whole_day_meets_what_is_on_that_day_in_its_own_zone(zone: str):
    day = days(date(2026, 3, 4), 1, zone)
    for text, minutes in [
        ("2026-03-03T23:30", 30),
        ("2026-03-04T00:00", 60),
        ("2026-03-04T23:30", 30),
        ("2026-03-05T00:00", 0),
        ("2026-03-03T23:00", 0),
    ]:
        start, _ = local_instant(text, zone)
        assert overlap(day, of(Span(start, start + HOUR))) == minutes, text


def test_the_same_day_in_two_zones_is_two_stretches_that_overlap_partly():
    berlin = days(date(2026, 7, 1), 1, "Europe/Berlin")
    auckland = days(date(2026, 7, 1), 1, "Pacific/Auckland")
    assert overlap(berlin, auckland) == 14 * 60
    samoa = days(date(2026, 7, 1), 1, "Pacific/Pago_Pago")
    kiribati = days(date(2026, 7, 1), 1, "Pacific/Kiritimati")
    assert overlap(samoa, kiribati) == 0  # 25 hours apart


def test_the_two_passes_of_a_repeated_hour_are_told_apart_by_their_offsets():
    first = with_offsets("2026-10-25T02:00:00+02:00", "2026-10-25T03:00:00+02:00")
    second = with_offsets("2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00")
    assert overlap(first, second) == 0
    assert (
        overlap(first, second, with_offsets("2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z")) == 60
    )


def test_a_wall_time_that_repeats_means_the_first_pass():
    written = on_the_wall("2026-10-25T02:00", "2026-10-25T02:30", "Europe/Berlin")
    assert overlap(written, with_offsets("2026-10-25T02:00:00+02:00", "2026-10-25T02:30:00+02:00"))
    assert not overlap(
        written, with_offsets("2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00")
    )


def test_an_hour_on_the_wall_over_the_end_of_summer_time_lasts_two():
    written = on_the_wall("2026-10-25T02:30", "2026-10-25T03:30", "Europe/Berlin")
    assert written.span.seconds == 2 * HOUR
    assert overlap(written, with_offsets("2026-10-25T01:00:00Z", "2026-10-25T02:00:00Z")) == 60


def test_a_wall_time_that_is_skipped_uses_the_offset_before_the_gap():
    start, ambiguous = local_instant("2026-03-29T02:30", "Europe/Berlin")
    assert ambiguous
    skipped = of(Span(start, start + HOUR))
    assert (
        overlap(skipped, on_the_wall("2026-03-29T03:30", "2026-03-29T04:30", "Europe/Berlin")) == 60
    )
    assert (
        overlap(skipped, on_the_wall("2026-03-29T01:00", "2026-03-29T03:30", "Europe/Berlin")) == 0
    )


def test_an_hour_on_the_wall_over_the_gap_is_no_time_at_all():
    written = on_the_wall("2026-03-29T02:00", "2026-03-29T03:00", "Europe/Berlin")
    assert written.span.seconds == 0
    assert overlap(written, days(date(2026, 3, 29), 1, "Europe/Berlin")) == 0


@pytest.mark.parametrize(
    ("day", "window", "hours"),
    [
        (date(2026, 10, 25), "Sun 01:00-04:00", 4),
        (date(2026, 10, 25), "Sun 02:00-03:00", 2),
        (date(2026, 10, 25), "Sun 00:00-24:00", 25),
        (date(2026, 3, 29), "Sun 01:00-04:00", 2),
        (date(2026, 3, 29), "Sun 02:00-03:00", 0),
        (date(2026, 3, 29), "Sun 00:00-24:00", 23),
        (date(2026, 3, 29), "Sat 22:00-06:00", 5),
        (date(2026, 3, 22), "Sun 01:00-04:00", 3),
    ],
)
def test_hours_are_those_on_the_wall(day: date, window: str, hours: int):
    whole = days(day, 1, "Europe/Berlin")
    desk = Resource("desk", "Desk", hours=(window,))
    closed = sum(
        dict(finding.evidence)["outside_hours_seconds"]
        for finding in outside(desk, [whole], "Europe/Berlin")
    )
    assert closed == whole.span.seconds - hours * HOUR


def test_a_point_is_in_nobody_s_way():
    noon = instant("2026-03-04T12:00:00Z")
    point = of(Span(noon, noon))
    hour = of(Span(noon - 1800, noon + 1800))
    assert overlap(point, hour) == 0
    assert overlap(point, of(Span(noon, noon))) == 0
    assert list(outside(Resource("r", "R", hours=("Mon 09:00-10:00",)), [point], "UTC")) == []
