"""The calendar's pictures: what is drawn lies where its time is, on a line that is free."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import combinations, pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import at
from worker.domain.instants import local
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.publish.timeline import (
    BAR,
    Bar,
    Mark,
    Row,
    axis_picture,
    day_span,
    row_picture,
    scale,
    tracks,
)

MONDAY = date(2026, 3, 2)
NINE = at("2026-03-02T09:00")
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "America/Sao_Paulo")

spans = st.builds(
    lambda start, length: Span(NINE + start * MINUTE, NINE + (start + length) * MINUTE),
    st.integers(-600, 600),
    st.integers(0, 300),
)


def drawn(bars: list[Bar], marks: list[Mark] = [], days: int = 1, now: int = 0) -> ET.Element:  # noqa: B006
    shown = scale([MONDAY + timedelta(number) for number in range(days)], "UTC", [])
    row = Row("row-amy", "Amy", "told", tuple(bars), tuple(marks))
    return ET.fromstring(row_picture(row, shown, now))


@given(st.lists(spans, max_size=30))
def test_nothing_shares_a_line_with_what_is_on_at_the_same_time(some: list[Span]) -> None:
    ordered = sorted(some)
    lines = tracks(ordered)
    for number in set(lines):
        mine = [span for span, line in zip(ordered, lines, strict=True) if line == number]
        assert all(a.end <= b.start for a, b in pairwise(mine))


@given(st.lists(spans, max_size=20), st.lists(spans, max_size=20))
def test_holds_that_are_set_after_the_rest_share_no_line_with_it(
    some: list[Span], holds: list[Span]
) -> None:
    placed = [*sorted(some), *sorted(holds)]
    lines = tracks(placed)
    lasting = [Span(one.start, max(one.end, one.start + 1)) for one in placed]
    together = zip(lasting, lines, strict=True)
    for (a, first), (b, second) in combinations(together, 2):
        assert first != second or not a.overlaps(b)


@given(st.lists(spans, max_size=30))
def test_there_are_no_more_lines_than_are_on_at_once(some: list[Span]) -> None:
    lasting = sorted(Span(one.start, max(one.end, one.start + 1)) for one in some)
    most = max((sum(a.start <= b.start < a.end for a in lasting) for b in lasting), default=0)
    assert 1 + max(tracks(sorted(some)), default=-1) <= most


@given(spans, st.sampled_from(ZONES), st.integers(1, 7))
def test_what_takes_place_is_within_the_hours_that_are_shown(
    span: Span, zone: str, days: int
) -> None:
    first = local(span.start, zone).date()
    shown = scale([first + timedelta(number) for number in range(days)], zone, [span])
    pieces = list(shown.pieces(span))
    assert pieces
    assert all(0 <= x <= 100 and x + width <= 100.2 for x, width in pieces)
    if local(max(span.start, span.end - 1), zone).date() == first:
        assert shown.parts[0].start <= span.start
        assert span.end <= shown.parts[0].end


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_on_which_clocks_change_is_as_long_as_it_is(day: str, hours: int) -> None:
    assert day_span(date.fromisoformat(day), "Europe/Berlin").seconds == hours * HOUR


def test_nights_are_left_out_until_somebody_works_then() -> None:
    (usual,) = scale([MONDAY], "UTC", []).parts
    assert (local(usual.start, "UTC").hour, usual.seconds) == (8, 10 * HOUR)
    early = Span(at("2026-03-02T05:30"), at("2026-03-02T06:00"))
    (longer,) = scale([MONDAY], "UTC", [early]).parts
    assert local(longer.start, "UTC").hour == 5
    late = Span(at("2026-03-02T22:30"), at("2026-03-03T02:00"))
    (whole,) = scale([MONDAY], "UTC", [late]).parts
    assert whole.end == day_span(MONDAY, "UTC").end


def test_a_week_of_holidays_does_not_show_every_night() -> None:
    away = Span(NINE - 3 * DAY, NINE + 30 * DAY)
    (part,) = scale([MONDAY], "UTC", [away]).parts
    assert part.seconds == 10 * HOUR


def test_an_event_lies_where_its_time_is() -> None:
    root = drawn([Bar(Span(NINE, NINE + HOUR), "booked", "a visit")])
    (bar,) = [one for one in root.iter("rect") if one.attrib["class"] == "bar"]
    assert (bar.attrib["x"], bar.attrib["width"]) == ("10.00%", "10.00%")
    assert bar.attrib["height"] == str(BAR)


def test_what_lasts_over_midnight_is_drawn_on_both_days() -> None:
    late = Span(at("2026-03-02T17:00"), at("2026-03-03T09:00"))
    root = drawn([Bar(late, "booked", "a night")], days=2)
    assert len([one for one in root.iter("rect") if one.attrib["class"] == "bar"]) == 2


def test_a_clash_is_a_link_with_words_to_its_page() -> None:
    mark = Mark(Span(NINE, NINE + HOUR), "high", "Double booking, high", "/conflicts/0123")
    (link,) = drawn([], [mark]).iter("a")
    assert link.attrib["href"] == "/conflicts/0123"
    assert link.attrib["aria-label"] == "Double booking, high"


@given(st.text(max_size=80))
def test_every_word_is_only_a_word(words: str) -> None:
    try:
        words.encode()
        ET.fromstring(f"<x>{''.join(c for c in words if c >= ' ' and c not in '<&')}</x>")
    except (UnicodeEncodeError, ET.ParseError):
        return  # letters that no XML can hold are tamed before they get here
    plain = "".join(c for c in words if c >= " ")
    bones = [one.tag for one in drawn([Bar(Span(NINE, NINE + HOUR), "booked", "x", "x")]).iter()]
    root = drawn([Bar(Span(NINE, NINE + HOUR), "booked", plain or "x", plain or "x")])
    assert [one.tag for one in root.iter()] == bones


def test_now_is_shown_only_on_its_day() -> None:
    assert [one for one in drawn([], now=NINE).iter("line") if one.attrib["class"] == "now"]
    assert not [one for one in drawn([], now=NINE + DAY).iter("line") if one.get("class") == "now"]


@pytest.mark.parametrize("zone", ZONES)
def test_the_hours_above_are_full_hours_of_that_clock(zone: str) -> None:
    shown = scale([MONDAY], zone, [])
    root = ET.fromstring(axis_picture(shown, 0))
    told = [one.text or "" for one in root.iter("text")]
    assert told
    assert all(datetime.strptime(one, "%H:%M").hour % 2 == 0 for one in told)
