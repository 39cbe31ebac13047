"""Serves the simulated vendors over HTTP/1.1: one address for all, or a port for each."""

from __future__ import annotations

import os
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from worker.sandbox.control import Control
from worker.sandbox.exchange import Clock, Request, Response, Simulator
from worker.sandbox.faults import Faults
from worker.sandbox.ledger import Ledger
from worker.sandbox.switchboard import Switchboard
from worker.sandbox.wire import Action, Cut, Delivery, Pause, plain

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d{1,5})?|\[[0-9a-fA-F:]+\](:\d{1,5})?")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_BODY_LIMIT = 64 * 1024 * 1024
_PIECE = 1024 * 1024


class Layout(StrEnum):
    """Where the vendors are: below one address (`/canvas`), or each also on a port of its own."""

    PREFIXES = "prefixes"
    PORTS = "ports"


class SandboxServer:
    """The running sandbox. `simulators` are reached by their keys; port 0 picks a free one.

    `act` moves the world on by one scripted step and returns what it did, None when the script is
    over. Usable as a context manager; `errors` holds what a simulator raised, which is a bug.
    """

    def __init__(
        self,
        simulators: Mapping[str, Simulator],
        *,
        clock: Clock,
        host: str = "127.0.0.1",
        port: int = 0,
        layout: Layout = Layout.PREFIXES,
        faults: Faults | None = None,
        ledger: Ledger | None = None,
        act: Callable[[], str | None] | None = None,
    ) -> None:
        self.switchboard = Switchboard(simulators, clock=clock, faults=faults, ledger=ledger)
        self.control = Control(self.switchboard, act)
        self.stopping = threading.Event()
        self.errors: list[BaseException] = []
        self._host = host
        self._main = _Listener((host, port), self, None)
        self._own: dict[str, _Listener] = {}
        if layout is Layout.PORTS:
            self._own = {name: _Listener((host, 0), self, name) for name in simulators}

    @property
    def faults(self) -> Faults:
        """The switchable faults."""
        return self.switchboard.faults

    @property
    def ledger(self) -> Ledger:
        """The record of every request."""
        return self.switchboard.ledger

    @property
    def address(self) -> str:
        """The origin under which all vendors and the control surface are found."""
        return self._main.origin

    @property
    def bases(self) -> dict[str, str]:
        """Each vendor's `base_url`: its own port if it has one, else a prefix of the address."""
        return {
            name: self._own[name].origin if name in self._own else f"{self.address}/{name}"
            for name in self.switchboard.simulators
        }

    def start(self) -> Self:
        """Begin to serve, in threads of its own; the ports are open since construction."""
        for listener in (self._main, *self._own.values()):
            listener.serve()
        return self

    def stop(self) -> None:
        """Close every port and connection; what hangs on purpose is released at once."""
        self.stopping.set()
        for listener in (self._main, *self._own.values()):
            listener.close()

    def go_down(self, name: str) -> None:
        """Refuse connections to a vendor that has a port of its own (T04), and cut open ones."""
        self._own[name].close()

    def come_back(self, name: str) -> None:
        """Listen again on the port that `go_down` closed."""
        port = self._own[name].port
        self._own[name] = _Listener((self._host, port), self, name)
        self._own[name].serve()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_exception: object) -> None:
        self.stop()


class _Listener(ThreadingHTTPServer):
    """One open port. `vendor` is None where the vendors are told apart by the path's first part."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], sandbox: SandboxServer, vendor: str | None):
        self.sandbox = sandbox
        self.vendor = vendor
        self.connections: dict[socket.socket, threading.Thread] = {}
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        super().__init__(address, _Handler)
        self.port = int(self.server_address[1])
        self.origin = f"http://{address[0]}:{self.port}"

    def server_bind(self) -> None:
        """Bind without the reverse look-up of the host's name that http.server does."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), 0

    def serve(self) -> None:
        """Accept connections until closed."""
        self._thread = threading.Thread(
            target=self.serve_forever, args=(0.05,), name="sandbox", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stop accepting, cut what is open, and wait for the threads."""
        if self._thread is not None:
            self.shutdown()
            self._thread.join()
            self._thread = None
        self.server_close()
        with self._guard:
            still_open = dict(self.connections)
        for connection, thread in still_open.items():
            _shut(connection)
            thread.join(timeout=5)

    def opened(self, connection: socket.socket) -> None:
        """Remember a connection, so that `close` can cut it."""
        with self._guard:
            self.connections[connection] = threading.current_thread()

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._guard:
            self.connections.pop(connection, None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error; a simulator that raised is kept and printed."""
        error = sys.exception()
        if error is None or isinstance(error, ConnectionError | TimeoutError):
            return
        self.sandbox.errors.append(error)
        super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener
    _doomed = False

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        super().finish()
        self.server.closed(self.connection)

    def _serve(self) -> None:
        if self._doomed:
            _reset(self.connection)
            self.close_connection = True
            return
        body = self._body()
        if body is None:
            return
        vendor, request = self._request(body)
        if vendor is None or vendor not in self.server.sandbox.switchboard.simulators:
            self._send(plain(self._elsewhere(request), without_body=self.command == "HEAD"))
            return
        delivery, number = self.server.sandbox.switchboard.exchange(vendor, request)
        try:
            self._deliver(delivery)
        except (ConnectionError, TimeoutError):
            self.server.sandbox.ledger.lost(number)
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    def _request(self, body: bytes) -> tuple[str | None, Request]:
        path, _, query = self.path.partition("?")
        vendor, prefix = self.server.vendor, ""
        if vendor is None:
            vendor, _, rest = path.removeprefix("/").partition("/")
            prefix, path = f"/{vendor}", f"/{rest}"
        host = self.headers.get("Host", "")
        origin = f"http://{host}" if _HOST.fullmatch(host) else self.server.origin
        headers = {name.lower(): value for name, value in self.headers.items()}
        return vendor, Request(self.command, path, query, headers, body, origin + prefix)

    def _elsewhere(self, request: Request) -> Response:
        sandbox = self.server.sandbox
        if self.server.vendor is None and self.path.startswith("/_sandbox/"):
            return sandbox.control.handle(request, sandbox.bases)
        document = {"error": "no simulated vendor at this path", "bases": sandbox.bases}
        return Response.of(document, 404)

    def _body(self) -> bytes | None:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            self._refuse(HTTPStatus.BAD_REQUEST)
            return None
        if int(length) > _BODY_LIMIT:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return None
        return self.rfile.read(int(length))

    def _chunks(self) -> bytes | None:
        pieces: list[bytes] = []
        while True:
            size_text = self.rfile.readline(1024).split(b";")[0].strip()
            if not _CHUNK_SIZE.fullmatch(size_text):
                self._refuse(HTTPStatus.BAD_REQUEST)
                return None
            size = int(size_text, 16)
            if sum(map(len, pieces)) + size > _BODY_LIMIT:
                self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                return None
            pieces.append(self.rfile.read(size))
            self.rfile.readline(1024)
            if size == 0:
                return b"".join(pieces)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True
        self._send(plain(Response(status, b"", (("Connection", "close"),))))

    def _deliver(self, delivery: Delivery) -> None:
        for action in delivery.actions(without_body=self.command == "HEAD"):
            if self.server.sandbox.stopping.is_set():
                raise ConnectionAbortedError
            self._perform(action)

    def _perform(self, action: Action) -> None:
        match action:
            case bytes():
                self._send(action)
            case Pause(seconds):
                self.server.sandbox.stopping.wait(seconds)
            case Cut.RESET:
                _reset(self.connection)
                self.close_connection = True
            case Cut.CLOSE:
                self.close_connection = True
            case Cut.DOOM:
                self._doomed = True

    def _send(self, data: bytes) -> None:
        view = memoryview(data)
        for start in range(0, len(view), _PIECE):
            self.connection.sendall(view[start : start + _PIECE])

    def log_message(self, *_arguments: Any) -> None:
        """Nothing: the ledger is the log."""


def _reset(connection: socket.socket) -> None:
    """Close with an RST, without the FIN that socketserver would send before it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # already closed by the other side
