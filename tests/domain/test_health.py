"""When an account is polled next, and what its state is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from worker.domain.health import (
    Health,
    State,
    Trouble,
    failed,
    hushed,
    incomplete,
    paused,
    resumed,
    succeeded,
    throttled,
)

INTERVALS = st.integers(1, 86_400)
WAITS = st.one_of(st.none(), st.floats(0.001, 7 * 86_400.0))
OUTCOMES = st.lists(
    st.one_of(
        st.just(("succeeded", None)),
        st.just(("failed", None)),
        st.just(("incomplete", None)),
        st.tuples(st.just("throttled"), WAITS),
        st.tuples(st.just("hushed"), WAITS),
    ),
    max_size=20,
)


def after(health: Health, outcome, now: int, interval: int) -> Health:
    what, wait = outcome
    match what:
        case "succeeded":
            return succeeded(health, now, interval)
        case "failed":
            return failed(health, Trouble.UNREACHABLE, "down", now, interval)
        case "incomplete":
            return incomplete(health, ("a gap",), now, interval)
        case "throttled":
            return throttled(health, "slow down", now, interval, wait)
        case _:
            return hushed(succeeded(health, now, interval), now, interval, wait)


@given(OUTCOMES, INTERVALS)
def test_after_any_history_a_stated_wait_is_kept_to_the_second(outcomes, interval):
    health, now = Health(), NOW
    for outcome in outcomes:
        health = after(health, outcome, now, interval)
        what, wait = outcome
        if what in ("throttled", "hushed"):
            until = now + (60 if wait is None else wait)
            assert health.wait_until is not None
            assert health.wait_until >= until
            assert health.next_at >= until
            last = int(health.wait_until) - 1
            assert health.waits(last)
            assert not health.due(last)
        assert health.next_at > now
        now = max(health.next_at, health.wait_until or 0)
        assert health.due(now)


@given(OUTCOMES, INTERVALS)
def test_an_account_is_always_due_again_at_some_time(outcomes, interval):
    health, now = Health(), NOW
    for outcome in outcomes:
        health = after(health, outcome, now, interval)
        assert health.due(now + 8 * 86_400)


@given(INTERVALS, st.integers(1, 40))
def test_each_failure_waits_as_long_as_the_one_before_or_longer(interval, failures):
    health, waits = Health(), []
    for _ in range(failures):
        health = failed(health, Trouble.UNREACHABLE, "down", NOW, interval)
        waits.append(health.next_at - NOW)
    assert waits == sorted(waits)
    assert waits[0] == interval
    assert waits[-1] <= max(3600, interval)
    assert health.failures == failures


@pytest.mark.parametrize("outcome", ["failed", "incomplete"])
def test_the_wait_after_failures_doubles_up_to_an_hour(outcome):
    health, waits = Health(), []
    for _ in range(8):
        health = after(health, (outcome, None), NOW, 120)
        waits.append(health.next_at - NOW)
    assert waits == [120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_unstated_throttling_waits_a_minute_then_doubles_up_to_a_quarter_of_an_hour():
    health, waits = Health(), []
    for _ in range(12):
        health = throttled(health, "slow down", NOW, 120, None)
        assert health.wait_until is not None
        waits.append(health.wait_until - NOW)
    assert waits == [60, 120, 240, 480] + [900] * 8


def test_a_success_in_between_makes_throttling_start_anew():
    health = throttled(Health(), "slow down", NOW, 120, None)
    health = throttled(health, "slow down", NOW, 120, None)
    health = throttled(succeeded(health, NOW, 120), "slow down", NOW, 120, None)
    assert health.wait_until == NOW + 60


@pytest.mark.parametrize(("wait", "until"), [(0.2, 1), (30.0, 30), (30.1, 31), (86_400.0, 86_400)])
def test_a_fraction_of_a_second_is_waited_in_full(wait, until):
    assert throttled(Health(), "slow down", NOW, 120, wait).wait_until == NOW + until


@given(OUTCOMES, INTERVALS)
def test_a_paused_account_is_never_due_and_every_outcome_leaves_it_paused(outcomes, interval):
    health = paused(Health())
    for outcome in outcomes:
        health = after(health, outcome, NOW, interval)
        assert health.paused
        assert not health.due(NOW + 30 * 86_400)
        assert health.state(NOW, 900) is State.PAUSED


def test_resuming_makes_it_due_at_once_but_not_before_the_vendors_wait():
    assert resumed(paused(succeeded(Health(), NOW, 3600)), NOW + 1).due(NOW + 1)
    waiting = resumed(paused(throttled(Health(), "slow down", NOW, 120, 500)), NOW + 1)
    assert not waiting.due(NOW + 499)
    assert waiting.due(NOW + 500)


@pytest.mark.parametrize(
    ("health", "state"),
    [
        (Health(), State.STALE),
        (succeeded(Health(), NOW - 900, 120), State.FRESH),
        (succeeded(Health(), NOW - 901, 120), State.STALE),
        (failed(Health(), Trouble.UNREACHABLE, "down", NOW, 120), State.FAILING),
        (throttled(Health(), "slow", NOW, 120, None), State.FAILING),
        (incomplete(Health(), ("a gap",), NOW, 120), State.FAILING),
        (failed(Health(), Trouble.NEEDS_PERSON, "401", NOW, 120), State.NEEDS_ATTENTION),
        (paused(failed(Health(), Trouble.NEEDS_PERSON, "401", NOW, 120)), State.PAUSED),
    ],
    ids=["new", "fresh", "stale", "down", "throttled", "incomplete", "wrong key", "paused"],
)
def test_an_account_has_one_state_the_gravest(health, state):
    assert health.state(NOW, 900) is state


@pytest.mark.parametrize("outcome", ["failed", "incomplete", "throttled"])
def test_freshness_outlives_failures_until_it_is_stale(outcome):
    health = after(succeeded(Health(), NOW, 120), (outcome, None), NOW + 300, 120)
    assert health.complete_at == NOW
    assert not health.stale(NOW + 900, 900)
    assert health.stale(NOW + 901, 900)


def test_a_clock_that_was_years_ahead_leaves_no_account_resting_for_years():
    ahead = NOW + 10 * 365 * 86_400
    for health in (
        succeeded(Health(), ahead, 120),
        throttled(Health(), "slow down", ahead, 120, 500),
    ):
        assert health.due(NOW)
        assert not health.waits(NOW)
        assert health.stale(NOW, 900)


def test_a_clock_put_back_by_an_hour_breaks_no_stated_wait():
    health = throttled(Health(), "slow down", NOW + 3600, 120, 500)
    assert health.waits(NOW)
    assert not health.due(NOW + 4099)
    assert health.due(NOW + 4100)
