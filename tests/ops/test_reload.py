"""SIGHUP: the configuration is read anew, a broken one changes nothing, and nothing is lost."""

from __future__ import annotations

import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rehearsal import Rehearsal, live
from tests.ops.process import Daemon, free_port

TOKEN = "a-long-random-word-for-tests"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with live(tmp_path_factory.mktemp("reload")) as rehearsal:
        yield rehearsal


@pytest.fixture
def served(world: Rehearsal) -> Iterator[tuple[Daemon, Path, str]]:
    """A daemon, its configuration, and the text that it began with."""
    port = free_port()
    text = world.path.read_text(encoding="utf-8")
    text += f'\n[server]\nlisten = "127.0.0.1:{port}"\nadmin_token = "{TOKEN}"\n'
    config = world.path.with_name("served.toml")
    config.write_text(text, encoding="utf-8")
    config.chmod(0o600)
    daemon = Daemon(config, port)
    try:
        daemon.heard("run.start")
        yield daemon, config, text
    finally:
        assert daemon.stop() == 0


def known(config: Path) -> dict[str, int]:
    """How many events that were not cancelled the store knows of each account."""
    with sqlite3.connect(config.with_name("calsync.db")) as connection:
        rows = connection.execute(
            "SELECT account, count(*) FROM event WHERE status != 'cancelled' GROUP BY account"
        )
        return dict(rows)


def accounts(daemon: Daemon) -> set[str]:
    answer = daemon.asked("/api/v1/accounts", Authorization=f"Bearer {TOKEN}")
    return {account["id"] for account in answer.json()["accounts"]}


def without(text: str, account: str) -> str:
    """The configuration without an account, and without what binds resources to it."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        if line.startswith("["):
            inside = line.strip() == f"[accounts.{account}]"
        if not inside and not line.strip().startswith(f"{account} ="):
            lines.append(line)
    return "\n".join(lines)


def test_a_narrowed_window_and_an_account_that_is_gone_delete_nothing(served, world) -> None:
    daemon, config, text = served
    for _ in accounts(daemon):
        daemon.heard("poll.done")
    before, pid = known(config), daemon.pid
    assert set(before) == accounts(daemon)
    smaller = without(text, "clinic")
    assert 'future = "' not in smaller
    smaller = smaller.replace("[worker]\n", '[worker]\nfuture = "1d"\npast = "0s"\n', 1)
    assert 'future = "1d"' in smaller
    config.write_text(smaller, encoding="utf-8")
    daemon.signal(signal.SIGHUP)
    assert "no longer polled: clinic" in daemon.heard("reload.begin")
    daemon.heard("run.start")
    daemon.until(lambda: accounts(daemon) == set(before) - {"clinic"})
    assert daemon.pid == pid
    for account in sorted(accounts(daemon)):
        daemon.told(f"/api/v1/accounts/{account}/poll", Authorization=f"Bearer {TOKEN}")
        daemon.heard("poll.done")
    assert known(config) == before
    sent = {entry.path for entry in world.server.ledger.entries() if entry.method != "GET"}
    assert all(path.endswith("/auth/token") for path in sent), sent  # a login, and nothing else


def test_a_broken_configuration_is_told_and_the_old_one_goes_on(served) -> None:
    daemon, config, text = served
    before = accounts(daemon)
    config.write_text(text + '\n[worker.nonsense]\nx = "c4n4ry-5ecret"\n', encoding="utf-8")
    daemon.signal(signal.SIGHUP)
    line = daemon.heard("reload.refused")
    assert "served.toml" in line
    assert "c4n4ry-5ecret" not in daemon.log
    assert accounts(daemon) == before
    config.unlink()
    daemon.signal(signal.SIGHUP)
    daemon.heard("reload.refused")
    assert accounts(daemon) == before


def test_an_address_that_is_taken_and_a_store_that_cannot_be_are_refused_before_the_old_one_ends(
    served,
) -> None:
    daemon, config, text = served
    before = accounts(daemon)
    for key, value in (
        ("database", "sqlite:////nowhere/at/all.db"),
        ("database", "sqlite:///served.toml"),
    ):
        changed = text.replace("[worker]\n", f'[worker]\n{key} = "{value}"\n', 1)
        config.write_text(changed, encoding="utf-8")
        daemon.signal(signal.SIGHUP)
        daemon.heard("reload.refused")
        assert accounts(daemon) == before
    config.write_text(text.replace('listen = "127.0.0.1:', 'listen = "192.0.2.1:'), "utf-8")
    daemon.signal(signal.SIGHUP)
    assert "cannot listen" in daemon.heard("reload.refused")
    assert accounts(daemon) == before
