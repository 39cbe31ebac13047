"""A Cliniko that serves given rows by its documented paths, and remembers what it was asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.builders import StillClock, at, seams
from worker.domain.event import Event
from worker.domain.listing import Batch, Coverage, Cursor, Quarantined
from worker.domain.span import DAY, Span
from worker.vendors.cliniko import ENTRY, Cliniko

NOW = at("2026-03-02T08:00")
WINDOW = Span(NOW - DAY, NOW + 7 * DAY)
ROOT = "https://api.au1.cliniko.com/v1"
Answer = httpx.Response | None


def link(path: str) -> dict[str, Any]:
    return {"links": {"self": f"{ROOT}/{path}"}}


def booking(number: int | str, **members: Any) -> dict[str, Any]:
    return {
        "id": str(number),
        "starts_at": "2026-03-03T01:00:00Z",
        "ends_at": "2026-03-03T02:00:00Z",
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": "2026-03-01T00:00:00Z",
        "archived_at": None,
        "deleted_at": None,
        "notes": None,
        "repeat_rule": None,
        "business": link("businesses/3"),
        "practitioner": link("practitioners/17"),
    } | members


def single(number: int | str, **members: Any) -> dict[str, Any]:
    own = {"patient": link("patients/48"), "appointment_type": link("appointment_types/5")}
    return booking(number, **own) | members


def group(number: int | str, **members: Any) -> dict[str, Any]:
    own = {
        "max_attendees": 5,
        "patient_ids": ["48"],
        "appointment_type": link("appointment_types/5"),
        "conflicts": link(f"group_appointments/{number}/conflicts"),
    }
    return booking(number, **own) | members


def attendee(
    number: int | str, of: int | str, patient: int | str, **members: Any
) -> dict[str, Any]:
    return {
        "id": str(number),
        "booking": link(f"bookings/{of}"),
        "patient": link(f"patients/{patient}"),
        "updated_at": "2026-03-01T00:00:00Z",
    } | members


def response(document: Any, status: int = 200, **headers: str) -> httpx.Response:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, stream=httpx.ByteStream(body))


def listed(name: str, rows: list[Any], **members: Any) -> httpx.Response:
    return response({name: rows, "total_entries": len(rows), "links": {}} | members)


@dataclass
class Served:
    """Lists by their path below `/v1`; `special` answers first where it answers at all."""

    lists: dict[str, list[Any]] = field(default_factory=dict)
    special: Callable[[str, list[tuple[str, str]]], Answer] = lambda _path, _params: None
    clock: StillClock = field(default_factory=lambda: StillClock(NOW))
    business_id: str | None = None
    date: str = ""  # the header `Date` of every answer
    account: Cliniko = field(init=False)

    def __post_init__(self) -> None:
        self.asked: list[tuple[str, list[tuple[str, str]]]] = []
        self.raw: list[str] = []
        self.headers: list[httpx.Headers] = []
        self.lists = {
            "/bookings": [],
            "/group_appointments": [],
            "/attendees": [],
            "/appointment_types": [{"id": "5", "name": "Pilates"}],
            "/businesses": [
                {"id": "3", "business_name": "Hill", "time_zone_identifier": "Australia/Perth"}
            ],
        } | self.lists
        settings = ENTRY.settings.model_validate(
            {
                "vendor": "cliniko",
                "api_key": "abc-au1",
                "contact": "ops@example.org",
                "business_id": self.business_id,
            }
        )
        self.account = Cliniko("clinic", settings, seams(self.answer, self.clock))

    def answer(self, request: httpx.Request) -> httpx.Response:
        reply = self._answer(request)
        if self.date:
            reply.headers["Date"] = self.date
        return reply

    def _answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/v1")
        params = request.url.params.multi_items()
        self.asked.append((path, params))
        self.raw.append(request.url.query.decode())
        self.headers.append(request.headers)
        answer = self.special(path, params)
        if answer is not None:
            return answer
        if path in self.lists:
            return listed(path.removeprefix("/"), self.lists[path])
        parent, _, identifier = path.rpartition("/")
        for row in self.lists.get(parent, []):
            if str(row["id"]) == identifier:
                return response(row)
        return response({"message": "Not found"}, 404)

    def calls(self, path: str) -> int:
        return sum(asked == path for asked, _ in self.asked)

    def walk(self, since: Cursor | None = None) -> tuple[Coverage, list[Batch]]:
        walk = self.account.fetch(WINDOW, since)
        return walk.coverage, list(walk.batches)

    def events(self, since: Cursor | None = None) -> dict[str, Event]:
        self.batches = self.walk(since)[1]
        return {
            sighting.event.key.native_id: sighting.event
            for batch in self.batches
            for sighting in batch.sightings
        }

    @property
    def gaps(self) -> list[str]:
        return [gap for batch in self.batches for gap in batch.gaps]

    @property
    def quarantined(self) -> list[Quarantined]:
        return [row for batch in self.batches for row in batch.quarantined]


def conditions(params: list[tuple[str, str]]) -> dict[str, str]:
    """The filters of a call: field to condition."""
    return {
        text.partition(":")[0]: text.partition(":")[2] for name, text in params if name == "q[]"
    }
