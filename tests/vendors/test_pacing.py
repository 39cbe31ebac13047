"""Limits are kept in any stretch of time, by any number of threads."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import StillClock
from worker.engine.clock import SystemClock
from worker.vendors.base import Stopped
from worker.vendors.pacing import SharedPacers, SlidingPacer, _Queue

LIMITS = st.lists(st.tuples(st.integers(1, 8), st.floats(0.01, 120)), min_size=1, max_size=3)
PAUSES = st.lists(st.floats(0, 30) | st.just(0.0), min_size=1, max_size=60)


@settings(max_examples=300, deadline=None)
@given(LIMITS, PAUSES, st.floats(0, 1e9))
def test_at_most_so_many_calls_begin_in_any_stretch(limits, pauses, start):
    clock = StillClock(start)
    pacer = SlidingPacer(clock, tuple(limits))
    begun = []
    for pause in pauses:
        clock.time += pause
        pacer.wait()
        begun.append(clock.time)
    for count, seconds in limits:
        for first, beyond in zip(begun, begun[count:], strict=False):
            assert beyond >= first + seconds


def test_nobody_waits_who_need_not():
    clock = StillClock()
    pacer = SlidingPacer(clock, ((3, 1.0),))
    for _ in range(3):
        pacer.wait()
    assert clock.slept == []
    pacer.wait()
    assert clock.slept == [1.0]
    clock.time += 60
    pacer.wait()
    assert clock.slept == [1.0]


def test_without_limits_nobody_waits():
    clock = StillClock()
    pacer = SlidingPacer(clock, ())
    for _ in range(100):
        pacer.wait()
    assert clock.slept == []


def test_threads_get_their_turns_in_the_order_in_which_they_came():
    queue, order = _Queue(), []

    def take(number: int) -> None:
        with queue:
            order.append(number)

    with queue:
        threads = [threading.Thread(target=take, args=(number,)) for number in range(20)]
        for number, thread in enumerate(threads):
            thread.start()
            while len(queue._line) < number + 2:
                pass
    for thread in threads:
        thread.join(10)
    assert order == list(range(20))


def test_many_threads_together_keep_the_limit():
    clock = StillClock(0)
    pacer = SlidingPacer(clock, ((10, 1.0),))

    def call() -> None:
        for _ in range(25):
            pacer.wait()

    threads = [threading.Thread(target=call) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert clock.time == 19.0  # 200 calls, ten at once at each of the seconds 0 to 19


def test_a_process_that_ends_waits_for_no_turn_in_any_thread():
    clock = SystemClock()
    pacer = SlidingPacer(clock, ((1, 3600.0),))
    pacer.wait()
    ended: list[int] = []

    def call() -> None:
        with pytest.raises(Stopped):
            pacer.wait()
        ended.append(1)

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    clock.stop()
    for thread in threads:
        thread.join(10)
    assert len(ended) == 4


def test_one_name_is_one_limit_for_all_who_ask():
    clock = StillClock()
    pacers = SharedPacers(clock)
    first, second = pacers.named("acuity", (1, 1.0)), pacers.named("acuity", (1, 1.0))
    first.wait()
    second.wait()
    assert clock.slept == [1.0]
    assert pacers.named("other", (1, 1.0)) is not first
