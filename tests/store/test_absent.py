"""Which events a listing could have shown and did not: by account and by the window's edges."""

from __future__ import annotations

import pytest

from tests.builders import NOW, WEEK, event
from tests.store.practice import COMPLETE, batch, begun, missing, polled
from worker.domain.span import DAY, MINUTE, Span

WIDE = Span(WEEK.start - DAY, WEEK.end + DAY)


def absent(store) -> list[str]:
    found, live = begun(store).absent(NOW)
    assert live == len(found)
    return [one.key.native_id for one in found]


@pytest.mark.parametrize(
    ("start", "minutes", "belongs"),
    [
        (WEEK.end, 60, False),
        (WEEK.end - MINUTE, 60, True),
        (WEEK.start - 60 * MINUTE, 60, False),
        (WEEK.start - 59 * MINUTE, 60, True),
        (WEEK.start, 0, True),
        (WEEK.start - 1, 0, False),
        (WEEK.end - 1, 0, True),
        (WEEK.end, 0, False),
    ],
)
def test_only_what_the_window_shows_can_be_absent(store, start, minutes, belongs):
    one = event("1", start, minutes)
    polled(store, one, window=WIDE)
    assert WEEK.shows(one.span) is belongs
    assert absent(store) == (["1"] if belongs else [])


def test_what_another_account_shows_is_not_absent_from_this_one(store):
    store.accounts.register("campus", "vendor_b", "tenant 1")
    recording = begun(store, account="campus")
    recording.add(batch(event("1", account="campus")))
    store.polls.finish(recording, COMPLETE, NOW)
    assert store.events.count(WEEK) == {"campus": 1}
    assert absent(store) == []


@pytest.mark.parametrize("title", ["", "another"], ids=["as it was", "changed"])
def test_what_is_shown_again_starts_again_at_no_absences(store, title):
    polled(store, event("1"))
    polled(store, now=NOW + 120, absent=[missing(event("1"))])
    polled(store, event("1", title=title), now=NOW + 240)
    ((one,), _) = begun(store).absent(NOW + 360)
    assert (one.polls, one.since) == (1, NOW + 360)
