"""Reaches the simulators without a socket, on the caller's thread and a virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import h11
import httpx

from worker.sandbox.exchange import Clock, Request, is_write
from worker.sandbox.switchboard import Switchboard
from worker.sandbox.wire import Cut, Delivery, Pause

_LARGEST_HEAD = 100 * 1024


class MovableClock(Clock, Protocol):
    """A clock that waiting moves."""

    def advance(self, seconds: float) -> float:
        """Move on by `seconds`; returns the new instant."""
        ...


def _nothing(_seen: object) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Hooks:
    """Where a simulation may stop the world: whatever these raise passes through to the caller.

    `before`: the request has not left. `after_applied`: the vendor carried a write out, its answer
    has not left. `before_answer`: the head of the answer is there, its body is unread.
    """

    before: Callable[[httpx.Request], None] = _nothing
    after_applied: Callable[[httpx.Request], None] = _nothing
    before_answer: Callable[[httpx.Response], None] = _nothing


class InProcess(httpx.BaseTransport):
    """`bases` maps each vendor to its address, as `calsync sandbox` prints them.

    What a socket would show shows here: a reset or an early end is `httpx.ReadError` or
    `RemoteProtocolError`, a pause moves the clock, and one longer than the request's read timeout
    moves it by that timeout and raises `httpx.ReadTimeout`. An address of nobody is
    `httpx.ConnectError`.
    """

    def __init__(
        self,
        switchboard: Switchboard,
        bases: Mapping[str, str],
        clock: MovableClock,
        hooks: Hooks | None = None,
    ) -> None:
        self._switchboard = switchboard
        self._bases = {name: httpx.URL(base) for name, base in bases.items()}
        self._clock = clock
        self._hooks = hooks or Hooks()
        self._doomed: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request to its vendor and its answer back."""
        vendor, asked = self._asked(request)
        self._hooks.before(request)
        if vendor in self._doomed:
            self._doomed.discard(vendor)
            raise httpx.ReadError("connection reset", request=request)
        delivery, number = self._switchboard.exchange(vendor, asked)
        if is_write(asked) and delivery.was_applied:
            self._hooks.after_applied(request)
        answer = _Answer(self, request, vendor, delivery, number)
        response = answer.begin()
        self._hooks.before_answer(response)
        return response

    def _asked(self, request: httpx.Request) -> tuple[str, Request]:
        url = request.url
        path, _, query = url.raw_path.decode("ascii").partition("?")
        for name, base in self._bases.items():
            prefix = base.raw_path.decode("ascii").rstrip("/")
            same = (url.scheme, url.host, url.port) == (base.scheme, base.host, base.port)
            if same and (path == prefix or path.startswith(f"{prefix}/")):
                headers = {key.lower(): value for key, value in request.headers.items()}
                address = str(base).rstrip("/")
                below = path.removeprefix(prefix) or "/"
                return name, Request(request.method, below, query, headers, request.read(), address)
        raise httpx.ConnectError("no simulated vendor at this address", request=request)

    def lost(self, number: int) -> None:
        """Note in the ledger that an answer did not arrive."""
        self._switchboard.ledger.lost(number)

    def doom(self, vendor: str) -> None:
        """The next request to this vendor meets a connection that is dead."""
        self._doomed.add(vendor)

    def wait(self, seconds: float, request: httpx.Request) -> None:
        """Let time pass; raises httpx.ReadTimeout if the request's patience ends first."""
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and seconds > patience:
            self._clock.advance(patience)
            raise httpx.ReadTimeout("the read operation timed out", request=request)
        self._clock.advance(seconds)


class _Answer(httpx.SyncByteStream):
    """One delivery, taken apart as a client's HTTP library would take the bytes apart."""

    def __init__(
        self,
        way: InProcess,
        request: httpx.Request,
        vendor: str,
        delivery: Delivery,
        number: int,
    ) -> None:
        self._way = way
        self._request = request
        self._vendor = vendor
        self._number = number
        self._actions = delivery.actions(without_body=request.method == "HEAD")
        self._parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=_LARGEST_HEAD)
        self._parser.send(h11.Request(method=request.method, target="/", headers=[("Host", "x")]))
        self._parser.send(h11.EndOfMessage())
        self._ended = False

    def begin(self) -> httpx.Response:
        """The head of the answer, its body to be read."""
        while True:
            event = self._event()
            if isinstance(event, h11.Response):
                headers = event.headers.raw_items()
                return httpx.Response(event.status_code, headers=headers, stream=self)
            if not isinstance(event, h11.InformationalResponse):
                self._way.lost(self._number)
                raise httpx.RemoteProtocolError("no answer", request=self._request)

    def __iter__(self) -> Iterator[bytes]:
        while True:
            event = self._event()
            if isinstance(event, h11.EndOfMessage):
                self._finish()
                return
            if isinstance(event, h11.Data):
                yield bytes(event.data)

    def _event(self) -> object:
        try:
            event = self._parser.next_event()
            while event is h11.NEED_DATA:
                self._receive()
                event = self._parser.next_event()
        except h11.RemoteProtocolError as error:
            self._way.lost(self._number)
            raise httpx.RemoteProtocolError(str(error), request=self._request) from None
        except httpx.TransportError:
            self._way.lost(self._number)
            raise
        return event

    def _receive(self) -> None:
        action = Cut.CLOSE if self._ended else next(self._actions, Cut.CLOSE)
        match action:
            case bytes():
                if action:
                    self._parser.receive_data(action)
            case Pause(seconds):
                self._way.wait(seconds, self._request)
            case Cut.CLOSE:
                self._ended = True
                self._parser.receive_data(b"")
            case Cut.RESET:
                raise httpx.ReadError("connection reset", request=self._request)
            case Cut.DOOM:
                self._way.doom(self._vendor)

    def _finish(self) -> None:
        """A kept-alive connection may die after its answer."""
        if any(action is Cut.DOOM for action in self._actions):
            self._way.doom(self._vendor)
