"""Nothing that a vendor shows is dropped silently."""

from __future__ import annotations

import json
from itertools import permutations

from tests.builders import event
from worker.domain.conflict.data import (
    data_findings,
    invalid,
    naive_times,
    self_overlaps,
    unmapped,
)
from worker.domain.conflict.finding import FindingKind
from worker.domain.event import Event, Key, Kind, Status, Trait
from worker.domain.listing import Quarantined

NINE = "2026-03-02T09:00"


def part(occurrence: str, start: str, minutes: int = 60, **fields: object) -> Event:
    return event("7", start, minutes, occurrence=occurrence, **fields)


def test_an_ambiguous_time_is_told_of_its_event() -> None:
    one = event("1", NINE, traits=(Trait.AMBIGUOUS_TIME,), title="Night shift")
    (finding,) = data_findings([one, event("2", NINE)])
    assert finding.kind is FindingKind.DATA_AMBIGUOUS_TIME
    assert finding.subject.ref == f"event:{one.key.id}"
    assert [member.key for member in finding.members] == [one.key]
    assert finding.span == one.span


def test_times_without_a_zone_are_told_once_for_each_account() -> None:
    events = [event(str(n), NINE, traits=(Trait.NAIVE_TIME,)) for n in range(30)]
    (finding,) = naive_times(events)
    assert finding.kind is FindingKind.DATA_NAIVE_TIME
    assert finding.subject.ref == "account:clinic"
    evidence = dict(finding.evidence)
    assert evidence["events"] == 30
    assert len(evidence["examples"]) == 20


def test_accounts_with_naive_times_are_told_apart() -> None:
    events = [
        event("1", NINE, account=name, traits=(Trait.NAIVE_TIME,)) for name in ("b", "a", "b")
    ]
    assert [finding.subject.id for finding in naive_times(events)] == ["a", "b"]


def test_what_is_cancelled_or_ours_has_no_odd_times() -> None:
    odd = (Trait.AMBIGUOUS_TIME, Trait.NAIVE_TIME)
    assert not list(data_findings([event("1", NINE, status=Status.CANCELLED, traits=odd)]))
    assert not list(data_findings([event("1", NINE, mark="0123456789abcdef", traits=odd)]))


def test_a_series_that_lasts_longer_than_its_period_overlaps_itself() -> None:
    parts = [part("a", NINE, 90), part("b", "2026-03-02T10:00", 90), part("c", "2026-03-02T12:00")]
    (finding,) = self_overlaps(parts)
    assert finding.kind is FindingKind.DATA_SELF_OVERLAP
    assert finding.subject.type == "series"
    assert [member.key.occurrence for member in finding.members] == ["a", "b"]
    assert finding.overlap_minutes == 30


def test_stretches_that_touch_do_not_overlap() -> None:
    assert not list(self_overlaps([part("a", NINE, 60), part("b", "2026-03-02T10:00")]))


def test_the_order_in_which_stretches_come_does_not_matter() -> None:
    parts = [part("a", NINE, 90), part("b", "2026-03-02T10:00", 90), part("c", NINE, 30)]
    assert len({tuple(self_overlaps(some)) for some in permutations(parts)}) == 1


def test_different_records_do_not_make_a_self_overlap() -> None:
    others = [part("a", NINE), event("8", NINE, occurrence="a")]
    assert not list(self_overlaps(others))
    assert not list(self_overlaps([part("a", NINE), part("b", NINE, account="desk")]))


def test_parts_for_different_calendars_may_be_at_once() -> None:
    one = part("a", NINE, subjects=("resource:1",))
    assert not list(self_overlaps([one, part("b", NINE, subjects=("resource:2",))]))
    both = part("b", NINE, subjects=("resource:1", "resource:2"))
    assert len(list(self_overlaps([one, both]))) == 1


def test_an_overlap_in_two_calendars_is_told_once() -> None:
    names = ("resource:1", "resource:2")
    parts = [part("a", NINE, subjects=names), part("b", NINE, subjects=names)]
    assert len(list(self_overlaps(parts))) == 1


def test_a_cancelled_stretch_overlaps_nothing() -> None:
    assert not list(self_overlaps([part("a", NINE), part("b", NINE, status=Status.CANCELLED)]))


def test_a_row_that_was_set_aside_is_told_with_the_reason() -> None:
    row = Quarantined(Kind.GROUP, "48", "end lies before start", b'{"name": "Jo"}')
    (finding,) = invalid("clinic", [row])
    assert finding.kind is FindingKind.DATA_INVALID
    assert finding.subject.id == Key("clinic", Kind.GROUP, "48").id
    assert dict(finding.evidence)["reason"] == "end lies before start"
    assert "Jo" not in repr(finding)


def test_rows_are_told_apart_and_stay_the_same_finding() -> None:
    rows = [Quarantined(None, "1", "a", b""), Quarantined(None, "2", "a", b"")]
    one, other = invalid("clinic", rows)
    assert one.id != other.id
    (again,) = invalid("clinic", [Quarantined(None, "1", "another reason", b"")])
    assert again.id == one.id


def test_calendars_that_no_resource_is_bound_to_are_one_finding() -> None:
    unbound = {("practitioner:9", "business:3"): 4, ("practitioner:8",): 1, (): 2}
    (finding,) = unmapped("clinic", unbound)
    assert finding.kind is FindingKind.DATA_UNMAPPED
    assert finding.subject.ref == "account:clinic"
    evidence = dict(finding.evidence)
    assert evidence["events"] == 7
    assert evidence["calendars"] == ["business:3", "practitioner:8", "practitioner:9"]
    assert (evidence["more_calendars"], evidence["without_calendar"]) == (0, 2)


def test_addresses_of_unmapped_calendars_are_counted_only() -> None:
    (finding,) = unmapped("desk", {("calendar:amy@example.org", "event:intro"): 1})
    assert "@" not in repr(finding)
    assert dict(finding.evidence)["more_calendars"] == 1


def test_an_account_whose_events_are_all_bound_is_fine() -> None:
    assert not list(unmapped("clinic", {}))
    assert not list(unmapped("clinic", {("practitioner:9",): 0}))


def test_evidence_can_be_written_as_json() -> None:
    row = Quarantined(Kind.GROUP, "48", "end lies before start", b"")
    for finding in (*invalid("clinic", [row]), *unmapped("clinic", {("a:1",): 1})):
        json.dumps(finding.evidence)
