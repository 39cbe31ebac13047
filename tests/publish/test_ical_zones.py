"""Zones as yearly rules: read back by another library, they are the zone itself."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.tz import tzical

from worker.publish.ical_zones import FIRST, LAST, moment, rules, written

ZONES = [
    "Europe/Berlin",
    "Europe/Dublin",  # whose winter is the exception, by its law
    "America/New_York",
    "America/St_Johns",
    "Australia/Sydney",
    "Australia/Lord_Howe",  # half an hour
    "Pacific/Chatham",
    "America/Havana",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/Asuncion",
    "UTC",
]


def read_back(zone: str):
    return tzical(io.StringIO(f"BEGIN:VCALENDAR\r\n{rules(zone).decode()}END:VCALENDAR\r\n")).get()


def differences(zone: str, years: range) -> list[datetime]:
    """Hours around every change of the clocks, and some of every day, that come out otherwise."""
    theirs, ours = ZoneInfo(zone), read_back(zone)
    step, at = timedelta(hours=3), datetime(years.start, 1, 1, tzinfo=UTC)
    wrong = []
    while at.year < years.stop:
        local = at.astimezone(theirs)
        changing = local.utcoffset() != (at + step).astimezone(theirs).utcoffset()
        for minutes in range(0, 180, 15) if changing else (0,):
            told = (at + timedelta(minutes=minutes)).astimezone(theirs)
            bare = told.replace(tzinfo=None)
            if not told.fold and ours.utcoffset(bare.replace(tzinfo=ours)) != told.utcoffset():
                wrong.append(told)
        at += step
    return wrong


@pytest.mark.parametrize("zone", ZONES)
def test_rules_read_back_by_another_library_are_the_zone_itself(zone: str) -> None:
    assert differences(zone, range(2026, 2029)) == []


@pytest.mark.slow
@pytest.mark.parametrize("zone", sorted(available_timezones()))
def test_rules_of_every_zone_read_back_are_the_zone_itself(zone: str) -> None:
    if written(zone):
        assert differences(zone, range(FIRST, FIRST + 6)) == []


@pytest.mark.parametrize(
    "zone", ["Africa/Casablanca", "Africa/Cairo", "Asia/Jerusalem", "America/Nuuk", "", "../x", "x"]
)
def test_what_yearly_rules_do_not_describe_is_not_written(zone: str) -> None:
    assert not written(zone)


def test_most_zones_that_change_their_clocks_are_written() -> None:
    assert all(map(written, ("Europe/London", "America/Los_Angeles", "Pacific/Auckland")))
    assert b"RDATE" not in rules("Europe/Berlin")
    assert rules("Europe/Berlin").count(b"RRULE:FREQ=YEARLY") == 2


@pytest.mark.parametrize("year", [FIRST - 1, LAST + 1])
def test_years_for_which_nobody_compared_the_rules_are_told_in_utc(year: int) -> None:
    seconds = int(datetime(year, 7, 1, 12, tzinfo=UTC).timestamp())
    assert moment(seconds, "Europe/Berlin").tzinfo is UTC
