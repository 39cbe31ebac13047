"""A refused write is tried again, each time later; one write counts once. See `tests/writing`."""

from __future__ import annotations

from worker.domain.event import Event, Key, Kind, Status
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.reconcile.plan import Action, Verb
from worker.domain.span import Span
from worker.engine.outcome import FIRST_RETRY, LAST_RETRY, Facts, found, refused, uncertain

NOW = 1_795_000_000
SPAN = Span(NOW + 86_400, NOW + 90_000)
INTENT = Intent("0" * 24, Purpose.HOLD, "studio", "calendar:1", "amy", SPAN)
CREATE = Action(Verb.CREATE, "studio", INTENT.link, "taken", SPAN, intent=INTENT)


def test_each_refusal_is_followed_by_twice_the_wait_up_to_half_a_day():
    link, now, waits = None, NOW, []
    for _ in range(12):
        outcome = refused(Facts(link, now), CREATE, "no")
        assert outcome.link is not None
        link = outcome.link[0]
        waits.append(link.retry_at - now)
        now = link.retry_at
    assert waits == [min(FIRST_RETRY * 2**count, LAST_RETRY) for count in range(12)]


def test_one_write_counts_once_though_its_answer_came_later():
    """B7 counts writes: a vendor that always answers later must not use them up twice as fast."""
    lost = uncertain(Facts(None, NOW), CREATE, "carried out later")
    assert lost.link is not None
    there = Event(Key("studio", Kind.BLOCK, "1"), Status.HELD, SPAN, mark=INTENT.link)
    known = found(Facts(lost.link[0], NOW + 60), CREATE, there)
    assert known.link is not None
    assert known.link[0].writes == (NOW + 60,)
