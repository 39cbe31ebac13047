"""Real processes that write over real HTTP, really killed; then one that may finish."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

from tests.e2e.rehearsal import surroundings
from tests.simulation import oracle
from tests.simulation.checks import NOTHING_SENT
from tests.simulation.town import VENDORS, Town, Wish
from worker.app import Calsync
from worker.sandbox.clock import RunningClock
from worker.sandbox.exchange import Request, is_write
from worker.sandbox.people.crowd import People
from worker.sandbox.server import SandboxServer

KILLS = 3  # in a group, before it may recover
SETTLED = 400.0  # seconds after which a write that does not show was not carried out


class AheadClock:
    """The machine's clock, as it will be after a while."""

    def __init__(self, clock: RunningClock) -> None:
        self._clock = clock

    def now(self) -> float:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.01))


class Killing:
    """Groups of kills, each in a town of its own."""

    def __init__(self, directory: Path, seed: int) -> None:
        self._directory = directory
        self._random = Random(f"{seed}/kills")
        self._seed = seed
        self.groups = 0
        self.kills = 0
        self.writes = 0
        self.failed = 0

    def group(self) -> list[str]:
        """Several kills and a recovery; what must not be, in sentences."""
        self.groups += 1
        directory = self._directory / f"group-{self.groups}"
        directory.mkdir()
        clock = RunningClock()
        accounts = ("clinic", "coaching", "studio", "campus")
        town = Town(clock, self._seed + self.groups, Wish(accounts=accounts, events=6))
        with SandboxServer(town.simulators, clock=clock) as server:
            path = town.config(directory, server.bases).path
            human = oracle.objects(People(server.switchboard), town)
            for _ in range(KILLS):
                self._kill(server, path)
            wrong = self._recovered(town, server, directory, human)
            wrong += [f"the sandbox failed: {error!r}" for error in server.errors]
            self.writes += len(server.ledger.writes())
        self.failed += bool(wrong)
        return wrong

    def _kill(self, server: SandboxServer, path: Path) -> None:
        """Start a sync, and kill it after so many requests and a little while."""
        begun = len(server.ledger)
        after = self._random.randint(1, 70)
        process = subprocess.Popen(
            [sys.executable, "-m", "worker", "sync"],
            cwd=path.parent,
            env=surroundings(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + 30
        while len(server.ledger) - begun < after and process.poll() is None:
            if time.monotonic() > until:
                break
            time.sleep(0.0005)
        time.sleep(self._random.random() * 0.02)
        process.kill()
        process.wait()
        self.kills += process.returncode == -signal.SIGKILL

    def _recovered(
        self, town: Town, server: SandboxServer, directory: Path, human: set[oracle.Object]
    ) -> list[str]:
        clock = server.switchboard.clock
        assert isinstance(clock, RunningClock)
        wrong = []
        with sqlite3.connect(directory / "calsync.db") as connection:
            wrong += [row[0] for row in connection.execute("PRAGMA integrity_check")][:1]
        wrong = [words for words in wrong if words != "ok"]
        app = Calsync(town.config(directory, server.bases), clock=AheadClock(clock))
        try:
            for _ in range(5):
                clock.advance(SETTLED)
                app.sync((), lambda _report: None)
            before = len(server.ledger.writes())
            clock.advance(SETTLED)
            app.sync((), lambda _report: None)
            if len(server.ledger.writes()) > before:
                wrong.append("C5: something was written although nothing has changed")
        finally:
            app.close()
        return wrong + _judged(town, server, directory, human)


def _judged(
    town: Town, server: SandboxServer, directory: Path, human: set[oracle.Object]
) -> list[str]:
    """Every hold is there once, nobody was told, and each write is in the audit."""
    people = People(server.switchboard)
    now = int(server.switchboard.clock.now())
    ours = oracle.objects(people, town) - human
    targets = [account for account in town.wish.accounts if account != "campus"]
    wanted = oracle.wanted(town, ours, targets, now)
    there = oracle.standing(town, ours, now)
    wrong = [f"C4: missing: {place}" for place in wanted - there]
    wrong += [f"C1: too many: {place}" for place in there - wanted]
    entries = server.ledger.entries()
    wrong += [f"C6: #{one.number} told people" for one in entries if one.notifications]
    sent = Counter(one.vendor for one in entries if _writes(one.method, one.path) and one.applied)
    with sqlite3.connect(directory / "calsync.db") as connection:
        rows = connection.execute("SELECT target, state, detail FROM outbox").fetchall()
    audited = Counter(
        VENDORS[target] for target, state, _ in rows if state not in ("intent", "deferred")
    )
    quiet = Counter(VENDORS[target] for target, _, detail in rows if detail in NOTHING_SENT)
    for vendor, count in sent.items():
        if not count <= audited[vendor] <= count + quiet[vendor] + KILLS:
            wrong.append(f"C15: {count} writes at {vendor}, {audited[vendor]} in the audit")
    return wrong


def _writes(method: str, path: str) -> bool:
    return is_write(Request(method, path))
