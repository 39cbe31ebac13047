"""A store that cannot be written: said in one line, nothing sent, and the report stays readable."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.rehearsal import Rehearsal, live, surroundings
from tests.ops.process import Daemon, free_port
from worker.cli.main import run

TOKEN = "a-long-random-word-for-tests"
NOBODY = 65_534
# Root may write everything, whatever its rights say: who is root becomes nobody.
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
APART = ("env",)  # in a process of its own, with which reads under way end
FULL = ("prlimit", "--fsize=0:unlimited")  # as a disk that takes nothing any more


@dataclass
class Done:
    """What a call left behind."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Desk:
    """A synced store in a directory of its own, which everybody may read."""

    world: Rehearsal
    directory: Path
    port: int

    @property
    def config(self) -> Path:
        return self.directory / "config.toml"

    @property
    def store(self) -> Path:
        return self.directory / "calsync.db"

    def calsync(self, *words: str, prefix: tuple[str, ...] = ()) -> Done:
        """Within this process, unless another user or another limit is wanted."""
        if not prefix:
            with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err:
                code = run(["-c", str(self.config), *words])
            return Done(code, out.getvalue(), err.getvalue())
        done = subprocess.run(
            [*prefix, sys.executable, "-m", "worker", *words],
            cwd=self.directory,
            env=surroundings(),
            capture_output=True,
            text=True,
            timeout=60,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def findings(self, *, prefix: tuple[str, ...] = ()) -> tuple[set[str], str]:
        done = self.calsync("conflicts", "--json", prefix=prefix)
        assert done.returncode == 0, done.stderr
        return {one["id"] for one in json.loads(done.stdout)["findings"]}, done.stderr

    def read_only(self) -> tuple[str, ...]:
        self.directory.chmod(0o555)
        for path in self.directory.glob("calsync.db*"):
            path.chmod(0o444)
        return AS_NOBODY if os.geteuid() == 0 else ()

    def writable(self) -> None:
        self.directory.chmod(0o777)
        for path in self.directory.glob("calsync.db*"):
            path.chmod(0o666)


@pytest.fixture(scope="module")
def synced() -> Iterator[Desk]:
    directory = Path(tempfile.mkdtemp(prefix="calsync-test-"))
    directory.chmod(0o777)
    port = free_port()
    try:
        with live(directory) as world:
            with world.path.open("a", encoding="utf-8") as file:
                file.write(f'\n[server]\nlisten = "127.0.0.1:{port}"\nadmin_token = "{TOKEN}"\n')
            if os.geteuid() == 0:
                os.chown(world.path, NOBODY, NOBODY)
            world.sync()
            yield Desk(world, directory, port)
    finally:
        directory.chmod(0o777)
        shutil.rmtree(directory)


@pytest.fixture
def desk(synced: Desk) -> Iterator[Desk]:
    synced.writable()
    kept = synced.store.read_bytes()
    yield synced
    synced.writable()
    for path in synced.directory.glob("calsync.db*"):
        path.unlink()
    synced.store.write_bytes(kept)


@pytest.mark.parametrize("trouble", ["read-only", "full"])
def test_a_store_that_cannot_be_written_is_still_read(desk: Desk, trouble: str) -> None:
    before, _ = desk.findings()
    prefix = FULL if trouble == "full" else desk.read_only()
    after, said = desk.findings(prefix=prefix)
    assert after == before != set()
    assert "what was stored can still be read" in said
    assert "Traceback" not in said
    sent = len(desk.world.server.ledger)
    done = desk.calsync("sync", prefix=prefix)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "Traceback" not in done.stdout
    done = desk.calsync("ack", min(before), prefix=prefix)
    assert done.returncode == 1
    assert len(desk.world.server.ledger) == sent


def test_the_daemon_serves_the_report_of_a_store_that_it_cannot_write_and_mends(desk: Desk) -> None:
    before, _ = desk.findings()
    daemon = Daemon(desk.config, desk.port, prefix=FULL)
    try:
        assert "calsync.db" in daemon.heard("store.sealed")
        ready = daemon.asked("/readyz")
        assert ready.status_code == 503
        assert ready.json()["reasons"] == [
            "the store can be read and not written; the log says why"
        ]
        report = daemon.asked("/api/v1/conflicts", Authorization=f"Bearer {TOKEN}")
        assert {one["id"] for one in report.json()["findings"]} == before
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        daemon.heard("store.mended")
        daemon.until(lambda: daemon.asked("/readyz").status_code == 200)
    finally:
        code = daemon.stop()
    assert code == 0


def test_a_file_that_is_damaged_all_over_is_told_in_one_line(desk: Desk) -> None:
    sent = len(desk.world.server.ledger)
    desk.store.write_bytes(b"no database any more" * 10_000)
    for words in (("conflicts",), ("sync",), ("accounts",), ("db", "verify")):
        done = desk.calsync(*words)
        assert done.returncode == 1, words
        assert done.stderr.count("\n") == 1, done.stderr
        assert "this file is no calsync database" in done.stderr
    assert len(desk.world.server.ledger) == sent


def test_wherever_a_file_is_damaged_no_command_ends_in_a_traceback_or_sends_a_write(desk) -> None:
    whole = desk.store.read_bytes()
    page = 4096
    pages = len(whole) // page
    writes = {(e.method, e.path) for e in desk.world.server.ledger.entries() if e.method != "GET"}
    found = 0
    for share in (0.0, 0.3, 0.9):
        hurt = bytearray(whole)
        at = max(1, int(pages * share)) * page
        hurt[at : at + page] = b"\xa5" * page
        for path in desk.directory.glob("calsync.db*"):
            path.unlink()
        desk.store.write_bytes(hurt)
        found += desk.calsync("db", "verify").returncode
        done = desk.calsync("sync", prefix=APART)
        assert done.returncode in (0, 1), (share, done.stderr)
        assert "Traceback" not in done.stderr + done.stdout, (share, done.stderr)
    assert found >= 2  # a page that nothing is in may be hurt and nobody minds
    after = {(e.method, e.path) for e in desk.world.server.ledger.entries() if e.method != "GET"}
    assert {path for _, path in after - writes} <= {path for _, path in after if "token" in path}


def test_a_backup_is_restored_by_putting_the_file_back(desk: Desk) -> None:
    before, _ = desk.findings()
    assert desk.calsync("db", "backup", str(desk.directory / "safe.db")).returncode == 0
    desk.store.write_bytes(b"lost")
    assert desk.calsync("conflicts").returncode == 1
    for path in desk.directory.glob("calsync.db*"):
        path.unlink()
    shutil.copy(desk.directory / "safe.db", desk.store)
    (desk.directory / "safe.db").unlink()
    assert desk.calsync("db", "verify").returncode == 0
    assert desk.findings()[0] == before
