"""How long findings are known: one band for each age, and neglect cannot hide."""

from __future__ import annotations

from dataclasses import replace
from xml.etree.ElementTree import fromstring

import pytest

from tests.builders import NOW
from tests.publish.test_documents import judged
from worker.domain.conflict.finding import PRESSING, FindingState
from worker.domain.conflict.severity import Band, Severity
from worker.domain.span import DAY, HOUR
from worker.publish.ages import AGES, OLDEST, age_picture, ages, oldest

EDGES = [
    (0, "under an hour"),
    (HOUR - 1, "under an hour"),
    (HOUR, "under a day"),
    (DAY, "1 to 3 days"),
    (3 * DAY, "3 to 7 days"),
    (7 * DAY, "1 to 4 weeks"),
    (28 * DAY - 1, "1 to 4 weeks"),
    (28 * DAY, OLDEST),
    (900 * DAY, OLDEST),
]


def known(age: int, state=FindingState.OPEN, score=60):
    one = judged(first_seen=NOW - age, state=state)
    return replace(one, severity=Severity(score, ()))


@pytest.mark.parametrize(("age", "words"), EDGES)
def test_each_age_has_one_band(age, words):
    found = {one.words: one.total for one in ages([known(age)], NOW)}
    assert found.pop(words) == 1
    assert set(found.values()) == {0}


def test_all_bands_are_there_the_newest_first_also_where_they_are_empty():
    assert [one.words for one in ages([], NOW)] == [*(words for words, _ in AGES), OLDEST]


@pytest.mark.parametrize("state", FindingState)
def test_only_what_asks_for_somebody_is_counted(state):
    total = sum(one.total for one in ages([known(0, state)], NOW))
    assert total == (state in PRESSING)


def test_a_finding_of_the_future_counts_as_new():
    assert ages([known(-HOUR)], NOW)[0].total == 1


def test_each_bar_is_split_by_severity_the_gravest_first():
    first = ages([known(0, score=10), known(0, score=90), known(0, score=90)], NOW)[0]
    assert first.parts == ((Band.CRITICAL, 2), (Band.INFO, 1))


def test_the_oldest_is_what_has_asked_for_the_longest_and_not_what_somebody_snoozed():
    found = [known(HOUR), known(DAY), known(9 * DAY, FindingState.SNOOZED)]
    assert oldest(found) is found[1]
    assert oldest(found[2:]) is None


def test_the_picture_has_as_much_of_each_colour_as_there_are_findings():
    bars = ages([known(0, score=90), known(0, score=90), known(0, score=10), known(DAY)], NOW)
    svg = fromstring(age_picture(bars))
    parts = {
        (one.get("class"), one.get("y")): one.get("width")
        for one in svg.iter("rect")
        if str(one.get("class")).startswith("part")
    }
    assert sorted(parts.values()) == ["33.33%", "33.33%", "66.67%"]
    assert [one.text for one in svg.iter("text")][:2] == ["under an hour", "3"]
    assert "under an hour: 2 critical, 1 info; under a day: none" in svg.find("desc").text
    assert svg.get("role") == "img"


def test_nothing_at_all_can_be_drawn():
    assert "part" not in age_picture(ages([], NOW))
