"""Killed at any moment of a sync, and run again: the store is as if nothing had happened."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.rehearsal import Rehearsal, live, surroundings

GROUPS = 5
KILLS_IN_A_GROUP = 5
# When something was noticed or by which poll is not part of what is known.
VOLATILE = {
    "event": {"poll", "created_at", "updated_at", "missed_polls", "missed_since"},
    "revision": {"poll", "replaced_at"},
}


@dataclass
class Moment:
    """A moment to kill at: after so many requests, or so many seconds after the last one."""

    requests: int
    seconds: float = 0.0


class Victim:
    """A store that is put back, with a world that has moved on since it was synced."""

    def __init__(self, world: Rehearsal) -> None:
        self.world = world
        self.database = world.path.parent / "calsync.db"
        world.sync()
        self.baseline = self.database.read_bytes()
        for _ in range(4):
            world.world.advance()

    def put_back(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self.database.with_name(f"calsync.db{suffix}").unlink(missing_ok=True)
        self.database.write_bytes(self.baseline)

    def requests_of_a_sync(self) -> int:
        before = len(self.world.server.ledger)
        self.world.sync()
        return len(self.world.server.ledger) - before

    def kill_at(self, moment: Moment) -> int:
        """Run `sync` and kill it then; returns its exit code (0 if it was faster)."""
        self.put_back()
        before = len(self.world.server.ledger)
        process = subprocess.Popen(
            [sys.executable, "-m", "worker", "sync"],
            cwd=self.world.path.parent,
            env=surroundings(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            until = time.monotonic() + 30
            while len(self.world.server.ledger) - before < moment.requests:
                if process.poll() is not None or time.monotonic() > until:
                    break
                time.sleep(0.0005)
            time.sleep(moment.seconds)
        finally:
            process.kill()
            _, errors = process.communicate()
        assert process.returncode in (0, -signal.SIGKILL), errors
        return process.returncode

    def facts(self) -> dict[str, list[tuple[object, ...]]]:
        """Everything known, without what tells when and by which poll it was learnt."""
        with sqlite3.connect(self.database) as connection:
            connection.row_factory = sqlite3.Row
            found: dict[str, list[tuple[object, ...]]] = {}
            for table in ("event", "revision", "occupancy", "participation", "template"):
                rows = connection.execute(f"SELECT * FROM {table}").fetchall()
                hidden = VOLATILE.get(table, {"seen_at"})
                found[table] = sorted(
                    tuple(row[name] for name in row.keys() if name not in hidden)  # noqa: SIM118
                    for row in rows
                )
        return found

    def unsound(self) -> list[str]:
        """What is wrong with the file, or left lying about in it."""
        with sqlite3.connect(self.database) as connection:
            checks = {
                "integrity": "PRAGMA integrity_check",
                "references": "PRAGMA foreign_key_check",
                "staged": "SELECT number FROM staged",
                "unfinished": "SELECT id FROM poll WHERE finished_at IS NULL",
            }
            found = {name: connection.execute(sql).fetchall() for name, sql in checks.items()}
        return [name for name, rows in found.items() if rows not in ([], [("ok",)])]


@pytest.fixture(scope="module")
def victim(tmp_path_factory) -> Iterator[Victim]:
    with live(tmp_path_factory.mktemp("kill")) as world:
        yield Victim(world)


@pytest.mark.parametrize(
    "group",
    [0, 2, 4, *(pytest.param(group, marks=pytest.mark.slow) for group in (1, 3))],
)
def test_killed_anywhere_and_synced_again_the_store_is_as_if_undisturbed(victim, group):
    victim.put_back()
    total = victim.requests_of_a_sync()
    undisturbed = victim.facts()
    assert undisturbed["revision"], "the world has moved, so that there is something to lose"
    killed = 0
    for number in range(KILLS_IN_A_GROUP):
        share = (number * GROUPS + group) / (GROUPS * KILLS_IN_A_GROUP - 1)
        # The last fifth of the moments lies after the last request: in the writing to the disk.
        tail = max(0.0, share - 0.8)
        moment = Moment(min(total, max(1, round(total * share / 0.8))), tail / 2)
        killed += victim.kill_at(moment) == -signal.SIGKILL
        victim.world.sync()
        assert victim.unsound() == [], moment
        assert victim.facts() == undisturbed, moment
    assert killed, "every process was faster than its end"


def test_killed_again_and_again_without_a_whole_sync_in_between(victim):
    """Each run begins in what the one before it left."""
    victim.put_back()
    total = victim.requests_of_a_sync()
    undisturbed = victim.facts()
    victim.put_back()
    victim.baseline, kept = victim.database.read_bytes(), victim.baseline
    try:
        for share in (0.9, 0.5, 1.0, 0.7):
            victim.kill_at(Moment(round(total * share)))
            # What the dead process left in its log is part of what the next one finds.
            with sqlite3.connect(victim.database) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            victim.baseline = victim.database.read_bytes()
        victim.world.sync()
        assert victim.unsound() == []
        assert victim.facts() == undisturbed
    finally:
        victim.baseline = kept
