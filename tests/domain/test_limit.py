"""LIMIT: how many events of one series one person may, and must, take."""

from __future__ import annotations

import random

from tests.builders import NOW, event
from worker.domain.conflict.finding import FindingKind, Subject
from worker.domain.conflict.limit import limits
from worker.domain.event import Event, Kind, Status
from worker.domain.span import DAY, HOUR, Span

ADA, BO = "ada0", "bo11"


def slot(native_id: str, day: int = 0, people: tuple[str, ...] = (ADA,), **fields: object) -> Event:
    defaults = {"kind": Kind.SLOT, "series": "group:9", "people": people}
    return event(native_id, NOW + day * DAY, **{**defaults, **fields})  # type: ignore[arg-type]


def found(*events: Event) -> list[tuple[str, int, int, tuple[str, ...]]]:
    return [(f.subject.id, f.peak, f.limit, f.flags) for f in limits("group:9", events)]


def test_more_slots_than_one_person_may_take_are_a_finding_of_that_person():
    slots = [slot(str(n), n, max_per_person=2) for n in range(3)]
    (finding,) = limits("group:9", slots)
    assert finding.kind is FindingKind.LIMIT
    assert finding.subject == Subject("person", ADA, "")
    assert (finding.peak, finding.limit, finding.flags) == (3, 2, ("too_many",))
    assert finding.span == Span(NOW, NOW + 2 * DAY + HOUR)
    assert [one.key.native_id for one in finding.members] == ["0", "1", "2"]
    assert dict(finding.evidence) == {"account": "clinic", "series": "group:9"}


def test_as_many_as_may_be_are_fine():
    assert found(slot("1", max_per_person=2), slot("2", 1, max_per_person=2)) == []


def test_fewer_than_must_be_are_told_only_of_those_who_take_part():
    slots = [
        slot("1", people=(ADA, BO), min_per_person=2),
        slot("2", 1, people=(BO,), min_per_person=2),
        slot("3", 2, people=(), status=Status.OFFERED, min_per_person=2),
    ]
    assert found(*slots) == [(ADA, 1, 2, ("too_few",))]


def test_a_series_without_numbers_limits_nobody():
    assert found(*(slot(str(n), n) for n in range(5))) == []
    assert found(slot("1", min_per_person=1)) == []


def test_cancelled_slots_and_slots_of_other_series_do_not_count():
    slots = [
        slot("1", max_per_person=1),
        slot("2", 1, max_per_person=1, status=Status.CANCELLED),
        slot("3", 2, max_per_person=1, series="group:10"),
    ]
    assert found(*slots) == []


def test_series_of_two_accounts_with_one_name_are_two_series():
    slots = [slot("1", max_per_person=1), slot("1", 1, max_per_person=1, account="campus")]
    assert found(*slots) == []


def test_the_strictest_of_different_numbers_counts():
    slots = [slot("1", max_per_person=3), slot("2", 1, max_per_person=1)]
    assert found(*slots) == [(ADA, 2, 1, ("too_many",))]


def test_findings_come_in_the_same_order_however_the_slots_do():
    slots = [slot(str(n), n, people=(ADA, BO), max_per_person=1) for n in range(4)]
    expected = list(limits("group:9", slots))
    assert [one.subject.id for one in expected] == [ADA, BO]
    random.Random(3).shuffle(slots)
    assert list(limits("group:9", slots)) == expected
