"""A signed-in caller of the simulated Acuity, for tests."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from worker.sandbox.acuity import Acuity, Limiter, Quirks
from worker.sandbox.exchange import Request, Response

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


@dataclass
class Hands:
    """A clock to turn by hand."""

    at: float = NOW.timestamp()

    def now(self) -> float:
        return self.at


@dataclass
class Practice:
    """An account with one calendar and one type of appointment, in UTC unless told otherwise."""

    clock: Hands
    site: Acuity
    calendar: int
    kind: int
    authorization: str = ""

    def ask(
        self, method: str, path: str, body: Any = None, query: Mapping[str, Any] | None = None
    ) -> Response:
        return self.site.handle(
            Request(
                method,
                f"/api/v1{path}",
                urlencode(query or {}, doseq=True),
                {"authorization": self.authorization} if self.authorization else {},
                b"" if body is None else json.dumps(body).encode(),
            )
        )

    def get(self, path: str, **query: Any) -> Any:
        answer = self.ask("GET", path, query=query)
        assert answer.status == 200, answer.body
        return read(answer)

    def create(self, query: Mapping[str, Any] | None = None, **changes: Any) -> Response:
        body = {
            "datetime": "2026-11-23T10:00:00+0000",
            "appointmentTypeID": self.kind,
            "firstName": "Bob",
            "lastName": "Test",
            "email": "bob@example.org",
            "phone": "(123) 555-9999",
            "calendarID": self.calendar,
            **changes,
        }
        sent = {key: value for key, value in body.items() if value is not None}
        return self.ask("POST", "/appointments", sent, query)

    def made(self, query: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
        answer = self.create(query, **changes)
        assert answer.status == 200, answer.body
        document: dict[str, Any] = read(answer)
        return document


def read(answer: Response) -> Any:
    return json.loads(answer.body)


def error(answer: Response) -> str:
    """The error code of a refusal whose status is said twice."""
    document = read(answer)
    assert document.keys() == {"status_code", "message", "error"}
    assert document["status_code"] == answer.status
    code: str = document["error"]
    return code


def practice(timezone: str = "UTC", limiter: Limiter | None = None, **quirks: Any) -> Practice:
    clock = Hands()
    lifted = {"requests_per_second": None, "concurrent_requests": None}
    site = Acuity(clock, timezone=timezone, quirks=Quirks(**{**lifted, **quirks}), limiter=limiter)
    calendar = site.add_calendar("Amy", location="Room 1")
    kind = site.add_type("Consultation ", 50, [calendar], before=10, after=5)
    key = base64.b64encode(b"12345:sandbox-api-key").decode()
    return Practice(clock, site, calendar, kind, f"Basic {key}")
