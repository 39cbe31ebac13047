"""A server that says exactly the bytes that a test wants said, over real sockets."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from typing import Self

from tests.builders import seams
from worker.vendors.http import Outlet


class Peer:
    """One connection, as its script sees it."""

    def __init__(self, connection: socket.socket, server: RawServer) -> None:
        self.connection = connection
        self.server = server

    def request(self) -> bytes:
        """The next request whole, or nothing when the other side is done."""
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.connection.recv(65536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (
                int(line.split(b":")[1])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            ),
            0,
        )
        while len(body) < length:
            body += self.connection.recv(65536)
        self.server.requests.append(head + b"\r\n\r\n" + body)
        return self.server.requests[-1]

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def hang(self) -> None:
        """Say nothing more until the test is over."""
        self.server.stopping.wait(60)

    def drip(self, data: bytes, seconds: float = 0.05) -> None:
        """One byte at a time."""
        for at in range(len(data)):
            self.send(data[at : at + 1])
            if self.server.stopping.wait(seconds):
                return

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())


Script = Callable[[Peer], None]


class RawServer:
    """Runs `script` for each connection, in a thread of its own."""

    def __init__(
        self, script: Script, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None
    ) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopping = threading.Event()
        self._script = script
        self._tls = tls
        self._open: list[tuple[socket.socket, threading.Thread]] = []
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, 0), family=family)
        self.port: int = self._listener.getsockname()[1]
        self.origin = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._open.append((connection, thread))
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            if self._tls:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._script(Peer(connection, self))
        except OSError:
            pass  # the client went away: its right
        finally:
            connection.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stopping.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for connection, thread in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            thread.join(5)


def answer(
    body: bytes = b"[]", status: str = "200 OK", *headers: str, length: int | None = None
) -> bytes:
    """A whole answer, with `Content-Length` and these headers."""
    lines = [
        f"HTTP/1.1 {status}",
        "Content-Type: application/json",
        f"Content-Length: {len(body) if length is None else length}",
        *headers,
    ]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def always(*answers: bytes) -> Script:
    """Each request of a connection gets the next of these answers, the last one for ever."""

    def script(peer: Peer) -> None:
        for data in answers:
            if not peer.request():
                return
            peer.send(data)
        while peer.request():
            peer.send(answers[-1])

    return script


CREDENTIAL = "canary-credential-7f3a"


def outlet(base_url: str, *, root: str = "/v1", **changes: object) -> Outlet:
    """A way out over real sockets, with the credential that must not turn up anywhere."""
    options = {"request_timeout": 2.0, **changes}
    return Outlet(
        seams(None, **options),
        base_url=base_url,
        root=root,
        authorise=lambda: {"Authorization": f"Bearer {CREDENTIAL}"},
    )
