"""A clash that is as it was takes no write: its sources' complete polls confirm it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conflict.stored import FULL, NOW, look, poll
from worker.domain.conflict.finding import FindingState
from worker.domain.conflict.register import Known
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.span import HOUR, Span
from worker.domain.subject import Bindings, Resource
from worker.engine.detect import vouched
from worker.engine.rules import DetectionRules
from worker.store.store import Store

AMY = Resource("amy", "Amy", bindings=(("clinic", "amy"), ("desk", "amy")))
RULES = DetectionRules({"amy": AMY}, Bindings([AMY]))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'first.db'}")
    yield opened
    opened.close()


def booked(account: str, start: int) -> Event:
    return Event(
        Key(account, Kind.SINGLE, "1"),
        Status.BOOKED,
        Span(NOW + start, NOW + start + HOUR),
        subjects=("amy",),
    )


def clash(store: Store, start: int = 0, at: int = NOW) -> Known:
    """What the register holds after a look at a clash of two accounts."""
    for account in ("clinic", "desk"):
        poll(store, RULES, account, [booked("clinic", 0), booked("desk", start)], FULL)
    look(store, RULES, now=at)
    (known,) = (one for one in store.findings.all().values() if one.finding.peak == 2)
    return known


def test_what_is_as_it_was_is_not_written_again(store: Store):
    before = clash(store)
    assert clash(store, at=NOW + HOUR) == before


def test_what_moved_is_written_with_its_confirmation(store: Store):
    clash(store)
    after = clash(store, start=HOUR // 2, at=NOW + 60)
    assert after.finding.span.start == NOW + HOUR // 2
    assert after.life.last_confirmed == NOW + 60


@pytest.mark.parametrize(
    ("polls", "confirmed"),
    [
        ({"clinic": NOW + 90, "desk": NOW + 60}, NOW + 60),
        ({"clinic": NOW + 90, "desk": NOW - 60}, NOW),
        ({"clinic": NOW + 90}, NOW),
    ],
)
def test_the_oldest_complete_poll_of_its_sources_confirms_it(
    store: Store, polls: dict[str, int], confirmed: int
):
    assert vouched(clash(store), polls).life.last_confirmed == confirmed


def test_what_is_resolved_is_confirmed_by_nothing(store: Store):
    known = clash(store)
    ended = replace(known, life=replace(known.life, state=FindingState.RESOLVED, resolved_at=NOW))
    assert vouched(ended, {"clinic": NOW + 90, "desk": NOW + 90}) == ended
