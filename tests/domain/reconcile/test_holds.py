"""Wanted holds, against a slow and plain reading of the contract."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from worker.domain.reconcile.holds import (
    HoldPolicy,
    Stay,
    calendars,
    merged,
    overlapping,
    taken,
    wanted_holds,
)
from worker.domain.span import Span
from worker.domain.subject import Resource

ACCOUNTS = ("campus", "clinic", "studio")


def amy(parallel=1):
    bindings = tuple((name, f"calendar:{name}") for name in ACCOUNTS)
    return Resource(id="amy", name="Amy", parallel=parallel, bindings=bindings)


@st.composite
def days(draw):
    count = draw(st.integers(0, 7))
    found = []
    for number in range(1, count + 1):
        start = draw(st.integers(0, 20))
        length = draw(st.integers(0, 6))
        account = draw(st.sampled_from(ACCOUNTS))
        status = draw(st.sampled_from(["booked", "held", "offered"]))
        found.append(Stay(number, account, start, start + length, status))
    return sorted(found, key=lambda one: (one.start, one.number))


SETS = st.frozensets(st.sampled_from(ACCOUNTS), min_size=1)
POLICIES = st.builds(HoldPolicy, st.sampled_from(["*", "amy"]), SETS, SETS)


def counts(policy, stay):
    return (
        stay.account in policy.sources and stay.status in policy.statuses and stay.end > stay.start
    )


def everywhere(_account, _calendar):
    return True


@given(POLICIES, days())
def test_with_one_place_each_origin_is_held_once_in_every_other_account(policy, stays):
    found = sorted(
        (want.target, want.origin, want.start, want.end)
        for want in wanted_holds([policy], [amy()], {"amy": stays}, everywhere)
    )
    assert found == sorted(
        (target, stay.number, stay.start, stay.end)
        for target in policy.targets
        for stay in stays
        if counts(policy, stay) and stay.account != target
    )


@given(st.integers(2, 3), POLICIES, days())
def test_with_several_places_just_the_time_in_which_all_are_taken_is_held(parallel, policy, stays):
    wants = list(wanted_holds([policy], [amy(parallel)], {"amy": stays}, everywhere))
    for target in policy.targets:
        held = [want for want in wants if want.target == target]
        for minute in range(30):
            there = [one for one in stays if counts(policy, one) and one.start <= minute < one.end]
            covering = [want for want in held if want.start <= minute < want.end]
            assert len(covering) <= 1
            if covering:
                assert len(there) >= parallel
            elif len(there) >= parallel:
                # Full by the target's own doing: its vendor knows that by itself.
                assert {one.account for one in there} == {target}


@given(POLICIES, days(), st.randoms())
def test_the_order_of_what_starts_together_is_of_no_account(policy, stays, random):
    mixed = sorted(random.sample(stays, len(stays)), key=lambda one: one.start)
    one_way = set(wanted_holds([policy], [amy()], {"amy": stays}, everywhere))
    assert one_way == set(wanted_holds([policy], [amy()], {"amy": mixed}, everywhere))


@given(POLICIES, days())
def test_a_hold_that_cannot_stand_anywhere_is_not_wanted(policy, stays):
    assert not list(wanted_holds([policy], [amy()], {"amy": stays}, lambda *_: False))


@given(POLICIES, days(), st.sampled_from(ACCOUNTS))
def test_taken_time_is_what_any_origin_elsewhere_covers(policy, stays, target):
    busy = taken(policy, amy(), stays, target)
    for minute in range(30):
        wished = any(
            counts(policy, one) and one.account != target and one.start <= minute < one.end
            for one in stays
        )
        assert overlapping(busy, Span(minute, minute + 1)) == wished
    assert all(one.end < other.start for one, other in pairwise(busy))


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=8), st.integers(0, 30))
def test_overlapping_a_merged_day_is_overlapping_any_part_of_it(parts, start):
    spans = [Span(begin, begin + length) for begin, length in parts]
    asked = Span(start, start + 3)
    assert overlapping(merged(spans), asked) == any(one.overlaps(asked) for one in spans)


def test_words_of_another_sort_for_one_calendar_make_no_second_hold():
    bindings = (("studio", "resource:1"), ("studio", "external:1"), ("studio", "resource:2"))
    resource = Resource(id="amy", name="Amy", bindings=bindings)
    assert calendars(resource, "studio", everywhere) == ("resource:1", "resource:2")
    only = calendars(resource, "studio", lambda _account, name: name.startswith("external"))
    assert only == ("external:1",)
