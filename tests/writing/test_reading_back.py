"""Read back after a write: the vendor's two words together say what was carried out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import event
from worker.domain.listing import Presence
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.reconcile.plan import Action, Verb
from worker.domain.span import HOUR, Span
from worker.engine.reading_back import agreed
from worker.vendors.base import Ambiguous, Rejected

BEFORE = event("1")
WISHED = Span(BEFORE.span.start + HOUR, BEFORE.span.end + HOUR)
AFTER = replace(BEFORE, span=WISHED)
MOVED = replace(BEFORE, span=Span(WISHED.start + HOUR, WISHED.end + HOUR))
INTENT = Intent("0" * 24, Purpose.HOLD, "clinic", "calendar:1", "amy", WISHED)
UPDATE = Action(Verb.UPDATE, "clinic", "0" * 24, "", WISHED, BEFORE.key, INTENT)


def test_what_both_words_show_is_agreed():
    assert agreed(UPDATE, BEFORE, AFTER, AFTER, Presence.PRESENT) == AFTER


def test_what_somebody_moved_before_it_was_read_back_is_not_agreed():
    assert agreed(UPDATE, BEFORE, AFTER, MOVED, Presence.PRESENT) == AFTER


def test_what_the_vendor_rounds_is_agreed_as_it_is_shown():
    rounded = replace(AFTER, span=Span(WISHED.start - 300, WISHED.end))
    assert agreed(UPDATE, BEFORE, rounded, rounded, Presence.PRESENT) == rounded


def test_a_change_that_only_the_answer_shows_is_not_settled():
    with pytest.raises(Ambiguous, match="as it was"):
        agreed(UPDATE, BEFORE, AFTER, BEFORE, Presence.PRESENT)


def test_a_change_that_neither_shows_was_not_taken_up():
    with pytest.raises(Rejected, match="as it was"):
        agreed(UPDATE, BEFORE, BEFORE, BEFORE, Presence.PRESENT)


def test_what_is_not_there_under_the_id_that_was_answered_is_not_settled():
    with pytest.raises(Ambiguous, match="not shown"):
        agreed(UPDATE, None, AFTER, None, Presence.GONE)


@pytest.mark.parametrize("presence", [Presence.PRESENT, Presence.UNKNOWN])
def test_a_removal_is_done_once_it_is_seen_to_be_gone(presence):
    assert agreed(UPDATE, BEFORE, None, None, Presence.GONE) is None
    with pytest.raises(Ambiguous, match="still shown"):
        agreed(UPDATE, BEFORE, None, BEFORE, presence)
