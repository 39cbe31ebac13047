"""What is suggested, in which order, and where there is room."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, at, event
from worker.domain.conflict.alternatives import alternatives, crowded, usual_hours
from worker.domain.conflict.double import doubles, member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.conflict.suggestions import (
    Circumstances,
    Manners,
    Target,
    movable,
    suggestions,
)
from worker.domain.event import Kind, Status
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.domain.subject import Resource

AMY = Resource("amy", "Amy Ng")
CLINIC = Manners("archive", "an unavailable block", frozenset({"cancel"}))
CAMPUS = Manners(
    "delete", tells=frozenset({"withdraw"}), notes={"withdraw": "the last one ends its group"}
)


def about(**fields):
    return Circumstances(manners={"clinic": CLINIC, "campus": CAMPUS}, **fields)


def only(found):
    (one,) = found
    return one


def named(found):
    return [(one.action, one.target.account, one.target.native_id, one.notifies) for one in found]


def test_an_open_slot_beside_a_booking_is_held_or_withdrawn_before_anybody_is_moved():
    booking = event("7", account="campus", title="Consultation", attendees=1)
    slot = event("8", account="clinic", kind=Kind.SLOT, status=Status.OFFERED)
    found = suggestions(only(doubles(AMY, [booking, slot])), about())
    assert named(found) == [
        ("hold", "clinic", "", False),
        ("withdraw", "clinic", "8", False),
        ("move", "campus", "7", False),
        ("delete", "campus", "7", False),
    ]
    assert found[0].effect.startswith("Put an unavailable block into clinic")


def test_a_vendor_that_tells_people_is_said_to_and_what_else_it_does():
    booking = event("7", attendees=1)
    slot = event("8", account="campus", kind=Kind.SLOT, status=Status.OFFERED, title="Office hours")
    found = suggestions(only(doubles(AMY, [booking, slot])), about())
    assert named(found)[0] == ("withdraw", "campus", "8", True)
    assert found[0].effect == (
        "Take “Office hours” off campus: nobody can book it any more; the last one ends its group."
    )


def test_of_two_open_slots_one_is_withdrawn_and_nobody_is_moved():
    slots = [
        event(n, account=a, status=Status.OFFERED) for n, a in (("1", "clinic"), ("2", "campus"))
    ]
    found = suggestions(only(doubles(AMY, slots)), about(others=["clinic", "campus"]))
    assert {one.action for one in found} == {"withdraw"}


def test_a_double_booking_is_held_elsewhere_then_moved_then_taken_away_fewest_people_first():
    group = event("1", account="campus", kind=Kind.GROUP, attendees=9)
    single = event("2", account="studio", attendees=1)
    found = suggestions(only(doubles(AMY, [group, single])), about(others=["campus", "clinic"]))
    assert [(a, account, n) for a, account, n, _ in named(found)] == [
        ("hold", "clinic", ""),
        ("move", "studio", "2"),
        ("move", "campus", "1"),
        ("cancel", "studio", "2"),
        ("delete", "campus", "1"),
    ]
    assert "(9 people in it)" in found[2].effect


def test_of_an_account_whose_manners_are_unknown_the_worst_is_assumed():
    pair = [event("1", account="studio"), event("2", account="studio")]
    found = suggestions(only(doubles(AMY, pair)), about())
    assert all(one.notifies for one in found)
    assert not any(one.action == "hold" for one in found)


def test_a_tentative_event_gives_way_first():
    from worker.domain.event import Trait

    sure = event("1", attendees=0)
    unsure = event("2", attendees=5, traits=(Trait.TENTATIVE,))
    found = only(doubles(AMY, [sure, unsure]))
    assert [one.key.native_id for one in movable(found)] == ["2", "1"]


def test_a_move_names_free_times_in_the_resources_zone():
    one, other = event("1"), event("2", minutes=30)
    start = at("2026-03-03T09:00")
    free = {one.key: [Span(start, start + HOUR)], other.key: []}
    found = suggestions(only(doubles(AMY, [one, other])), about(free=free, zone="Europe/Berlin"))
    moves = {s.target.native_id: s.effect for s in found if s.action == "move"}
    assert "to Tue 3 Mar 10:00–11:00 CET, when everything that it needs is free" in moves["1"]
    assert "none is free in the next two weeks" in moves["2"]


def test_each_occurrence_of_a_record_is_a_target_of_its_own():
    pair = [event("1", occurrence="2026-03-02"), event("2")]
    targets = {s.target for s in suggestions(only(doubles(AMY, pair)), about())}
    assert Target("clinic", "1", "2026-03-02") in targets


def finding(kind, *events, subject=None, **fields):
    start = min((one.span.start for one in events), default=NOW)
    return Finding(
        kind,
        subject or Subject("resource", "amy", "Amy Ng"),
        Span(start, start + HOUR),
        tuple(member(one) for one in events),
        **fields,
    )


@pytest.mark.parametrize("kind", list(FindingKind))
def test_every_kind_has_a_way_out_that_is_a_sentence(kind):
    found = suggestions(
        finding(kind, event("1", attendees=2), event("2", account="campus"), peak=3)
    )
    assert found
    for one in found:
        assert one.effect.endswith(".")
        assert one.effect[0].isupper()
        assert one.target.account


@pytest.mark.parametrize("kind", [FindingKind.STALE_SOURCE, FindingKind.DATA_UNMAPPED])
def test_what_has_no_members_is_about_its_account(kind):
    found = suggestions(finding(kind, subject=Subject("account", "clinic")))
    assert {one.target for one in found} == {Target("clinic")}


def test_a_page_that_sees_nothing_is_connected_again_before_it_is_switched_off():
    page = finding(
        FindingKind.UNGUARDED_PAGE, subject=Subject("page", "frontdesk/30min", "Half an hour")
    )
    assert [(one.action, one.target) for one in suggestions(page)] == [
        ("reconnect", Target("frontdesk", "30min")),
        ("switch_off", Target("frontdesk", "30min")),
    ]


def test_a_block_is_lifted_before_a_booking_is_moved_and_is_never_moved_itself():
    block = event("9", kind=Kind.BLOCK, status=Status.HELD)
    found = suggestions(finding(FindingKind.OUTSIDE_AVAILABILITY, event("1"), block), about())
    assert named(found)[0][:3] == ("lift", "clinic", "9")
    assert {n for a, _, n, _ in named(found) if a in ("move", "archive")} == {"1"}


def test_places_are_never_limited_below_the_people_who_have_them():
    full, roomy = event("1", attendees=8, capacity=10), event("2", account="campus", attendees=3)
    found = suggestions(finding(FindingKind.CAPACITY_MISMATCH, full, roomy, peak=10, limit=5))
    assert [(one.action, one.target.native_id) for one in found] == [("limit_capacity", "2")]


# Where there is room.

QUARTER = 15 * MINUTE


def spans(*texts):
    return [
        Span(at(f"2026-03-02T{a}"), at(f"2026-03-02T{b}")) for a, b in (t.split("-") for t in texts)
    ]


def test_the_first_free_stretches_are_proposed_one_for_each_gap():
    day = only(spans("08:00-18:00"))
    taken = spans("09:00-10:00", "08:00-08:30", "11:30-12:00", "12:00-13:00")
    assert alternatives(taken, HOUR, day) == tuple(spans("10:00-11:00", "13:00-14:00"))
    assert alternatives(taken, 30 * MINUTE, day, count=2) == tuple(
        spans("08:30-09:00", "10:00-10:30")
    )


def test_proposals_begin_at_a_quarter_of_an_hour():
    assert alternatives(spans("08:00-08:50"), HOUR, only(spans("08:00-11:00"))) == tuple(
        spans("09:00-10:00")
    )
    assert alternatives(spans("08:00-08:50"), HOUR, only(spans("08:00-09:55"))) == ()


spots = st.lists(
    st.tuples(st.integers(0, 96), st.integers(0, 12)).map(
        lambda p: Span(NOW + p[0] * QUARTER, NOW + (p[0] + p[1]) * QUARTER)
    ),
    max_size=12,
)


@given(spots, st.integers(1, 3), st.integers(1, 8), st.integers(0, 2))
def test_where_a_proposal_goes_there_is_a_place_left_at_every_instant(
    stays, parallel, quarters, gap
):
    search = Span(NOW, NOW + DAY)
    full = list(crowded(stays, parallel, gap * QUARTER))
    for proposal in alternatives(full, quarters * QUARTER, search):
        assert search.start <= proposal.start
        assert proposal.end <= search.end
        for instant in range(proposal.start, proposal.end, QUARTER):
            there = [
                s
                for s in stays
                if s.seconds and s.start - gap * QUARTER <= instant < s.end + gap * QUARTER
            ]
            assert len(there) < parallel


@given(spots, st.integers(1, 8))
def test_where_nothing_is_proposed_nothing_fits(stays, quarters):
    search = Span(NOW, NOW + DAY)
    length = quarters * QUARTER
    fits = [
        Span(start, start + length)
        for start in range(NOW, search.end - length + 1, QUARTER)
        if not any(Span(start, start + length).overlaps(stay) for stay in stays)
    ]
    found = alternatives(crowded(stays, 1), length, search)
    assert found[:1] == tuple(fits[:1])


def test_usual_hours_are_what_the_weekdays_show_on_the_wall():
    stays = spans("09:00-10:00", "13:00-17:30", "22:00-23:30")
    usual = usual_hours(stays, "Europe/Berlin")  # 22:00 UTC goes on over midnight there
    monday = Span(at("2026-03-08T23:00"), at("2026-03-09T23:00"))
    assert usual.beyond(monday, "Europe/Berlin") == (
        Span(monday.start, at("2026-03-09T09:00")),
        Span(at("2026-03-09T17:30"), monday.end),
    )
    tuesday = Span(monday.end, monday.end + DAY)
    assert usual.beyond(tuesday, "Europe/Berlin") == (tuesday,)


def test_of_a_resource_that_was_never_used_every_hour_is_usual():
    assert usual_hours([], "UTC").beyond(Span(NOW, NOW + 9 * DAY), "UTC") == ()
