"""Where the product once differed from docs/findings.md: the smallest example of each."""

from __future__ import annotations

from tests.builders import event
from worker.domain.conflict.person import person_doubles
from worker.domain.event import Kind


def test_whoever_signs_up_for_two_slots_at_once_is_in_two_places():
    slots = [
        event(id_, "2026-03-02T09:00", 60, kind=Kind.SLOT, series="group:5", people=("p1",))
        for id_ in ("1", "2")
    ]
    assert len(list(person_doubles("p1", slots))) == 1
