"""Accounts, events and findings: what is asked of the store comes back as it was put in."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.builders import NOW, WEEK, event
from tests.store.practice import COMPLETE, batch, begun, found, missing, polled
from worker.domain.event import Kind, Role, Status
from worker.domain.health import Health, Trouble
from worker.domain.listing import Cursor
from worker.domain.span import DAY, HOUR, Span
from worker.store.events import Wanted
from worker.store.store import Store
from worker.store.tables import META

TAKEN = [Role.TAKEN]


def listed(store: Store, **wanted: object) -> list[str]:
    return [entry.event.key.native_id for entry in store.events.list(Wanted(**wanted))]  # type: ignore[arg-type]


def test_an_account_that_moves_to_another_tenant_loses_its_cursor_only(store):
    ending = COMPLETE.__class__(
        Health(complete_at=NOW), COMPLETE.coverage, True, cursor=Cursor("x", WEEK, NOW)
    )
    recording = begun(store)
    store.polls.finish(recording, ending, NOW)
    store.accounts.register("clinic", "vendor_a", "tenant 1")
    assert store.accounts.all()["clinic"].cursor == Cursor("x", WEEK, NOW)
    store.accounts.register("clinic", "vendor_a", "tenant 2")
    account = store.accounts.all()["clinic"]
    assert (account.cursor, account.scope, account.health.complete_at) == (None, "tenant 2", NOW)


def test_health_is_changed_in_one_step_and_every_field_of_it_comes_back(store):
    health = Health(
        next_at=1,
        failures=2,
        trouble=Trouble.THROTTLED,
        error="GET /x answered 429",
        attempted_at=3,
        complete_at=4,
        wait_until=5,
        throttles=6,
        paused=True,
    )
    assert store.accounts.change_health("clinic", lambda _old: health) == health
    assert store.accounts.all()["clinic"].health == health


def test_the_health_of_an_unknown_account_cannot_be_changed(store):
    with pytest.raises(KeyError):
        store.accounts.change_health("nobody", lambda old: old)


def test_events_are_listed_in_order_of_start_and_by_every_filter(store):
    store.accounts.register("campus", "vendor_b", "")
    polled(
        store,
        event("late", NOW + HOUR, subjects=("practitioner:1",)),
        event("early", NOW, subjects=("practitioner:2",)),
        event("off", NOW + DAY, status=Status.CANCELLED, subjects=("practitioner:1",)),
    )
    recording = begun(store, account="campus")
    recording.add(batch(event("other", NOW + 60, account="campus")))
    store.polls.finish(recording, COMPLETE, NOW)
    assert listed(store) == ["early", "other", "late", "off"]
    assert listed(store, accounts=["campus"]) == ["other"]
    assert listed(store, resources=["r1"]) == ["late", "off"]
    assert listed(store, resources=["r1", "r2"], statuses=[Status.BOOKED]) == ["early", "late"]
    assert listed(store, window=Span(NOW, NOW + HOUR)) == ["early", "other"]
    assert listed(store, window=Span(NOW + 10 * DAY, NOW + 11 * DAY)) == []


def test_a_resource_is_found_by_its_whole_name_only(store):
    polled(
        store, event("1", subjects=("practitioner:1",)), event("11", subjects=("practitioner:11",))
    )
    polled(
        store,
        event("1", subjects=("practitioner:1",), status=Status.CANCELLED),
        event("11", subjects=("practitioner:11",), status=Status.CANCELLED),
    )
    assert listed(store, resources=["r1"]) == ["1"]
    assert listed(store, resources=["r%", "_"]) == []


def test_points_belong_to_the_window_that_they_lie_in(store):
    polled(store, event("start", NOW, 0), event("end", NOW + HOUR, 0))
    assert listed(store, window=Span(NOW, NOW + HOUR)) == ["start"]


def test_events_are_counted_by_account_without_the_cancelled_ones(store):
    polled(store, event("1"), event("2", status=Status.CANCELLED), event("3", NOW + DAY))
    assert store.events.count(WEEK) == {"clinic": 2}
    assert store.events.count(Span(NOW, NOW + HOUR)) == {"clinic": 1}


def test_stays_are_what_takes_time_of_a_resource_in_order_of_start(store):
    polled(
        store,
        event("b", NOW + HOUR, subjects=("practitioner:1",)),
        event("a", NOW, subjects=("practitioner:1", "practitioner:2")),
        event("block", NOW, kind=Kind.BLOCK, status=Status.HELD, subjects=("practitioner:1",)),
        event("gone", NOW, status=Status.CANCELLED, subjects=("practitioner:1",)),
        event("far", WEEK.end - HOUR, subjects=("practitioner:1",)),
    )
    window = Span(NOW, NOW + 2 * HOUR)
    stays = [(row[0], row[1]) for row in store.events.stays("r1", window, TAKEN)]
    assert stays == [(NOW, NOW + HOUR), (NOW + HOUR, NOW + 2 * HOUR)]
    assert len(list(store.events.stays("r2", window, TAKEN))) == 1
    assert len(list(store.events.stays("r1", window, [Role.TAKEN, Role.BLOCK]))) == 3


def test_events_are_bound_anew_only_where_bindings_changed(store):
    polled(store, event("1", subjects=("practitioner:1",)))
    gone = event("2", subjects=("practitioner:1",))
    polled(store, event("1", subjects=("practitioner:1",)), gone, now=NOW + 60)
    polled(store, event("1", subjects=("practitioner:1",)), now=NOW + 120, gone=[missing(gone)])

    def to_bo(_account, subjects):
        return ("bo",) if "practitioner:1" in subjects else ()

    def never(_account, _subjects):
        raise AssertionError("the bindings are the same")

    assert store.events.rebind("digest 1", to_bo)
    assert not store.events.rebind("digest 1", never)
    assert found(store, event("1").key).resources == ("bo",)
    assert found(store, event("1").key).revision == 1
    assert list(store.events.stays("r1", WEEK, TAKEN)) == []
    assert [row[0] for row in store.events.stays("bo", WEEK, TAKEN)] == [NOW]
    assert sorted(listed(store, resources=["bo"])) == ["1", "2"]
    assert store.events.rebind("digest 2", lambda *_: ())
    assert listed(store, resources=["bo"]) == []


def test_last_polls_are_the_newest_finished_ones(store):
    polled(store, event("1"))
    polled(store, event("1"), event("2"), now=NOW + 120)
    begun(store, now=NOW + 240)
    last = store.last_polls()["clinic"]
    assert (last.started_at, last.finished_at, last.complete) == (NOW + 120, NOW + 120, True)
    assert (last.rows, last.created, last.changed, last.gone) == (2, 1, 0, 0)


def test_people_are_told_apart_but_never_stored_in_the_clear(store, tmp_path):
    canaries = ("email:canary-person@example.org", "patient:canary-4711")
    polled(store, event("1", people=canaries), event("2", people=canaries[:1]))
    one, two = (set(found(store, event(name).key).event.people) for name in "12")
    assert len(one) == 2
    assert two < one
    assert not any("canary" in person for person in one)
    store.close()
    for path in tmp_path.iterdir():
        assert b"canary" not in path.read_bytes()


def test_two_stores_hash_one_person_differently(tmp_path):
    hashes = set()
    for name in ("a", "b"):
        opened = Store(f"sqlite:///{tmp_path / name}.db")
        opened.accounts.register("clinic", "vendor_a", "")
        polled(opened, event("1", people=("email:amy@example.org",)))
        hashes.add(found(opened, event("1").key).event.people)
        opened.close()
    assert len(hashes) == 2


def test_a_recording_tells_nothing_about_people_or_its_key(store):
    recording = begun(store)
    recording.add(batch(event("1", people=("email:canary@example.org",), title="canary")))
    text = repr(recording)
    assert "canary" not in text
    assert recording.key.hex() not in text
    assert repr(recording.key) not in text


def test_a_store_that_is_opened_again_is_the_same(url):
    first = Store(url)
    first.accounts.register("clinic", "vendor_a", "tenant 1")
    polled(first, event("1", people=("email:amy@example.org",)))
    first.close()
    second = Store(url)
    assert polled(second, event("1", people=("email:amy@example.org",)), now=NOW + 120).changed == 0
    with second.database.reading() as connection:
        names = connection.execute(select(META.c.name)).scalars().all()
    assert names == ["key"]
    second.close()
