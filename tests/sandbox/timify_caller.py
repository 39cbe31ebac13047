"""A signed-in caller of the simulated TIMIFY, for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from worker.sandbox.exchange import Request, Response
from worker.sandbox.timify import Quirks, Recurring, Timify

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
COMPANY = "5f0c00000000000000000001"
WINDOW = {"from_date": "2026-11-01", "to_date": "2026-12-31"}


@dataclass
class Hands:
    """A clock to turn by hand."""

    at: float = NOW.timestamp()

    def now(self) -> float:
        return self.at


@dataclass
class Office:
    """A signed-in caller."""

    clock: Hands
    site: Timify
    token: str = ""
    company: str = COMPANY
    headers: dict[str, str] = field(default_factory=dict)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        **headers: str,
    ) -> Response:
        sent = {"authorization": self.token, "company-id": self.company, **headers}
        return self.site.handle(
            Request(
                method,
                path,
                urlencode(query or {}, doseq=True),
                {name: value for name, value in sent.items() if value},
                b"" if body is None else json.dumps(body).encode(),
            )
        )

    def rows(self, **query: Any) -> list[dict[str, Any]]:
        answer = self.ask("GET", "/v1/appointments", query={**WINDOW, **query})
        assert answer.status == 200, answer.body
        return read(answer)["data"]

    def login(self) -> None:
        keys = {"appid": "sandbox-app", "appsecret": "sandbox-app-secret"}
        self.token = read(self.ask("POST", "/v1/auth/token", keys))["accessToken"]


def read(answer: Response) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer.body)
    return document


def office(timezone: str = "Europe/Berlin", **quirks: Any) -> Office:
    clock = Hands()
    site = Timify(clock, company_id=COMPANY, timezone=timezone, quirks=Quirks(**quirks))
    caller = Office(clock, site)
    caller.login()
    return caller


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def weekly(**more: Any) -> Recurring:
    return Recurring("Europe/Berlin", "WEEKS", **more)
