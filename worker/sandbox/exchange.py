"""One request and its answer, as a simulated vendor sees them: no sockets, no framework.

A simulator is a pure handler with state, so that the same code serves real HTTP
(`server.py`) and a simulation that never opens a port.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is below the simulator's base and still percent-encoded; header names are lower case.

    `base` is the address under which the caller reached this simulator
    (`http://127.0.0.1:9000/canvas`, no trailing slash): absolute links are built from it.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base: str = "http://sandbox.invalid"

    def params(self) -> list[tuple[str, str]]:
        """The decoded query, in order, empty values kept."""
        return parse_qsl(self.query, keep_blank_values=True)

    def json(self) -> Any:
        """The body as JSON; raises ValueError if it is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """What the vendor answers; the server adds `Date` and `Content-Length`."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, document: Any, status: int = 200, *headers: tuple[str, str]) -> Response:
        """A JSON answer."""
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, body, (("Content-Type", "application/json; charset=utf-8"), *headers))


_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# A POST that asks: it issues a token or checks a time, and leaves no event, block or roster behind.
_ASKING = (
    "/v1/auth/token",
    "/v1/auth/refreshtoken",
    "/api/v1/availability/check-times",
    "/api/v1/certificates/check",
)


def is_safe(request: Request) -> bool:
    """Whether the method promises to change nothing."""
    return request.method in _SAFE


def is_write(request: Request) -> bool:
    """Whether the vendor would change an event, a block or a roster if it agreed."""
    return not is_safe(request) and request.path not in _ASKING


class Clock(Protocol):
    """The simulated vendors' wall clock, in seconds since the epoch."""

    def now(self) -> float:
        """Return the current instant."""
        ...


class Simulator(Protocol):
    """A vendor: answers requests, and knows what is true in the words of calsync's contract."""

    name: str

    def handle(self, request: Request) -> Response:
        """Answer one request, changing state where the vendor would."""
        ...

    def truth(self) -> list[dict[str, Any]]:
        """Every event that exists now, cancelled ones included, as the contract's `events` document
        would show it: keys `native_id`, `occurrence`, `kind`, `status`, `start`, `end` (UTC text
        with `Z`), `timezone`, `title`, `location`, `capacity`, `attendees`, `pad_before`,
        `pad_after`, and `subjects` (sorted, in the words of the contract's resource bindings,
        e.g. `["group:543", "course:123"]`). Not cut to any window: the caller cuts.
        """
        ...
