"""Copies at the simulated Acuity, and what a person approved for somebody's appointment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import NOW
from tests.vendors.acuity.pushing import LINK, Pushing
from worker.domain.event import Event, Kind, Status
from worker.domain.reconcile.intent import Purpose, echo
from worker.domain.span import HOUR, MINUTE, Span
from worker.sandbox.acuity import Quirks
from worker.vendors.base import Ambiguous, Nonsense, Rejected, Vanished
from worker.vendors.writer import Telling

CLIENT = {"admin": False, "email": "desk@example.org", "firstName": "Front", "phone": "(1) 23"}


@pytest.mark.parametrize("details", [{}, CLIENT], ids=["admin", "client"])
@pytest.mark.parametrize("zone", ["account", "calendar"])
def test_a_copy_reads_back_as_it_was_written(details, zone):
    there = Pushing(Quirks(day_zone=zone))
    intent = there.copy(details=details)
    written = there.account.create(intent)
    event = there.read(written.key)
    assert echo(event) == echo(written.event)
    assert (event.span, event.title, event.location, event.capacity) == (
        intent.span,
        intent.title,
        intent.location,
        intent.capacity,
    )
    assert (event.mark, event.status, event.ours) == (LINK, Status.BOOKED, True)
    assert there.account.probe(intent) == written
    assert len(there.writes) == 1
    assert not there.sim.notifications


def test_who_decides_and_that_nobody_is_told_stand_in_the_query_and_never_in_the_body():
    there = Pushing()
    there.account.create(there.copy())
    there.account.create(there.copy(30, CLIENT, link="f" * 24))
    assert [query for _, query, _ in there.writes] == ["admin=true&noEmail=true", "noEmail=true"]
    assert all({"admin", "noEmail"}.isdisjoint(body) for _, _, body in there.writes)
    assert "notes" in there.writes[0][2]
    assert "notes" not in there.writes[1][2]


def test_all_that_a_rule_may_say_arrives():
    there = Pushing()
    form = there.sim.add_form("Intake", "Wishes", "Choices")
    there.sim.site.types[there.talk].form_ids = [form]
    label, addon = there.sim.add_label("Copied"), there.sim.add_addon("Longer", 10)
    there.sim.add_certificate("HALF", [there.talk])
    details = {
        "certificate": "HALF",
        "labels": [label],
        "addonIDs": [addon],
        "duration": 60,
        "fields": {str(form * 10): "None", str(form * 10 + 1): ["a", "b"]},
    }
    intent = there.copy(details={**CLIENT, **details})
    written = there.account.create(intent)
    one = there.sim.site.appointments[int(written.key.native_id)]
    assert written.event.span == intent.span
    assert (one.first_name, one.email, one.certificate) == ("Front", "desk@example.org", "HALF")
    assert (one.label_id, one.addon_ids) == (label, [addon])
    assert one.answers == {form * 10: "None", form * 10 + 1: "a, b"}


def test_a_lost_race_is_told_by_its_code_and_nothing_is_booked():
    there = Pushing()
    there.sim.book(there.talk, there.copy().span.start, calendar_id=there.amy)
    there.sim.notifications.clear()
    with pytest.raises(Rejected, match="somebody else") as caught:
        there.account.create(there.copy(details=CLIENT))
    assert caught.value.code == "not_available"
    # Where we decided, the vendor checks nothing.
    assert there.account.create(there.copy()).event.span == there.copy().span
    assert not there.sim.notifications


@pytest.mark.parametrize(
    ("details", "code"),
    [
        ({"email": "nobody"}, "invalid_email"),
        ({"certificate": "NO"}, "invalid_certificate"),
        ({"fields": {"77": "x"}}, "invalid_fields"),
        ({"appointmentTypeID": 5}, "invalid_appointment_type"),
    ],
)
def test_a_refused_copy_is_rejected_with_the_vendors_code(details, code):
    there = Pushing()
    with pytest.raises(Rejected) as caught:
        there.account.create(there.copy(details={**CLIENT, **details}))
    assert caught.value.code == code


def test_too_soon_and_too_far_are_permanent_for_that_time():
    there = Pushing()
    there.sim.settings.min_hours = 48
    with pytest.raises(Rejected, match="refused again") as caught:
        there.account.create(there.copy(details=CLIENT))
    assert caught.value.code == "not_available_min_hours_in_advance"


def test_a_length_that_the_type_does_not_have_is_rejected_before_anything_is_sent():
    there = Pushing()
    with pytest.raises(Rejected, match="last 50 minutes"):
        there.account.create(there.copy(details={"duration": 40}))
    assert not there.writes


def test_a_copy_never_takes_a_place_in_a_class():
    there = Pushing()
    yoga = there.sim.add_class_type("Yoga", 50, [there.amy], 12)
    there.sim.add_class(yoga, there.copy().span.start)
    with pytest.raises(Rejected, match="place"):
        there.account.create(there.copy(details={"appointmentTypeID": yoga}))
    assert not there.writes


@pytest.mark.parametrize("how", ["cut", "500", "page", "202"])
@pytest.mark.parametrize("details", [{}, CLIENT], ids=["admin", "client"])
def test_a_copy_whose_answer_is_lost_is_found_by_its_mark(how, details):
    there = Pushing(lose={"POST /appointments": how})
    with pytest.raises(Ambiguous):
        there.account.create(there.copy(details=details))
    assert there.calls == ["POST /appointments"]
    there.lose = {}
    found = there.account.probe(there.copy(details=details))
    assert found is not None
    assert found.event.span == there.copy().span


def test_a_cancelled_copy_stays_readable_and_is_no_find():
    there = Pushing()
    written = there.account.create(there.copy())
    there.account.delete(written.key, "its origin was cancelled")
    assert there.account.probe(there.copy()) is None
    assert there.read(written.key).status is Status.CANCELLED
    there.account.delete(written.key, "its origin was cancelled")
    assert there.writes[0][2] is not None
    assert [body for call, _, body in there.writes if call.endswith("/cancel")] == [{}, {}]
    assert not there.sim.notifications


def test_a_second_cancellation_that_is_accepted_is_fine_too():
    there = Pushing(Quirks(cancel_again="accepted"))
    written = there.account.create(there.copy())
    there.account.delete(written.key, "")
    there.account.delete(written.key, "")
    assert not there.sim.notifications


def test_a_cancelled_copy_cannot_be_brought_back_by_an_update():
    there = Pushing()
    written = there.account.create(there.copy())
    there.account.delete(written.key, "")
    with pytest.raises(Vanished):
        there.account.update(written.key, there.copy(30))


@pytest.mark.parametrize("details", [{}, CLIENT], ids=["admin", "client"])
def test_a_copy_that_moves_keeps_its_id_and_is_rescheduled(details):
    there = Pushing()
    before = there.account.create(there.copy(50, details))
    after = there.account.update(before.key, there.copy(100, details))
    assert after.key == before.key
    assert there.calls[1:] == [f"PUT /appointments/{before.key.native_id}/reschedule"]
    assert echo(there.read(after.key)) == echo(after.event)
    assert after.event.span == there.copy(100).span
    assert not there.sim.notifications


def test_a_copy_that_is_renamed_is_edited_and_not_moved():
    there = Pushing()
    before = there.account.create(there.copy())
    after = there.account.update(before.key, there.copy(title="Yin yoga"))
    assert there.calls[1:] == [f"PUT /appointments/{before.key.native_id}"]
    assert list(there.writes[1][2]) == ["lastName"]
    assert (after.event.title, there.read(after.key).title) == ("Yin yoga", "Yin yoga")


def test_an_update_of_a_copy_that_is_right_already_writes_nothing():
    there = Pushing()
    details = {"phone": "(123) 555-9999", "email": "Desk@Example.org"}
    before = there.account.create(there.copy(details=details))
    assert there.account.update(before.key, there.copy(details=details)) == before
    assert there.calls == ["POST /appointments"]


def test_what_people_noted_stays_when_the_mark_is_written_again():
    there = Pushing()
    before = there.account.create(there.copy())
    there.sim.edit(int(before.key.native_id), notes="bring mats", phone="123")
    there.account.update(before.key, there.copy())
    one = there.sim.site.appointments[int(before.key.native_id)]
    assert one.notes == f"bring mats\nCopied by calsync [calsync {LINK}]"
    assert one.phone == "123"


def test_a_move_that_is_refused_after_an_edit_does_not_say_that_nothing_was_done():
    there = Pushing()
    before = there.account.create(there.copy(50, CLIENT))
    there.sim.settings.clients_may_reschedule = False
    with pytest.raises(Ambiguous, match="other fields"):
        there.account.update(before.key, there.copy(100, CLIENT, title="Other"))
    with pytest.raises(Rejected) as caught:
        there.account.update(before.key, there.copy(100, CLIENT, title="Other"))
    assert caught.value.code == "reschedule_not_allowed"


def test_a_mark_among_the_places_of_a_class_cannot_be_told_apart():
    there = Pushing()
    yoga = there.sim.add_class_type("Yoga", 50, [there.amy], 12)
    session = there.sim.add_class(yoga, there.copy().span.start)
    (row,) = there.sim.join(session, "Ann Example")
    there.sim.edit(row, notes=f"[calsync {LINK}]")
    with pytest.raises(Nonsense):
        there.account.probe(there.copy())


def test_a_copied_note_shows_nobodys_name():
    there = Pushing()
    booked = there.sim.book(there.talk, NOW + 9 * HOUR, client="Ida Secret")
    there.sim.edit(booked, notes=f"[calsync {LINK}]")
    (event,) = there.events()
    assert event.title == "Consultation"


@pytest.mark.parametrize(
    ("details", "word"),
    [
        ({"appointmentTypeID": None}, "appointmentTypeID"),
        ({"smsOptIn": True}, "smsOptIn"),
        ({"noEmail": False}, "noEmail"),
        ({"admin": False}, "email"),
        ({"admin": "no"}, "true or false"),
        ({"duration": "50"}, "duration"),
        ({"labels": [1, 2]}, "one"),
        ({"labels": "red"}, "labels"),
        ({"addonIDs": ["x"]}, "addonIDs"),
        ({"fields": [1]}, "fields"),
        ({"phone": 123}, "texts"),
    ],
)
def test_a_rule_that_makes_no_appointment_is_refused_in_words(details, word):
    there = Pushing()
    assert word in there.account.refuses(there.copy(details=details))
    assert there.account.refuses(there.copy()) == ""
    assert not there.writes


def test_open_slots_cannot_be_withdrawn():
    there = Pushing()
    assert there.account.refuses(replace(there.copy(), purpose=Purpose.WITHDRAWAL))


@pytest.mark.parametrize(
    "title", ["", "  a \n b ", "x" * 400, f"[calsync {LINK}]", f"a [calsync {'f' * 24}] b", "(…)"]
)
def test_any_title_reads_back_as_it_was_shaped(title):
    there = Pushing()
    intent = there.copy(title=title)
    assert there.account.shape(intent) == intent
    written = there.account.create(intent)
    assert (written.event.title, written.event.mark) == (intent.title, LINK)


def booked(there: Pushing, **more: Any) -> Event:
    there.sim.book(there.talk, NOW + 50 * HOUR, client="Ida Example", **more)
    there.sim.notifications.clear()
    (event,) = there.events()
    return event


@pytest.mark.parametrize(("telling", "mails"), [(Telling.NOBODY, 0), (Telling.PEOPLE, 1)])
def test_an_appointment_moves_as_approved_and_tells_only_whom_it_may(telling, mails):
    there = Pushing()
    event = booked(there)
    span = Span(event.span.start + HOUR, event.span.end + HOUR)
    moved = there.account.move(event, span, telling)
    assert (moved.key, moved.event.span) == (event.key, span)
    assert there.read(event.key) == moved.event
    assert len(there.sim.notifications) == mails


@pytest.mark.parametrize(("telling", "mails"), [(Telling.NOBODY, 0), (Telling.PEOPLE, 1)])
def test_an_appointment_ends_as_approved_and_tells_only_whom_it_may(telling, mails):
    there = Pushing()
    event = booked(there)
    there.account.end(event, "double booked", telling)
    there.account.end(event, "double booked", telling)
    assert there.read(event.key).status is Status.CANCELLED
    assert len(there.sim.notifications) == mails


def test_a_refused_cancellation_of_what_still_stands_is_rejected():
    there = Pushing()
    event = booked(there)
    there.lose = {"PUT /appointments/": "cancel_not_allowed"}
    with pytest.raises(Rejected):
        there.account.end(event, "", Telling.NOBODY)
    assert len(there.writes) == 1
    assert there.read(event.key).status is Status.BOOKED


def test_a_move_keeps_the_length():
    there = Pushing()
    event = booked(there)
    with pytest.raises(Rejected, match="length"):
        there.account.move(event, Span(event.span.start, event.span.end + MINUTE), Telling.NOBODY)
    assert not there.writes


def test_a_class_as_a_whole_is_left_to_people():
    there = Pushing()
    yoga = there.sim.add_class_type("Yoga", 50, [there.amy], 12)
    there.sim.join(there.sim.add_class(yoga, NOW + 50 * HOUR), "Ann Example")
    (event,) = there.events()
    assert event.key.kind is Kind.GROUP
    for attempt in (
        lambda: there.account.end(event, "", Telling.NOBODY),
        lambda: there.account.delete(event.key, ""),
        lambda: there.account.move(event, event.span, Telling.NOBODY),
    ):
        with pytest.raises(Rejected, match="own pages"):
            attempt()
    assert not there.writes
