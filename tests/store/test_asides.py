"""What a listing holds beside events: rows that make no sense, and booking pages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.builders import NOW, event
from tests.store.practice import CHANGES, COMPLETE, INCOMPLETE, batch, begun, polled
from worker.domain.event import Kind
from worker.domain.listing import Quarantined, Template
from worker.store.tables import TEMPLATE

BAD = Quarantined(Kind.SINGLE, "9", "starts_at is missing", b'{"id":9,"name":"Ada"}')


def quarantined(store, *rows, now=NOW, ending=COMPLETE, events=()):
    recording = begun(store, now=now)
    recording.add(batch(*events, quarantined=rows))
    store.polls.finish(recording, ending, now)


def names(store):
    return [(row.kind, row.native_id, row.first_at) for row in store.quarantine()]


def test_a_row_that_makes_no_sense_is_kept_with_its_reason_and_since_when(store):
    quarantined(store, BAD)
    quarantined(store, BAD, now=NOW + 120)
    assert names(store) == [("single", "9", NOW)]
    (row,) = store.quarantine()
    assert (row.reason, row.answer) == ("starts_at is missing", b'{"id":9,"name":"Ada"}')


def test_a_row_that_makes_no_sense_counts_as_present(store):
    polled(store, event("9"), event("8"))
    recording = begun(store)
    recording.add(batch(quarantined=[BAD, replace(BAD, kind=None, native_id="8")]))
    assert recording.absent(NOW) == ([], 2)


def test_a_row_of_another_kind_with_the_same_id_does_not_count_for_it(store):
    polled(store, event("9", kind=Kind.GROUP))
    recording = begun(store)
    recording.add(batch(quarantined=[BAD]))
    ((absent,), _) = recording.absent(NOW)
    assert absent.key.kind is Kind.GROUP


@pytest.mark.parametrize("ending", [COMPLETE, INCOMPLETE, CHANGES])
def test_a_row_that_makes_sense_again_is_set_aside_no_longer(store, ending):
    quarantined(store, BAD, replace(BAD, kind=None, native_id="10"))
    quarantined(store, now=NOW + 120, ending=ending, events=[event("9"), event("10")])
    assert names(store) == []


@pytest.mark.parametrize("ending", [INCOMPLETE, CHANGES])
def test_a_row_that_a_partial_listing_does_not_show_stays_set_aside(store, ending):
    quarantined(store, BAD)
    quarantined(store, now=NOW + 120, ending=ending)
    assert names(store) == [("single", "9", NOW)]


def test_a_row_that_a_whole_listing_does_not_show_is_forgotten(store):
    quarantined(store, BAD)
    quarantined(store, replace(BAD, native_id="11"), now=NOW + 120)
    assert names(store) == [("single", "11", NOW + 120)]


@pytest.mark.parametrize("native_id", ["", "nought \x00", "half \ud800"])
def test_rows_without_a_usable_id_are_each_kept_and_leave_a_gap(store, native_id):
    recording = begun(store)
    one = replace(BAD, native_id=native_id)
    recording.add(batch(quarantined=[one, replace(one, answer=b'{"other":1}')]))
    assert list(recording.gaps) == ["a row has no id that can be read"]
    store.polls.finish(recording, INCOMPLETE, NOW)
    assert len(store.quarantine()) == 2


def test_a_row_is_redacted_before_it_is_held(store):
    recording = begun(store)
    recording.redact = lambda answer: answer.replace(b"Ada", b"***")
    recording.add(batch(quarantined=[BAD]))
    assert "Ada" not in repr(recording)
    store.polls.finish(recording, COMPLETE, NOW)
    assert store.quarantine()[0].answer == b'{"id":9,"name":"***"}'


def pages(store):
    with store.database.reading() as connection:
        rows = connection.execute(
            select(TEMPLATE.c.native_id, TEMPLATE.c.name, TEMPLATE.c.subjects, TEMPLATE.c.seen_at)
        )
        return sorted(map(tuple, rows))


def told(store, *templates, now=NOW, ending=COMPLETE):
    recording = begun(store, now=now)
    recording.add(batch(templates=templates))
    store.polls.finish(recording, ending, now)


def test_booking_pages_are_kept_beside_the_events_and_replaced_as_a_whole(store):
    told(store, Template("a", "Intro", True, ("calendar:amy",)), Template("b", "Talk", True))
    told(store, Template("a", "Intro 2", False), now=NOW + 120, ending=INCOMPLETE)
    assert pages(store) == [("a", "Intro 2", "[]", NOW + 120), ("b", "Talk", "[]", NOW)]
    told(store, Template("b", "Talk", True), now=NOW + 240)
    assert pages(store) == [("b", "Talk", "[]", NOW + 240)]


def test_a_booking_page_with_impossible_text_leaves_a_gap_and_no_trace(store):
    recording = begun(store)
    recording.add(
        batch(templates=[Template("a", "half \ud800", True), Template("b", "Talk", True)])
    )
    assert list(recording.gaps) == ["a booking page has characters that are none"]
    store.polls.finish(recording, INCOMPLETE, NOW)
    assert [page[0] for page in pages(store)] == ["b"]
