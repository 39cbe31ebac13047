"""Half-open time: what overlaps, what only touches, and what marks a point."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.domain.span import Span

small = st.integers(-6, 6)
spans = st.tuples(small, small).map(lambda pair: Span(min(pair), max(pair)))

# name, one, other, seconds in common
RELATIONS = [
    ("apart", Span(0, 10), Span(20, 30), 0),
    ("touching", Span(0, 10), Span(10, 20), 0),
    ("overlapping by a second", Span(0, 10), Span(9, 20), 1),
    ("containing", Span(0, 30), Span(10, 20), 10),
    ("containing, from the same start", Span(0, 30), Span(0, 10), 10),
    ("containing, to the same end", Span(0, 30), Span(20, 30), 10),
    ("equal", Span(0, 10), Span(0, 10), 10),
    ("point inside", Span(0, 10), Span(5, 5), 0),
    ("point at the start", Span(0, 10), Span(0, 0), 0),
    ("point at the end", Span(0, 10), Span(10, 10), 0),
    ("equal points", Span(5, 5), Span(5, 5), 0),
    ("before the epoch", Span(-20, -5), Span(-10, 10), 5),
]


def seconds_of(span: Span) -> set[int]:
    """The whole seconds that a span consists of."""
    return {at for at in range(-10, 40) if span.start <= at < span.end}


@pytest.mark.parametrize(("name", "one", "other", "common"), RELATIONS)
def test_spans_overlap_where_they_share_time(name: str, one: Span, other: Span, common: int):
    assert one.overlaps(other) is (common > 0)
    assert other.overlaps(one) is (common > 0)


@given(spans, spans)
def test_overlap_means_a_second_in_common(one: Span, other: Span):
    assert one.overlaps(other) == bool(seconds_of(one) & seconds_of(other))


@given(spans, spans)
def test_a_window_shows_what_overlaps_it_and_the_points_in_it(window: Span, span: Span):
    marked = seconds_of(span) or {span.start}
    assert window.shows(span) == bool(seconds_of(window) & marked)


def test_a_point_belongs_to_the_later_of_two_windows_that_touch():
    assert not Span(0, 10).shows(Span(10, 10))
    assert Span(10, 20).shows(Span(10, 10))


def test_an_end_before_the_start_is_refused():
    with pytest.raises(ValueError, match="before it starts"):
        Span(10, 9)


@given(spans, st.integers(0, 5), st.integers(0, 5))
def test_a_widened_span_is_longer_by_what_was_added(span: Span, before: int, after: int):
    wider = span.widened(before, after)
    assert wider.seconds == span.seconds + before + after
    assert (wider.start, wider.end) == (span.start - before, span.end + after)


@given(st.lists(spans))
def test_spans_sort_by_start_then_end(some: list[Span]):
    assert sorted(some) == sorted(some, key=lambda span: (span.start, span.end))
