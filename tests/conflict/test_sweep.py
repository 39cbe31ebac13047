"""The sweep by itself, on bare stretches of time, against counting at every instant."""

from __future__ import annotations

from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from worker.domain.conflict.sweep import Run, runs

small = st.integers(0, 12)
pairs = st.tuples(small, small).map(sorted).map(tuple)
some_stays = st.lists(pairs, max_size=9).map(
    lambda found: [(start, end, name) for name, (start, end) in enumerate(sorted(found))]
)


def counted(stays: list[tuple[int, int, int]], limit: int) -> list[Run[int]]:
    """The runs, from how many are there in each second."""
    crowd = [sum(start <= at < end for start, end, _ in stays) for at in range(13)]
    found = []
    for busy, group in groupby(range(13), key=lambda at: crowd[at] > limit):
        if not busy:
            continue
        seconds = list(group)
        start, end = seconds[0], seconds[-1] + 1
        members = tuple(who for s, e, who in stays if any(s <= at < e for at in seconds))
        peak = max(crowd[at] for at in seconds)
        first = next(at for at in seconds if crowd[at] == peak)
        last = next((at for at in range(first, end) if crowd[at] < peak), end)
        found.append(Run(start, end, members, peak, first, last))
    return found


@settings(max_examples=1500)
@given(some_stays, st.integers(1, 3))
def test_the_sweep_counts_what_is_there_in_each_second(
    stays: list[tuple[int, int, int]], limit: int
):
    assert list(runs(stays, limit)) == counted(stays, limit)


def test_what_begins_as_a_run_ends_is_no_member_of_it():
    [run] = runs([(0, 10, "a"), (5, 10, "b"), (10, 20, "c")])
    assert (run.start, run.end, run.members) == (5, 10, ("a", "b"))


def test_a_point_within_a_run_is_no_member_of_it():
    [run] = runs([(0, 10, "a"), (0, 10, "b"), (5, 5, "point")])
    assert run.members == ("a", "b")


def test_a_run_goes_on_where_one_follows_another_without_a_gap():
    [run] = runs([(0, 30, "a"), (0, 10, "b"), (10, 20, "c")])
    assert (run.start, run.end, run.members) == (0, 20, ("a", "b", "c"))
    assert (run.peak, run.peak_start, run.peak_end) == (2, 0, 20)
