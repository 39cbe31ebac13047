"""What has no time of its own: every small case, judged by the words of docs/findings.md."""

from __future__ import annotations

from itertools import chain, combinations, product

import pytest

from tests.conflict.reference_rules import is_stale
from worker.domain.conflict.finding import FindingKind
from worker.domain.conflict.page import unguarded
from worker.domain.conflict.report import SourceState
from worker.domain.conflict.stale import stale_sources
from worker.domain.health import Health
from worker.domain.listing import Template
from worker.domain.subject import Bindings, Resource

CALENDARS = ("calendar:a", "calendar:b")
AMY = Resource("amy", "Amy", bindings=(("desk", "calendar:a"), ("desk", "event:30min")))
BEN = Resource("ben", "Ben", bindings=(("desk", "calendar:b"),))
ROOM = Resource("room", "Room", bindings=(("desk", "event:60min"),))
OTHER = Resource("eve", "Eve", bindings=(("elsewhere", "calendar:b"), ("elsewhere", "event:30min")))


def subsets(names: tuple[str, ...]) -> list[tuple[str, ...]]:
    return list(chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)))


def is_open(page: Template) -> bool:
    """Whether it can be booked over taken time, said page by page for the resources above."""
    if not page.active:
        return False
    owner_seen = {
        "30min": "calendar:a" in page.subjects,  # Amy's page, and her calendar
        "60min": False,  # the room's page; no calendar is the room's
        "free": True,  # nobody's page
    }[page.native_id]
    return bool(page.blind) or not owner_seen


def test_every_page_is_unguarded_exactly_where_taken_time_does_not_close_it():
    bindings = Bindings([AMY, BEN, ROOM, OTHER])
    judged = 0
    for name, active, seen in product(
        ("30min", "60min", "free"), (True, False), subsets(CALENDARS)
    ):
        for blind in subsets(seen):
            page = Template(name, name, active, seen, blind)
            found = list(unguarded([("desk", page)], bindings))
            assert [one.kind for one in found] == [FindingKind.UNGUARDED_PAGE] * is_open(page), page
            judged += 1
    assert judged == 3 * 2 * 9


@pytest.mark.parametrize("complete_at", [None, 0, 500, 1000])
@pytest.mark.parametrize("now", [0, 1000, 1001, 1500, 1501, 2000, 2001, 10_000])
def test_a_source_is_stale_without_a_complete_poll_for_long_enough(
    complete_at: int | None, now: int
):
    stale = Health(complete_at=complete_at).stale(now, 1000)
    assert stale == is_stale(complete_at, now, 1000)
    source = SourceState("desk", complete_at, complete=True, stale=stale)
    assert len(list(stale_sources([source], now))) == stale


def test_an_incomplete_source_that_is_fresh_is_not_stale():
    assert not list(stale_sources([SourceState("desk", 5, complete=False, stale=False)], 6))
