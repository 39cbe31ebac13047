"""Slices, pages, and what shows that a list was not whole."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import httpx
import pytest

from tests.builders import StillClock, at
from tests.vendors.timify.samples import (
    COMPANY,
    QUARTER,
    WEEK,
    Read,
    Studio,
    answer,
    opened,
    read,
    record,
)
from worker.domain.instants import local
from worker.domain.span import DAY, Span
from worker.vendors.base import Nonsense, TryLater, VendorError
from worker.vendors.timify import client, paging

LIST = "/v1/appointments"


def many(count: int) -> list[dict[str, Any]]:
    return [record(f"{number:024x}") for number in range(count)]


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "ROWS_PER_PAGE", 4)


def test_no_slice_is_longer_than_thirty_days_and_together_they_cover_the_window() -> None:
    studio = Studio()
    Read(opened(studio), QUARTER)
    spans = [
        (
            date.fromisoformat(request.url.params["from_date"]),
            date.fromisoformat(request.url.params["to_date"]),
        )
        for request in studio.to("/appointments")
    ]
    assert all((last - first).days < 30 for first, last in spans)
    assert spans[0][0] <= date(2026, 2, 28)
    assert spans[-1][1] >= date(2026, 6, 1)
    assert all(later[0] < earlier[1] for earlier, later in pairwise(spans))


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue", "America/Nome"])
def test_days_are_asked_for_in_the_companys_zone_with_days_around_them(zone: str) -> None:
    window = Span(at("2026-03-02T00:00"), at("2026-03-03T00:00"))
    ((first, last),) = client.slices(window, zone)
    assert first < local(window.start, zone).date()
    assert last > local(window.end, zone).date()


def test_the_zone_is_sent_with_the_days() -> None:
    studio = Studio()
    Read(opened(studio))
    assert {request.url.params["timezone"] for request in studio.to("/appointments")} == {
        "Europe/Berlin"
    }


def test_page_and_limit_are_always_sent_together() -> None:
    studio = Studio(record())
    Read(opened(studio))
    for request in [*studio.to("/appointments"), *studio.to("/timeshifts")]:
        assert int(request.url.params["page"]) > 0
        assert int(request.url.params["limit"]) > 0


def test_an_event_outside_the_window_is_left_out_though_the_vendor_shows_it() -> None:
    assert read(record(start="2026-03-20T09:00"), record("d" * 24)).only().key.native_id == "d" * 24


@pytest.mark.usefixtures("small_pages")
def test_all_pages_are_read_and_the_first_one_again() -> None:
    studio = Studio(*many(10))
    result = Read(opened(studio))
    assert len(result.events) == 10
    assert result.gaps == []
    pages = [request.url.params["page"] for request in studio.to("/appointments")]
    assert pages == ["1", "2", "3", "1"]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("count", [0, 1, 4, 5, 8])
@pytest.mark.parametrize("envelope", ["meta", "total", "bare"])
def test_lists_of_any_length_end_with_or_without_totals(count: int, envelope: str) -> None:
    studio = Studio(*many(count))

    def listed(request: httpx.Request) -> httpx.Response:
        number, limit = int(request.url.params["page"]), int(request.url.params["limit"])
        body: dict[str, Any] = {"data": studio.records[(number - 1) * limit : number * limit]}
        if envelope == "meta":
            body["meta"] = {"totalItems": count}
        if envelope == "total":
            body["total"] = str(count)
        return answer(body)

    studio.routes[LIST] = listed
    result = Read(opened(studio))
    assert len(result.events) == count
    assert result.gaps == []


@pytest.mark.parametrize("envelope", ["total", "bare"])
@pytest.mark.parametrize("offset", ["by its own size", "by the size asked for"])
def test_pages_smaller_than_asked_for_are_no_end(envelope: str, offset: str) -> None:
    studio = Studio(*many(7))

    def listed(request: httpx.Request) -> httpx.Response:
        number, limit = int(request.url.params["page"]), int(request.url.params["limit"])
        size = min(limit, 3)
        begin = (number - 1) * (size if offset == "by its own size" else limit)
        body: dict[str, Any] = {"data": studio.records[begin : begin + size], "status": 1}
        return answer(body | ({"total": 7} if envelope == "total" else {}))

    studio.routes[LIST] = listed
    result = Read(opened(studio))
    assert len(result.events) == 7
    assert result.gaps == []


def test_a_vendor_that_gives_all_rows_for_every_page_is_believed() -> None:
    studio = Studio(*many(5))
    studio.routes[LIST] = lambda _: answer({"data": studio.records})
    result = Read(opened(studio))
    assert (len(result.events), result.gaps) == (5, [])


@pytest.mark.usefixtures("small_pages")
def test_a_full_page_that_comes_again_and_again_is_a_gap() -> None:
    studio = Studio(*many(4))
    studio.routes[LIST] = lambda _: answer({"data": studio.records, "status": 1})
    result = Read(opened(studio))
    assert len(result.events) == 4
    assert result.gaps == ["GET /appointments: a page was given twice"]


@pytest.mark.usefixtures("small_pages")
def test_pages_without_end_are_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "Budget", lambda: paging.Budget(20))
    studio = Studio()

    def endless(request: httpx.Request) -> httpx.Response:
        base = int(request.url.params["page"]) * 100
        return answer({"data": [record(f"{base + row:024x}") for row in range(4)], "status": 1})

    studio.routes[LIST] = endless
    result = Read(opened(studio))
    assert any("more pages" in gap for gap in result.gaps)
    assert len(studio.to("/appointments")) <= 20


@pytest.mark.parametrize("total", [2, 9])
def test_a_total_that_contradicts_the_rows_is_a_gap(total: int) -> None:
    studio = Studio(*many(3))
    studio.routes[LIST] = lambda request: studio.page(
        studio.records, request, meta={"totalItems": total}
    )
    result = Read(opened(studio))
    assert len(result.events) == 3
    assert result.gaps == ["GET /appointments: the vendor counts other rows than it shows"]


def test_totals_are_compared_after_duplicates_are_taken_out() -> None:
    one, other = many(2)
    studio = Studio(one, other, one)
    studio.routes[LIST] = lambda request: studio.page(studio.records, request, meta={}, total=2)
    result = Read(opened(studio))
    assert (len(result.events), result.gaps) == (2, [])


@pytest.mark.usefixtures("small_pages")
def test_rows_that_shift_from_page_to_page_are_caught_by_a_second_walk() -> None:
    studio = Studio(*many(8))
    deleted: list[dict[str, Any]] = []

    def shifting(request: httpx.Request) -> httpx.Response:
        shown = studio.page(studio.records, request, meta={}, total=None)
        if request.url.params["page"] == "1" and not deleted:
            # The fifth row moves up to the first page, which has been read already.
            deleted.append(studio.records.pop(0))
        return shown

    studio.routes[LIST] = shifting
    result = Read(opened(studio))
    assert {row["id"] for row in studio.records} <= {event.key.native_id for event in result.events}
    assert result.gaps == []


@pytest.mark.usefixtures("small_pages")
def test_a_list_that_never_holds_still_is_a_gap() -> None:
    studio = Studio(*many(8))

    def restless(request: httpx.Request) -> httpx.Response:
        studio.records.insert(0, record(f"{len(studio.records):024x}"))
        return studio.page(studio.records, request)

    studio.routes[LIST] = restless
    assert len(Read(opened(studio)).gaps) == 1


def test_a_page_too_large_is_asked_for_in_halves() -> None:
    studio = Studio(*many(300))

    def heavy(request: httpx.Request) -> httpx.Response:
        if int(request.url.params["limit"]) > 128:
            return httpx.Response(200, stream=httpx.ByteStream(b"[" + b" " * (17 << 20)))
        return studio.page(studio.records, request)

    studio.routes[LIST] = heavy
    result = Read(opened(studio))
    assert (len(result.events), result.gaps) == (300, [])


@pytest.mark.usefixtures("small_pages")
def test_a_later_page_too_large_goes_on_where_it_was() -> None:
    studio = Studio(*many(11))

    def heavy(request: httpx.Request) -> httpx.Response:
        number, limit = int(request.url.params["page"]), int(request.url.params["limit"])
        if limit == 4 and number == 2:
            return httpx.Response(200, stream=httpx.ByteStream(b"[" + b" " * (17 << 20)))
        return studio.page(studio.records, request)

    studio.routes[LIST] = heavy
    result = Read(opened(studio))
    assert (len(result.events), result.gaps) == (11, [])
    asked = [
        (request.url.params["page"], request.url.params["limit"])
        for request in studio.to("/appointments")
    ]
    assert asked[:4] == [("1", "4"), ("2", "4"), ("3", "2"), ("4", "2")]


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("status", [500, 502, 429, 404, 410, 400])
def test_a_page_that_fails_breaks_the_walk_off(status: int) -> None:
    studio = Studio(*many(8))
    listed = studio.routes[LIST]
    studio.routes[LIST] = lambda request: (
        answer({}, status) if request.url.params["page"] == "2" else listed(request)
    )
    batches = opened(studio).fetch(WEEK, None).batches
    assert len(next(batches).sightings) == 4
    with pytest.raises(VendorError) as told:
        next(batches)
    assert isinstance(told.value, TryLater if status in (500, 502, 429) else Nonsense)


def test_a_missing_list_is_never_an_empty_one() -> None:
    studio = Studio()
    del studio.routes[LIST]
    with pytest.raises(Nonsense, match="GET /v1/appointments answered 404"):
        Read(opened(studio))


def test_the_same_record_in_two_slices_is_one_event() -> None:
    result = Read(opened(Studio(record())), QUARTER)
    assert len(result.sightings) == 1


def test_the_operators_zone_wins_and_spares_the_question() -> None:
    studio = Studio(record())
    vendor = opened(studio, timezone="America/Nome")
    assert Read(vendor).only().timezone == "America/Nome"
    assert studio.to("/companies") == []


def test_the_companys_zone_is_learnt_from_the_booking_widget_otherwise() -> None:
    studio = Studio(record())
    studio.routes["/v1/companies"] = lambda _: answer({"status": 0}, 403)
    company = {"id": COMPANY, "timezone": "America/Nome", "resources": []}
    studio.routes["/v1/booker-services/companies"] = lambda _: answer(
        {"data": {"companyIds": [COMPANY], "companies": [company]}, "status": 1}
    )
    vendor = opened(studio)
    assert Read(vendor).only().timezone == "America/Nome"
    (asked,) = studio.to("/booker-services/companies")
    assert asked.headers["authorization"] == "Bearer token-1"
    assert asked.url.params["company_id"] == COMPANY


@pytest.mark.parametrize(
    "company", [{"id": "other", "timezone": "Asia/Tokyo"}, {"id": COMPANY, "timezone": "CET/Mars"}]
)
def test_a_zone_that_cannot_be_learnt_is_the_configured_default(company: dict[str, str]) -> None:
    studio = Studio(record())
    studio.routes["/v1/companies"] = lambda _: answer({"data": [company], "status": 1})
    vendor = opened(studio)
    assert Read(vendor).only().timezone == vendor.zone == "UTC"


def test_a_zone_is_not_guessed_while_the_vendor_is_down() -> None:
    studio = Studio(record())
    studio.routes["/v1/companies"] = lambda _: answer({}, 503)
    with pytest.raises(TryLater):
        Read(opened(studio))


def test_a_learnt_zone_outlives_a_later_refusal() -> None:
    clock = StillClock()
    studio = Studio(record())
    vendor = opened(studio, clock)
    Read(vendor)
    studio.routes["/v1/companies"] = lambda _: answer({}, 403)
    clock.sleep(2 * 3600)
    assert Read(vendor, Span(WEEK.start, WEEK.end + DAY)).only().timezone == "Europe/Berlin"
