"""What a poll leaves in the store: all of it at once, each row once, nothing without need."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from tests.builders import NOW, WEEK, event
from tests.store.practice import (
    CHANGES,
    COMPLETE,
    INCOMPLETE,
    batch,
    begun,
    found,
    missing,
    polled,
    shown,
    sighted,
)
from worker.domain.event import Event, Kind, Role, Status
from worker.domain.health import Health
from worker.domain.listing import Cursor
from worker.domain.span import DAY, HOUR, Span
from worker.store import recording as recordings
from worker.store.events import Wanted
from worker.store.store import Store
from worker.store.tables import EVENT, OCCUPANCY, POLL, REVISION, STAGED


def count(store: Store, table) -> int:
    with store.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def states(store: Store, one) -> list[dict[str, object]]:
    with store.database.reading() as connection:
        rows = connection.execute(
            select(REVISION.c.state)
            .where(REVISION.c.event == one.key.number)
            .order_by(REVISION.c.revision)
        )
        return [json.loads(state) for state in rows.scalars()]


def test_nothing_of_a_poll_shows_before_it_is_finished(store):
    recording = begun(store)
    recording.add(batch(event("1")))
    assert list(store.events.list(Wanted())) == []
    store.polls.finish(recording, COMPLETE, NOW)
    assert shown(store, event("1")) == [(NOW, "booked", 1)]


def test_an_event_reads_back_as_it_was_shown_but_for_its_people(store):
    one = event(
        "7",
        kind=Kind.GROUP,
        occurrence="2026-03-02",
        timezone="Europe/Berlin",
        title="Übung; 12 o’clock",
        location="Raum 3",
        subjects=("practitioner:2", "practitioner:1"),
        capacity=12,
        attendees=3,
        people=("email:amy@example.org",),
        pad_before=5,
        pad_after=10,
        url="https://example.org/7",
        series="5",
        min_per_person=1,
        max_per_person=2,
        mark="0123456789abcdef",
    )
    polled(store, one)
    entry = found(store, one.key)
    assert replace(entry.event, people=()) == replace(one, people=())
    assert len(entry.event.people) == 1
    assert entry.resources == ("r1", "r2")
    assert (entry.vendor, entry.created_at, entry.updated_at) == ("vendor_a", NOW, NOW)


def test_an_unchanged_event_is_not_written_again(store):
    polled(store, event("1"))
    again = polled(store, event("1"), now=NOW + 120)
    assert (again.created, again.changed, again.touched) == (0, 0, frozenset())
    assert found(store, event("1").key).updated_at == NOW
    assert count(store, REVISION) == 0


def test_a_change_keeps_the_former_state(store):
    polled(store, event("1", title="before"))
    result = polled(store, event("1", title="after", minutes=30), now=NOW + 120)
    assert (result.created, result.changed) == (0, 1)
    assert found(store, event("1").key).event.title == "after"
    (state,) = states(store, event("1"))
    assert (state["title"], state["end"]) == ("before", NOW + HOUR)


def test_each_field_of_an_event_counts_as_a_change(store):
    one = event("1")
    polled(store, one)
    fields = {
        "status": Status.HELD,
        "span": Span(NOW, NOW + 60),
        "timezone": "Asia/Tokyo",
        "title": "t",
        "location": "l",
        "subjects": ("practitioner:1",),
        "capacity": 1,
        "attendees": 1,
        "people": ("email:a@example.org",),
        "pad_before": 1,
        "pad_after": 1,
        "url": "https://example.org",
        "series": "s",
        "min_per_person": 1,
        "max_per_person": 1,
        "mark": "m",
    }
    for number, (name, value) in enumerate(fields.items()):
        result = polled(store, replace(one, **{name: value}), now=NOW + number)
        assert result.changed == 1, name
        one = replace(one, **{name: value})


def test_what_a_poll_touched_is_what_was_bound_before_or_is_bound_now(store):
    polled(
        store, event("1", subjects=("practitioner:1",)), event("2", subjects=("practitioner:9",))
    )
    result = polled(
        store,
        event("1", subjects=("practitioner:2",)),
        event("2", subjects=("practitioner:9",)),
        now=NOW + 120,
    )
    assert result.touched == {"r1", "r2"}


def test_more_changes_than_memory_holds_all_arrive(store, monkeypatch):
    monkeypatch.setattr(recordings, "IN_MEMORY", 10)
    recording = begun(store)
    for page in range(7):
        recording.add(batch(*(event(str(page * 6 + row)) for row in range(6))))
    assert len(recording.waiting) < 10
    assert count(store, STAGED) >= 30
    result = store.polls.finish(recording, COMPLETE, NOW)
    assert (result.created, count(store, EVENT), count(store, STAGED)) == (42, 42, 0)


@pytest.mark.parametrize("limit", [1, 2, 1000], ids=["spilt at once", "spilt", "in memory"])
def test_the_last_of_two_sightings_in_one_walk_counts(store, monkeypatch, limit):
    monkeypatch.setattr(recordings, "IN_MEMORY", limit)
    recording = begun(store)
    recording.add(batch(event("1", title="first"), event("2")))
    recording.add(batch(event("3"), event("1", title="last")))
    result = store.polls.finish(recording, COMPLETE, NOW)
    assert (result.created, result.rows, count(store, EVENT)) == (3, 4, 3)
    assert found(store, event("1").key).event.title == "last"


@pytest.mark.parametrize("limit", [1, 1000], ids=["spilt", "in memory"])
def test_what_changes_and_changes_back_in_one_walk_is_no_change(store, monkeypatch, limit):
    monkeypatch.setattr(recordings, "IN_MEMORY", limit)
    polled(store, event("1", title="stays"))
    recording = begun(store)
    recording.add(batch(event("1", title="for a moment")))
    recording.add(batch(event("1", title="stays")))
    result = store.polls.finish(recording, COMPLETE, NOW + 120)
    assert result.changed == 0
    assert shown(store, event("1")) == [(NOW, "booked", 1)]
    assert (count(store, REVISION), count(store, STAGED)) == (0, 0)


@pytest.mark.parametrize("limit", [1, 1000], ids=["spilt", "in memory"])
def test_a_new_event_that_leaves_the_window_while_pages_are_read_is_known_where_it_went(
    store, monkeypatch, limit
):
    monkeypatch.setattr(recordings, "IN_MEMORY", limit)
    away = event("1", WEEK.end + DAY)
    recording = begun(store)
    recording.add(batch(event("1")))
    recording.add(batch(away))
    store.polls.finish(recording, COMPLETE, NOW)
    assert shown(store, away) == [(WEEK.end + DAY, "booked", 1)]


def test_what_was_never_in_the_window_does_not_come_in_by_a_walk_over_changes(store):
    result = polled(store, event("1", WEEK.end + DAY), ending=CHANGES)
    assert (result.created, count(store, EVENT)) == (0, 0)


def test_a_known_event_is_followed_out_of_the_window(store):
    polled(store, event("1"))
    polled(store, event("1", WEEK.end + DAY), ending=CHANGES, now=NOW + 120)
    assert shown(store, event("1")) == [(WEEK.end + DAY, "booked", 2)]


def test_a_poll_that_was_never_finished_leaves_nothing_behind(store, monkeypatch):
    monkeypatch.setattr(recordings, "IN_MEMORY", 1)
    begun(store).add(batch(event("1"), event("2")))
    assert count(store, STAGED) == 2
    polled(store, event("1"), now=NOW + 120)
    assert (count(store, EVENT), count(store, STAGED)) == (1, 0)
    with store.database.reading() as connection:
        rows = connection.execute(select(POLL.c.finished_at, POLL.c.reason).order_by(POLL.c.id))
        assert [tuple(row) for row in rows] == [
            (NOW, "the process ended during this poll"),
            (NOW + 120, ""),
        ]


def test_polls_of_two_accounts_keep_apart_while_both_are_under_way(store, monkeypatch):
    monkeypatch.setattr(recordings, "IN_MEMORY", 1)
    store.accounts.register("campus", "vendor_b", "")
    clinic, campus = begun(store), begun(store, account="campus")
    clinic.add(batch(event("1")))
    campus.add(batch(event("1", account="campus"), event("2", account="campus")))
    assert store.polls.finish(clinic, COMPLETE, NOW).created == 1
    assert count(store, STAGED) == 2
    assert store.polls.finish(campus, COMPLETE, NOW).created == 2
    assert store.events.count(WEEK) == {"clinic": 1, "campus": 2}


def test_a_missed_event_stays_until_the_vendor_confirms_that_it_is_gone(store):
    one = event("1", subjects=("practitioner:1",))
    polled(store, one)
    polled(store, now=NOW + 120, absent=[missing(one)])
    polled(store, now=NOW + 240, absent=[missing(one, 2)])
    assert found(store, one.key).missed == 2
    assert shown(store, one) == [(NOW, "booked", 1)]
    result = polled(store, now=NOW + 900, gone=[missing(one, 3)])
    assert (result.gone, result.touched) == (1, {"r1"})
    assert shown(store, one) == [(NOW, "cancelled", 2)]
    assert found(store, one.key).gone_at == NOW + 900
    assert count(store, OCCUPANCY) == 0
    assert [state["status"] for state in states(store, one)] == ["booked"]


def test_absences_are_counted_from_the_first_and_forgotten_when_the_event_is_shown_again(store):
    one = event("1")
    polled(store, one)
    polled(store, now=NOW + 120, absent=[missing(one)])
    ((absent,), live) = begun(store).absent(NOW + 240)
    assert (absent.key, absent.polls, absent.since, live) == (one.key, 2, NOW + 120, 1)
    polled(store, one, now=NOW + 360)
    ((absent,), _) = begun(store).absent(NOW + 480)
    assert (absent.polls, absent.since) == (1, NOW + 480)
    assert shown(store, one) == [(NOW, "booked", 1)]


def test_an_event_that_was_gone_comes_back_by_being_shown(store):
    one = event("1", subjects=("practitioner:1",))
    polled(store, one)
    polled(store, now=NOW + 900, gone=[missing(one, 2)])
    result = polled(store, one, now=NOW + 1800)
    assert (result.changed, result.touched) == (1, {"r1"})
    assert shown(store, one) == [(NOW, "booked", 3)]
    entry = found(store, one.key)
    assert (entry.gone_at, entry.missed) == (None, 0)
    assert [number for *_, number in store.events.stays("r1", WEEK, [Role.TAKEN])] == [
        one.key.number
    ]
    assert [state["status"] for state in states(store, one)] == ["booked", "cancelled"]


def test_absence_is_weighed_in_the_window_only_and_not_of_what_is_cancelled(store):
    inside, far = event("1"), event("2", WEEK.end - HOUR)
    cancelled = event("3", status=Status.CANCELLED)
    polled(store, inside, far, cancelled)
    narrow = Span(WEEK.start, WEEK.end - DAY)
    absent, live = begun(store, narrow).absent(NOW)
    assert ([one.key for one in absent], live) == ([inside.key], 1)


def test_an_incomplete_poll_adds_and_changes_but_leaves_cursor_and_templates(store):
    cursor = Cursor("place", WEEK, NOW)
    polled(store, event("1"), ending=replace(COMPLETE, cursor=cursor))
    polled(store, event("2"), ending=INCOMPLETE, now=NOW + 120)
    account = store.accounts.all()["clinic"]
    assert account.cursor == cursor
    assert count(store, EVENT) == 2
    last = store.last_polls()["clinic"]
    assert (last.complete, last.reason, last.created) == (False, "a page failed", 1)


def test_health_cursor_and_brake_are_left_with_the_events_in_one_step(store):
    recording = begun(store)
    recording.add(batch(event("1")))
    health = Health(next_at=NOW + 120, complete_at=NOW, failures=0)
    ending = replace(
        COMPLETE,
        health=health,
        cursor=Cursor("place", WEEK, NOW),
        brake="B3",
        brake_reason="too many",
    )
    assert store.accounts.all()["clinic"].health == Health()
    store.polls.finish(recording, ending, NOW)
    account = store.accounts.all()["clinic"]
    assert (account.health, account.cursor, account.brake, account.brake_reason) == (
        health,
        Cursor("place", WEEK, NOW),
        "B3",
        "too many",
    )


@pytest.mark.parametrize("field", ["capacity", "attendees", "pad_before", "min_per_person"])
def test_a_number_that_no_database_holds_is_set_aside_and_its_neighbour_kept(store, field):
    result = polled(store, event("1", **{field: 2**31}), event("2"))
    assert (result.created, result.rows) == (1, 2)
    (row,) = store.quarantine()
    assert (row.kind, row.native_id, row.reason) == (
        "single",
        "1",
        "a number is too large to mean anything",
    )


@pytest.mark.parametrize("text", ["half \ud800 character", "nought \x00 byte"])
@pytest.mark.parametrize("field", ["title", "location", "timezone", "url", "series", "mark"])
def test_text_that_no_database_holds_is_set_aside_and_its_neighbour_kept(store, field, text):
    result = polled(store, event("1", **{field: text}), event("2"))
    assert result.created == 1
    assert [row.reason for row in store.quarantine()] == ["a text has characters that are none"]


def test_a_sighting_by_id_counts_as_shown(store):
    one = event("1")
    polled(store, one)
    recording = begun(store)
    recording.see(sighted(replace(one, title="moved")))
    assert recording.absent(NOW) == ([], 1)
    store.polls.finish(recording, COMPLETE, NOW + 120)
    assert shown(store, one) == [(NOW, "booked", 2)]


def test_the_answer_behind_an_event_is_kept_as_the_adapter_redacted_it(store):
    recording = store.polls.begin(
        "clinic", WEEK, NOW, resolve=lambda *_: (), redact=lambda answer: answer.upper()
    )
    recording.add(batch(event("1")))
    store.polls.finish(recording, COMPLETE, NOW)
    assert store.events.answer(event("1").key.number) == b'{"ID":1}'
    assert store.events.answer(event("none").key.number) is None


STEPS = st.lists(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.integers(0, 2), st.booleans()),
        max_size=6,
    ),
    max_size=5,
)


@pytest.fixture(scope="module")
def ever_new(tmp_path_factory) -> Iterator[tuple[Store, Iterator[str]]]:
    """A store, and accounts of which it has never shown anything."""
    store = Store(f"sqlite:///{tmp_path_factory.mktemp('store') / 'calsync.db'}")

    def accounts() -> Iterator[str]:
        for number in itertools.count():
            store.accounts.register(f"a{number}", "vendor_a", "")
            yield f"a{number}"

    yield store, accounts()
    store.close()


@given(polls=STEPS)
@settings(max_examples=50)
def test_any_sequence_of_polls_leaves_the_last_word_on_each_event(ever_new, polls):
    store, accounts = ever_new
    account = next(accounts)
    last: dict[str, Event] = {}
    for number, rows in enumerate(polls):
        recording = begun(store, now=NOW + number, account=account)
        for name, hour, cancelled in rows:
            one = event(
                name,
                NOW + hour * HOUR,
                account=account,
                subjects=(f"practitioner:{hour}",),
                status=Status.CANCELLED if cancelled else Status.BOOKED,
            )
            recording.add(batch(one))
            last[name] = one
        store.polls.finish(recording, COMPLETE, NOW + number)
    listed = [entry.event for entry in store.events.list(Wanted(accounts=[account]))]
    assert listed == sorted(
        last.values(), key=lambda one: (one.span.start, one.span.end, one.key.number)
    )
    ours = {one.key.number for one in listed}
    for hour in range(3):
        taken = {
            one.key.number
            for one in last.values()
            if one.status is Status.BOOKED and one.span.start == NOW + hour * HOUR
        }
        stays = store.events.stays(f"r{hour}", WEEK, [Role.TAKEN])
        assert {number for *_, number in stays} & ours == taken


def test_a_page_costs_the_same_however_many_came_before_it(store):
    recording = begun(store)
    recording.add(batch(event("1")))
    seen, staged = recording.seen, recording.staged
    recording.add(batch(event("2")))
    store.polls.finish(recording, COMPLETE, NOW)
    assert recording.seen is seen  # grown, not copied: copies made a long walk quadratic
    assert recording.staged is staged


def test_emptying_the_staging_table_spares_what_another_account_has_there(store, monkeypatch):
    monkeypatch.setattr(recordings, "IN_MEMORY", 1)
    store.accounts.register("campus", "vendor_b", "")
    campus = begun(store, account="campus")
    campus.add(batch(event("1", account="campus")))
    for number in range(2):
        polled(store, event(str(number)), now=NOW + number)
    assert count(store, STAGED) == 1
    assert store.polls.finish(campus, COMPLETE, NOW).created == 1
    assert count(store, STAGED) == 0
