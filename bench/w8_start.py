"""W8: how long the daemon takes to be ready on an existing store, and what it costs when idle."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.accounts import configuration
from bench.served import served

ACCOUNTS = 5
TICKS = os.sysconf("SC_CLK_TCK")
BARE = """
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
async def ready(_request):
    return PlainTextResponse("ok")
app = Starlette(routes=[Route("/readyz", ready)])
uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""


def main() -> None:
    """Print start, memory and idle processor time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--idle", type=float, default=20.0, help="seconds to watch")
    chosen = parser.parse_args()
    measure(chosen.runs, chosen.idle)


def measure(runs: int, idle: float) -> None:
    """The fastest of several starts each; then one that is watched while it does nothing."""
    quick = min(_timed([sys.executable, "-m", "worker", "--help"]) for _ in range(runs))
    print(f"W8 --help: {quick:.3f} s")
    with served(100) as vendor, tempfile.TemporaryDirectory() as directory:
        place = Path(directory)
        first = configuration(place, [vendor.origin] * ACCOUNTS)
        subprocess.run([*_calsync(first), "sync"], check=True, stdout=subprocess.DEVNULL)
        floor = min(_bare() for _ in range(runs))
        ours = min(_start(place, vendor.origin) for _ in range(runs))
        print(
            f"W8 ready: bare Starlette {floor:.3f} s; ours {ours:.3f} s; ratio {ours / floor:.2f}"
        )
        with _running(place, vendor.origin) as process:
            time.sleep(2.0)
            before = _processor(process.pid)
            time.sleep(idle)
            spent = (_processor(process.pid) - before) * 60 / idle
            print(f"W8 idle, five accounts: {_memory(process.pid):.0f} MB, {spent:.0f} ms a minute")


def _calsync(config: Path) -> list[str]:
    return [sys.executable, "-m", "worker", "-c", str(config)]


def _timed(command: Sequence[str]) -> float:
    begun = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def _bare() -> float:
    port = _free_port()
    begun = time.perf_counter()
    with _ended([sys.executable, "-c", BARE, str(port)]):
        _wait(port)
        return time.perf_counter() - begun


def _start(directory: Path, origin: str) -> float:
    begun = time.perf_counter()
    with _running(directory, origin):
        return time.perf_counter() - begun


@contextmanager
def _running(directory: Path, origin: str) -> Iterator[subprocess.Popen[bytes]]:
    port = _free_port()
    config = configuration(directory, [origin] * ACCOUNTS, f"127.0.0.1:{port}")
    with _ended([*_calsync(config), "run"]) as process:
        _wait(port)
        yield process


@contextmanager
def _ended(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def _wait(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.005)
    sys.exit("it was not ready within 30 s")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _memory(process: int) -> float:
    """Megabytes that a process keeps in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _processor(process: int) -> float:
    """Milliseconds of processor time that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICKS


if __name__ == "__main__":
    main()
