"""A caller of the simulated Canvas, and a small campus to call it about."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from worker.sandbox.canvas import Canvas, Quirks
from worker.sandbox.exchange import Request, Response

NOW = 1_790_000_000  # 2026-09-21T14:13:20Z
HOUR = 3600
TEACHER = "teacher-token"
STUDENT = "student-token"
BASE = "https://canvas.example.edu"


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

    @property
    def links(self) -> dict[str, str]:
        found = re.findall(r'<([^>]+)>; rel="(\w+)"', self.headers["Link"])
        return {rel: url for url, rel in found}


@dataclass
class Campus:
    """One course with a teacher (the token's owner) and students."""

    quirks: Quirks = field(default_factory=Quirks)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.canvas = Canvas(self.clock, token=TEACHER, quirks=self.quirks)
        self.course = self.canvas.add_course("Algebra")
        self.student = self.canvas.add_student("Ann Bee", courses=[self.course], token=STUDENT)
        self.other = self.canvas.add_student("Cem Dal", courses=[self.course])

    def group(self, *hours: int, **settings: Any) -> int:
        """Add a group with one-hour slots that begin so many hours from NOW."""
        slots = [(NOW + h * HOUR, NOW + (h + 1) * HOUR) for h in hours]
        return self.canvas.add_group("Office hours", [self.course], slots=slots, **settings)

    def slots(self, group: int) -> list[int]:
        return [slot.id for slot in self.canvas.slots(group)]

    def call(
        self,
        verb: str,
        path: str,
        params: Any = (),
        *,
        form: Any = (),
        body: Any = None,
        token: str = TEACHER,
        accept: str = "application/json",
    ) -> Reply:
        headers = {"accept": accept}
        if token:
            headers["authorization"] = f"Bearer {token}"
        content = urlencode(form).encode()
        headers["content-type"] = "application/x-www-form-urlencoded"
        if body is not None:
            content = json.dumps(body).encode()
            headers["content-type"] = "application/json"
        request = Request(verb, f"/api/v1/{path}", urlencode(params), headers, content, BASE)
        return Reply(self.canvas.handle(request))

    def follow(self, url: str) -> Reply:
        parts = urlsplit(url)
        return self.call("GET", parts.path.removeprefix("/api/v1/"), parse_qsl(parts.query))

    def truth(self, slot: int) -> dict[str, Any]:
        return next(row for row in self.canvas.truth() if row["native_id"] == str(slot))
