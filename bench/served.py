"""A vendor that costs nothing: ready pages over loopback HTTP, in a process of its own."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from bench.workload import PER_PAGE, appointments, cliniko_pages

_TARGET = re.compile(rb"GET (?:\S*?)(/v1/[a-z_]+)(?:\?(?:\S*&)?page=(\d+))?\S* HTTP")

Answer = Callable[[str, int], bytes]  # (path, page; 0 for what changed) -> body


@dataclass(frozen=True, slots=True)
class Served:
    """Where the vendor listens: its origin, and the origin with the path of its interface."""

    origin: str

    @property
    def base(self) -> str:
        """The address of the interface."""
        return f"{self.origin}/v1"


@contextmanager
def served(count: int, delay: float = 0.0, per_page: int = PER_PAGE) -> Iterator[Served]:
    """`count` appointments, each answer after `delay` seconds. Ends with the block."""
    command = [sys.executable, "-m", "bench.served", str(count), str(delay), str(per_page)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield Served(process.stdout.readline().strip())
        finally:
            process.kill()


def main() -> None:
    """Serve until killed; prints the origin."""
    count, delay, per_page = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    with socket.create_server(("127.0.0.1", 0), backlog=128) as server:
        origin = f"http://127.0.0.1:{server.getsockname()[1]}"
        pages = list(cliniko_pages(appointments(count), f"{origin}/v1", per_page))
        print(origin, flush=True)
        while True:
            connection, _ = server.accept()
            threading.Thread(
                target=_talk, args=(connection, clinic(pages), delay), daemon=True
            ).start()


def clinic(pages: list[bytes]) -> Answer:
    """A clinic of individual appointments only, with names for what they refer to."""
    types = [{"id": str(number), "name": f"Consultation {number}"} for number in range(1, 18)]
    business = {
        "id": "1",
        "business_name": "Harbour St",
        "time_zone_identifier": "Australia/Sydney",
    }
    ready = {
        "/v1/appointment_types": types,
        "/v1/businesses": [business],
    }

    def answer(path: str, page: int) -> bytes:
        if path == "/v1/bookings" and page:
            return pages[page - 1]
        key = path.rpartition("/")[2]
        rows = ready.get(path, [])
        return json.dumps({key: rows, "total_entries": len(rows), "links": {}}).encode()

    return answer


def _talk(connection: socket.socket, answer: Answer, delay: float) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection:
        waiting = b""
        while True:
            while b"\r\n\r\n" not in waiting:
                received = connection.recv(65_536)
                if not received:
                    return
                waiting += received
            request, _, waiting = waiting.partition(b"\r\n\r\n")
            found = _TARGET.match(request)
            if delay:
                time.sleep(delay)
            connection.sendall(_reply(answer, found))


def _reply(answer: Answer, found: re.Match[bytes] | None) -> bytes:
    if found is None:
        return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    # `>=` is asked of times of change (nothing did), and of what a longer window has gained.
    page = 0 if b"%3A%3E%3D" in found[0] else int(found[2] or 1)
    body = answer(found[1].decode(), page)
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


if __name__ == "__main__":
    main()
