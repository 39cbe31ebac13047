"""From where an account is read, how often as a whole, and how much is asked by id."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.builders import event
from tests.engine.practice import ACCOUNT, Office, Practice, hours, refuses
from worker.domain.absence import AbsenceRules
from worker.domain.health import paused, resumed
from worker.domain.listing import Batch, Confirmation, Coverage, Cursor, Presence
from worker.domain.span import DAY, Span
from worker.engine.poll import MOST_QUESTIONS, Result, Source, poll
from worker.vendors.base import StartOver, TryLater, Walk

MINUTES = 60


@pytest.fixture
def opened(tmp_path):
    offices: list[Office] = []

    def make(practice: Practice, rules: AbsenceRules | None = None) -> Office:
        offices.append(Office(tmp_path, practice, rules))
        return offices[-1]

    yield make
    for office in offices:
        office.store.close()


def places(office: Office) -> list[str | None]:
    """The cursor of each walk so far; None for a walk over everything."""
    return [cursor and cursor.text for cursor in office.practice.walks]


def changes_from(office: Office, place: str) -> None:
    office.practice.coverage, office.practice.cursor = Coverage.CHANGES, place


def test_a_walk_begins_where_the_last_complete_one_ended(opened):
    office = opened(Practice(hours(3), cursor="one"))
    office.poll()
    changes_from(office, "two")
    office.poll(2 * MINUTES)
    office.poll(2 * MINUTES)
    assert places(office) == [None, "one", "two"]


def test_a_walk_with_gaps_leaves_the_cursor_where_it_was(opened):
    office = opened(Practice(hours(3), cursor="one"))
    office.poll()
    changes_from(office, "two")
    office.practice.gaps = ("a page is missing",)
    assert office.poll(2 * MINUTES).result is Result.INCOMPLETE
    office.poll(2 * MINUTES)
    assert places(office) == [None, "one", "one"]


@pytest.mark.parametrize(("absence_for", "walks"), [(600, 5), (240, 2), (7200, 30)])
def test_everything_is_read_as_often_as_absences_may_count_and_once_an_hour(
    opened, absence_for, walks
):
    office = opened(Practice(hours(3), cursor="one"), AbsenceRules(absence_for=absence_for))
    office.poll()
    for _ in range(30):
        changes_from(office, "next")
        office.poll(2 * MINUTES)
    assert places(office)[1:].index(None) + 1 == walks


def test_a_window_that_begins_earlier_is_read_as_a_whole(opened):
    office = opened(Practice(hours(3), cursor="one"))
    office.poll()
    now = int(office.clock.now())
    source = Source(ACCOUNT, office.practice, 120)
    for window in (Span(now - DAY, now + 91 * DAY), Span(now - DAY - 1, now + 90 * DAY)):
        poll(source, office.store, window, office.clock, office.rules)
    assert places(office) == [None, "one", None]


class Forgetful(Practice):
    """Knows no cursor any more by the time it is asked to go on from one."""

    def fetch(self, window: Span, since: Cursor | None) -> Walk:
        if since is None:
            return super().fetch(window, since)
        self.walks.append(since)
        return Walk(Coverage.CHANGES, self._lost())

    def _lost(self) -> Iterator[Batch]:
        yield Batch()
        raise StartOver("the cursor is too old")


def test_a_cursor_that_is_no_longer_good_costs_a_full_walk_and_no_failure(opened):
    office = opened(Forgetful(hours(3), cursor="one"))
    office.poll()
    office.practice.events.append(event("new", int(office.clock.now()) + 7200))
    report = office.poll(2 * MINUTES)
    assert (report.result, places(office)) == (Result.COMPLETE, [None, "one", None])
    assert office.statuses()["new"] == "booked"


@pytest.mark.parametrize("when", ["before its time", "when it is due"])
def test_a_paused_account_is_not_called_whoever_asks(opened, when):
    office = opened(Practice(hours(3)))
    office.poll()
    office.store.accounts.change_health(ACCOUNT, paused)
    assert office.poll(0 if when == "before its time" else DAY).result is Result.PAUSED
    assert len(office.practice.walks) == 1
    now = int(office.clock.now())
    office.store.accounts.change_health(ACCOUNT, lambda health: resumed(health, now))
    assert office.poll().result is Result.COMPLETE


def test_after_a_refusal_no_more_is_asked_in_that_poll(opened):
    office = opened(Practice(hours(40)))
    office.poll()
    del office.practice.events[:5]
    office.practice.word = refuses(TryLater("slow down", wait=300, throttled=True))
    office.poll(MINUTES)
    office.poll(11 * MINUTES)
    assert len(office.practice.asked) == 1
    assert office.live() == 40


def test_of_very_many_absences_some_are_asked_for_at_each_poll(opened):
    many = MOST_QUESTIONS + 5
    office = opened(Practice(hours(many + 1)), AbsenceRules(vanish_at_least=many))
    office.poll()
    del office.practice.events[:many]
    office.poll(MINUTES)
    office.poll(11 * MINUTES)
    assert (len(office.practice.asked), office.live()) == (MOST_QUESTIONS, 6)
    office.poll(2 * MINUTES)
    assert (len(office.practice.asked), office.live()) == (many, 1)


def test_a_doubt_that_a_person_should_look_into_is_told_as_a_brake(opened):
    office = opened(Practice(hours(40)))
    office.poll()
    office.practice.events.pop(0)
    office.practice.word = lambda key: Confirmation(
        key, Presence.UNKNOWN, doubt="deleted, or the right to see it was lost"
    )
    office.poll(MINUTES)
    report = office.poll(11 * MINUTES)
    assert "the right to see it was lost" in report.brake
    assert not report.fine
    assert office.store.accounts.all()[ACCOUNT].brake == "B4"
    assert office.statuses()["1"] == "booked"


def test_a_poll_with_gaps_leaves_the_brake_on(opened):
    office = opened(Practice(hours(40)))
    office.poll()
    kept, office.practice.events = office.practice.events, []
    office.poll(11 * MINUTES)
    office.practice.events, office.practice.gaps = kept, ("a page is missing",)
    office.poll(11 * MINUTES)
    assert office.store.accounts.all()[ACCOUNT].brake == "B2"


def test_what_is_shown_by_id_with_a_change_is_missed_no_longer(opened):
    office = opened(Practice(hours(40)))
    office.poll()
    moved = event("1", int(office.clock.now()) + 9000, title="moved")
    office.practice.events[0] = moved
    office.practice.hidden = {moved.key}
    office.poll(MINUTES)
    office.poll(11 * MINUTES)
    assert office.practice.asked == [moved.key]
    office.poll(11 * MINUTES)
    assert office.practice.asked == [moved.key]
