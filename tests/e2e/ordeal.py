"""A synced store that is put back for every trial, and vendors that break in between."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.e2e.rehearsal import ACCOUNTS, NOW, Rehearsal, SharedClock, compared, shown
from worker.app import Calsync
from worker.engine.poll import PollReport
from worker.sandbox.clock import VirtualClock
from worker.sandbox.faults import Activation
from worker.sandbox.server import SandboxServer
from worker.sandbox.world import Limits, build_world

AN_HOUR = 3700.0  # longer than a walk over changes is believed: every poll after it is a full one
KNOWN_APPOINTMENTS = 12  # of the front desk: each is a request of its own


class ReturningClock(VirtualClock):
    """A virtual clock that can be put back, so that trials start at the same instant."""

    def put_back(self, now: float) -> None:
        with self._lock:
            self._now = now


@dataclass(frozen=True)
class Held:
    """What the store holds of one event."""

    key: tuple[str, str, str, str]
    status: str
    fingerprint: bytes
    missed: int
    gone: bool


class Ordeal(Rehearsal):
    """The rehearsal with a store that every trial finds as the first sync left it."""

    baseline: bytes

    def put_back(self) -> None:
        """Everything as it was right after the first sync."""
        self.server.errors.clear()
        self.server.faults.off()
        is_another_day = self.clock.now() > NOW + 12 * 3600
        self.clock.virtual.put_back(NOW)
        if is_another_day:
            # What expires at a vendor in the course of a trial does not come back by itself.
            self.world = build_world(self.clock.virtual, 1, limits=Limits.LIFTED)
            self.server.switchboard.simulators.update(self.world.simulators)
        self.empty()
        (self.path.parent / "calsync.db").write_bytes(self.baseline)

    def empty(self) -> None:
        """No store at all."""
        for suffix in ("", "-wal", "-shm"):
            (self.path.parent / f"calsync.db{suffix}").unlink(missing_ok=True)

    def on(self, account: str, name: str, **how: Any) -> Activation:
        return self.server.faults.on(name, vendor=ACCOUNTS[account], **how)

    def held(self, account: str) -> dict[tuple[str, ...], Held]:
        """The account's events in the store, whatever their time."""
        with sqlite3.connect(self.path.parent / "calsync.db") as connection:
            rows = connection.execute(
                "SELECT account, kind, native_id, occurrence, status, fingerprint, missed_polls, "
                "gone_at IS NOT NULL FROM event WHERE account = ?",
                (account,),
            ).fetchall()
        return {row[:4]: Held(row[:4], row[4], row[5], row[6], bool(row[7])) for row in rows}

    def poll(self, app: Calsync, account: str) -> PollReport:
        """An hour later, or as soon as a stated wait is over: one sync of one account."""
        wait = app.store.accounts.all()[account].health.wait_until or 0
        self.clock.sleep(max(AN_HOUR, wait - self.clock.now() + 1))
        return app.sync((account,), lambda _report: None)[0]

    def really(self, app: Calsync, account: str) -> dict[tuple[str, ...], dict[str, Any]]:
        """What the vendor knows to be true now, cut to what is configured to be read."""
        known = set(re.findall(r'"([0-9a-f]{32})"', self.path.read_text(encoding="utf-8")))
        rows = [row for row in self.true_for(app) if row["account"] == account]
        return compared([r for r in rows if account != "frontdesk" or r["native_id"] in known])

    def harmed(self, app: Calsync, account: str, before: dict[tuple[str, ...], Held]) -> list[str]:
        """What was live and is still so at the vendor, but no longer in the store."""
        now = self.held(account)
        lost = [f"{key} is no longer stored" for key in before if key not in now]
        ended = [
            key
            for key, known in before.items()
            if key in now
            and known.status != "cancelled"
            and (now[key].gone or now[key].status == "cancelled")
        ]
        if not ended:
            return lost
        really = self.really(app, account)
        alive = {key for key, row in really.items() if row["status"] != "cancelled"}
        return lost + [f"{key} is {now[key].status}" for key in ended if key in alive]

    def astray(self, app: Calsync, account: str) -> dict[tuple[str, ...], Any]:
        """How the account's events differ from the truth.

        What is cancelled on one side may be missing on the other: vendors forget, we do not.
        """
        stored = compared([row for row in shown(app) if row["account"] == account])
        really = self.really(app, account)
        return {
            key: (stored.get(key), really.get(key))
            for key in stored.keys() | really.keys()
            if stored.get(key) != really.get(key)
            and {"cancelled"}
            != {row["status"] for row in (stored.get(key), really.get(key)) if row is not None}
        }


@contextmanager
def ordeal(directory: Path) -> Iterator[Ordeal]:
    """The five vendors over sockets; calsync's view of them cut to what keeps a poll short."""
    virtual = ReturningClock(NOW)
    world = build_world(virtual, 1, limits=Limits.LIFTED)
    with SandboxServer(world.simulators, clock=virtual, act=world.advance) as server:
        path = directory / "config.toml"
        text = world.config(server.bases).replace("[worker]", '[worker]\nfuture = "40d"', 1)
        known = re.search(r"^appointments = (\[.*\])$", text, re.MULTILINE)
        assert known
        fewer = ", ".join(known[1].strip("[]").split(", ")[:KNOWN_APPOINTMENTS])
        path.write_text(text.replace(known[1], f"[{fewer}]"), encoding="utf-8")
        path.chmod(0o600)
        one = Ordeal(world, server, SharedClock(virtual), path)
        assert [report.result for report in one.sync()] == ["complete"] * len(ACCOUNTS)
        one.baseline = (directory / "calsync.db").read_bytes()
        yield one
        assert server.errors == []
