"""Holds and copies at the simulated Cliniko: what is written reads back the same, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vendors.cliniko.test_against_sandbox import NOW
from tests.vendors.cliniko.written import LINK, WritablePractice, answering, breaking
from worker.domain.event import Kind, Status
from worker.domain.marker import mark
from worker.domain.reconcile.intent import Intent, Purpose, Written, echo
from worker.domain.span import DAY, HOUR, Span
from worker.sandbox.cliniko import Quirks
from worker.sandbox.exchange import Response
from worker.vendors.base import Ambiguous, NeedsPerson, Nonsense, Rejected, TryLater, Vanished
from worker.vendors.cliniko import drafts
from worker.vendors.writer import Settling, Writer

SENSES = [
    Quirks(),
    Quirks(id_type="number", conflicts_link="null", no_repeat_rule="empty"),
    Quirks(archiving="deleted_at", archive_again_status=204, patch_keeps="duration"),
    Quirks(archiving="archived_at", colliding_ids=True, max_attendees_bounds=(1, 100)),
]


def reads_back(place: WritablePractice, written: Written, intent: Intent) -> None:
    """A full reading shows exactly what the write returned, with its mark, and told nobody."""
    seen = place.seen()[written.key]
    assert echo(seen) == echo(written.event)
    assert seen.mark == intent.link
    assert seen.span == place.account.shape(intent).span
    assert place.sim.notifications == []


def test_the_account_can_be_written_to() -> None:
    account = WritablePractice().account
    assert isinstance(account, Writer)
    assert isinstance(account, Settling)
    can = account.capabilities
    assert (can.create, can.move, can.remove, can.hold) == (True, True, True, True)


@pytest.mark.parametrize("quirks", SENSES)
def test_a_hold_is_made_moved_and_archived(quirks: Quirks) -> None:
    place = WritablePractice(quirks)
    made = place.account.create(place.hold())
    assert (made.key.kind, made.event.status) == (Kind.BLOCK, Status.HELD)
    assert made.event.subjects == (f"business:{place.hill}", f"practitioner:{place.amy}")
    reads_back(place, made, place.hold())
    later = place.hold(30)
    moved = place.account.update(made.key, later)
    assert moved.key == made.key
    reads_back(place, moved, later)
    place.account.delete(made.key, "over")
    assert place.alive == []
    assert place.account.probe(later) is None
    assert place.sim.notifications == []


@pytest.mark.parametrize("quirks", SENSES)
def test_a_copy_is_made_changed_and_archived(quirks: Quirks) -> None:
    place = WritablePractice(quirks)
    made = place.account.create(place.copy())
    assert (made.key.kind, made.event.status) == (Kind.GROUP, Status.OFFERED)
    assert (made.event.title, made.event.capacity) == ("Pilates", 3)
    reads_back(place, made, place.copy())
    later = place.copy(30, capacity=7)
    moved = place.account.update(made.key, later)
    assert moved.event.capacity == 7
    reads_back(place, moved, later)
    place.account.delete(made.key, "over")
    assert place.alive == []


def test_a_hold_says_nothing_but_its_time_and_that_it_is_ours() -> None:
    place = WritablePractice()
    place.account.create(place.hold(title="Anna Schmidt, back pain", location="Ward 4"))
    [(method, path, body)] = place.writes
    assert (method, path) == ("POST", "/v1/unavailable_blocks")
    assert body == {
        "business_id": place.hill,
        "practitioner_id": place.amy,
        "starts_at": "2026-03-03T08:00:00Z",
        "ends_at": "2026-03-03T09:00:00Z",
        "notes": f"Held by calsync {mark(LINK)}",
    }


def test_archiving_is_used_and_the_deprecated_delete_is_not() -> None:
    place = WritablePractice()
    key = place.account.create(place.hold()).key
    place.account.delete(key, "over")
    method, path, _ = place.writes[-1]
    assert (method, path) == ("POST", f"/v1/unavailable_blocks/{key.native_id}/archive")


def test_both_times_are_always_sent_together() -> None:
    place = WritablePractice(Quirks(patch_keeps="duration"))
    key = place.account.create(place.hold()).key
    longer = place.hold(span=Span(NOW + DAY, NOW + DAY + 3 * HOUR))
    assert place.account.update(key, longer).event.span == longer.span
    assert {"starts_at", "ends_at"} <= place.writes[-1][2].keys()


def test_a_copy_never_asks_for_repeats_and_takes_what_its_rule_says() -> None:
    place = WritablePractice()
    details = {
        "appointment_type_id": int(place.pilates),
        "business_id": place.quay,
        "max_attendees": 9,
        "notes": "Bring a mat.",
    }
    made = place.account.create(place.copy(capacity=None, details=details))
    body = place.writes[0][2]
    assert "repeat_rule" not in body
    assert body["notes"] == f"Bring a mat. {mark(LINK)}"
    assert made.event.capacity == 9
    assert f"business:{place.quay}" in made.event.subjects


def test_a_copy_without_a_capacity_takes_its_types() -> None:
    place = WritablePractice()
    assert place.account.create(place.copy(capacity=None)).event.capacity == 3


# who and where


def test_a_business_alone_cannot_be_held() -> None:
    place = WritablePractice()
    calendar = f"business:{place.hill}"
    alone = place.hold(calendar=calendar, beside=())
    assert "practitioner" in place.account.refuses(alone)
    crowded = replace(alone, beside=("practitioner:1", "practitioner:2"))
    assert "practitioner" in place.account.refuses(crowded)
    with pytest.raises(Rejected):
        place.account.create(crowded)
    assert place.writes == []


def test_a_business_with_one_known_practitioner_is_held_by_holding_them() -> None:
    place = WritablePractice()
    only = place.hold(calendar=f"business:{place.quay}", beside=(f"practitioner:{place.amy}",))
    assert not place.account.refuses(only)
    made = place.account.create(only)
    assert made.event.subjects == (f"business:{place.quay}", f"practitioner:{place.amy}")


def test_the_configured_business_comes_before_the_usual_one() -> None:
    quay = WritablePractice().quay  # the same number in every one of these practices
    place = WritablePractice(business_id=quay)
    assert f"business:{quay}" in place.account.create(place.hold()).event.subjects


def test_a_practitioner_without_a_known_business_is_refused_with_words() -> None:
    place = WritablePractice()
    assert "business_id" in place.account.refuses(place.hold(beside=()))
    told = WritablePractice(business_id=place.quay)
    assert not told.account.refuses(told.hold(beside=()))


@pytest.mark.parametrize(
    ("details", "word"),
    [
        ({}, "appointment_type_id"),
        ({"appointment_type_id": "x"}, "appointment_type_id"),
        ({"appointment_type_id": True}, "appointment_type_id"),
        ({"appointment_type_id": "1", "colour": "red"}, "colour"),
        ({"appointment_type_id": "1", "max_attendees": 0}, "max_attendees"),
        ({"appointment_type_id": "1", "max_attendees": True}, "max_attendees"),
        ({"appointment_type_id": "1", "max_attendees": "5"}, "max_attendees"),
        ({"appointment_type_id": "1", "notes": 5}, "notes"),
        ({"appointment_type_id": "1", "notes": mark(LINK)}, "notes"),
    ],
)
def test_a_copy_rule_that_makes_no_sense_is_refused_with_words(
    details: dict[str, Any], word: str
) -> None:
    place = WritablePractice()
    assert word in place.account.refuses(place.copy(details=details))


def test_there_are_no_slots_to_withdraw() -> None:
    place = WritablePractice()
    assert place.account.refuses(place.hold(purpose=Purpose.WITHDRAWAL))


@given(
    st.sampled_from([Purpose.HOLD, Purpose.COPY]),
    st.one_of(st.none(), st.integers(1, 5000)),
    st.integers(0, 2**31),
    st.integers(1, 90_000),
    st.text(max_size=20),
)
def test_shaping_twice_is_shaping_once(
    purpose: Purpose, capacity: int | None, start: int, length: int, title: str
) -> None:
    intent = Intent(
        LINK, purpose, "clinic", "practitioner:1", "amy", Span(start, start + length),
        title=title, capacity=capacity, details={"max_attendees": 8},
    )  # fmt: skip
    shaped = drafts.shape(intent)
    assert drafts.shape(shaped) == shaped
    assert shaped.span == intent.span
    assert shaped.capacity is None or shaped.capacity <= (capacity or 8)


@pytest.mark.parametrize(("bounds", "fits"), [((2, 99), False), ((1, 100), True)])
def test_a_single_place_is_refused_rather_than_oversold(
    bounds: tuple[int, int], fits: bool
) -> None:
    place = WritablePractice(Quirks(max_attendees_bounds=bounds))
    if fits:
        assert place.account.create(place.copy(capacity=1)).event.capacity == 1
        return
    with pytest.raises(Rejected, match="max_attendees"):
        place.account.create(place.copy(capacity=1))


@pytest.mark.parametrize("bounds", [(2, 99), (1, 100)])
def test_more_places_than_cliniko_has_become_its_most(bounds: tuple[int, int]) -> None:
    place = WritablePractice(Quirks(max_attendees_bounds=bounds))
    made = place.account.create(place.copy(capacity=400))
    assert made.event.capacity == place.account.shape(place.copy(capacity=400)).capacity == 99


# what is lost on its way

LOST = [breaking, answering(500), answering(202), answering(200, b"<html>"), answering(201, b"{}")]


@pytest.mark.parametrize("spoil", LOST)
def test_a_create_whose_answer_is_lost_is_sent_once_and_found_by_its_mark(spoil: Any) -> None:
    place = WritablePractice(spoil=spoil)
    for n in range(130):
        place.block(20 + n / 20)
    with pytest.raises(Ambiguous):
        place.account.create(place.hold())
    assert len(place.writes) == 1
    found = place.account.probe(place.hold())
    assert found is not None
    reads_back(place, found, place.hold())


@pytest.mark.parametrize("spoil", LOST)
def test_an_update_whose_answer_is_lost_is_sent_once(spoil: Any) -> None:
    place = WritablePractice()
    key = place.account.create(place.hold()).key
    place.spoil = spoil
    with pytest.raises(Ambiguous):
        place.account.update(key, place.hold(30))
    assert len(place.writes) == 2
    found = place.account.probe(place.hold(30))
    assert found is not None
    assert found.event.span == place.hold(30).span


@pytest.mark.parametrize("spoil", [breaking, answering(502), answering(202)])
def test_an_archiving_whose_answer_is_lost_is_ambiguous(spoil: Any) -> None:
    place = WritablePractice()
    key = place.account.create(place.hold()).key
    place.spoil = spoil
    with pytest.raises(Ambiguous):
        place.account.delete(key, "over")
    place.account.delete(key, "over")  # what is gone is fine, and nothing is sent for it
    assert len(place.writes) == 2


def test_an_answer_with_another_record_is_no_answer() -> None:
    place = WritablePractice()
    key = place.account.create(place.hold()).key
    other = b'{"id":"77","starts_at":"2026-03-03T01:00:00Z","ends_at":"2026-03-03T02:00:00Z"}'
    place.spoil = answering(200, other)
    with pytest.raises(Ambiguous):
        place.account.update(key, place.hold(30))


# probing


def test_a_probe_finds_what_people_moved_by_a_day() -> None:
    place = WritablePractice()
    key = place.account.create(place.hold()).key
    place.sim.move("block", key.native_id, NOW + 40 * HOUR, NOW + 41 * HOUR)
    found = place.account.probe(place.hold())
    assert found is not None
    assert found.key == key


def test_a_probe_overlooks_what_is_archived_or_marked_for_another() -> None:
    place = WritablePractice()
    place.account.delete(place.account.create(place.hold()).key, "over")
    place.account.create(place.hold(link="f" * 24))
    assert place.account.probe(place.hold()) is None


def test_a_mark_that_people_copied_is_told_by_its_time_or_not_at_all() -> None:
    place = WritablePractice()
    key = place.account.create(place.hold()).key
    twin = place.block(26)
    place.sim.bookings["block", twin].notes = f"copy of {mark(LINK).upper()}"
    found = place.account.probe(place.hold())
    assert found is not None
    assert found.key == key
    with pytest.raises(Nonsense, match="several"):
        place.account.probe(place.hold(27))


def test_a_probe_that_is_not_allowed_or_cannot_be_answered_tells_nothing() -> None:
    place = WritablePractice()
    place.sim.handle = lambda _request: _answer(404)  # type: ignore[method-assign]
    with pytest.raises(Nonsense):
        place.account.probe(place.hold())
    place.sim.handle = lambda _request: _answer(403)  # type: ignore[method-assign]
    with pytest.raises((Nonsense, NeedsPerson)):
        place.account.probe(place.hold())
    place.sim.handle = lambda _request: _answer(503)  # type: ignore[method-assign]
    with pytest.raises(TryLater):
        place.account.probe(place.hold())


def _answer(status: int) -> Response:
    return Response(status, b"{}")


# other people's hands


def test_notes_that_people_wrote_stay_and_a_lost_mark_comes_back() -> None:
    place = WritablePractice()
    key = place.account.create(place.hold()).key
    row = place.sim.bookings["block", key.native_id]
    row.notes = f"Ask Ben. {mark(LINK)}"
    place.account.update(key, place.hold(26))
    assert "notes" not in place.writes[-1][2]
    row.notes = "Ask Ben."
    again = place.account.update(key, place.hold(27))
    assert row.notes == f"Ask Ben.\n{mark(LINK)}"
    reads_back(place, again, place.hold(27))


def test_a_hold_that_carries_anothers_mark_is_not_changed() -> None:
    place = WritablePractice()
    key = place.account.create(place.hold()).key
    with pytest.raises(Rejected):
        place.account.update(key, place.hold(26, link="f" * 24))
    assert len(place.writes) == 1


def test_what_people_archived_is_not_changed_but_reported() -> None:
    place = WritablePractice()
    key = place.account.create(place.hold()).key
    place.sim.archive("block", key.native_id)
    with pytest.raises(Vanished):
        place.account.update(key, place.hold(26))
    assert len(place.writes) == 1


def test_a_practitioner_that_people_exchanged_is_put_right_again() -> None:
    place = WritablePractice()
    ben = place.sim.add_practitioner("Ben", "Ok")
    key = place.account.create(place.hold()).key
    place.sim.bookings["block", key.native_id].practitioner_id = ben
    again = place.account.update(key, place.hold())
    assert f"practitioner:{place.amy}" in again.event.subjects


def test_a_copy_in_which_people_have_places_is_neither_moved_nor_archived() -> None:
    place = WritablePractice()
    key = place.account.create(place.copy()).key
    place.sim.add_attendee(key.native_id, place.patients[0])
    told = list(place.sim.notifications)  # of their booking
    with pytest.raises(Rejected) as refused:
        place.account.update(key, place.copy(30))
    assert refused.value.code == "attended"
    with pytest.raises(Rejected):
        place.account.delete(key, "over")
    wider = place.account.update(key, place.copy(capacity=8))
    assert (wider.event.capacity, wider.event.attendees) == (8, 1)
    assert len(place.alive) == 1
    assert place.sim.notifications == told


# refusals


def test_a_key_that_may_only_read_is_no_broken_account() -> None:
    place = WritablePractice(spoil=answering(403))
    with pytest.raises(Rejected) as refused:
        place.account.create(place.hold())
    assert refused.value.code == "role"


def test_a_key_that_is_not_accepted_needs_a_person() -> None:
    place = WritablePractice(spoil=answering(401))
    with pytest.raises(NeedsPerson):
        place.account.create(place.hold())


def test_a_write_beyond_the_rate_is_surely_not_carried_out() -> None:
    place = WritablePractice(Quirks(rate_limit=0))
    with pytest.raises(TryLater) as refused:
        place.account.create(place.hold())
    assert refused.value.untouched


def test_the_misleading_complaint_about_places_names_the_type_as_well() -> None:
    place = WritablePractice()
    wrong = place.copy(capacity=None, details={"appointment_type_id": "99999"})
    with pytest.raises(Rejected, match="appointment_type_id"):
        place.account.create(wrong)


def test_a_related_id_that_makes_the_vendor_fail_is_ambiguous_and_nothing_is_found() -> None:
    place = WritablePractice(Quirks(unknown_related_status=500))
    wrong = place.copy(details={"appointment_type_id": "99999"})
    with pytest.raises(Ambiguous):
        place.account.create(wrong)
    assert place.account.probe(wrong) is None


def test_a_refusal_quotes_nothing_that_the_vendor_said() -> None:
    body = b'{"message":"Anna Schmidt","errors":{"base":"Anna Schmidt","Anna":"x"}}'
    place = WritablePractice(spoil=answering(422, body))
    with pytest.raises(Rejected) as refused:
        place.account.create(place.hold())
    assert "Anna" not in str(refused.value)
    assert refused.value.code == "base"


def test_an_overlap_is_accepted_and_the_vendor_tells_of_it_afterwards() -> None:
    place = WritablePractice()
    place.single(24)
    made = place.account.create(place.hold())
    assert place.account.conflicts(made.key)
