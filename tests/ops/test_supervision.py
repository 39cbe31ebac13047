"""What a service manager hears, over a real socket."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rehearsal import ROOT
from tests.ops.process import LONG, Daemon, free_port
from worker.cli.main import run
from worker.cli.supervision import Supervisor


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    path = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(path)
        line.settimeout(LONG)
        yield line, path


def test_the_manager_hears_of_the_start_the_beats_a_reload_and_the_end(manager) -> None:
    line, path = manager
    supervisor = Supervisor({"NOTIFY_SOCKET": path})
    for say in (supervisor.ready, supervisor.alive, supervisor.reloading, supervisor.stopping):
        say()
    said = [line.recv(200).decode() for _ in range(4)]
    assert said[:2] == ["READY=1", "WATCHDOG=1"]
    assert said[2].startswith("RELOADING=1\nMONOTONIC_USEC=")
    assert said[3] == "STOPPING=1"


def test_a_name_of_the_abstract_namespace_is_understood() -> None:
    name = f"calsync-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind(f"\0{name}")
        line.settimeout(LONG)
        Supervisor({"NOTIFY_SOCKET": f"@{name}"}).ready()
        assert line.recv(100) == b"READY=1"


def test_without_a_manager_nothing_is_said_and_one_that_is_gone_is_no_harm(tmp_path) -> None:
    Supervisor({}).ready()
    Supervisor({"NOTIFY_SOCKET": str(tmp_path / "gone")}).ready()


@pytest.mark.parametrize(
    ("environment", "every"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 15.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_the_watchdog_is_fed_at_twice_its_pace(environment, every) -> None:
    assert Supervisor(environment).beats_every == every


def test_the_daemon_says_when_it_is_ready_that_it_lives_and_that_it_ends(
    manager, tmp_path, capsys
) -> None:
    line, path = manager
    port = free_port()
    config = tmp_path / "config.toml"
    config.write_text(f'[server]\nlisten = "127.0.0.1:{port}"\n', encoding="utf-8")
    daemon = Daemon(config, port, NOTIFY_SOCKET=path, WATCHDOG_USEC="200000")
    try:
        assert line.recv(200) == b"READY=1"
        assert daemon.asked("/healthz").status_code == 200
        daemon.until(lambda: daemon.asked("/readyz").status_code == 200)
        for words, told in ((("healthcheck",), "ready\n"), (("healthcheck", "--alive"), "alive\n")):
            assert run(["-c", str(config), *words]) == 0
            assert capsys.readouterr().out == told
        assert [line.recv(200) for _ in range(3)] == [b"WATCHDOG=1"] * 3
    finally:
        code = daemon.stop()
    assert code == 0
    assert run(["-c", str(config), "healthcheck"]) == 1
    assert capsys.readouterr().err == f"calsync: nobody answers at 127.0.0.1:{port}\n"
    said = b""
    while said != b"STOPPING=1":
        said = line.recv(200)


# A thread of the daemon that fails in a way that nobody foresaw, at a signal.
FAILING = """
import signal, threading

def fail(*_):
    threading.Thread(target=int, args=("c4n4ry Amy Ng",)).start()

signal.signal(signal.SIGUSR1, fail)
"""


def test_a_thread_that_dies_is_logged_by_its_place_and_not_by_its_message(tmp_path) -> None:
    (tmp_path / "sitecustomize.py").write_text(FAILING, encoding="utf-8")
    port = free_port()
    config = tmp_path / "config.toml"
    config.write_text(f'[server]\nlisten = "127.0.0.1:{port}"\n', encoding="utf-8")
    daemon = Daemon(config, port, PYTHONPATH=f"{tmp_path}:{ROOT}")
    try:
        daemon.heard("run.start")
        daemon.signal(signal.SIGUSR1)
        assert "ValueError" in daemon.heard("thread died")
        assert daemon.asked("/healthz").status_code == 200
    finally:
        assert daemon.stop() == 0
    assert "c4n4ry" not in daemon.log
