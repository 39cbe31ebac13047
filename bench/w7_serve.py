"""W7: a feed of about a megabyte over HTTP: whole, compressed, and not at all since it is known.

The floor is a bare Starlette application on the same server, which hands out ready bytes by one
comparison of a tag. Both answer over kept connections; whoever asks is this process.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.filled import ACCOUNT, fill, rules_for

MODULE = "bench.w7_serve"
EVENTS = 2_700
ASKING = 4  # connections at once


@dataclass(frozen=True, slots=True)
class Place:
    """Where a server listens, and the path that it is asked for."""

    port: int
    path: str
    process: int


def main() -> None:
    """Measure, or serve in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--part", nargs=2, metavar=("NAME", "DIRECTORY"))
    chosen = parser.parse_args()
    if chosen.part:
        name, directory = chosen.part
        PARTS[name](Path(directory))
        return
    measure(chosen.seconds)


def measure(seconds: float) -> None:
    """Answers a second of both, by turns; prints the ratios."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        prepare(directory)
        with serving("ours", directory) as ours:
            head, body = ask(connected(ours), request(ours))
            (directory / "feed.ics").write_bytes(body)
            tag = head.partition(b"etag: ")[2].partition(b"\r\n")[0].decode()
            with serving("floor", directory) as floor:
                for title, extra in (
                    ("304", f"If-None-Match: {tag}\r\n"),
                    ("whole", ""),
                    ("gzip", "Accept-Encoding: gzip\r\n"),
                ):
                    runs = [_rate(one, extra, seconds) for one in (floor, ours, floor, ours)]
                    least, mine = max(runs[0], runs[2]), max(runs[1], runs[3])
                    cheapest = [min(runs[one][1], runs[one + 2][1]) for one in (0, 1)]
                    print(
                        f"W7 {title} ({len(body) / 1e6:.1f} MB): floor {least[0]:,.0f}/s; "
                        f"ours {mine[0]:,.0f}/s; ratio {mine[0] / least[0]:.2f} "
                        f"(processor {cheapest[0] / cheapest[1]:.2f}, {cheapest[1]:.0f} µs)"
                    )
            _tell_misses(ours, seconds)


def _tell_misses(ours: Place, seconds: float) -> None:
    """An unknown token, one of the right form and one of none: they must cost the same."""
    for title, token in (("43 letters", "A" * 43), ("malformed", "x")):
        miss = Place(ours.port, f"/feeds/{token}.ics", ours.process)
        print(f"W7 unknown token, {title}: {_rate(miss, '', seconds)[1]:.0f} µs of processor")


def prepare(directory: Path) -> None:
    fill(directory / "calsync.db", EVENTS)
    resources = "".join(
        f"[resources.{one.id}]\n[resources.{one.id}.bindings]\n"
        f'{ACCOUNT} = ["{one.bindings[0][1]}"]\n'
        for one in rules_for(EVENTS).resources.values()
    )
    (directory / "config.toml").write_text(
        f'[worker]\ndatabase = "sqlite:///{directory}/calsync.db"\n'
        f'[accounts.{ACCOUNT}]\nvendor = "cliniko"\napi_key = "x-uk1"\ncontact = "a@example.org"\n'
        f"{resources}"
    )


def _ours(directory: Path) -> None:
    from bench.filled import NOW
    from tests.builders import StillClock
    from worker.app import Calsync
    from worker.config import load
    from worker.domain.feed import Detail, Scope
    from worker.engine.schedule import Schedule
    from worker.web.app import build
    from worker.web.server import WebServer

    app = Calsync(load(directory / "config.toml", {}), clock=StillClock(NOW))
    web = WebServer(build(app, Schedule(app.cycle, app.store, app.clock)), "127.0.0.1", 0)
    web.start()
    address = app.feeds.open("all", Scope.ALL, "", Detail.FULL).address
    print(web.port, address[address.index("/feeds/") :], flush=True)
    sys.stdin.read()


def _floor(directory: Path) -> None:
    import gzip

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    from worker.web.server import WebServer

    body = (directory / "feed.ics").read_bytes()
    packed = gzip.compress(body)

    async def ready(request: Request) -> Response:
        if request.headers.get("if-none-match"):
            return Response(status_code=304, headers={"ETag": '"x"'})
        if "gzip" in request.headers.get("accept-encoding", ""):
            return Response(
                packed, headers={"Content-Encoding": "gzip"}, media_type="text/calendar"
            )
        return Response(body, headers={"ETag": '"x"'}, media_type="text/calendar")

    web = WebServer(Starlette(routes=[Route("/feed.ics", ready)]), "127.0.0.1", 0)
    web.start()
    print(web.port, "/feed.ics", flush=True)
    sys.stdin.read()


@contextmanager
def serving(name: str, directory: Path) -> Iterator[Place]:
    command = [sys.executable, "-m", MODULE, "--part", name, str(directory)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            port, path = process.stdout.readline().split()
            yield Place(int(port), path, process.pid)
        finally:
            process.kill()


def _rate(place: Place, extra: str, seconds: float) -> tuple[float, float]:
    """Answers a second over a few connections; microseconds of the server's processor for each."""
    until = time.perf_counter() + seconds
    counts: list[int] = []
    askers = [
        threading.Thread(target=_keep_asking, args=(place, extra, until, counts.append))
        for _ in range(ASKING)
    ]
    begun, used = time.perf_counter(), _processor(place.process)
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    count = sum(counts)
    spent = (_processor(place.process) - used) / count
    return count / (time.perf_counter() - begun), spent * 1e6


def _processor(process: int) -> float:
    """Seconds that a process has used so far (Linux)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _keep_asking(place: Place, extra: str, until: float, told: Callable[[int], None]) -> None:
    connection, asked, count = connected(place), request(place, extra), 0
    while time.perf_counter() < until:
        ask(connection, asked)
        count += 1
    connection.close()
    told(count)


def connected(place: Place) -> socket.socket:
    return socket.create_connection(("127.0.0.1", place.port))


def request(place: Place, extra: str = "") -> bytes:
    return f"GET {place.path} HTTP/1.1\r\nHost: 127.0.0.1:{place.port}\r\n{extra}\r\n".encode()


def ask(connection: socket.socket, asked: bytes) -> tuple[bytes, bytes]:
    """Head and body of one answer."""
    connection.sendall(asked)
    received = bytearray()
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, rest = bytes(received).partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    body = bytearray(rest)
    while len(body) < length:
        body += _some(connection)
    return head, bytes(body)


def _some(connection: socket.socket) -> bytes:
    some = connection.recv(1 << 20)
    if not some:
        sys.exit("the server hung up: nothing to measure")
    return some


PARTS = {"ours": _ours, "floor": _floor}

if __name__ == "__main__":
    main()
