"""Written times become instants, the same ones on every machine and on every day."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import at
from worker.domain.instants import (
    EARLIEST,
    LATEST,
    instant,
    is_zone,
    iso,
    local,
    local_instant,
    midnight,
    wall,
    zone_of,
)

INSTANTS = st.integers(EARLIEST + 86_400, LATEST - 2 * 86_400)
ZONES = st.sampled_from(sorted(zone for zone in available_timezones() if zone != "localtime"))
DAYS = st.dates(date(1970, 1, 4), date(2199, 12, 28))


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-03-02T09:00:00Z", "2026-03-02T09:00"),
        ("2026-03-02T09:00:00+00:00", "2026-03-02T09:00"),
        ("2026-03-02T09:00:00-0800", "2026-03-02T17:00"),
        ("2026-03-02T09:00:00+05:45", "2026-03-02T03:15"),
        ("2026-03-02 09:00+0100", "2026-03-02T08:00"),
        ("2026-03-02T09:00:00.999Z", "2026-03-02T09:00"),
        ("2026-03-02T09:00:00.999999999Z", "2026-03-02T09:00"),
        ("1970-01-02T00:00:00Z", "1970-01-02T00:00"),
        ("2199-12-31T23:59:59Z", "2199-12-31T23:59:59"),
        ("2038-01-19T03:14:08Z", "2038-01-19T03:14:08"),
    ],
)
def test_an_offset_is_trusted(text, utc):
    assert instant(text) == at(utc)


@pytest.mark.parametrize(
    "text",
    [
        "", "soon", "2026-03-02", "2026-03-02T09:00:00", "2026-03-02T24:00:00Z",
        "2026-02-30T09:00Z", "2016-12-31T23:59:60Z", "0001-01-01T00:00:00+14:00",
        "1969-12-31T23:59:59Z", "1970-01-01T00:00Z", "2200-01-01T00:00:00Z",
        "9999-12-31T23:59:59-23:59", "2026-03-02T09:00:00 Europe/Berlin",
        "2026-03-02T09:00:00+25:00", "1772442000", "2026-03-02T09:00:00ZZ",
        "٢٠٢٦-03-02T09:00:00Z", "2026-03-02T09:00:00Z\n", "\ud800",
    ],
)  # fmt: skip
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(ValueError, match=r"."):
        instant(text)


@given(st.text(st.sampled_from("0123456789-:TZ+. W\u0660\ud800"), max_size=30) | st.text())
def test_any_text_is_an_instant_or_refused(text):
    for read in (instant, lambda text: local_instant(text, "Europe/Berlin")[0]):
        try:
            assert EARLIEST <= read(text) < LATEST
        except ValueError:
            continue


@given(INSTANTS, st.integers(-14 * 60, 14 * 60))
def test_what_is_written_is_read_back_whatever_the_offset(seconds, minutes):
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    shown = datetime.fromtimestamp(seconds + minutes * 60, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    assert instant(f"{shown}{sign}{size // 60:02}:{size % 60:02}") == seconds
    assert instant(iso(seconds)) == seconds


@given(INSTANTS, ZONES)
def test_a_wall_time_is_read_back_in_any_zone(seconds, zone):
    shown = local(seconds, zone)
    read, is_ambiguous = wall(shown.replace(tzinfo=None, fold=0), zone)
    if shown.fold:
        assert is_ambiguous
        assert read < seconds
    else:
        assert read == seconds


def test_in_a_fold_the_first_of_the_two_is_meant_and_it_is_said():
    assert local_instant("2026-10-25T02:30:00", "Europe/Berlin") == (at("2026-10-25T00:30"), True)
    assert local_instant("2026-10-25T01:59:59", "Europe/Berlin") == (
        at("2026-10-24T23:59:59"),
        False,
    )
    assert local_instant("2026-10-25T03:00:00", "Europe/Berlin") == (at("2026-10-25T02:00"), False)


def test_in_a_gap_the_offset_before_it_counts_and_it_is_said():
    assert local_instant("2026-03-29T02:30:00", "Europe/Berlin") == (at("2026-03-29T01:30"), True)
    assert local_instant("2026-03-29T03:00:00", "Europe/Berlin") == (at("2026-03-29T01:00"), False)
    assert local_instant("2026-10-04T02:15:00", "Australia/Lord_Howe") == (
        at("2026-10-03T15:45"),
        True,
    )


def test_a_fold_that_was_written_down_means_no_more_than_one_that_was_not():
    moment = datetime(2026, 10, 25, 2, 30)
    assert wall(moment.replace(fold=1), "Europe/Berlin") == wall(moment, "Europe/Berlin")


def test_a_wall_time_with_an_offset_is_refused():
    with pytest.raises(ValueError, match="already has an offset"):
        local_instant("2026-03-02T09:00:00Z", "Europe/Berlin")


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../etc/passwd", "/etc/passwd", "Europe", "Mars/Base", "europe/nowhere",
     "CEST", "W. Europe Standard Time", "\x00", "\ud800", "a" * 5000, "tzdata.zi", "UTC+1"],
)  # fmt: skip
def test_a_zone_that_is_none_is_refused(name):
    assert not is_zone(name)
    with pytest.raises(ValueError, match="the time zone is not known"):
        zone_of(name)


def test_known_zones_are_known():
    assert is_zone("Europe/Berlin")
    assert is_zone("UTC")
    assert zone_of("Asia/Kathmandu").key == "Asia/Kathmandu"


@given(DAYS, ZONES)
def test_a_day_begins_at_its_first_second_in_any_zone(day, zone):
    begin = midnight(day, zone)
    rules = ZoneInfo(zone)
    assert datetime.fromtimestamp(begin, rules).date() >= day
    assert datetime.fromtimestamp(begin - 1, rules).date() < day


@pytest.mark.parametrize(
    ("day", "zone", "utc"),
    [
        ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00"),  # midnight itself was skipped
        ("2018-02-18", "America/Sao_Paulo", "2018-02-18T03:00"),  # 23 o'clock came twice
        ("2020-11-01", "America/Havana", "2020-11-01T04:00"),  # midnight came twice
        ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00"),  # the whole day was skipped
        ("1972-01-07", "Africa/Monrovia", "1972-01-07T00:44:30"),
    ],
)
def test_midnights_that_are_none_or_two(day, zone, utc):
    assert midnight(date.fromisoformat(day), zone) == at(utc)


@pytest.mark.parametrize("host", ["Asia/Kathmandu", "America/St_Johns", "UTC", "Pacific/Apia"])
def test_the_zone_of_this_machine_does_not_matter(host, monkeypatch):
    monkeypatch.setenv("TZ", host)
    time.tzset()
    try:
        assert instant("2026-03-02T09:00:00+01:00") == at("2026-03-02T08:00")
        assert local_instant("2026-07-02T09:00:00", "Europe/Berlin") == (
            at("2026-07-02T07:00"),
            False,
        )
        assert midnight(date(2026, 7, 2), "Europe/Berlin") == at("2026-07-01T22:00")
        assert iso(at("2026-03-02T08:00")) == "2026-03-02T08:00:00Z"
    finally:
        monkeypatch.undo()
        time.tzset()


def transitions(zone: str) -> list[int]:
    """The seconds at which a zone's offset changes, 1970 to 2040, found by halving."""
    rules = ZoneInfo(zone)

    def offset(seconds: int) -> timedelta | None:
        return datetime.fromtimestamp(seconds, rules).utcoffset()

    found = []
    step = 14 * 86_400
    for begin in range(EARLIEST + step, at("2040-01-01"), step):
        low, high = begin, begin + step
        if offset(low) == offset(high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(middle) == offset(low) else (low, middle)
        found.append(high)
    return found


@pytest.mark.parametrize(
    "zone",
    ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca",
     "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo", "Antarctica/Troll"],
)  # fmt: skip
def test_around_every_change_of_the_clocks_times_are_read_back(zone):
    check_around_changes(zone)


@pytest.mark.slow
@pytest.mark.parametrize("zone", sorted(available_timezones() - {"localtime"}))
def test_around_every_change_of_the_clocks_in_every_zone_times_are_read_back(zone):
    check_around_changes(zone)


def check_around_changes(zone: str) -> None:
    for change in transitions(zone):
        for seconds in (change - 7200, change - 1, change, change + 1, change + 7200):
            shown = local(seconds, zone)
            read, is_ambiguous = wall(shown.replace(tzinfo=None), zone)
            assert read == seconds or (shown.fold == 1 and is_ambiguous and read < seconds)
            assert instant(shown.isoformat()) == seconds
