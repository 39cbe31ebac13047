"""A sandbox over real HTTP, a configuration that talks to it, and calsync over both."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from worker.app import Calsync
from worker.cli.main import run
from worker.config import load
from worker.domain.event import Status
from worker.domain.instants import iso
from worker.engine.clock import SystemClock
from worker.engine.poll import PollReport
from worker.publish import documents
from worker.sandbox.clock import RunningClock, VirtualClock
from worker.sandbox.server import SandboxServer
from worker.sandbox.world import Limits, World, build_world
from worker.store.events import Wanted
from worker.vendors.base import Clock

ROOT = Path(__file__).resolve().parents[2]
NOW = 1_772_438_400.0  # 2026-03-02T08:00Z


class SharedClock:
    """calsync's clock, moving with the sandbox's."""

    def __init__(self, virtual: VirtualClock) -> None:
        self.virtual = virtual

    def now(self) -> float:
        return self.virtual.now()

    def monotonic(self) -> float:
        return self.virtual.now()

    def sleep(self, seconds: float) -> None:
        self.virtual.advance(seconds)


@dataclass
class Rehearsal:
    world: World
    server: SandboxServer
    clock: Clock
    path: Path

    @contextmanager
    def calsync(self, **environment: str) -> Iterator[Calsync]:
        app = Calsync(load(self.path, environment), clock=self.clock)
        try:
            yield app
        finally:
            app.close()

    def sync(self) -> list[PollReport]:
        with self.calsync() as app:
            return app.sync((), lambda _report: None)

    def events(self) -> list[dict[str, Any]]:
        """What `calsync events --json --status all` prints."""
        with self.calsync() as app:
            return shown(app)

    def truth(self) -> list[dict[str, Any]]:
        """What the sandbox knows to be true within the window, by account."""
        with self.calsync() as app:
            return self.true_for(app)

    def true_for(self, app: Calsync) -> list[dict[str, Any]]:
        """The truth, as an open app's window, bindings and zone cut and name it."""
        window = app.settings.window(app.now)
        bindings = app.settings.detection.bindings
        zone = app.config.worker.timezone
        start, end = iso(window.start), iso(window.end)
        rows = []
        for account, vendor in ACCOUNTS.items():
            for row in self.world.simulators[vendor].truth():
                if row["start"] < end and row["end"] > start:
                    bound = bindings.resources_of(account, row["subjects"])
                    row = {**row, "timezone": row["timezone"] or zone}
                    rows.append({"account": account, **row, "resources": list(bound)})
        return rows


def shown(app: Calsync) -> list[dict[str, Any]]:
    """The events document of an open app, every status, within its window."""
    wanted = Wanted(window=app.settings.window(app.now), statuses=tuple(Status))
    return json.loads(documents.text(documents.events(app.events(wanted))))["events"]


ACCOUNTS = {
    "campus": "canvas",
    "clinic": "cliniko",
    "studio": "timify",
    "coaching": "acuity",
    "frontdesk": "appointment_one",
}
COMPARED = (
    *("account", "native_id", "occurrence", "kind", "status", "start", "end", "timezone"),
    *("title", "location", "resources", "capacity", "attendees", "pad_before", "pad_after"),
)


def compared(rows: list[dict[str, Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
    """Rows by identity, cut to what both sides tell."""
    return {
        (row["account"], row["kind"], row["native_id"], row["occurrence"]): {
            name: row[name] for name in COMPARED
        }
        for row in rows
    }


@contextmanager
def rehearsal(directory: Path, seed: int = 1, now: float = NOW) -> Iterator[Rehearsal]:
    """The five vendors over sockets, without rate limits; the clock stands still."""
    virtual = VirtualClock(now)
    world = build_world(virtual, seed, limits=Limits.LIFTED)
    with SandboxServer(world.simulators, clock=virtual, act=world.advance) as server:
        path = directory / "config.toml"
        path.write_text(world.config(server.bases), encoding="utf-8")
        path.chmod(0o600)
        yield Rehearsal(world, server, SharedClock(virtual), path)
        assert server.errors == []


@contextmanager
def live(directory: Path, seed: int = 1) -> Iterator[Rehearsal]:
    """The same on the machine's own clock, for commands in processes of their own."""
    world_clock = RunningClock(time.time)
    world = build_world(world_clock, seed, limits=Limits.LIFTED)
    with SandboxServer(world.simulators, clock=world_clock, act=world.advance) as server:
        path = directory / "config.toml"
        path.write_text(world.config(server.bases), encoding="utf-8")
        path.chmod(0o600)
        yield Rehearsal(world, server, SystemClock(), path)
        assert server.errors == []


def command(
    rehearsal: Rehearsal, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`calsync …` from the directory of the configuration, as if in a process of its own.

    A process takes longer to begin than most commands take: see `apart` for where it matters.
    """
    with (
        chdir(rehearsal.path.parent),
        patch.dict(os.environ, surroundings(**environment), clear=True),
        redirect_stdout(io.StringIO()) as out,
        redirect_stderr(io.StringIO()) as err,
    ):
        try:
            code = run(list(arguments))
        except SystemExit as ended:
            code = int(ended.code or 0)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def apart(
    rehearsal: Rehearsal, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`calsync …` in a process of its own, from the directory of the configuration."""
    return subprocess.run(
        [sys.executable, "-m", "worker", *arguments],
        cwd=rehearsal.path.parent,
        env=surroundings(**environment),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def surroundings(**environment: str) -> dict[str, str]:
    """An environment with nothing of the caller's but what Python needs."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", **environment}
