"""One sandbox, polled once by the command line, and the command line over it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from worker.cli.main import run
from worker.sandbox.clock import RunningClock
from worker.sandbox.server import SandboxServer
from worker.sandbox.world import Limits, build_world


@dataclass(frozen=True)
class Done:
    """What a call left behind."""

    code: int
    out: str
    err: str


class Desk:
    """A script that calls calsync within this process, in a directory of its own."""

    def __init__(self, directory: Path, server: SandboxServer, capsys: Any) -> None:
        self.directory = directory
        self.server = server
        self._capsys = capsys

    def calsync(self, *words: str) -> Done:
        self._capsys.readouterr()
        try:
            code = run(words)
        except SystemExit as left:
            code = int(left.code or 0)
        return Done(code, *self._capsys.readouterr())

    def json(self, *words: str) -> Any:
        return json.loads(self.calsync(*words, "--json").out)

    def calls(self, vendor: str) -> int:
        return len(self.server.ledger.entries(vendor=vendor))


@pytest.fixture(scope="session")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[SandboxServer, Path]]:
    clock = RunningClock(time.time)
    world = build_world(clock, 1, limits=Limits.LIFTED)
    directory = tmp_path_factory.mktemp("contract")
    with SandboxServer(world.simulators, clock=clock) as server:
        path = directory / "config.toml"
        path.write_text(world.config(server.bases), encoding="utf-8")
        path.chmod(0o600)
        assert run(["-c", str(path), "sync"]) == 0
        yield server, directory


@pytest.fixture
def desk(
    polled: tuple[SandboxServer, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Desk]:
    """At home in a copy of what was polled; the environment names no other configuration."""
    server, directory = polled
    for name in ("config.toml", "calsync.db", "calsync.db-wal"):
        if (directory / name).exists():
            (tmp_path / name).write_bytes((directory / name).read_bytes())
    (tmp_path / "config.toml").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CALSYNC_CONFIG", raising=False)
    yield Desk(tmp_path, server, capsys)
    server.faults.off()
