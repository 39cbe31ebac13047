"""Who is where, as the store keeps it: in step with the events, whatever becomes of them."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import insert, select

from tests.builders import NOW, WEEK, event
from worker.domain.absence import Absent
from worker.domain.event import Event, Kind, Status, Trait
from worker.domain.health import Health
from worker.domain.listing import Batch, Coverage, Sighting
from worker.domain.span import DAY, Span
from worker.store import schema, upkeep
from worker.store.polls import Ending, Polled
from worker.store.store import Store
from worker.store.tables import META, PARTICIPATION

ADA, BO = "email:ada@example.com", "email:bo@example.com"


def polled(store: Store, *events: Event, gone: tuple[Event, ...] = ()) -> Polled:
    account = (events or gone)[0].key.account
    store.accounts.register(account, "any", "")
    recording = store.polls.begin(
        account, WEEK, NOW, resolve=lambda *_: (), redact=lambda answer: answer
    )
    recording.add(Batch(tuple(Sighting(one, b"{}") for one in events)))
    absent = tuple(Absent(one.key, one.span, 2, NOW) for one in gone)
    return store.polls.finish(
        recording, Ending(Health(), Coverage.FULL, complete=True, gone=absent), NOW
    )


def visit(native_id: str, start: int = NOW, people: tuple[str, ...] = (ADA,), **fields: object):
    return event(native_id, start, people=people, **fields)  # type: ignore[arg-type]


def rows(store: Store) -> list[tuple[str, int, int, int]]:
    return list(store.events.attendances(WEEK))


def known(store: Store, one: Event) -> set[str]:
    return set(store.events.people_of([one.key.number]))


def test_an_event_is_listed_under_each_person_on_its_roster_and_never_by_name(store: Store):
    course = visit("5", kind=Kind.GROUP, people=(ADA, BO))
    polled(store, course)
    assert {(start, end, number) for _, start, end, number in rows(store)} == {
        (course.span.start, course.span.end, course.key.number)
    }
    people = known(store, course)
    assert len(people) == 2
    assert not people & {ADA, BO}
    assert people == set(
        store.events.by_number([course.key.number])[course.key.number].event.people
    )


def test_one_person_is_the_same_in_every_account(store: Store):
    here, there = visit("1"), visit("2", NOW + DAY, account="campus")
    polled(store, here)
    polled(store, there)
    (person,) = known(store, here)
    assert [number for _, _, number in store.events.attended(person, WEEK)] == [
        here.key.number,
        there.key.number,
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.CANCELLED},
        {"traits": (Trait.NO_SHOW,)},
        {"mark": "calsync:copy:1"},
        {"kind": Kind.BLOCK, "status": Status.HELD},
    ],
)
def test_what_takes_no_time_of_anybody_is_not_listed(store: Store, fields: dict[str, object]):
    polled(store, visit("1", **fields))
    assert rows(store) == []


def test_a_moved_event_is_listed_at_its_new_time_only(store: Store):
    polled(store, visit("1"))
    polled(store, visit("1", NOW + DAY))
    assert [start for _, start, _, _ in rows(store)] == [NOW + DAY]


def test_only_what_is_in_the_window_is_told(store: Store):
    polled(store, visit("1"), visit("2", NOW + 2 * DAY))
    (person,) = known(store, visit("1"))
    window = Span(NOW + DAY, NOW + 3 * DAY)
    assert [start for start, _, _ in store.events.attended(person, window)] == [NOW + 2 * DAY]


def test_a_cancelled_and_a_vanished_event_are_struck_from_the_list(store: Store):
    first, second = visit("1"), visit("2", people=(BO,))
    polled(store, first, second)
    people = known(store, first) | known(store, second)
    assert polled(store, visit("1", status=Status.CANCELLED), gone=(second,)).people == people
    assert rows(store) == []


def test_a_person_with_a_single_event_needs_no_second_look(store: Store):
    assert polled(store, visit("1")).people == frozenset()


def test_a_person_whom_a_second_event_joins_is_to_be_looked_at(store: Store):
    polled(store, visit("1"))
    assert polled(store, visit("2", account="campus")).people == known(store, visit("1"))


def test_a_person_who_left_an_event_is_to_be_looked_at(store: Store):
    polled(store, visit("1", people=(ADA, BO)))
    before = known(store, visit("1"))
    assert polled(store, visit("1", people=(ADA,))).people == before


def test_a_single_event_that_asks_for_more_is_to_be_looked_at(store: Store):
    only = visit("1", series="group:9", min_per_person=2)
    assert polled(store, only).people == known(store, only)


def test_a_poll_that_changes_nothing_touches_nobody(store: Store):
    polled(store, visit("1"), visit("2"))
    assert polled(store, visit("1"), visit("2")).people == frozenset()


def test_the_limited_events_of_some_people_are_all_of_theirs(store: Store):
    mine = [visit(str(n), NOW + n * DAY, series="group:9", max_per_person=2) for n in range(3)]
    free = visit("7", series="group:10")
    other = visit("8", people=(BO,), series="group:9", max_per_person=2)
    polled(store, *mine, free, other)
    found = store.events.limited(known(store, mine[0]))
    assert found.keys() == {one.key.number for one in mine}


def test_a_store_of_the_first_schema_learns_who_is_where(url: str):
    store = Store(url)
    polled(store, visit("1", people=(ADA, BO)), visit("2", status=Status.CANCELLED))
    before = rows(store)
    assert len(before) == 2
    _back_to_the_first(store)
    store.close()
    later = Store(url)
    assert rows(later) == before
    assert schema.current(later.database) == schema.HEAD
    later.close()


def test_every_order_of_polls_leaves_the_same_list(tmp_path: Path):
    polls = [[visit("1")], [visit("2", account="campus", people=(ADA, BO))]]
    lists = []
    for number, order in enumerate(itertools.permutations(polls)):
        store = Store(f"sqlite:///{tmp_path / f'{number}.db'}")
        with store.database.writing() as connection:
            connection.execute(META.delete().where(META.c.name == "key"))
            connection.execute(insert(META).values(name="key", value="00" * 32))
        for events in order:
            polled(store, *events)
        lists.append(rows(store))
        store.close()
    assert lists[0] == lists[1] != []


def test_an_entry_that_belongs_to_no_event_is_told(store: Store):
    with store.database.writing() as connection:
        connection.execute(insert(PARTICIPATION).values(person="x", start=1, event=2, end=3))
        assert connection.execute(select(PARTICIPATION.c.person)).scalars().all() == ["x"]
    assert list(upkeep.verify(store.database)) == ["1 entries of people belong to no event"]


def _back_to_the_first(store: Store) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).with_name("migrations")))
    with store.database.writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "0001")
