"""Opening hours are read off the wall, also on the days on which clocks change."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from worker.domain.hours import WEEK, hours_of
from worker.domain.span import DAY, HOUR, Span

BERLIN = "Europe/Berlin"


def wall(text: str, zone: str = BERLIN, fold: int = 0) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return int(moment.timestamp())


def beyond(*windows: str, start: str, end: str, zone: str = BERLIN) -> int:
    """Seconds outside the windows."""
    span = Span(wall(start, zone), wall(end, zone))
    return sum(part.seconds for part in hours_of(windows).beyond(span, zone))


def test_days_are_single_listed_or_a_range_that_may_pass_sunday() -> None:
    assert hours_of(("Mon 09:00-10:00",)).windows == ((9 * HOUR, 10 * HOUR),)
    assert len(hours_of(("Mon,Wed,Fri 09:00-10:00",)).windows) == 3
    assert len(hours_of(("Mon-Tue, Sat 09:00-10:00",)).windows) == 3
    assert hours_of(("Sat-Mon 09:00-10:00",)) == hours_of(("Mon,Sat,Sun 09:00-10:00",))


def test_windows_that_touch_or_overlap_are_one() -> None:
    split = hours_of(("Mon 09:00-12:00", "Mon 12:00-14:00", "Mon 11:00-13:00"))
    assert split == hours_of(("Mon 09:00-14:00",))


def test_whole_days_are_the_whole_week() -> None:
    assert hours_of(("Mon-Sun 00:00-24:00",)).windows == ((0, WEEK),)


def test_a_window_across_midnight_ends_on_the_following_day() -> None:
    assert hours_of(("Fri 22:00-02:00",)).windows == ((4 * DAY + 22 * HOUR, 5 * DAY + 2 * HOUR),)
    assert hours_of(("Sun 22:00-02:00",)).windows == ((0, 2 * HOUR), (WEEK - 2 * HOUR, WEEK))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "09:00-17:00",
        "Mon 9:00-17:00",
        "Mon 09:00",
        "Mon- 09:00-17:00",
        "-Mon 09:00-17:00",
        "Mon,,Tue 09:00-17:00",
        "Mo 09:00-17:00",
        "Mon 25:00-26:00",
        "Mon 09:00-24:01",
        "Mon 24:00-09:00",
        "Mon 09:00-09:00",
        "Mon 09:00-17:00 Tue",
        "Mon ٠٩:00-17:00",
    ],
)
def test_what_is_no_window_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        hours_of((text,))


def test_what_lies_inside_is_not_beyond_and_edges_belong_to_the_window() -> None:
    nine = ("Mon-Fri 09:00-17:00",)
    assert beyond(*nine, start="2026-03-02T09:00", end="2026-03-02T17:00") == 0
    assert beyond(*nine, start="2026-03-02T08:59", end="2026-03-02T17:01") == 120


def test_parts_beyond_are_told_in_order_and_joined() -> None:
    span = Span(wall("2026-03-02T08:00"), wall("2026-03-03T10:00"))
    parts = hours_of(("Mon-Fri 09:00-17:00",)).beyond(span, BERLIN)
    assert parts == (
        Span(wall("2026-03-02T08:00"), wall("2026-03-02T09:00")),
        Span(wall("2026-03-02T17:00"), wall("2026-03-03T09:00")),
    )


def test_a_weekend_without_windows_is_beyond_as_a_whole() -> None:
    assert beyond("Mon-Fri 09:00-17:00", start="2026-03-07T10:00", end="2026-03-07T11:00") == HOUR


def test_an_event_across_midnight_fits_into_hours_that_go_on() -> None:
    assert beyond("Mon-Sun 00:00-24:00", start="2026-03-02T23:00", end="2026-03-03T01:00") == 0
    assert beyond("Mon 22:00-02:00", start="2026-03-02T23:00", end="2026-03-03T01:00") == 0
    assert beyond("Sun 22:00-02:00", start="2026-03-08T23:00", end="2026-03-09T03:00") == HOUR


def test_hours_stay_on_the_wall_when_the_offset_changes() -> None:
    nine = ("Mon-Sun 09:00-17:00",)
    for day in ("2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"):
        assert beyond(*nine, start=f"{day}T09:00", end=f"{day}T17:00") == 0
        assert beyond(*nine, start=f"{day}T08:00", end=f"{day}T18:00") == 2 * HOUR


def test_a_short_day_has_no_hour_that_its_wall_never_shows() -> None:
    span = Span(wall("2026-03-29T00:00"), wall("2026-03-30T00:00"))
    assert span.seconds == 23 * HOUR
    assert hours_of(("Sun 00:00-24:00",)).beyond(span, BERLIN) == ()
    (before, after) = hours_of(("Sun 01:00-04:00",)).beyond(span, BERLIN)
    assert (before.seconds, after.seconds) == (HOUR, 20 * HOUR)


def test_a_window_that_begins_in_the_gap_opens_when_the_gap_is_over() -> None:
    span = Span(wall("2026-03-29T01:00"), wall("2026-03-29T04:00"))
    (closed,) = hours_of(("Sun 02:30-05:00",)).beyond(span, BERLIN)
    assert closed == Span(wall("2026-03-29T01:00"), wall("2026-03-29T03:00"))


def test_a_long_day_has_the_repeated_hour_twice() -> None:
    first, second = wall("2026-10-25T02:30"), wall("2026-10-25T02:30", fold=1)
    assert second - first == HOUR
    night = hours_of(("Sun 02:00-03:00",))
    assert night.beyond(Span(first, second + 1800), BERLIN) == ()
    early = hours_of(("Sun 00:00-02:30",))
    span = Span(wall("2026-10-25T02:00"), wall("2026-10-25T03:00"))
    assert [part.seconds for part in early.beyond(span, BERLIN)] == [1800, 1800]


def test_a_change_that_a_long_event_spans_twice_is_counted_both_times() -> None:
    assert beyond("Mon-Sun 00:00-24:00", start="2026-01-01T00:00", end="2026-12-31T00:00") == 0
    mornings = beyond("Mon-Sun 06:00-24:00", start="2026-01-01T00:00", end="2027-01-01T00:00")
    assert mornings == 365 * 6 * HOUR  # one night of five hours and one of seven


def test_a_closed_night_in_which_the_clocks_change_is_one_part() -> None:
    span = Span(wall("2026-03-28T17:00"), wall("2026-03-29T09:00"))
    assert hours_of(("Mon-Sun 09:00-17:00",)).beyond(span, BERLIN) == (span,)


def test_half_an_hour_of_daylight_saving_is_half_an_hour() -> None:
    zone = "Australia/Lord_Howe"
    span = Span(wall("2026-04-05T00:00", zone), wall("2026-04-06T00:00", zone))
    assert span.seconds == 24.5 * HOUR
    assert hours_of(("Sun 00:00-24:00",)).beyond(span, zone) == ()


def test_a_point_is_never_beyond() -> None:
    noon = wall("2026-03-07T12:00")
    assert hours_of(("Mon 09:00-10:00",)).beyond(Span(noon, noon), BERLIN) == ()


def test_an_unknown_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="zone"):
        hours_of(("Mon 09:00-10:00",)).beyond(Span(0, 60), "Mars/Olympus")
