"""A studio that is written to: holds and copies to ask for, and what became of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx

from tests.builders import StillClock, seams
from tests.vendors.timify.samples import QUARTER, Read
from tests.vendors.timify.test_against_sandbox import START, bridge
from worker.domain.event import Event, Key
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.span import MINUTE, Span
from worker.sandbox.timify.quirks import Quirks
from worker.sandbox.timify.simulator import Timify as Simulated
from worker.sandbox.timify.state import Appointment
from worker.vendors.timify import ENTRY
from worker.vendors.timify.client import Timify

LINK = "c0ffee" * 4
Handler = Callable[[httpx.Request], httpx.Response]


class Place:
    """A studio and its adapter. `between` may stand in for the vendor: it is given the next one."""

    def __init__(self, zone: str = "Europe/Berlin", **quirks: Any) -> None:
        quirks = {"import_delay_seconds": 0.0, **quirks}
        self.clock = StillClock()
        self.studio = Simulated(self.clock, timezone=zone, quirks=Quirks(**quirks))
        self.amy = self.studio.add_resource("Amy Ng", external_id="amy")
        self.room = self.studio.add_resource("Room 1")
        self.requests: list[httpx.Request] = []
        self.between: Callable[[httpx.Request, Handler], httpx.Response] | None = None
        self.account = self.open()

    def open(self, **settings: Any) -> Timify:
        chosen = {
            "vendor": "timify",
            "app_id": "sandbox-app",
            "app_secret": "sandbox-app-secret",
            "company_id": self.studio.company_id,
            **settings,
        }
        vendor = ENTRY.open("studio", ENTRY.settings(**chosen), seams(self._answer, self.clock))
        assert isinstance(vendor, Timify)
        return vendor

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.between is not None:
            return self.between(request, self.sent)
        return self.sent(request)

    def sent(self, request: httpx.Request) -> httpx.Response:
        """What the vendor itself makes of a request."""
        return bridge(self.studio, request)

    def hold(self, start: int = START, minutes: int = 60, **changes: Any) -> Intent:
        span = Span(start, start + minutes * MINUTE)
        given: dict[str, Any] = {
            "link": LINK,
            "purpose": Purpose.HOLD,
            "target": "studio",
            "calendar": f"resource:{self.amy}",
            "resource": "amy",
            "span": span,
            "title": "Held by calsync",
            "timezone": "Europe/Berlin",
            **changes,
        }
        return Intent(**given)

    def copy(self, start: int = START, minutes: int = 60, **changes: Any) -> Intent:
        return self.hold(start, minutes, **{"purpose": Purpose.COPY, "title": "Pilates", **changes})

    @property
    def records(self) -> list[Appointment]:
        """What the vendor keeps."""
        return list(self.studio.site.appointments.values())

    @property
    def writes(self) -> list[tuple[str, str, Any]]:
        """Method, path and body of every request that was to change something."""
        return [
            (one.method, one.url.path, json.loads(one.content or b"null"))
            for one in self.requests
            if one.method != "GET" and "/auth/" not in one.url.path
        ]

    def seen(self, window: Span = QUARTER) -> dict[Key, Event]:
        """What a complete poll shows."""
        result = Read(self.account, window)
        assert result.gaps == []
        assert result.quarantined == []
        return result.by_key


def is_write(request: httpx.Request) -> bool:
    """Whether it may change an appointment."""
    return request.method != "GET" and "/auth/" not in request.url.path


def losing(request: httpx.Request, ask: Handler) -> httpx.Response:
    """The vendor carries a write out, and the answer is lost."""
    answer = ask(request)
    if is_write(request):
        raise httpx.ReadError("gone", request=request)
    return answer


def breaking(request: httpx.Request, ask: Handler) -> httpx.Response:
    """The vendor carries a write out, and answers 500."""
    answer = ask(request)
    return httpx.Response(500, stream=httpx.ByteStream(b"{}")) if is_write(request) else answer


def babbling(request: httpx.Request, ask: Handler) -> httpx.Response:
    """The vendor carries a write out, and a gateway answers with a page."""
    answer = ask(request)
    page = httpx.ByteStream(b"<html>hello</html>")
    return httpx.Response(200, stream=page) if is_write(request) else answer


def answering(status: int, body: Any = None) -> Callable[[httpx.Request, Handler], httpx.Response]:
    """Writes get this answer, and are not carried out."""

    def answer(request: httpx.Request, ask: Handler) -> httpx.Response:
        if not is_write(request):
            return ask(request)
        return httpx.Response(status, stream=httpx.ByteStream(json.dumps(body or {}).encode()))

    return answer
