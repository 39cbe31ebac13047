"""A practice that can be written to, with answers that get lost on their way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any

import httpx

from tests.builders import seams
from tests.vendors.cliniko.test_against_sandbox import NOW, SECRET, WINDOW, Practice
from worker.domain.event import Event, Key
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.span import HOUR, Span
from worker.sandbox.exchange import Request
from worker.vendors.cliniko import ENTRY, Cliniko

BASE = "https://api.uk2.cliniko.com"
LINK = "0123456789abcdef01234567"
Spoil = Callable[[httpx.Request, httpx.Response], httpx.Response]


def intact(_request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    return answer


def answering(status: int, body: bytes = b"") -> Spoil:
    """The write is carried out, and then answered like this."""
    return lambda _request, _answer: httpx.Response(status, stream=httpx.ByteStream(body))


def breaking(request: httpx.Request, _answer: httpx.Response) -> httpx.Response:
    raise httpx.ReadError("gone", request=request)


@dataclass
class WritablePractice(Practice):
    """As `Practice`; `spoil` sees what the simulator has answered to a write already."""

    spoil: Spoil = intact
    business_id: str | None = None
    writes: list[tuple[str, str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        keys = {"vendor": "cliniko", "api_key": SECRET, "contact": "ops@example.org"}
        settings = ENTRY.settings.model_validate(keys | {"business_id": self.business_id})
        self.account = Cliniko("clinic", settings, seams(self.answer, self.clock))

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.raw_path.decode().partition("?")[0]
        query = request.url.query.decode()
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.read()
        asked = Request(request.method, path, query, headers, body, BASE)
        reply = self.sim.handle(asked)
        date = ("Date", formatdate(self.clock.now(), usegmt=True))
        stream = httpx.ByteStream(reply.body)
        answer = httpx.Response(reply.status, stream=stream, headers=[*reply.headers, date])
        if request.method == "GET":
            return answer
        self.writes.append((request.method, path, json.loads(body) if body else None))
        return self.spoil(request, answer)

    def hold(self, hours: float = 24, **changes: Any) -> Intent:
        start = int(NOW + hours * HOUR)
        return Intent(
            **{
                "link": LINK,
                "purpose": Purpose.HOLD,
                "target": "clinic",
                "calendar": f"practitioner:{self.amy}",
                "resource": "amy",
                "span": Span(start, start + HOUR),
                "title": "Held by calsync",
                "beside": (f"business:{self.hill}",),
            }
            | changes
        )

    def copy(self, hours: float = 24, **changes: Any) -> Intent:
        own = {
            "purpose": Purpose.COPY,
            "title": "Evening class",
            "location": "Hall",
            "capacity": 3,
            "details": {"appointment_type_id": self.pilates},
        }
        return self.hold(hours, **own | changes)

    def seen(self) -> dict[Key, Event]:
        """All that a full reading shows."""
        batches = list(self.account.fetch(WINDOW, None).batches)
        assert not [gap for batch in batches for gap in batch.gaps]
        return {one.event.key: one.event for batch in batches for one in batch.sightings}

    @property
    def alive(self) -> list[Any]:
        """The rows of the simulator that are neither archived nor cancelled."""
        rows = self.sim.bookings.values()
        return [row for row in rows if not row.is_gone and row.cancelled_at is None]
