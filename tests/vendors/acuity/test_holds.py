"""Holds at the simulated Acuity: blocks that are made, replaced and taken away, and never twice."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW
from tests.vendors.acuity.pushing import LINK, WINDOW, Pushing
from worker.domain.event import Key, Kind, Role, Status, role
from worker.domain.listing import Presence
from worker.domain.reconcile.intent import echo
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.sandbox.acuity import Quirks
from worker.vendors.acuity import ENTRY
from worker.vendors.base import Ambiguous, NeedsPerson, Nonsense, Rejected, TryLater
from worker.vendors.writer import Settling, Telling, Writer

LOSSES = ["cut", "500", "page", "202"]


@pytest.mark.parametrize(
    "quirks",
    [
        Quirks(),
        Quirks(day_zone="calendar"),
        Quirks(blocks_match="start"),
        Quirks(max_ceiling=100),
        Quirks(blocks_default_max=None),
    ],
    ids=str,
)
def test_a_hold_reads_back_as_it_was_written(quirks):
    there = Pushing(quirks)
    intent = there.hold()
    written = there.account.create(intent)
    event = there.read(written.key)
    assert echo(event) == echo(written.event)
    assert (event.span, event.title, event.location, event.capacity) == (intent.span, "", "", None)
    assert (event.mark, event.status, event.key.kind) == (LINK, Status.HELD, Kind.BLOCK)
    assert role(event) is Role.OURS
    assert there.account.probe(intent) == written
    assert there.calls == ["POST /blocks"]
    assert not there.sim.notifications


def test_a_hold_is_sent_with_the_offset_of_its_calendar_and_no_word_about_anybody():
    there = Pushing()
    there.account.create(there.hold(calendar=f"calendar:{there.room}"))
    assert there.writes[0][2] == {
        "start": "2026-03-03T21:00:00+1300",
        "end": "2026-03-03T22:00:00+1300",
        "calendarID": there.room,
        "notes": f"Held by calsync [calsync {LINK}]",
    }


def test_the_hours_that_summer_time_skips_and_repeats_are_held_exactly():
    there = Pushing()
    for hour in range(24 * 26 + 12, 24 * 28):  # Athens changes on 29 March
        intent = there.hold(hour)
        written = there.account.create(replace(intent, link=f"{hour:024x}"))
        assert written.event.span == intent.span


def test_a_hold_that_moves_is_made_anew_before_the_old_one_goes():
    there = Pushing()
    before = there.account.create(there.hold())
    after = there.account.update(before.key, there.hold(30))
    assert there.calls == ["POST /blocks", "POST /blocks", f"DELETE /blocks/{before.key.native_id}"]
    assert [one.span for one in there.ours()] == [there.hold(30).span]
    assert echo(there.read(after.key)) == echo(after.event)
    assert not there.sim.notifications


def test_an_update_of_what_is_right_already_writes_nothing():
    there = Pushing()
    before = there.account.create(there.hold())
    assert there.account.update(before.key, there.hold()) == before
    assert there.calls == ["POST /blocks"]


def test_a_hold_whose_mark_was_edited_away_is_replaced():
    there = Pushing()
    bare = there.sim.block(there.amy, there.hold().span.start, there.hold().span.end, "Lunch")
    after = there.account.update(Key("coaching", Kind.BLOCK, str(bare)), there.hold())
    assert [one.key for one in there.ours()] == [after.key]
    assert len(there.sim.site.blocks) == 1


@pytest.mark.parametrize("how", LOSSES)
def test_a_create_whose_answer_is_lost_is_found_by_its_mark(how):
    there = Pushing(lose={"POST /blocks": how})
    with pytest.raises(Ambiguous):
        there.account.create(there.hold())
    assert there.calls == ["POST /blocks"]
    found = there.account.probe(there.hold())
    assert found is not None
    assert found.event.span == there.hold().span


def test_a_create_that_never_arrived_is_certainly_not_there():
    there = Pushing(lose={"POST /blocks": "unsent"})
    with pytest.raises(Ambiguous):
        there.account.create(there.hold())
    assert there.account.probe(there.hold()) is None


@pytest.mark.parametrize("how", LOSSES)
def test_an_update_whose_new_block_may_stand_is_resolved_by_a_probe(how):
    there = Pushing()
    old = there.account.create(there.hold())
    there.lose = {"POST /blocks": how}
    with pytest.raises(Ambiguous):
        there.account.update(old.key, there.hold(30))
    there.lose = {}
    found = there.account.probe(there.hold(30))
    assert found is not None
    assert found.key != old.key
    assert found.event.span == there.hold(30).span
    # Either way on: the caller takes the old one away, or asks for the change again.
    assert there.account.update(old.key, there.hold(30)) == found
    assert [one.key for one in there.ours()] == [found.key]
    assert there.calls.count("POST /blocks") == 2


@pytest.mark.parametrize("how", ["cut", "500", "202", "unsent"])
def test_an_update_that_breaks_off_between_making_and_deleting_leaves_no_second_hold(how):
    there = Pushing()
    old = there.account.create(there.hold())
    there.lose = {"DELETE /blocks/": how}
    with pytest.raises(Ambiguous):
        there.account.update(old.key, there.hold(30))
    there.lose = {}
    found = there.account.probe(there.hold(30))
    assert found is not None
    assert found.event.span == there.hold(30).span
    there.account.delete(old.key, "replaced")  # gone or not
    assert [one.key for one in there.ours()] == [found.key]


def test_an_update_that_never_made_its_new_block_shows_the_old_one():
    there = Pushing()
    old = there.account.create(there.hold())
    there.lose = {"POST /blocks": "unsent"}
    with pytest.raises(Ambiguous):
        there.account.update(old.key, there.hold(30))
    found = there.account.probe(there.hold(30))
    assert found is not None
    assert (found.key, found.event.span) == (old.key, there.hold().span)


def test_no_error_after_the_new_block_says_that_nothing_was_done():
    there = Pushing()
    old = there.account.create(there.hold())
    there.lose = {"DELETE /blocks/": "429"}
    with pytest.raises(Ambiguous) as caught:
        there.account.update(old.key, there.hold(30))
    assert caught.value.wait == 9


def test_a_hold_that_is_gone_already_is_deleted():
    there = Pushing()
    written = there.account.create(there.hold())
    there.account.delete(written.key, "its origin was cancelled")
    there.account.delete(written.key, "its origin was cancelled")
    assert there.account.confirm(written.key, WINDOW).presence is Presence.GONE
    assert there.account.probe(there.hold()) is None
    assert not there.sim.notifications


def test_a_hold_that_staff_moved_is_still_found_by_its_mark():
    there = Pushing()
    notes = f"Held by calsync [CALSYNC {LINK.upper()}] ask Amy"
    moved = there.sim.block(there.amy, NOW + 3 * DAY, NOW + 3 * DAY + HOUR, notes)
    found = there.account.probe(there.hold())
    assert found is not None
    assert found.key.native_id == str(moved)


def test_block_ids_beyond_32_bits_are_written_back_as_they_came():
    there = Pushing()
    written = there.account.create(there.hold())
    assert int(written.key.native_id) > 2**32
    there.account.delete(written.key, "")
    assert there.calls[-1] == f"DELETE /blocks/{written.key.native_id}"


@pytest.mark.parametrize("ceiling", [17, 100, 1000])
def test_a_probe_sees_past_the_cap_of_a_full_calendar(ceiling):
    there = Pushing(Quirks(max_ceiling=ceiling))
    written = there.account.create(there.hold())
    for number in range(130):
        start = there.hold().span.start + (number - 65) * 2 * HOUR
        there.sim.block(there.amy, start, start + 30 * MINUTE)
    assert there.account.probe(there.hold()) == written


def test_a_probe_that_cannot_tell_says_so():
    there = Pushing(Quirks(max_ceiling=100))
    for _ in range(130):
        there.sim.block(there.amy, there.hold().span.start, there.hold().span.end)
    with pytest.raises(Nonsense, match="cannot be told"):
        there.account.probe(there.hold())


@pytest.mark.parametrize("how", ["500", "page", "unsent"])
def test_a_probe_without_an_answer_is_no_absence(how):
    there = Pushing(lose={"GET /blocks": how})
    with pytest.raises((Nonsense, TryLater)):
        there.account.probe(there.hold())


def test_the_same_hold_in_another_calendar_is_no_find():
    there = Pushing()
    span = there.hold().span
    there.sim.block(there.room, span.start, span.end, f"[calsync {LINK}]")
    assert there.account.probe(there.hold()) is None


def test_a_calendar_that_does_not_exist_is_rejected():
    there = Pushing()
    with pytest.raises(Rejected) as caught:
        there.account.create(there.hold(calendar="calendar:999"))
    assert caught.value.code == "invalid_calendar"


def test_a_changed_key_is_no_ambiguity():
    there = Pushing()
    there.sim.rotate_key("another")
    with pytest.raises(NeedsPerson):
        there.account.create(there.hold())


def test_only_calendars_can_be_held():
    there = Pushing()
    assert there.account.refuses(there.hold()) == ""
    assert "calendar:42" in there.account.refuses(there.hold(calendar="*"))


def test_classes_do_not_heed_blocks_and_the_suggestion_says_so():
    assert "classes do not heed" in ENTRY.manners.hold


def test_the_adapter_offers_all_that_it_says():
    account = Pushing().account
    assert isinstance(account, Writer)
    assert isinstance(account, Settling)
    able = account.capabilities
    assert (able.create, able.move, able.remove, able.hold) == (True, True, True, True)


@given(st.integers(0, 10**7), st.integers(1, 10**6))
def test_a_hold_is_never_shortened_and_shaping_again_changes_nothing(start, seconds):
    there = _STILL
    intent = there.hold()
    span = Span(NOW + start, NOW + start + seconds)
    shaped = there.account.shape(replace(intent, span=span, title="x", location="y", capacity=3))
    assert shaped.span.start <= span.start
    assert span.end <= shaped.span.end
    assert shaped.span.seconds < seconds + 2 * MINUTE
    assert there.account.shape(shaped) == shaped


_STILL = Pushing()


def test_a_persons_block_moves_with_its_notes():
    there = Pushing()
    there.sim.block(there.amy, NOW + DAY, NOW + DAY + HOUR, "Dentist")
    (event,) = there.events()
    moved = there.account.move(event, Span(NOW + 2 * DAY, NOW + 2 * DAY + HOUR), Telling.NOBODY)
    (now,) = there.events()
    assert (now.title, now.span) == ("Dentist", moved.event.span)


def test_a_move_of_a_persons_block_that_broke_off_is_not_repeated():
    there = Pushing(lose={"DELETE /blocks/": "unsent"})
    there.sim.block(there.amy, NOW + DAY, NOW + DAY + HOUR, "Dentist")
    (event,) = there.events()
    to = Span(NOW + 2 * DAY, NOW + 2 * DAY + HOUR)
    with pytest.raises(Ambiguous):
        there.account.move(event, to, Telling.NOBODY)
    there.lose = {}
    there.account.move(event, to, Telling.NOBODY)
    assert [one.span for one in there.events()] == [to]
    assert there.calls.count("POST /blocks") == 1


def test_a_block_that_a_person_wants_gone_is_deleted():
    there = Pushing()
    there.sim.block(there.amy, NOW + DAY, NOW + DAY + HOUR, "Dentist")
    (event,) = there.events()
    there.account.end(event, "approved", Telling.NOBODY)
    assert there.events() == []
