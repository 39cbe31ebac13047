"""DUPLICATE: when two events are one thing entered twice, and which clashes that explains."""

from __future__ import annotations

import random

import pytest

from tests.builders import NOW, event
from worker.domain.conflict.double import doubles
from worker.domain.conflict.duplicate import (
    alike,
    duplicates,
    entered_twice,
    pairs_of,
    settled,
    suppressed,
)
from worker.domain.conflict.finding import FindingKind
from worker.domain.conflict.person import person_doubles
from worker.domain.event import Event, Kind, Status
from worker.domain.span import HOUR, Span
from worker.domain.stored import Stored
from worker.domain.subject import Resource

AMY = Resource("amy", "Amy Ng")
SAM = "7f3a"


def here(start: int = NOW, minutes: int = 60, **fields: object) -> Event:
    return event("1", start, minutes, **{"title": "Yoga", **fields})  # type: ignore[arg-type]


def there(start: int = NOW, minutes: int = 60, **fields: object) -> Event:
    values = {"title": "YOGA", "account": "campus", "kind": Kind.SLOT, **fields}
    return event("2", start, minutes, **values)  # type: ignore[arg-type]


def test_the_same_title_at_the_same_time_in_two_systems_is_one_thing_entered_twice():
    (finding,) = duplicates(AMY, [there(NOW + 60), here()])
    assert finding.kind is FindingKind.DUPLICATE
    assert finding.subject.ref == "resource:amy"
    assert finding.span == Span(NOW + 60, NOW + HOUR)
    assert [one.key.account for one in finding.members] == ["clinic", "campus"]
    assert finding.flags == ("cross_vendor", "same_title")
    assert finding.evidence == (("starts_apart", 60), ("share", 96), ("same_title", True))


@pytest.mark.parametrize(
    ("start", "minutes", "same"),
    [
        (NOW + 300, 55, True),
        (NOW + 301, 55, False),  # starts more than five minutes apart
        (NOW - 300, 65, True),
        (NOW, 48, True),  # exactly four fifths in common
        (NOW, 47, False),
        (NOW, 75, True),
        (NOW, 76, False),
    ],
)
def test_starts_and_lengths_must_agree(start: int, minutes: int, same: bool):
    assert bool(alike(here(), there(start, minutes))) is same
    assert bool(alike(there(start, minutes), here())) is same


def test_a_shared_attendee_is_enough_without_a_title():
    (finding,) = duplicates(
        AMY, [here(title="A", people=(SAM, "x")), there(title="B", people=(SAM,))]
    )
    assert dict(finding.evidence)["shared_people"] == 1
    assert finding.flags == ("cross_vendor", "shared_people")
    assert SAM not in repr(finding)


def test_one_record_seen_by_two_logins_is_the_same():
    page = "https://canvas.example/slot/7"
    first = event("7", kind=Kind.SLOT, url=page, title="A")
    second = event("7", kind=Kind.SLOT, url=page, title="B", account="campus")
    assert dict(alike(first, second))["same_id"] == "7"


def test_equal_numbers_of_different_vendors_say_nothing():
    assert alike(event("7", title="A"), event("7", title="B", account="campus")) == ()


@pytest.mark.parametrize("fields", [{"title": "Pilates"}, {"title": ""}])
def test_events_that_share_nothing_but_their_time_are_no_duplicates(fields: dict[str, object]):
    assert alike(here(**fields), there()) == ()
    assert alike(here(title=""), there(title="")) == ()


def test_events_of_one_account_are_never_duplicates():
    assert not list(duplicates(AMY, [here(), event("9", title="Yoga")]))


@pytest.mark.parametrize(
    "fields",
    [{"status": Status.CANCELLED}, {"mark": "calsync:copy:1"}, {"kind": Kind.BLOCK}],
)
def test_what_is_cancelled_ours_or_a_block_is_no_duplicate(fields: dict[str, object]):
    assert not list(duplicates(AMY, [here(), there(**fields)]))


def test_each_pair_is_found_once_whatever_the_order():
    events = [
        event(str(n), NOW + n * 60, 60, account=f"account{n % 3}", title="Yoga") for n in range(9)
    ]
    expected = list(duplicates(AMY, events))
    pairs = pairs_of(expected)
    assert len(pairs) == len(expected)
    assert pairs == {
        frozenset((a.key, b.key)) for a in events for b in events if a is not b and alike(a, b)
    }
    random.Random(5).shuffle(events)
    assert list(duplicates(AMY, events)) == expected


def test_a_double_booking_of_exactly_the_pair_is_suppressed_and_the_duplicate_says_so():
    both = [here(people=(SAM,)), there(people=(SAM,))]
    found = [*doubles(AMY, both), *person_doubles(SAM, both), *duplicates(AMY, both)]
    (left,) = settled(found)
    assert left.kind is FindingKind.DUPLICATE
    assert dict(left.evidence)["suppresses"] == ["PERSON_DOUBLE", "RESOURCE_DOUBLE"]
    assert left.id == next(duplicates(AMY, both)).id


def test_a_duplicate_that_is_known_already_suppresses_too():
    both = [here(people=(SAM,)), there(people=(SAM,))]
    assert settled(person_doubles(SAM, both), duplicates(AMY, both)) == []


def test_a_third_event_makes_the_clash_a_finding_of_its_own():
    three = [here(), there(), event("3", NOW + 600, title="Pilates")]
    found = [*doubles(AMY, three), *duplicates(AMY, three)]
    assert settled(found) == found
    (clash, _) = found
    assert not suppressed(pairs_of(found), clash)


def test_two_stored_events_are_duplicates_where_they_share_a_resource():
    def kept(one: Event, *resources: str) -> Stored:
        return Stored(one, "any", resources, revision=1, created_at=0, updated_at=0, poll=1)

    mine = kept(here(), "amy", "hall")
    assert entered_twice(mine, kept(there(), "hall"))
    assert not entered_twice(mine, kept(there(), "gym"))
    assert not entered_twice(mine, kept(there(title="Pilates"), "hall"))
    assert not entered_twice(mine, kept(there(status=Status.CANCELLED), "hall"))


def test_nothing_but_double_bookings_is_suppressed():
    both = [here(), there()]
    (duplicate,) = duplicates(AMY, both)
    assert not suppressed(pairs_of([duplicate]), duplicate)
