"""The lane picture: what is drawn lies where its time is, and every word in it is only a word."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import at
from worker.domain.event import Status
from worker.domain.instants import local
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.publish.pictures import MOST_LANES, Clash, Lane, lanes_picture, ticks, window

NINE = at("2026-03-02T09:00")
ZONES = ("UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe")


def lane(start: int = 0, minutes: int = 60, **fields: object) -> Lane:
    begin = NINE + start * MINUTE
    return Lane(
        **{  # type: ignore[arg-type]
            "title": "Visit",
            "account": "clinic",
            "status": Status.BOOKED,
            "span": Span(begin, begin + minutes * MINUTE),
            **fields,
        }
    )


def drawn(
    lanes: list[Lane], start: int = 30, minutes: int = 30, zone: str = "UTC", now: int = 0
) -> ET.Element:
    begin = NINE + start * MINUTE
    clash = Clash(Span(begin, begin + minutes * MINUTE), "30 minutes, 2 at once", zone)
    return ET.fromstring(lanes_picture(lanes, clash, now))


def rects(root: ET.Element, kind: str) -> list[tuple[float, float]]:
    """(x, width) in per cent of the rectangles of a class."""
    return [
        (float(one.attrib["x"][:-1]), float(one.attrib["width"][:-1]))
        for one in root.iter("rect")
        if one.attrib.get("class", "").split()[:1] == [kind]
    ]


def words(root: ET.Element, kind: str) -> list[str]:
    return [
        one.text or "" for one in root.iter("text") if kind in one.attrib.get("class", "").split()
    ]


def test_each_event_has_a_lane_and_the_overlap_is_where_both_bars_are() -> None:
    root = drawn([lane(0), lane(30)])
    (first, width), (second, _) = rects(root, "bar")
    (column, across), *_ = rects(root, "clash")
    assert column == pytest.approx(second, abs=0.02)
    assert column + across == pytest.approx(first + width, abs=0.02)
    assert rects(root, "struck") == [(column, across), (column, across)]
    assert words(root, "over") == ["30 minutes, 2 at once"]


def test_time_runs_evenly() -> None:
    root = drawn([lane(0, 60), lane(30, 120)])
    (_, hour), (_, two) = rects(root, "bar")
    assert two == pytest.approx(2 * hour, abs=0.03)


def test_what_is_offered_held_or_tentative_is_told_in_words_too() -> None:
    lanes = [lane(status=Status.OFFERED), lane(status=Status.HELD, tentative=True, ours=True)]
    root = drawn(lanes)
    notes = ["clinic · offered", "clinic · held, tentative, a hold of ours"]
    assert words(root, "lane-note") == notes
    kinds = [one.attrib["class"] for one in root.iter("rect")]
    assert "bar offered" in kinds
    assert "bar held tentative ours" in kinds


def test_time_before_and_after_is_drawn_around_the_event() -> None:
    root = drawn([lane(0, pad_before=15, pad_after=30), lane(30)])
    (pad, pad_width), *_ = rects(root, "pad")
    (bar, bar_width), _ = rects(root, "bar")
    assert pad < bar
    assert pad + pad_width > bar + bar_width


def test_an_event_of_days_does_not_squeeze_the_clash_out_of_sight() -> None:
    root = drawn([lane(-3 * 24 * 60, 6 * 24 * 60), lane(30, 30)])
    (_, across), *_ = rects(root, "clash")
    assert across > 8
    assert words(root, "more") == ["‹", "›"]


def test_now_is_shown_only_where_it_is_in_the_picture() -> None:
    assert words(drawn([lane(0)], now=NINE + 10 * MINUTE), "now-word") == ["now"]
    assert words(drawn([lane(0)], now=NINE - DAY), "now-word") == []


def test_a_change_of_the_clocks_adds_an_axis_in_utc() -> None:
    night = at("2026-03-29T00:00")
    lanes = [lane(span=Span(night, night + 3 * HOUR)), lane(span=Span(night, night + 2 * HOUR))]
    clash = Clash(Span(night, night + 2 * HOUR), "120 minutes, 2 at once", "Europe/Berlin")
    root = ET.fromstring(lanes_picture(lanes, clash, 0))
    told = words(root, "tick")
    assert "01:00Z" in told
    assert "03:00" in told
    assert "02:00" not in told
    assert words(root, "foot") == ["Times in Europe/Berlin and UTC"]


def test_many_lanes_are_cut_and_counted() -> None:
    root = drawn([lane(number) for number in range(MOST_LANES + 5)])
    assert len(rects(root, "bar")) == MOST_LANES
    assert words(root, "foot") == ["Times in UTC · 5 more in the table"]


def test_two_that_touch_are_marked_by_a_line_though_no_time_is_between() -> None:
    root = drawn([lane(0), lane(60)], start=60, minutes=0)
    assert rects(root, "struck") == []
    ((_, across),) = rects(root, "clash")
    assert across > 0


def test_the_picture_is_named_and_points_to_its_twin() -> None:
    root = drawn([lane(0), lane(30)])
    ids = {one.attrib["id"]: one.text for one in root.iter() if "id" in one.attrib and one.text}
    assert root.attrib["role"] == "img"
    named = [ids[name] for name in root.attrib["aria-labelledby"].split()]
    assert named[0] == "2 events on one time axis"
    assert "The table below says the same." in named[1]


def test_hostile_titles_are_words_and_nothing_else() -> None:
    title = "</text></svg><script>alert(1)</script>\x00\r\n"
    root = drawn([lane(title=title, account='"><b>')])
    plain = drawn([lane(title="x", account="x")])
    assert [one.tag for one in root.iter()] == [one.tag for one in plain.iter()]


@given(
    st.lists(st.tuples(st.integers(-5000, 5000), st.integers(0, 5000)), min_size=1, max_size=6),
    st.integers(-3000, 3000),
    st.integers(0, 3000),
    st.sampled_from(ZONES),
)
def test_everything_stays_within_the_picture(
    stays: list[tuple[int, int]], start: int, minutes: int, zone: str
) -> None:
    lanes = [lane(begin, length) for begin, length in stays]
    root = drawn(lanes, start, minutes, zone, NINE)
    for one in root.iter("rect"):
        if "x" in one.attrib:
            x, width = float(one.attrib["x"][:-1]), float(one.attrib["width"][:-1])
            assert -0.01 <= x <= 100
            assert 0 < width <= 100
    clash = Span(NINE + start * MINUTE, NINE + (start + minutes) * MINUTE)
    shown = window(lanes, clash)
    assert shown.start < clash.start
    assert clash.end < shown.end


@given(st.integers(0, 10**6), st.integers(60, 60 * DAY), st.sampled_from(ZONES))
def test_ticks_are_round_times_of_the_clock_and_never_crowd(
    start: int, length: int, zone: str
) -> None:
    shown = Span(NINE + start, NINE + start + length)
    found = list(ticks(shown, zone))
    assert len(found) <= 7
    assert found == sorted(found)
    assert all(shown.start <= tick <= shown.end for tick in found)
    if found:
        assert local(found[0], zone).minute % 5 == 0
        assert local(found[0], zone).second == 0
