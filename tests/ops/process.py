"""calsync in a process of its own, over a sandbox that is left in peace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue

import httpx

from tests.e2e.rehearsal import surroundings

LONG = 40.0  # seconds after which a test gives up


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


class Daemon:
    """`calsync run` on a port of its own; its log is read line by line."""

    def __init__(
        self, config: Path, port: int, *, prefix: tuple[str, ...] = (), **environment: str
    ):
        self.origin = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen(
            [*prefix, sys.executable, "-m", "worker", "-c", str(config), "run"],
            cwd=config.parent,
            env=surroundings(**environment),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._fresh: SimpleQueue[str] = SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def log(self) -> str:
        return "\n".join(self.lines)

    @property
    def pid(self) -> int:
        return self._process.pid

    def heard(self, word: str) -> str:
        """The next log line with this word in it."""
        until = time.monotonic() + LONG
        while time.monotonic() < until:
            try:
                line = self._fresh.get(timeout=max(0.01, until - time.monotonic()))
            except Empty:
                break
            if word in line:
                return line
        raise AssertionError(f"no {word!r} in:\n{self.log}")

    def asked(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.origin}{path}", headers=headers, timeout=10, trust_env=False)

    def told(self, path: str, **headers: str) -> None:
        answer = httpx.post(f"{self.origin}{path}", headers=headers, timeout=10, trust_env=False)
        assert answer.is_success, answer.text

    def until(self, true: Callable[[], bool]) -> None:
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            try:
                if true():
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"it never came to be:\n{self.log}")

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def stop(self) -> int:
        """Its exit code, after SIGTERM."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(LONG)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._reader.join(LONG)
        assert self._process.stderr
        self._process.stderr.close()
        return code

    def _read(self) -> None:
        assert self._process.stderr
        for line in self._process.stderr:
            self.lines.append(line.rstrip("\n"))
            self._fresh.put(line)
