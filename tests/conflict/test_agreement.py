"""The product and the slow reference say the same of thousands of random calendars."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conflict.calendars import LARGEST, decoded, drawn
from tests.conflict.comparison import COMPARED

CALENDARS = 3000
EMPTY: tuple[object, ...] = ([[], [], []], {"s1": {}, "s2": {}})
SHRINKABLE = 150  # for each kind, by hypothesis, which shows the smallest failure

texts = st.binary(max_size=LARGEST)


@pytest.mark.parametrize("kind", COMPARED)
def test_both_judge_each_of_three_thousand_calendars_alike(kind: str):
    found = 0
    for text in drawn(CALENDARS):
        expected, actual = COMPARED[kind](decoded(text))
        assert actual == expected, text.hex()
        found += bool(expected) and expected not in EMPTY
    assert found > CALENDARS // 100, "the calendars have too little of this to prove anything"


@pytest.mark.parametrize("kind", COMPARED)
@settings(max_examples=SHRINKABLE)
@given(texts)
def test_both_judge_small_calendars_alike(kind: str, text: bytes):
    expected, actual = COMPARED[kind](decoded(text))
    assert actual == expected


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_both_judge_each_of_a_hundred_thousand_calendars_alike():
    differing = Counter(
        kind
        for text in drawn(100_000, seed=1)
        for kind, judge in COMPARED.items()
        for expected, actual in [judge(decoded(text))]
        if expected != actual
    )
    assert not differing


def test_the_calendars_have_every_shape_that_matters():
    calendars = [decoded(text) for text in drawn(500)]
    events = [event for calendar in calendars for event in calendar.events]
    assert {event.status for event in events} == {"booked", "offered", "held", "cancelled"}
    assert {event.key.kind for event in events} == {"single", "slot", "group", "block"}
    relations: Counter[str] = Counter()
    for calendar in calendars:
        spans = [event.span for event in calendar.events]
        for one in spans:
            for other in spans:
                relations["touching"] += one.end == other.start != one.start
                relations["within"] += other.start < one.start and one.end < other.end
                relations["astride"] += one.start < other.start < one.end < other.end
                relations["equal"] += one is not other and one == other
                relations["point"] += one.seconds == 0
                relations["lasting a day of 23 or 25 hours"] += one.seconds in (82_800, 90_000)
    assert all(number > 100 for number in relations.values()), relations
