"""What a calendar reads of the store: no more than is shown, and how polls went."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import NOW, WEEK, event
from tests.store.practice import COMPLETE, INCOMPLETE, polled
from worker.domain.conflict.finding import Finding, FindingKind, FindingState, Subject
from worker.domain.conflict.register import Life, Step
from worker.domain.event import Status
from worker.domain.span import DAY, HOUR, Span
from worker.store.agenda import Agenda
from worker.store.store import Store

TODAY = Span(NOW, NOW + DAY)


def shown(store: Store, window: Span = TODAY, most: int = 100) -> list[tuple[str, str]]:
    pairs = Agenda(store.database).stays(["r17", "r18"], window, most)
    return [(resource, one.event.key.native_id) for resource, one in pairs]


def of(subject: str, **fields: object) -> dict[str, object]:
    return {"subjects": (f"practitioner:{subject}",), **fields}


def test_a_stretch_holds_what_shares_time_with_it_in_order_of_start(store: Store) -> None:
    polled(
        store,
        event("late", NOW + 2 * HOUR, **of("17")),
        event("early", NOW - HOUR, 90, **of("18")),
        event("over", NOW - HOUR, 60, **of("17")),
        event("tomorrow", NOW + DAY, **of("17")),
        event("point", NOW, 0, **of("17")),
        event("other", NOW, **of("19")),
        event("cancelled", NOW, status=Status.CANCELLED, **of("17")),
    )
    assert shown(store) == [("r18", "early"), ("r17", "point"), ("r17", "late")]
    assert shown(store, most=1) == [("r18", "early")]


def test_holds_of_ours_are_shown_too(store: Store) -> None:
    polled(store, event("1", NOW, mark="calsync", status=Status.HELD, **of("17")))
    assert shown(store) == [("r17", "1")]


def test_an_event_is_under_each_of_its_resources(store: Store) -> None:
    both = event("1", NOW, subjects=("practitioner:17", "practitioner:18"))
    polled(store, both)
    assert shown(store) == [("r17", "1"), ("r18", "1")]
    number = both.key.number
    assert Agenda(store.database).resources_of([number, 5]) == {number: ("r17", "r18")}


def test_polls_are_told_in_order_with_why_they_are_not_believed(store: Store) -> None:
    polled(store, now=NOW - 2 * DAY)
    polled(store, now=NOW)
    polled(store, now=NOW + 60, ending=INCOMPLETE)
    polled(store, now=NOW + 120, ending=replace(COMPLETE, brake="B3", brake_reason="9 are gone"))
    ticks = Agenda(store.database).ticks(["clinic"], NOW - DAY)
    assert [(one.at, one.complete, one.reason) for one in ticks] == [
        (NOW, True, ""),
        (NOW + 60, False, "a page failed"),
        (NOW + 120, True, "B3: 9 are gone"),
    ]
    assert Agenda(store.database).ticks([], NOW - DAY) == []


def test_only_findings_of_the_days_are_read_and_only_those_that_stand(store: Store) -> None:
    life = Life(FindingState.OPEN, first_seen=NOW, last_confirmed=NOW)

    def step(name: str, start: int, state: FindingState = FindingState.OPEN) -> Step:
        span = Span(start, start + HOUR)
        finding = Finding(FindingKind.RESOURCE_DOUBLE, Subject("resource", name), span, ())
        return Step(finding, replace(life, state=state), "found")

    store.findings.write(
        [
            step("now", NOW),
            step("later", WEEK.end + DAY),
            step("resolved", NOW, FindingState.RESOLVED),
            step("snoozed", NOW, FindingState.SNOOZED),
        ],
        NOW,
    )
    names = {one.finding.subject.id for one in store.findings.within(TODAY)}
    assert names == {"now", "snoozed"}


def test_what_came_up_is_what_was_found_or_came_back_by_itself_since(store: Store) -> None:
    life = Life(FindingState.OPEN, first_seen=NOW, last_confirmed=NOW)

    def step(name: str, what: str, by: str = "") -> Step:
        finding = Finding(FindingKind.RESOURCE_DOUBLE, Subject("resource", name), TODAY, ())
        return Step(finding, life, what, by=by)

    old, new = step("old", "found"), step("new", "found")
    store.findings.write([old], NOW - 10)
    store.findings.write([new], NOW + 10)
    assert store.findings.came_up(NOW) == {new.finding.id}
    assert store.findings.came_up(NOW + 10) == frozenset()
    store.findings.write([step("old", "reopened", by="Kim")], NOW + 20)
    assert store.findings.came_up(NOW) == {new.finding.id}
    store.findings.write([step("old", "reopened")], NOW + 30)
    assert store.findings.came_up(NOW) == {old.finding.id, new.finding.id}
