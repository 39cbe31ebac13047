"""P26: thousands of calendar apps that fetch their feed, each on a connection of its own.

Open loop: requests are sent when they are due, however slow the answers are, so a server that falls
behind is seen to. Three in four say what they have (304), one in four fetches all, compressed.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from bench.measured import machine
from bench.w7_serve import Place, ask, connected, prepare, request, serving

# (what it stands for, requests a second)
RATES = (("10,000 subscribers, each every 15 minutes", 11), ("a burst", 200))
WORKERS = 64


def main() -> None:
    """Print how long answers took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    chosen = parser.parse_args()
    print(machine())
    measure(chosen.seconds)


def measure(seconds: float) -> None:
    """Each rate for so long."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        prepare(directory)
        with serving("ours", directory) as place:
            head, _ = ask(connected(place), request(place))
            tag = head.partition(b"etag: ")[2].partition(b"\r\n")[0].decode()
            for words, rate in RATES:
                _rate(place, tag, words, rate, seconds)


def _rate(place: Place, tag: str, words: str, rate: int, seconds: float) -> None:
    known = request(place, f"If-None-Match: {tag}\r\nConnection: close\r\n")
    whole = request(place, "Accept-Encoding: gzip\r\nConnection: close\r\n")
    with ThreadPoolExecutor(WORKERS) as askers:
        asked = list(_asked(askers, place, (known, known, known, whole), rate, seconds))
        taken = sorted(one.result() for one in asked)
    last = taken[int(len(taken) * 0.99)]
    print(
        f"P26 {words}: {len(taken) / seconds:.0f}/s for {seconds:.0f} s; half within "
        f"{statistics.median(taken) * 1000:.1f} ms, 99 % within {last * 1000:.1f} ms, all within "
        f"{taken[-1] * 1000:.1f} ms; {_memory(place):.0f} MB"
    )


def _asked(
    askers: ThreadPoolExecutor, place: Place, sorts: tuple[bytes, ...], rate: int, seconds: float
) -> Iterator[Future[float]]:
    """One request after the other, when it is due; how late an answer came after that."""
    begun, pause = time.perf_counter(), threading.Event()
    for number in range(int(rate * seconds)):
        due = begun + number / rate
        pause.wait(max(0.0, due - time.perf_counter()))
        yield askers.submit(_fetch, place, sorts[number % len(sorts)], due)


def _fetch(place: Place, asked: bytes, due: float) -> float:
    connection: socket.socket = connected(place)
    with connection:
        ask(connection, asked)
    return time.perf_counter() - due


def _memory(place: Place) -> float:
    """Megabytes that the server holds at its peak (Linux)."""
    for line in Path(f"/proc/{place.process}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


if __name__ == "__main__":
    main()
