"""How a list that is cut without a word is read whole, or says that it could not be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from tests.builders import NOW, WEEK, at
from tests.vendors.acuity.studio import (
    Studio,
    account,
    block_row,
    calendar_row,
    refusal,
    row,
    type_row,
    walk,
)
from worker.domain.span import DAY, HOUR, Span
from worker.vendors.acuity import whole
from worker.vendors.acuity.whole import Ceiling, Size

QUARTER = Span(NOW - DAY, NOW + 90 * DAY)


def hourly(count: int, step: int = HOUR, **changes: Any) -> list[dict[str, Any]]:
    return [row(n + 1, NOW + n * step, **changes) for n in range(count)]


def wanted(count: int) -> list[str]:
    return sorted(str(n + 1) for n in range(count))


@pytest.mark.parametrize("ceiling", [7, 30, 100, 137, 1000])
def test_a_silently_cut_list_is_read_whole(ceiling):
    studio = Studio(rows=hourly(400, 5 * HOUR), ceiling=ceiling)
    seen = walk(account(studio), QUARTER)
    assert seen.ids == wanted(400)
    assert not seen.gaps


def test_the_earliest_appointments_are_not_lost():
    studio = Studio(rows=hourly(250), ceiling=100)
    assert "1" in walk(account(studio), QUARTER).ids
    assert studio.calls("appointments")[0]["direction"] == "ASC"


def test_a_small_account_costs_few_calls():
    studio = Studio(rows=hourly(60, 30 * HOUR))
    assert walk(account(studio), QUARTER).ids == wanted(60)
    assert len(studio.asked) <= 10


def test_exactly_as_many_rows_as_were_asked_for_are_not_believed():
    studio = Studio(rows=hourly(1000, HOUR // 4))
    seen = walk(account(studio), QUARTER)
    assert len(seen.ids) == 1000
    assert not seen.gaps
    assert len(studio.calls("appointments")) > 4


@pytest.mark.parametrize("only", ["ASC", "DESC"])
@pytest.mark.parametrize("ceiling", [50, 1000])
def test_a_vendor_that_ignores_the_direction_is_asked_in_smaller_parts(only, ceiling):
    studio = Studio(rows=hourly(300, 7 * HOUR), directions=(only,), ceiling=ceiling)
    seen = walk(account(studio), QUARTER)
    assert seen.ids == wanted(300)
    assert not seen.gaps


@pytest.mark.parametrize("last_day", [1, 0])
def test_the_last_day_may_turn_out_not_to_be_included(last_day):
    studio = Studio(rows=hourly(120, 18 * HOUR), last_day=last_day)
    seen = walk(account(studio), QUARTER)
    assert seen.ids == wanted(120)
    assert not seen.gaps


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12", "UTC"])
def test_days_are_asked_with_a_margin(zone):
    edges = [row(1, WEEK.start), row(2, WEEK.end - 60), row(3, WEEK.start - 40 * 60)]
    seen = walk(account(Studio(rows=edges, zone=zone)), WEEK)
    assert seen.ids == ["1", "2", "3"]


def test_what_lies_outside_of_the_window_is_left_out_unless_cancelled():
    rows = [
        row(1, WEEK.start - 50 * 60),
        row(2, WEEK.end),
        row(3, WEEK.end + 600, canceled=True),
    ]
    assert walk(account(Studio(rows=rows)), WEEK).ids == ["3"]


def test_an_appointment_of_several_days_is_seen_by_its_type():
    long = row(1, WEEK.start - 3 * DAY, duration=str(4 * 24 * 60))
    studio = Studio(rows=[long], types=[type_row(duration=4 * 24 * 60)])
    assert walk(account(studio), WEEK).ids == ["1"]


def crowded(**changes: Any) -> Studio:
    """A single day with 240 appointments of four calendars and two types."""
    rows = [
        row(n + 1, at("2026-03-03T08:00") + n // 20 * 60, calendarID=n % 4, appointmentTypeID=n % 2)
        for n in range(240)
    ]
    calendars = [calendar_row(n) for n in range(4)]
    types = [type_row(0, calendarIDs=[0, 2]), type_row(1, calendarIDs=[1, 3])]
    return Studio(rows=rows, calendars=calendars, types=types, **changes)


def test_a_day_that_is_too_full_is_split_by_calendar():
    studio = crowded(ceiling=70, directions=("ASC",))
    seen = walk(account(studio), WEEK)
    assert seen.ids == wanted(240)
    assert not seen.gaps
    assert {query.get("calendarID") for query in studio.calls("appointments")} >= {"0", "3"}


def test_a_day_that_is_still_too_full_is_split_by_type():
    studio = crowded(ceiling=70, directions=("ASC",))
    studio.calendars = [calendar_row(0)]
    for one in studio.rows:
        one["calendarID"] = 0
    studio.types = [type_row(n, calendarIDs=[0]) for n in range(4)]
    for n, one in enumerate(studio.rows):
        one["appointmentTypeID"] = n % 4
    seen = walk(account(studio), WEEK)
    assert seen.ids == wanted(240)
    assert not seen.gaps


def test_a_day_that_cannot_be_split_further_leaves_a_gap():
    same = [row(n + 1, "2026-03-03T10:00") for n in range(150)]
    seen = walk(account(Studio(rows=same, ceiling=100)), WEEK)
    assert len(seen.ids) >= 100
    assert any("2026-03-03" in gap for gap in seen.gaps)


def test_a_hundred_rows_at_one_moment_are_not_believed():
    same = [row(n + 1, "2026-03-03T10:00") for n in range(100)]
    assert walk(account(Studio(rows=same)), WEEK).gaps


def test_fewer_rows_at_one_moment_are_believed():
    same = [row(n + 1, "2026-03-03T10:00") for n in range(40)]
    seen = walk(account(Studio(rows=same)), WEEK)
    assert len(seen.ids) == 40
    assert not seen.gaps


def test_a_ceiling_that_showed_itself_elsewhere_is_remembered():
    rows = [*hourly(40), *(row(1000 + n, "2026-03-03T10:00") for n in range(15))]
    seen = walk(account(Studio(rows=rows, ceiling=10)), WEEK)
    assert seen.gaps


def test_rows_that_no_smaller_question_shows_are_kept_and_leave_a_gap():
    studio = crowded(ceiling=70, directions=("ASC",), unlisted={1})
    seen = walk(account(studio), WEEK)
    assert "1" in seen.ids
    assert any("left out" in gap for gap in seen.gaps)


def test_calendars_that_may_not_be_listed_leave_a_gap_where_they_matter():
    studio = crowded(ceiling=70, directions=("ASC",))
    studio.answers["/calendars"] = lambda _: refusal(403, "forbidden")
    seen = walk(account(studio), WEEK)
    assert any("/calendars" in gap for gap in seen.gaps)


def test_calendars_that_may_not_be_listed_are_no_gap_where_only_a_zone_is_missing():
    studio = Studio(rows=[row(1, calendarTimezone=None)])
    studio.answers["/calendars"] = lambda _: refusal(404, "not_found")
    seen = walk(account(studio), WEEK)
    assert seen.only.timezone == ""
    assert not seen.gaps


@pytest.mark.parametrize("ceiling", [5, 100, 1000])
def test_blocks_beyond_the_ceiling_are_read_too(ceiling):
    blocks = [block_row(n + 1, NOW + n * DAY // 4, NOW + n * DAY // 4 + HOUR) for n in range(180)]
    seen = walk(account(Studio(blocks=blocks, ceiling=ceiling)), QUARTER)
    assert seen.ids == wanted(180)
    assert not seen.gaps


def test_one_block_costs_few_calls():
    studio = Studio(blocks=[block_row()])
    assert walk(account(studio), QUARTER).ids == ["9990961446"]
    assert len(studio.calls("blocks")) <= 4


def test_rows_of_a_class_in_several_answers_are_one_event():
    places = [row(500 + n, NOW + 100 * HOUR, classID=900) for n in range(5)]
    studio = Studio(rows=[*hourly(90, 2 * HOUR), *places], ceiling=12)
    seen = walk(account(studio), QUARTER)
    assert not seen.gaps
    assert seen.events["group", "900"].attendees == 5
    assert seen.answers["group", "900"].count(b'"classID":') == 5


def test_a_walk_has_an_end(monkeypatch):
    monkeypatch.setattr(whole, "MOST_PAGES", 6)
    seen = walk(account(Studio(rows=hourly(400, 5 * HOUR), ceiling=10)), QUARTER)
    assert any("more than 6 calls" in gap for gap in seen.gaps)


def test_an_answer_below_a_longer_one_is_whole():
    ceiling = Ceiling(1000)
    assert ceiling.judge(0) is Size.WHOLE
    assert ceiling.judge(20) is Size.DOUBTFUL
    assert ceiling.judge(19) is Size.WHOLE
    assert ceiling.judge(20) is Size.DOUBTFUL
    assert ceiling.judge(1000) is Size.CUT
    ceiling.shown(15)
    assert ceiling.judge(19) is Size.CUT
    assert ceiling.judge(14) is Size.WHOLE


@profile(max_examples=60, deadline=None)
@given(
    starts=st.lists(st.integers(0, 40 * 24), max_size=60, unique=True),
    ceiling=st.integers(2, 70),
    zone=st.sampled_from(["UTC", "Asia/Tokyo", "America/Los_Angeles"]),
    directions=st.sampled_from([("ASC", "DESC"), ("ASC",), ("DESC",)]),
)
def test_without_a_gap_nothing_is_missing(starts, ceiling, zone, directions):
    rows = [row(n + 1, NOW + hour * HOUR) for n, hour in enumerate(starts)]
    studio = Studio(rows=rows, ceiling=ceiling, zone=zone, directions=directions)
    if len(directions) == 1 and len(rows) > ceiling:
        rows.extend(row(100 + n, NOW + n * 26 * HOUR + 600) for n in range(30))
    seen = walk(account(studio), QUARTER)
    assert seen.gaps or len(seen.ids) == len(rows)
    if len(directions) == 2 and ceiling > 24:  # no day holds more: every day can be proven
        assert not seen.gaps
