"""The freshness strip: every poll of a day is told, and the worst of near ones is what is seen."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from worker.domain.span import DAY, HOUR, MINUTE
from worker.publish.strips import BIN, Outcome, Went, stretches, strip_picture, told

outcomes = st.lists(
    st.builds(
        Outcome,
        st.integers(NOW - DAY, NOW),
        st.booleans(),
        st.integers(0, 3),
        st.sampled_from(["", "B3: too many are gone"]),
    ),
    max_size=60,
).map(lambda some: sorted(some, key=lambda one: one.at))


def marks(some: list[Outcome]) -> Counter[str]:
    root = ET.fromstring(strip_picture("strip-clinic", "Polls", some, "UTC", NOW))
    return Counter(one.attrib["class"] for one in root.iter("rect"))


def test_a_poll_goes_in_one_of_four_ways() -> None:
    assert Outcome(NOW, complete=True, rows=0).went is Went.COMPLETE
    assert Outcome(NOW, complete=True, rows=9, reason="B3: gone").went is Went.BRAKED
    assert Outcome(NOW, complete=False, rows=9, reason="page 2: 502").went is Went.PARTIAL
    assert Outcome(NOW, complete=False, rows=0, reason="401").went is Went.FAILED


@given(outcomes)
def test_stretches_hold_every_poll_in_order(some: list[Outcome]) -> None:
    found = stretches(some)
    assert sum(one.polls for one in found) == len(some)
    assert all(a.went is not b.went for a, b in pairwise(found))
    assert [one.span for one in found] == sorted(one.span for one in found)


@given(outcomes)
def test_the_worst_of_near_polls_is_what_is_seen(some: list[Outcome]) -> None:
    seen = marks(some)
    assert seen["ground"] == 1
    assert (seen["failed"] > 0) == any(one.went is Went.FAILED for one in some)
    assert sum(seen.values()) - 1 <= len(some)


def test_polls_without_a_break_are_one_mark() -> None:
    steady = [Outcome(NOW - 6 * HOUR + n * 2 * MINUTE, complete=True, rows=9) for n in range(180)]
    assert marks(steady)["complete"] == 1
    assert marks([*steady, Outcome(NOW, complete=False, rows=0)])["failed"] == 1


def test_polls_that_are_far_apart_are_marks_of_their_own() -> None:
    rare = [Outcome(NOW - DAY + n * 3 * BIN, complete=True, rows=1) for n in range(5)]
    assert marks(rare)["complete"] == 5


def test_the_words_count_each_way() -> None:
    some = [Outcome(NOW, complete=True, rows=1), Outcome(NOW, complete=False, rows=0)]
    assert told(some) == "2 polls in 24 h: 1 complete, 1 failed"
    assert told([]) == "No poll in 24 h"
