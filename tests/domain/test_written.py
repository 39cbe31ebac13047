"""Lengths and moments as people write them."""

import pytest

from worker.domain.instants import instant
from worker.domain.span import DAY, HOUR
from worker.domain.written import length, moment


def test_a_length_is_a_number_and_its_unit():
    assert [length(text) for text in ("90s", "5m", "12h", "30d")] == [90, 300, 12 * HOUR, 30 * DAY]


@pytest.mark.parametrize("text", ["", "12", "h", "1w", "-1h", "1.5h", "1h30m", " 1h", "٣h"])
def test_what_is_no_length_is_refused(text):
    with pytest.raises(ValueError, match="length"):
        length(text)


def test_a_date_begins_in_utc_unless_a_zone_is_meant():
    assert moment("1970-01-03") == 2 * DAY
    assert moment("2026-07-01", "Europe/Berlin") == instant("2026-06-30T22:00Z")


def test_a_time_without_offset_needs_a_zone():
    with pytest.raises(ValueError, match="offset"):
        moment("2026-07-01T09:00")
    assert moment("2026-07-01T09:00", "Europe/Berlin") == instant("2026-07-01T07:00Z")


def test_an_offset_is_stronger_than_the_zone():
    assert moment("2026-07-01T09:00-04:00", "Europe/Berlin") == instant("2026-07-01T13:00Z")


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-02-30T09:00Z"])
@pytest.mark.parametrize("zone", ["", "Europe/Berlin", "Nowhere/Else"])
def test_what_is_no_moment_is_refused_in_any_zone(text, zone):
    with pytest.raises(ValueError, match=r"\w"):
        moment(text, zone)
