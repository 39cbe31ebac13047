"""A small TIMIFY for tests: documented shapes, everything replaceable, every request noted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.builders import StillClock, at, seams
from worker.domain.event import Event
from worker.domain.instants import iso
from worker.domain.listing import Quarantined, Sighting
from worker.domain.span import DAY, Span
from worker.vendors.timify import ENTRY
from worker.vendors.timify.client import Timify

AMY, BOB = "a" * 24, "b" * 24
COMPANY = "5f0c" + "0" * 20
NOW = at("2026-03-02T08:00")
WEEK = Span(NOW - DAY, NOW + 7 * DAY)
QUARTER = Span(NOW - DAY, NOW + 90 * DAY)

Answer = Callable[[httpx.Request], httpx.Response]


def answer(document: Any, status: int = 200) -> httpx.Response:
    """A JSON answer; bytes are sent as they are."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return httpx.Response(status, stream=httpx.ByteStream(body))


def booking(
    start: str, minutes: int = 60, resource: str | None = AMY, **fields: Any
) -> dict[str, Any]:
    """An entry of `bookings`."""
    begin = at(start)
    return {
        "id": f"{begin:x}{resource or ''}"[:32].ljust(32, "0"),
        "startDate": iso(begin),
        "interval": {"begin": iso(begin), "end": iso(begin + minutes * 60)},
        "batchNumber": 0,
        "isFirstBatch": True,
        "isLastBatch": True,
        "recurringDay": None,
        "duration": minutes,
        "durationBefore": 0,
        "durationAfter": 0,
        "durationTotal": minutes,
        "resourceId": resource,
        **fields,
    }


def record(
    id_: str = "c" * 24, start: str = "2026-03-03T09:00", minutes: int = 60, **fields: Any
) -> dict[str, Any]:
    """An appointment as the recorded bodies show them."""
    begin = at(start)
    return {
        "id": id_,
        "externalId": "",
        "type": "booking",
        "title": "Consultation",
        "notes": "",
        "date": f"{start[:10]}Z",
        "startDate": iso(begin),
        "duration": minutes,
        "durationBefore": 0,
        "durationAfter": 0,
        "durationsPattern": [minutes],
        "timestamp": "1711393537902",
        "reschedulingSecret": "1b2c3d4e-0000-4000-8000-000000000000",
        "isCourse": False,
        "maxParticipants": 1,
        "participants": 0,
        "customers": [],
        "singleCustomers": [],
        "customfields": [],
        "resources": [{"id": AMY, "externalId": "amy", "name": "Amy Ng", "email": "amy@x.org"}],
        "recurring": None,
        "chainId": None,
        "chainedEvents": [],
        "bookings": [booking(start, minutes)],
        "reservedUntil": None,
        "scheduledForDeletionAt": None,
        "metadata": {},
        **fields,
    }


class Studio:
    """Answers as one company; `routes` replaces the answer of a path."""

    def __init__(self, *records: dict[str, Any], shifts: list[dict[str, Any]] | None = None):
        self.records = list(records)
        self.shifts = shifts or []
        self.requests: list[httpx.Request] = []
        self.tokens = 0
        self.routes: dict[str, Answer] = {
            "/v1/auth/token": self._token,
            "/v1/auth/refreshtoken": self._token,
            "/v1/appointments": lambda request: self.page(self.records, request),
            "/v1/timeshifts": lambda request: self.page(self.shifts, request),
            "/v1/companies": lambda _: answer(
                {"data": [{"id": COMPANY, "timezone": "Europe/Berlin"}], "status": 1}
            ),
        }

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if path in self.routes:
            return self.routes[path](request)
        for one in self.records:
            if path == f"/v1/appointments/{one['id']}":
                return answer({"data": one, "status": 1})
        return answer({"status": 0, "error": {"message": "not found"}}, 404)

    def page(self, rows: list[Any], request: httpx.Request, **changes: Any) -> httpx.Response:
        """One page with totals, as the documents of a sibling route show it."""
        number, limit = int(request.url.params["page"]), int(request.url.params["limit"])
        meta = {"page": number, "limit": limit, "totalItems": len(rows)}
        shown = rows[(number - 1) * limit : number * limit]
        return answer({"data": shown, "total": len(rows), "meta": meta, "status": 1, **changes})

    def to(self, path: str) -> list[httpx.Request]:
        """The requests to a path below `/v1`."""
        return [request for request in self.requests if request.url.path == f"/v1{path}"]

    def _token(self, _request: httpx.Request) -> httpx.Response:
        self.tokens += 1
        return answer(
            {
                "accessToken": f"token-{self.tokens}",
                "refreshToken": f"refresh-{self.tokens}",
                "expires": 3600,
            }
        )


def opened(studio: Answer, clock: StillClock | None = None, **settings: Any) -> Timify:
    """An adapter for that company."""
    chosen = {
        "vendor": "timify",
        "app_id": "app",
        "app_secret": "s3cret",
        "company_id": COMPANY,
        **settings,
    }
    vendor = ENTRY.open("studio", ENTRY.settings(**chosen), seams(studio, clock))
    assert isinstance(vendor, Timify)
    return vendor


class Read:
    """A whole walk."""

    def __init__(self, vendor: Timify, window: Span = WEEK) -> None:
        batches = list(vendor.fetch(window, None).batches)
        self.sightings: list[Sighting] = [one for batch in batches for one in batch.sightings]
        self.quarantined: list[Quarantined] = [
            one for batch in batches for one in batch.quarantined
        ]
        self.gaps = [gap for batch in batches for gap in batch.gaps]
        self.by_key = {one.event.key: one.event for one in self.sightings}

    @property
    def events(self) -> list[Event]:
        """The events as a store would keep them: the last sighting of each counts."""
        return sorted(self.by_key.values(), key=lambda one: one.key)

    def only(self) -> Event:
        """The one event there is, from a complete walk."""
        assert not self.gaps
        assert not self.quarantined
        (event,) = self.events
        return event


def read(*records: dict[str, Any], window: Span = WEEK, **settings: Any) -> Read:
    """A walk over a company with these records."""
    return Read(opened(Studio(*records), **settings), window)
