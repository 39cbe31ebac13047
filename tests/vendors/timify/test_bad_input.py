"""Rows and answers that make no sense: their neighbours are never lost, nothing is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.vendors.timify.samples import Read, Studio, answer, booking, opened, read, record
from worker.domain.event import Kind
from worker.vendors.base import Nonsense, VendorError

LIST = "/v1/appointments"
CANARY = "Zyxwvut"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bookings": [booking("2026-03-03T09:00", -60)]}, "interval ends before it begins"),
        ({"bookings": [booking("2026-03-03T09:00", recurringDay="1st")]}, "recurringDay"),
        (
            {"bookings": [booking("2026-03-03T09:00", interval={"begin": CANARY, "end": "x"})]},
            "interval.begin",
        ),
        ({"bookings": [{"id": "1"}]}, "startDate"),
        ({"bookings": [booking("2026-03-03T09:00", durationBefore=-5)]}, "padding"),
        ({"bookings": CANARY}, "bookings"),
        ({"bookings": [], "startDate": "2026-03-03T09:00:00"}, "startDate is no time with an"),
        ({"bookings": [], "startDate": "0001-01-01T00:00:00Z"}, "startDate"),
        ({"bookings": [], "startDate": None}, "startDate"),
        ({"bookings": [], "duration": None}, "duration"),
        ({"bookings": [], "duration": -5}, "duration"),
        ({"duration": CANARY}, "duration"),
        ({"customers": {"id": CANARY}}, "customers"),
        ({"reservedUntil": CANARY}, "reservedUntil"),
        ({"title": ["list"]}, "title"),
    ],
)
def test_a_record_that_makes_no_sense_is_set_aside_by_id(
    changes: dict[str, Any], reason: str
) -> None:
    result = read(record(**changes), record("d" * 24))
    (odd,) = result.quarantined
    assert (odd.kind, odd.native_id) == (Kind.SINGLE, "c" * 24)
    assert reason in odd.reason
    assert CANARY not in odd.reason
    assert [event.key.native_id for event in result.events] == ["d" * 24]
    assert result.gaps == []


def test_half_a_series_is_not_read() -> None:
    rows = [booking("2026-03-03T09:00", recurringDay="2026-03-03")]
    rows.append(booking("2026-03-04T09:00", -5, recurringDay="2026-03-04"))
    result = read(record(bookings=rows, recurring={"frequency": "DAYS"}))
    assert result.events == []
    assert len(result.quarantined) == 1


@pytest.mark.parametrize("id_", [None, "", "x" * 301, "a\x00b", 10**400, True, ["x"], {}])
def test_a_record_without_a_usable_id_is_a_gap(id_: Any) -> None:
    result = read(record(id_), record("d" * 24))
    assert [one.native_id for one in result.quarantined] == [""]
    assert result.gaps == ["GET /appointments showed a row without a usable id"]
    assert len(result.events) == 1


@pytest.mark.parametrize("id_", [7, "007", "A", "a", " a", "../x", "ä", "9" * 300])
def test_ids_are_kept_exactly_as_given(id_: Any) -> None:
    assert read(record(id_)).only().key.native_id == str(id_)


def test_ids_that_differ_in_case_only_are_two() -> None:
    assert len(read(record("Abc"), record("abc")).events) == 2


def test_not_a_number_in_one_row_spares_the_others() -> None:
    odd = json.dumps(record()).replace('"duration": 60', '"duration": NaN')
    studio = Studio()
    body = f'{{"data": [{odd}, {json.dumps(record("d" * 24))}], "status": 1}}'.encode()
    studio.routes[LIST] = lambda _: answer(body)
    result = Read(opened(studio))
    assert [one.native_id for one in result.quarantined] == ["c" * 24]
    assert [event.key.native_id for event in result.events] == ["d" * 24]


def test_an_id_of_five_thousand_digits_spares_the_others() -> None:
    odd = json.dumps(record()).replace(f'"id": "{"c" * 24}"', f'"id": {"9" * 5000}')
    studio = Studio()
    body = f'{{"data": [{odd}, {json.dumps(record("d" * 24))}], "status": 1}}'.encode()
    studio.routes[LIST] = lambda _: answer(body)
    result = Read(opened(studio))
    assert [one.native_id for one in result.quarantined] == [""]
    assert len(result.gaps) == 1
    assert [event.key.native_id for event in result.events] == ["d" * 24]


def test_half_a_character_in_a_title_becomes_a_whole_one() -> None:
    studio = Studio()
    body = json.dumps({"data": [record(title="a\ud800b")], "status": 1}).encode()
    studio.routes[LIST] = lambda _: answer(body)
    Read(opened(studio)).only().title.encode()


def test_titles_become_one_line() -> None:
    assert read(record(title="a\r\nb\x07")).only().title == "a b"


def test_numbers_and_booleans_may_come_as_text_and_members_may_be_missing() -> None:
    loose = record(isCourse="true", maxParticipants="12", participants="3", duration="60")
    for name in ("title", "notes", "customers", "resources", "recurring", "reservedUntil"):
        del loose[name]
    event = read(loose).only()
    assert (event.key.kind, event.capacity, event.attendees) == (Kind.GROUP, 12, 3)


def test_an_unknown_type_or_extra_members_change_nothing() -> None:
    assert read(record(type="something", surprise={"a": 1})).only() == read(record()).only()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>maintenance</body></html>",
        b'{"data": [{"id": "1"',
        b'{"rows": []}',
        b'{"data": {"id": "1"}}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b"null",
        b'"text"',
    ],
)
def test_an_answer_that_is_no_list_makes_no_sense(body: bytes) -> None:
    studio = Studio()
    studio.routes[LIST] = lambda _: answer(body)
    with pytest.raises(Nonsense, match="GET /v1/appointments"):
        Read(opened(studio))


def test_errors_name_the_call_and_never_quote_what_was_said() -> None:
    for status in (400, 401, 403, 404, 409, 429, 500):
        studio = Studio()
        studio.routes[LIST] = lambda _, status=status: answer({"error": CANARY}, status)
        with pytest.raises(VendorError) as told:
            Read(opened(studio))
        assert CANARY not in str(told.value)
        assert "from_date" not in str(told.value)


def test_a_redirect_is_not_followed() -> None:
    studio = Studio()
    studio.routes[LIST] = lambda _: answer({}, 302)
    with pytest.raises(Nonsense, match="redirects"):
        Read(opened(studio))
    assert len(studio.to("/appointments")) == 1
