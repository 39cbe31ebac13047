"""The simulated Acuity with an adapter that writes to it, and answers that get lost on the way."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.builders import NOW, StillClock, seams
from tests.vendors.acuity.studio import refusal, settings, walk
from worker.domain.event import Event, Key
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.span import DAY, HOUR, Span
from worker.sandbox.acuity import Acuity as Simulator
from worker.sandbox.acuity import Quirks
from worker.sandbox.exchange import Request
from worker.vendors.acuity import ENTRY
from worker.vendors.acuity.client import Acuity
from worker.vendors.acuity.errors import MEANINGS

BASE = "https://acuityscheduling.com"
WINDOW = Span(NOW - DAY, NOW + 90 * DAY)
LINK = "0123456789abcdef01234567"


@dataclass
class Pushing:
    """`lose` names calls (`POST /blocks`) whose answers are lost after they were carried out.

    `lose` maps each to how: `cut`, `500`, `page` (a web page with 200), `202`, or `unsent` and
    `429`, which never reach the vendor, or a code of refusal.
    """

    quirks: Quirks = field(default_factory=Quirks)
    lose: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = StillClock(NOW)
        self.sim = Simulator(self.clock, seed=3, api_key="k3y", quirks=self.quirks)
        self.amy = self.sim.add_calendar("Amy Ng", timezone="Europe/Athens")
        self.room = self.sim.add_calendar("Studio B", timezone="Pacific/Auckland")
        self.talk = self.sim.add_type("Consultation ", 50, [self.amy, self.room])
        self.writes: list[tuple[str, str, Any]] = []
        vendor = ENTRY.open("coaching", settings(), seams(self.answer, self.clock))
        assert isinstance(vendor, Acuity)
        self.account = vendor

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        query = request.url.query.decode()
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.read()
        call = f"{request.method} {path.removeprefix('/api/v1')}"
        if request.method != "GET":
            self.writes.append((call, query, json.loads(body) if body else None))
        how = next((how for start, how in self.lose.items() if call.startswith(start)), "")
        if how == "unsent":
            raise httpx.ReadError("broke off")
        if how == "429":
            wait = {"Retry-After": "9"}
            return httpx.Response(429, headers=wait, stream=httpx.ByteStream(b"{}"))
        if how in MEANINGS:
            return refusal(400, how)
        reply = self.sim.handle(Request(request.method, path, query, headers, body, BASE))
        match how:
            case "cut":
                raise httpx.ReadError("broke off")
            case "500" | "202":
                return httpx.Response(int(how), stream=httpx.ByteStream(b"{}"))
            case "page":
                return httpx.Response(200, stream=httpx.ByteStream(b"<html>Sign in</html>"))
        return httpx.Response(
            reply.status, stream=httpx.ByteStream(reply.body), headers=list(reply.headers)
        )

    @property
    def calls(self) -> list[str]:
        return [call for call, _, _ in self.writes]

    def hold(self, hours: float = 24, length: int = HOUR, **changes: Any) -> Intent:
        start = int(NOW + hours * HOUR)
        given: dict[str, Any] = {
            "link": LINK,
            "purpose": Purpose.HOLD,
            "target": "coaching",
            "calendar": f"calendar:{self.amy}",
            "resource": "amy",
            "span": Span(start, start + length),
            "title": "Held by calsync",
            **changes,
        }
        return self.account.shape(Intent(**given))

    def copy(self, hours: float = 24, details: Any = None, **changes: Any) -> Intent:
        told = {"appointmentTypeID": self.talk, "duration": 50, **(details or {})}
        given = {"purpose": Purpose.COPY, "details": told, "title": "Yoga", **changes}
        return self.hold(hours, **given)

    def read(self, key: Key) -> Event:
        seen = walk(self.account, WINDOW)
        assert not seen.gaps
        assert not seen.quarantined
        return seen.events[key.kind, key.native_id]

    def ours(self) -> list[Event]:
        return [one for one in walk(self.account, WINDOW).events.values() if one.mark == LINK]

    def events(self) -> list[Event]:
        return list(walk(self.account, WINDOW).events.values())
