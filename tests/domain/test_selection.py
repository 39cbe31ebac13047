"""Which events and findings are asked for, where something is left open."""

from worker.domain.conflict.finding import FindingState
from worker.domain.conflict.selection import Selection
from worker.domain.event import Status
from worker.domain.instants import LATEST
from worker.domain.selection import statuses, window
from worker.domain.span import Span

USUAL = Span(1000, 2000)


def test_cancelled_events_are_shown_to_those_who_ask_for_them():
    assert Status.CANCELLED not in statuses("")
    assert len(statuses("")) == len(Status) - 1
    assert statuses("cancelled") == (Status.CANCELLED,)
    assert set(statuses("all")) == set(Status)


def test_a_window_is_the_usual_one_unless_a_side_is_given():
    assert window(None, None, USUAL) == USUAL
    assert window(5, None, USUAL) == Span(5, LATEST)
    assert window(None, 5, USUAL) == Span(0, 5)
    assert window(0, 0, USUAL) == Span(0, 0)


def test_a_window_that_ends_before_it_begins_is_empty():
    assert window(9, 5, USUAL) == Span(9, 9)


def test_without_states_a_report_decides_itself_and_all_means_every_one():
    assert Selection().wanted == ()
    assert set(Selection(states=("all", "open")).wanted) == set(FindingState)
    assert Selection(states=("open",)).wanted == (FindingState.OPEN,)
