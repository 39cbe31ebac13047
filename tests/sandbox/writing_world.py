"""Five vendors behind one in-process transport, and one way to write a marked object at each."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from worker.sandbox.acuity import Acuity
from worker.sandbox.acuity import Quirks as AcuityQuirks
from worker.sandbox.appointment_one import AppointmentOne
from worker.sandbox.canvas import Canvas
from worker.sandbox.cliniko import Cliniko
from worker.sandbox.clock import VirtualClock
from worker.sandbox.exchange import Simulator
from worker.sandbox.people.crowd import People
from worker.sandbox.people.thing import Thing
from worker.sandbox.switchboard import Switchboard
from worker.sandbox.timify import Timify
from worker.sandbox.transport import Hooks, InProcess

NOW = 1_795_252_800.0  # 2026-11-21T09:20:00Z
MARK = "0123456789abcdef"
TEXT = f"Held by calsync [calsync {MARK}]"
VENDORS = ("canvas", "cliniko", "timify", "acuity")


@dataclass(frozen=True)
class Calls:
    """Path of the collection, the body of a create, and how an update is written."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str]
    update: tuple[str, dict[str, Any]] | None


@dataclass
class Rig:
    """A switchboard with all five, a client, and the people."""

    hooks: Hooks = field(default_factory=Hooks)

    def __post_init__(self) -> None:
        self.clock = VirtualClock(NOW)
        self.canvas = Canvas(self.clock, token="teach")
        course = self.canvas.add_course("Algebra")
        self.canvas.add_student("Ann Bee", courses=[course])
        self.cliniko = Cliniko(self.clock, api_key="a2V5-uk2")
        business = self.cliniko.add_business("Hill Street", "Europe/London")
        practitioner = self.cliniko.add_practitioner("Amy", "Ng")
        self.timify = Timify(self.clock)
        self.resource = self.timify.add_resource("Room 1")
        lifted = AcuityQuirks(requests_per_second=None, concurrent_requests=None)
        self.acuity = Acuity(self.clock, timezone="UTC", quirks=lifted)
        calendar = self.acuity.add_calendar("Amy")
        self.one = AppointmentOne(self.clock)
        self.one.add_event("intro", "Introduction")
        simulators: dict[str, Simulator] = {
            "canvas": self.canvas,
            "cliniko": self.cliniko,
            "timify": self.timify,
            "acuity": self.acuity,
            "appointment_one": self.one,
        }
        self.board = Switchboard(simulators, clock=self.clock)
        self.bases = {name: f"http://127.0.0.1:8000/{name}" for name in simulators}
        self.client = httpx.Client(
            transport=InProcess(self.board, self.bases, self.clock, self.hooks)
        )
        self.people = People(self.board)
        start = "2026-11-23T10:00:00Z"
        end = "2026-11-23T11:00:00Z"
        group = {
            "context_codes": [f"course_{course}"],
            "title": "Office hours",
            "description": TEXT,
            "new_appointments": {"0": [start, end]},
        }
        block = {"starts_at": start, "ends_at": end, "notes": TEXT}
        block |= {"business_id": business, "practitioner_id": practitioner}
        time = {
            "resource_ids": [self.resource],
            "datetime": "2026-11-23 11:00",
            "duration": 60,
            "title": "Held",
            "notes": TEXT,
        }
        busy = {"start": "2026-11-23T10:00:00+0000", "end": "2026-11-23T11:00:00+0000"}
        self.calls = {
            "canvas": Calls(
                "/api/v1/appointment_groups",
                {"appointment_group": group},
                {"authorization": "Bearer teach"},
                ("PUT", {"appointment_group": {"title": "Tutorial"}}),
            ),
            "cliniko": Calls(
                "/v1/unavailable_blocks",
                block,
                {"authorization": f"Basic {b64encode(b'a2V5-uk2:').decode()}"},
                ("PATCH", {"notes": f"Later {TEXT}"}),
            ),
            "timify": Calls("/v1/appointments", time, {}, ("PATCH", {"title": "Later"})),
            "acuity": Calls(
                "/api/v1/blocks",
                {**busy, "calendarID": calendar, "notes": TEXT},
                {"authorization": f"Basic {b64encode(b'12345:sandbox-api-key').decode()}"},
                None,
            ),
        }
        self._sign_in()

    def send(
        self, vendor: str, method: str, below: str = "", body: Any = None, **query: str
    ) -> httpx.Response:
        calls = self.calls[vendor]
        headers = {
            "user-agent": "calsync (ops@example.org)",
            "accept": "application/json",
            **calls.headers,
        }
        url = f"{self.bases[vendor]}{calls.path}{below}"
        return self.client.request(method, url, json=body, headers=headers, params=query)

    def create(self, vendor: str) -> httpx.Response:
        return self.send(vendor, "POST", body=self.calls[vendor].body)

    def made(self, vendor: str) -> str:
        answer = self.create(vendor)
        assert answer.is_success, answer.text
        return id_in(answer)

    def held(self, vendor: str) -> list[Thing]:
        """The living objects with the mark."""
        return [one for one in self.people.things(vendor, mark=MARK) if one.alive and one.end]

    def groups(self, vendor: str) -> list[Thing]:
        """The same, of the kind that a create makes: at Canvas the group, not its slots."""
        return [one for one in self.held(vendor) if one.kind not in ("slot", "reservation")]

    def attempt(self, ask: Callable[[], httpx.Response]) -> str:
        """The status of an answer, or the name of the error in its place."""
        try:
            return str(ask().status_code)
        except httpx.TransportError as error:
            return type(error).__name__

    def _sign_in(self) -> None:
        keys = {"appid": "sandbox-app", "appsecret": "sandbox-app-secret"}
        answer = self.client.post(f"{self.bases['timify']}/v1/auth/token", json=keys)
        headers = {
            "authorization": answer.json()["accessToken"],
            "company-id": self.timify.company_id,
        }
        self.calls["timify"].headers.update(headers)


def id_in(answer: httpx.Response) -> str:
    document = json.loads(answer.content)
    return str(document.get("data", document)["id"])
