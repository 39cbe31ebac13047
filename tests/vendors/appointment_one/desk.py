"""Accounts to test: one at the simulated vendor, one at answers that a test writes itself."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from tests.builders import NOW, StillClock, seams
from worker.domain.listing import Batch
from worker.domain.span import DAY, Span
from worker.sandbox.appointment_one import AppointmentOne as Site
from worker.sandbox.appointment_one import Quirks
from worker.sandbox.exchange import Request
from worker.vendors.appointment_one import AppointmentOne, AppointmentOneSettings

BASE = "https://www.appointment.one"
API = "/api/v1"
WINDOW = Span(NOW - DAY, NOW + 90 * DAY)


def settings(**keys: Any) -> AppointmentOneSettings:
    """Settings with a key, and what else a test says."""
    return AppointmentOneSettings.model_validate(
        {"vendor": "appointment_one", "api_key": "ao-key", **keys}
    )


class Desk:
    """An account whose every request a handler answers; `asked` are the requests so far."""

    def __init__(self, answer: Callable[[httpx.Request], httpx.Response], **keys: Any) -> None:
        self.asked: list[httpx.Request] = []
        self.clock = StillClock()
        self._answer = answer
        self.account = AppointmentOne(
            "frontdesk", settings(**keys), seams(self._recorded, self.clock)
        )

    def _recorded(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return self._answer(request)

    def read(self, window: Span = WINDOW) -> Batch:
        """The whole walk in one batch."""
        batches = list(self.account.fetch(window, None).batches)
        return Batch(
            tuple(s for batch in batches for s in batch.sightings),
            tuple(q for batch in batches for q in batch.quarantined),
            tuple(t for batch in batches for t in batch.templates),
            tuple(gap for batch in batches for gap in batch.gaps),
        )


def reply(body: bytes, status: int = 200) -> httpx.Response:
    """An answer of these bytes."""
    return httpx.Response(status, stream=httpx.ByteStream(body))


def written(answers: Mapping[str, Any], **keys: Any) -> Desk:
    """A desk with one answer per path below the API: a document, bytes, or a status."""

    def answer(request: httpx.Request) -> httpx.Response:
        document = answers.get(request.url.path.removeprefix(API), 404)
        match document:
            case int():
                return reply(b"", document)
            case bytes():
                return reply(document)
        return reply(json.dumps(document).encode())

    return Desk(answer, **keys)


def simulated(site: Site, **keys: Any) -> Desk:
    """A desk at the simulated vendor."""

    def answer(request: httpx.Request) -> httpx.Response:
        response = site.handle(
            Request(
                method=request.method,
                path=request.url.raw_path.decode().partition("?")[0],
                headers={name.lower(): value for name, value in request.headers.items()},
                base=BASE,
            )
        )
        return httpx.Response(
            response.status, headers=response.headers, stream=httpx.ByteStream(response.body)
        )

    return Desk(answer, **keys)


def site(quirks: Quirks | None = None) -> Site:
    """A simulated account with two calendars and a booking page on each."""
    made = Site(StillClock(), quirks=quirks)
    made.add_calendar("amy@example.org", default=True)
    made.add_calendar("ben@example.org", provider="Office 365")
    made.add_event("30min", "30 minutes", calendars=["amy@example.org"])
    made.add_event("long", "A long talk", calendars=["amy@example.org", "ben@example.org"])
    return made


def page(slug: str = "30min", **fields: Any) -> dict[str, Any]:
    """A booking page as the vendor documents it."""
    return {
        "id": slug,
        "name": "30 minute appointment",
        "status": "active",
        "date_added": "1484278495",
        "visibility": "public",
        "attendees": "[]",
        "invitation_title": None,
        "duration": "30",
        "free_busy_calendars": ["amy@example.org"],
        "links": [
            {"rel": "self", "href": f"/api/v1/event/{slug}", "verbs": ["GET", "DELETE"]},
            {"rel": "public", "href": f"https://www.appointment.one/test/{slug}", "verbs": ["GET"]},
        ],
        **fields,
    }


def appointment(number: str = "a1", **fields: Any) -> dict[str, Any]:
    """An appointment as the vendor documents it: an hour and a half from `NOW`."""
    return {
        "id": number,
        "attendees": ["carl@example.org", "dora@example.org"],
        "subject": "Budget",
        "requester_name": "Carl",
        "requester_email": "carl@example.org",
        "time_start": str(NOW),
        "duration_mins": "90",
        "date_added": "1484278495",
        "is_cancelled": False,
        "links": [
            {"rel": "self", "href": f"/api/v1/appointment/{number}", "verbs": ["GET", "DELETE"]},
            {"rel": "event", "href": "/api/v1/event/30min", "verbs": ["GET", "DELETE"]},
        ],
        **fields,
    }


def calendars(**states: str) -> dict[str, Any]:
    """The list of calendars, `amy="ok"` standing for amy@example.org."""
    rows = [{"id": f"{name}@example.org", "state": state} for name, state in states.items()]
    return {"calendars": rows, "count": len(rows), "total_count": len(rows), "links": []}


def whole(**changes: Any) -> dict[str, Any]:
    """All answers of a small account; `changes` replace some by their path, `_` for `/`."""
    answers: dict[str, Any] = {
        "/calendar": calendars(amy="ok"),
        "/event": {"events": [{"id": "30min", "name": "x"}], "count": 1, "total_count": 1},
        "/event/30min": page(),
        "/appointment/a1": appointment(),
    }
    return answers | {name.replace("_", "/"): value for name, value in changes.items()}
