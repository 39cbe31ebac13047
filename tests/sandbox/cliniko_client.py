"""A caller of the simulated Cliniko, and a small practice to call it about."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from worker.sandbox.cliniko import Cliniko, Quirks
from worker.sandbox.exchange import Request, Response

NOW = 1_790_000_000  # 2026-09-21T14:13:20Z, in Melbourne the 22nd, 00:13
HOUR = 3600
DAY = 24 * HOUR
KEY = "dGVzdC1rZXk-uk2"
BASE = "https://api.uk2.cliniko.com"
EVERYTHING = (("q[]", "archived_at:*"), ("q[]", "deleted_at:*"))


@dataclass
class Clock:
    at: float = NOW

    def now(self) -> float:
        return self.at


@dataclass
class Reply:
    response: Response

    @property
    def status(self) -> int:
        return self.response.status

    @property
    def headers(self) -> dict[str, str]:
        return dict(self.response.headers)

    @property
    def json(self) -> Any:
        return json.loads(self.response.body)


def authorization(user: str, password: str = "") -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


@dataclass
class Clinic:
    """One business, one practitioner, a class of three places and a single session."""

    quirks: Quirks = field(default_factory=Quirks)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.cliniko = Cliniko(self.clock, api_key=KEY, quirks=self.quirks)
        self.business = self.cliniko.add_business("Hill Street")
        self.practitioner = self.cliniko.add_practitioner("Amy", "Ng")
        self.pilates = self.cliniko.add_appointment_type("Pilates", 60, max_attendees=3)
        self.physio = self.cliniko.add_appointment_type("Physio", 30)
        self.patient = self.cliniko.add_patient("Pat", "One")

    def group(self, hours: float = 1, **fields: Any) -> str:
        return self.cliniko.add_group_appointment(
            self.pilates, self.business, self.practitioner, int(NOW + hours * HOUR), **fields
        )

    def single(self, hours: float = 1, **fields: Any) -> str:
        start = int(NOW + hours * HOUR)
        return self.cliniko.add_individual_appointment(
            self.physio, self.business, self.practitioner, self.patient, start, **fields
        )

    def block(self, hours: float = 1, **fields: Any) -> str:
        start = int(NOW + hours * HOUR)
        return self.cliniko.add_unavailable_block(
            self.business, self.practitioner, start, start + HOUR, **fields
        )

    def call(self, verb: str, path: str, params: Any = (), body: Any = None, **head: str) -> Reply:
        headers = {
            "authorization": authorization(KEY),
            "user-agent": "calsync (ops@example.org)",
            "accept": "application/json",
            "content-type": "application/json",
        } | {name.replace("_", "-"): value for name, value in head.items()}
        content = b"" if body is None else json.dumps(body).encode()
        request = Request(verb, f"/v1/{path}", urlencode(params), headers, content, BASE)
        return Reply(self.cliniko.handle(request))

    def follow(self, url: str) -> Reply:
        parts = urlsplit(url)
        return self.call("GET", parts.path.removeprefix("/v1/"), parse_qsl(parts.query))

    def ids(self, path: str, *conditions: str, **params: Any) -> list[str]:
        asked = [("q[]", text) for text in conditions] + list(params.items())
        reply = self.call("GET", path, asked)
        assert reply.status == 200, reply.response.body
        return [row["id"] for row in reply.json[path.split("/")[-1]]]

    def refusal(self, *conditions: str, **params: Any) -> str:
        asked = [("q[]", text) for text in conditions] + list(params.items())
        reply = self.call("GET", "group_appointments", asked)
        assert reply.status == 400
        return str(reply.json["message"])

    def truth(self, native_id: str) -> dict[str, Any]:
        [row] = [row for row in self.cliniko.truth() if row["native_id"] == native_id]
        return row
