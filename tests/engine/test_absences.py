"""Brakes B1 to B4 over a real store: what must come together before an event is gone."""

from __future__ import annotations

import pytest

from tests.builders import event
from tests.engine.practice import Office, Practice, hours, refuses, says
from worker.domain.absence import AbsenceRules
from worker.domain.event import Kind, Status
from worker.domain.listing import Coverage, Presence, Quarantined
from worker.engine.poll import Result
from worker.vendors.base import NeedsPerson, Nonsense, Rejected, TryLater

MINUTES = 60


@pytest.fixture
def office(tmp_path):
    """Forty events in step, of which the first has just disappeared from the list."""
    office = Office(tmp_path, Practice(hours(40)))
    office.poll()
    lost = office.practice.events.pop(0)
    assert lost.key.native_id == "1"
    yield office
    office.store.close()


def test_one_absence_is_nothing_and_asks_nothing(office):
    assert office.poll(10 * MINUTES).fine
    assert office.practice.asked == []
    assert office.statuses()["1"] == "booked"


def test_gone_after_two_absences_apart_and_the_vendors_word(office):
    office.poll(2 * MINUTES)
    report = office.poll(10 * MINUTES)
    assert report.polled
    assert report.polled.gone == 1
    assert office.statuses()["1"] == "cancelled"
    assert office.live() == 39


def test_two_absences_close_together_are_not_enough(office):
    office.poll(2 * MINUTES)
    for _ in range(9):
        office.poll(MINUTES + 6)
    office.poll(5)
    assert office.practice.asked == []
    assert office.statuses()["1"] == "booked"
    office.poll(1)
    assert office.statuses()["1"] == "cancelled"


@pytest.mark.parametrize(
    "word",
    [
        says(Presence.UNKNOWN),
        says(Presence.PRESENT),
        refuses(TryLater("busy")),
        refuses(TryLater("slow down", throttled=True, wait=30)),
        refuses(NeedsPerson("no right")),
        refuses(Nonsense("a web page")),
        refuses(Rejected("what?")),
    ],
    ids=["unknown", "present", "busy", "throttled", "no right", "nonsense", "rejected"],
)
def test_without_the_vendors_word_an_event_stays_however_often_it_is_missed(office, word):
    office.practice.word = word
    for _ in range(6):
        office.poll(11 * MINUTES)
    assert office.practice.asked
    assert office.statuses()["1"] == "booked"


def test_a_wait_stated_while_asking_by_id_is_kept(office):
    office.practice.word = refuses(TryLater("slow down", wait=300, throttled=True))
    office.poll(MINUTES)
    office.poll(10 * MINUTES)
    asked = len(office.practice.asked)
    walks = len(office.practice.walks)
    assert office.poll(299).result is Result.WAITING
    assert (len(office.practice.asked), len(office.practice.walks)) == (asked, walks)
    assert office.poll(1).result is not Result.WAITING


def test_an_event_that_comes_back_starts_again_at_none(office):
    office.poll(MINUTES)
    office.practice.events.insert(0, hours(1)[0])
    office.poll(11 * MINUTES)
    office.practice.events.pop(0)
    office.poll(MINUTES)
    assert office.statuses()["1"] == "booked"
    assert office.practice.asked == []


def test_what_is_present_by_id_is_refreshed_by_the_answer(office):
    changed = event("1", office.practice.events[0].span.start, title="moved")
    office.practice.hidden = {changed.key}
    office.practice.events.append(changed)
    office.poll(MINUTES)
    office.poll(11 * MINUTES)
    by_id = {one.event.key.native_id: one.event for one in stored(office)}
    assert by_id["1"].title == "moved"


@pytest.mark.parametrize("gaps", [("a page is missing",), ("two", "gaps")])
def test_an_incomplete_listing_says_nothing_about_what_it_lacks(office, gaps):
    office.practice.gaps = gaps
    for _ in range(5):
        assert office.poll(11 * MINUTES).result is Result.INCOMPLETE
    assert office.practice.asked == []
    assert missed(office, "1") == 0


def test_a_walk_over_changes_says_nothing_about_what_it_lacks(office):
    office.practice.coverage = Coverage.CHANGES
    for _ in range(5):
        assert office.poll(11 * MINUTES).fine
    assert missed(office, "1") == 0


def test_a_walk_that_breaks_off_adds_but_never_takes_away(office):
    office.practice.events.insert(0, event("new", office.clock.now() + 7200))
    office.practice.fails, office.practice.fails_after = TryLater("reset"), 3
    for _ in range(4):
        assert office.poll(11 * MINUTES).result is Result.FAILED
    assert office.statuses()["new"] == "booked"
    assert office.live() == 41
    assert missed(office, "1") == 0


def test_a_quarantined_row_counts_as_present(office):
    office.practice.quarantined = [Quarantined(Kind.SINGLE, "1", "end before start", b"{}")]
    for _ in range(3):
        assert office.poll(11 * MINUTES).result is Result.COMPLETE
    assert missed(office, "1") == 0
    assert [row.native_id for row in office.store.quarantine()] == ["1"]


def test_a_quarantined_row_of_unknown_kind_counts_for_every_kind(office):
    office.practice.quarantined = [Quarantined(None, "1", "no kind", b"{}")]
    office.poll(11 * MINUTES)
    assert missed(office, "1") == 0


def test_a_row_without_a_readable_id_keeps_the_whole_listing_from_counting(office):
    office.practice.quarantined = [Quarantined(None, "", "no id", b"[1]")]
    for _ in range(3):
        assert office.poll(11 * MINUTES).result is Result.INCOMPLETE
    assert missed(office, "1") == 0


def test_an_empty_listing_stops_every_deletion_and_is_told(office):
    kept, office.practice.events = office.practice.events, []
    for _ in range(4):
        report = office.poll(11 * MINUTES)
        assert not report.fine
        assert "empty" in report.brake
    assert office.practice.asked == []
    assert office.live() == 40
    office.practice.events = kept
    office.poll(11 * MINUTES)
    assert office.store.accounts.all()["clinic"].brake == ""


@pytest.mark.parametrize(("vanished", "stopped"), [(8, False), (9, True), (39, True)])
def test_more_than_a_fifth_at_once_stops_every_deletion(tmp_path, vanished, stopped):
    office = Office(tmp_path, Practice(hours(40)))
    office.poll()
    del office.practice.events[:vanished]
    office.poll(MINUTES)
    report = office.poll(11 * MINUTES)
    assert bool(report.brake) is stopped
    assert office.live() == (40 if stopped else 40 - vanished)
    office.store.close()


@pytest.mark.parametrize(("vanished", "stopped"), [(5, False), (6, True)])
def test_of_a_few_events_five_may_vanish_at_once(tmp_path, vanished, stopped):
    office = Office(tmp_path, Practice(hours(7)))
    office.poll()
    del office.practice.events[:vanished]
    office.poll(MINUTES)
    report = office.poll(11 * MINUTES)
    assert bool(report.brake) is stopped
    assert office.live() == (7 if stopped else 7 - vanished)
    office.store.close()


def test_the_thresholds_are_those_of_the_configuration(tmp_path):
    rules = AbsenceRules(absence_polls=4, absence_for=0, vanish_share=1.0, vanish_at_least=100)
    office = Office(tmp_path, Practice(hours(10)), rules)
    office.poll()
    del office.practice.events[:9]
    for _ in range(3):
        office.poll(1)
        assert office.live() == 10
    office.poll(1)
    assert office.live() == 1
    office.store.close()


def test_a_brake_is_off_once_its_reason_is_gone(office):
    gone, office.practice.events = office.practice.events[:20], office.practice.events[20:]
    assert office.poll(11 * MINUTES).brake
    office.practice.events = gone + office.practice.events
    assert office.poll(11 * MINUTES).fine
    assert set(office.statuses().items()) >= {(str(n), "booked") for n in range(2, 41)}


def test_a_broken_poll_leaves_the_brake_on(office):
    kept, office.practice.events = office.practice.events, []
    office.poll(11 * MINUTES)
    office.practice.events, office.practice.fails = kept, TryLater("down")
    office.poll(11 * MINUTES)
    assert office.store.accounts.all()["clinic"].brake == "B2"


def test_what_the_vendor_itself_cancels_needs_no_second_look(office):
    lost = office.practice.events[0]
    office.practice.events[0] = event(
        lost.key.native_id, lost.span.start, title=lost.title, status=Status.CANCELLED
    )
    report = office.poll(MINUTES)
    assert report.polled
    assert office.statuses()[lost.key.native_id] == "cancelled"
    assert office.practice.asked == []


def test_an_event_that_leaves_the_window_is_not_missed(office):
    office.poll(91 * 86_400)
    assert set(office.statuses().values()) == {"booked"}


def stored(office):
    from worker.store.events import Wanted

    return list(office.store.events.list(Wanted()))


def missed(office, native_id) -> int:
    return next(one.missed for one in stored(office) if one.event.key.native_id == native_id)
