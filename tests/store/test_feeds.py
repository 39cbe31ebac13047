"""Feeds in the store: names are unique, tokens are digests, and what ended is forgotten."""

from __future__ import annotations

import sqlite3

import pytest

from tests.builders import NOW, event
from tests.store.practice import COMPLETE, batch, begun, missing, polled
from worker.domain.event import Role, Status
from worker.domain.feed import Detail, Farewell, Feed, Fetch, NameTaken, NoSuchFeed, Scope
from worker.domain.span import DAY, HOUR, Span
from worker.store.database import StoreError
from worker.store.feeds import Feeds, Kept, Shown, digest
from worker.store.pulse import Pulse

AMY = Feed("amy", Scope.RESOURCE, "r1", Detail.BUSY, NOW)
KEPT = Kept("abc", NOW, NOW + 5, b"BEGIN:VCALENDAR\r\n")


@pytest.fixture
def feeds(store):
    return Feeds(store.database)


def shown(**changes: object) -> Shown:
    fields: dict[str, object] = {
        "accounts": ["clinic"],
        "resources": None,
        "window": Span(NOW - DAY, NOW + 7 * DAY),
        "roles": [Role.TAKEN],
        "cancelled_since": NOW,
    }
    return Shown(**fields | changes)  # type: ignore[arg-type]


def numbers(feeds: Feeds, **changes: object) -> list[int]:
    return [number for number, _, _ in feeds.events(shown(**changes))]


def test_a_feed_is_found_by_the_digest_of_its_token(feeds):
    feeds.add(AMY, digest("secret"))
    assert feeds.registry().feeds == {digest("secret"): AMY}


def test_a_name_is_taken_once_and_the_first_stays(feeds):
    feeds.add(AMY, digest("one"))
    with pytest.raises(NameTaken, match="there is a feed amy already"):
        feeds.add(AMY, digest("two"))
    assert list(feeds.registry().feeds) == [digest("one")]


def test_a_rotated_feed_has_another_token_and_no_fetches_any_more(feeds):
    feeds.add(AMY, digest("one"))
    feeds.remember({("amy", "Thunderbird"): NOW}, {})
    rotated = feeds.rotate("amy", digest("two"), NOW + 9)
    assert (rotated.rotated_at, rotated.created_at) == (NOW + 9, NOW)
    assert feeds.registry().feeds == {digest("two"): rotated}
    assert feeds.fetches() == {}


@pytest.mark.parametrize("farewell", Farewell)
def test_a_revoked_feed_is_forgotten_but_for_what_its_subscribers_are_told(feeds, farewell):
    feeds.add(AMY, digest("one"))
    feeds.remember({("amy", "Thunderbird"): NOW}, {"amy": KEPT})
    feeds.revoke("amy", farewell, NOW)
    registry = feeds.registry()
    assert registry.feeds == {}
    assert registry.ended == ({digest("one")} if farewell is Farewell.GONE else frozenset())
    assert (feeds.fetches(), feeds.kept("amy")) == ({}, None)
    feeds.add(AMY, digest("two"))  # the name is free again


def test_what_is_no_feed_can_be_neither_rotated_nor_revoked(feeds):
    with pytest.raises(NoSuchFeed, match="there is no feed amy"):
        feeds.rotate("amy", digest("x"), NOW)
    with pytest.raises(NoSuchFeed):
        feeds.revoke("amy", Farewell.NOTHING, NOW)


def test_the_newest_fetch_of_each_app_is_remembered(feeds):
    feeds.add(AMY, digest("one"))
    feeds.remember({("amy", "Thunderbird"): NOW, ("amy", "Outlook"): NOW + 1}, {})
    feeds.remember({("amy", "Thunderbird"): NOW + 5}, {})
    feeds.remember({("amy", "Outlook"): NOW}, {})  # late, from another process
    assert feeds.fetches() == {"amy": [Fetch("Thunderbird", NOW + 5), Fetch("Outlook", NOW + 1)]}


def test_what_a_feed_held_comes_back_and_of_no_feed_nothing_is_kept(feeds):
    feeds.add(AMY, digest("one"))
    feeds.remember({("gone", "Outlook"): NOW}, {"amy": KEPT, "gone": KEPT})
    assert feeds.kept("amy") == KEPT
    assert feeds.kept("gone") is None
    assert feeds.fetches() == {}


def test_no_token_is_in_the_store(feeds, store, tmp_path):
    if not store.database.sqlite:
        pytest.skip("looks into the file of a SQLite store")
    feeds.add(AMY, digest("very-secret-token"))
    written = b"".join(one.read_bytes() for one in tmp_path.iterdir() if one.is_file())
    assert digest("very-secret-token").encode() in written
    assert b"very-secret-token" not in written


def test_events_of_a_feed_come_in_order_of_start_with_their_revisions(feeds, store):
    late, early = event("late", NOW + HOUR), event("early", NOW)
    polled(store, late, early)
    polled(store, event("late", NOW + 2 * HOUR), early, now=NOW + 60)
    assert feeds.events(shown()) == [(early.key.number, 1, "[]"), (late.key.number, 2, "[]")]


def test_only_what_the_feed_is_of_is_shown(feeds, store):
    amy = event("1", subjects=("practitioner:1",))
    bo = event("2", NOW + HOUR, subjects=("practitioner:2",))
    ours = event("3", mark="hold", subjects=("practitioner:1",))
    offered = event("4", NOW + DAY, status=Status.OFFERED, subjects=("practitioner:1",))
    polled(store, amy, bo, ours, offered, event("far", NOW + 3 * DAY))
    store.accounts.register("campus", "vendor_b", "")
    recording = begun(store, account="campus")
    recording.add(batch(event("1", account="campus")))
    store.polls.finish(recording, COMPLETE, NOW)
    assert numbers(feeds, resources=["r1"]) == [amy.key.number]
    assert numbers(feeds, resources=["r1", "r2"]) == [amy.key.number, bo.key.number]
    assert numbers(feeds, resources=["r1"], roles=[Role.TAKEN, Role.OFFERED]) == [
        amy.key.number,
        offered.key.number,
    ]
    assert numbers(feeds, accounts=["campus"]) == [event("1", account="campus").key.number]
    assert numbers(feeds, resources=["r"]) == []


def test_what_was_cancelled_stays_for_a_while_if_it_was_known_before(feeds, store):
    known, new = event("1", subjects=("practitioner:1",)), event("2", status=Status.CANCELLED)
    polled(store, known, new)
    polled(store, new, now=NOW + 60, gone=[missing(known)])
    assert numbers(feeds, cancelled_since=NOW + 60) == [known.key.number]
    assert numbers(feeds, cancelled_since=NOW + 60, resources=["r1"]) == [known.key.number]
    assert numbers(feeds, cancelled_since=NOW + 60, resources=["r2"]) == []
    assert numbers(feeds, cancelled_since=NOW + 61) == []


def test_the_pulse_changes_with_every_commit_and_with_nothing_else(feeds, store):
    if not store.database.sqlite:
        pytest.skip("a server's pulse beats by the clock")
    pulse = Pulse(store.database)
    before = pulse.beat()
    feeds.registry()
    assert pulse.beat() == before
    feeds.add(AMY, digest("one"))
    assert pulse.beat() != before
    other = sqlite3.connect(store.database.path)
    now = pulse.beat()
    with other:
        other.execute("UPDATE feed SET of = 'r2'")
    other.close()
    assert pulse.beat() != now
    pulse.close()
    assert pulse.beat() != now  # counted anew, never mistaken for what was before
    pulse.close()


def test_a_store_that_is_gone_has_no_pulse(feeds, store, tmp_path):
    if not store.database.sqlite:
        pytest.skip("moves the file of a SQLite store")
    pulse = Pulse(store.database)
    store.database.path.rename(tmp_path / "elsewhere")
    with pytest.raises(StoreError):
        pulse.beat()
    (tmp_path / "elsewhere").rename(store.database.path)
    assert pulse.beat()
    pulse.close()
