"""Copies: which are wanted, and who wins where both sides were changed, with the printed reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, event
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.reconcile.copies import (
    FIELDS,
    CopyPolicy,
    Edits,
    Sides,
    decided,
    equal,
    spelt,
    wanted_copies,
    with_theirs,
)
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.domain.subject import Resource

RULE = CopyPolicy("clinic", "campus")
AMY = Resource(
    id="amy", name="Amy", bindings=(("clinic", "practitioner:1"), ("campus", "course:1"))
)
BEN = replace(AMY, id="ben")
KEY = Key("campus", Kind.GROUP, "9")
AGREED = ("Yoga", "Room 1", 8, 24)
# What each field may say: as agreed, and two other things.
CHOICES = {
    "title": ("Yoga", "Pilates", "Breathing"),
    "location": ("Room 1", "Room 2", "Hall"),
    "capacity": (8, 3, 12),
    "time": (24, 25, 30),
}


def span(hours: int) -> Span:
    return Span(NOW + hours * 3600, NOW + hours * 3600 + 3600)


def wish(**changes: object) -> Intent:
    """What the origin wants; as agreed unless told otherwise."""
    title, location, capacity, hours = AGREED
    said = {"title": title, "location": location, "capacity": capacity, "time": hours} | changes
    return Intent(
        link="0" * 24,
        purpose=Purpose.COPY,
        target="campus",
        calendar="course:1",
        resource="amy",
        span=span(int(str(said["time"]))),
        title=str(said["title"]),
        location=str(said["location"]),
        capacity=int(str(said["capacity"])),
    )


def shown(**changes: object) -> Event:
    """What the target shows; as agreed unless told otherwise."""
    one = wish(**changes)
    return Event(
        KEY, Status.OFFERED, one.span, title=one.title, location=one.location, capacity=one.capacity
    )


def sides(ours: dict[str, object], theirs: dict[str, object], **more: object) -> Sides:
    return Sides(shown(), wish(**ours), wish(), shown(**theirs), **more)  # type: ignore[arg-type]


OURS, THEIRS, OTHERS = {"title": "Pilates"}, {"title": "Breathing"}, {"location": "Room 2"}
NEITHER: dict[str, object] = {}
LATER = {"wanted_at": NOW, "theirs_at": NOW + 60}
EARLIER = {"wanted_at": NOW + 60, "theirs_at": NOW}
BOTH = OURS | OTHERS
# (policy, changed at its origin, changed at its target, times) -> (what is written, why, conflict)
TABLE = [
    (Edits.ORIGIN, NEITHER, THEIRS, {}, NEITHER, "origin: what its origin says counts", False),
    (Edits.ORIGIN, OURS, THEIRS, {}, OURS, "origin: what its origin says counts", False),
    (Edits.ORIGIN, OURS, OTHERS, {}, OURS, "origin: what its origin says counts", False),
    (Edits.ORIGIN, OURS, NEITHER, {}, OURS, "its origin's title changed", False),
    (Edits.ORIGIN, OURS, OURS, {}, None, "both sides say the same now", False),
    (Edits.NEWEST, OURS, NEITHER, {}, OURS, "its origin's title changed", False),
    (Edits.NEWEST, NEITHER, THEIRS, {}, None, "newest: only its target was changed", False),
    (Edits.NEWEST, OURS, THEIRS, LATER, None, "newest: its target was changed last", False),
    (Edits.NEWEST, OURS, THEIRS, EARLIER, OURS, "newest: its origin was changed last", False),
    (
        *(Edits.NEWEST, OURS, THEIRS, {}, OURS),
        *("newest: one side tells no time; the origin counts", False),
    ),
    (Edits.FIELD_MERGE, OURS, NEITHER, {}, OURS, "field_merge: title from its origin", False),
    (
        Edits.FIELD_MERGE,
        NEITHER,
        OTHERS,
        {},
        None,
        "field_merge: its target's location stay",
        False,
    ),
    (
        *(Edits.FIELD_MERGE, OURS, OTHERS, {}, BOTH),
        *("field_merge: title from its origin, location from its target", False),
    ),
    (Edits.FIELD_MERGE, OURS, THEIRS, {}, OURS, "field_merge: title from its origin", False),
    (Edits.HOLD, OURS, NEITHER, {}, OURS, "its origin's title changed", False),
    (
        *(Edits.HOLD, OURS, THEIRS, {}, None),
        *("hold: both sides were changed; a person decides", True),
    ),
    (
        *(Edits.HOLD, NEITHER, THEIRS, {}, None),
        *("hold: it was changed at its target; a person decides", True),
    ),
    (Edits.HOLD, OURS, OURS, {}, None, "both sides say the same now", False),
]


@pytest.mark.parametrize(("policy", "ours", "theirs", "times", "written", "why", "conflict"), TABLE)
def test_each_policy_has_one_answer_and_its_reason(
    policy, ours, theirs, times, written, why, conflict
):
    found = decided(policy, sides(ours, theirs, **times))
    assert found.intent == (None if written is None else wish(**written))
    assert (found.why, found.conflict) == (why, conflict)


changes = st.fixed_dictionaries({name: st.sampled_from(said) for name, said in CHOICES.items()})
policies = st.sampled_from(list(Edits))


@given(policies, changes, changes)
def test_once_a_decision_is_carried_out_nothing_more_is_decided(policy, ours, theirs):
    """No policy ever writes twice for the same two changes: that would be a war of updates."""
    first = decided(policy, sides(ours, theirs, **EARLIER))
    if first.conflict:
        return
    there = shown(**theirs)
    if first.intent is not None:
        one = first.intent
        there = replace(
            there, span=one.span, title=one.title, location=one.location, capacity=one.capacity
        )
    wanted = wish(**ours)
    again = decided(policy, Sides(there, wanted, wanted, there, **EARLIER))
    assert not again.conflict
    assert again.intent is None or equal(again.intent, there)


@given(policies, changes, changes)
def test_nothing_is_ever_written_that_neither_side_says(policy, ours, theirs):
    found = decided(policy, sides(ours, theirs, **EARLIER)).intent
    if found is not None:
        for name in ("title", "location", "capacity", "span"):
            said = {getattr(wish(**ours), name), getattr(shown(**theirs), name)}
            assert getattr(found, name) in said


@given(changes, changes)
def test_merging_keeps_what_only_its_target_changed(ours, theirs):
    found = decided(Edits.FIELD_MERGE, sides(ours, theirs)).intent
    if found is None:
        return
    attributes = {"title": "title", "location": "location", "capacity": "capacity", "time": "span"}
    for name, attribute in attributes.items():
        if ours[name] == CHOICES[name][0]:
            assert getattr(found, attribute) == getattr(shown(**theirs), attribute)
        else:
            assert getattr(found, attribute) == getattr(wish(**ours), attribute)


@given(policies, changes, changes, st.sets(st.sampled_from(FIELDS)))
def test_what_a_rule_does_not_own_is_never_touched(policy, ours, theirs, owned):
    kept = set(FIELDS) - owned
    there = shown(**theirs)
    wanted = with_theirs(wish(**ours), there, kept)
    one = Sides(shown(), wanted, wish(), there, **EARLIER, fields=tuple(sorted(owned)))
    found = decided(policy, one).intent
    if found is not None:
        for name, attribute in (("title", "title"), ("location", "location"), ("time", "span")):
            if name in kept:
                assert getattr(found, attribute) == getattr(there, attribute)


# --- which are wanted


def stored(one: Event, *resources: str) -> Stored:
    return Stored(one, "cliniko", resources or ("amy",), 1, NOW, NOW, 1, 0, None)


def wanted(policy: CopyPolicy, *events: Stored, usable: bool = True):
    found = wanted_copies(
        [policy], {"amy": AMY, "ben": BEN}, lambda _policy: events, lambda _policy, _name: usable
    )
    return [want for want, _, _ in found]


@pytest.mark.parametrize(
    ("one", "count"),
    [
        (event("1"), 1),
        (event("1", kind=Kind.GROUP, status=Status.OFFERED), 1),
        (event("1", kind=Kind.BLOCK, status=Status.HELD), 0),
        (event("1", status=Status.CANCELLED), 0),
        (event("1", mark="0" * 24), 0),
        (event("1", account="studio"), 0),
    ],
    ids=["booked", "offered", "a block", "cancelled", "ours", "of another account"],
)
def test_what_takes_or_offers_time_of_people_is_published_and_nothing_else(one, count):
    assert len(wanted(RULE, stored(one))) == count


def test_what_two_resources_share_is_published_once_and_by_a_rule_of_one_for_that_one():
    both = stored(event("1"), "amy", "ben")
    assert [want.resource for want in wanted(RULE, both)] == ["amy"]
    assert [want.resource for want in wanted(replace(RULE, resource="ben"), both)] == ["ben"]


def test_what_no_calendar_can_have_is_not_wanted():
    assert wanted(RULE, stored(event("1")), usable=False) == []


def test_a_copy_says_only_what_its_rule_owns():
    origin = event("1", title="Yoga", location="Room 1", capacity=8)
    rule = replace(RULE, fields=("time", "location"))
    (want,) = wanted(rule, stored(origin))
    intent = spelt(want, rule, origin, "Europe/Berlin")
    assert (intent.title, intent.location, intent.capacity) == ("", "Room 1", None)
    (other,) = wanted(rule, stored(replace(origin, title="Pilates")))
    assert other.digest == want.digest, "what the target owns makes no difference"
    (moved,) = wanted(rule, stored(replace(origin, location="Room 2")))
    assert moved.digest != want.digest
