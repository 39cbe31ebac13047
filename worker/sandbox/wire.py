"""How an answer travels: the bytes, pauses and cuts that make up one delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus

from worker.sandbox.exchange import Response

_BODILESS = frozenset({204, 304})
NOTHING = Response(0)
"""No answer at all: the connection is reset."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait this long (real seconds) before the next byte; the server's stop ends it early."""

    seconds: float


class Cut(Enum):
    """An end of the connection that the client did not ask for."""

    RESET = "reset"  # RST: what was not yet read is lost
    CLOSE = "close"  # FIN
    DOOM = "doom"  # looks alive, and is reset when the next request arrives on it


Action = bytes | Pause | Cut
Wire = Callable[[Response], Iterator[Action]]


@dataclass(frozen=True, slots=True)
class Effect:
    """What the vendor does on its own account after a request, `seconds` later.

    `act` does it and returns whether anything changed; `actor` is who seems to have done it:
    `vendor`, or `person` for somebody at the vendor's own pages.
    """

    seconds: float
    act: Callable[[], bool]
    actor: str = "vendor"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What reaches the caller. `answer` is what the simulator said, None if it was never asked;
    `wire` replaces the ordinary way of sending; `arrives` is False if the caller cannot get it;
    `effects` happen afterwards.
    """

    response: Response
    answer: Response | None
    faults: tuple[str, ...] = ()
    wire: Wire | None = None
    arrives: bool = True
    effects: tuple[Effect, ...] = ()

    @property
    def was_applied(self) -> bool:
        """Whether the simulator said that it had done what it was asked, whatever was sent."""
        return self.answer is not None and 200 <= self.answer.status < 300

    def actions(self, *, without_body: bool = False) -> Iterator[Action]:
        """The delivery as bytes, pauses and cuts, in order."""
        if self.response.status == NOTHING.status:
            return iter((Cut.RESET,))
        if self.wire is not None:
            return self.wire(self.response)
        return iter((plain(self.response, without_body=without_body),))


def head(response: Response, *extra: tuple[str, str]) -> bytes:
    """Status line and headers, exactly as given: nothing is checked, faults rely on that."""
    try:
        phrase = HTTPStatus(response.status).phrase
    except ValueError:
        phrase = "Unknown"
    lines = [f"HTTP/1.1 {response.status} {phrase}\r\n"]
    lines += [f"{name}: {value}\r\n" for name, value in (*response.headers, *extra)]
    return "".join((*lines, "\r\n")).encode("utf-8", "surrogateescape")


def plain(response: Response, *, without_body: bool = False) -> bytes:
    """The whole answer with its `Content-Length`; a HEAD request gets it without the body."""
    if response.status in _BODILESS:
        return head(response)
    length = ("Content-Length", str(len(response.body)))
    if any(name.lower() == "content-length" for name, _ in response.headers):
        return head(response) + (b"" if without_body else response.body)
    return head(response, length) + (b"" if without_body else response.body)
