"""Commands that serve: how they begin, where they cannot, and how they end."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def surroundings(port: int) -> dict[str, str]:
    """The environment of a process of its own that serves on `port`."""
    listen = f"127.0.0.1:{port}"
    return {**os.environ, "CALSYNC_SERVER__LISTEN": listen, "PYTHONPATH": str(ROOT)}


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


@pytest.mark.parametrize("command", ["run", "sandbox"])
def test_a_port_that_is_taken_is_told_in_one_line(desk, taken, command):
    words = ("--port", str(taken)) if command == "sandbox" else ()
    done = subprocess.run(
        [sys.executable, "-m", "worker", command, *words],
        cwd=desk.directory,
        env=surroundings(taken),
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("calsync: cannot listen on")
    assert str(taken) in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_place_that_cannot_be_written_is_told_in_one_line(desk):
    for words in (
        ("sandbox", "--write", "/no/such/place/config.toml"),
        ("demo", "--once", "--data", "/dev/null/place"),
        ("db", "backup", "/no/such/place/copy.db"),
    ):
        done = desk.calsync(*words)
        assert (done.code, done.out) == (1, ""), words
        assert done.err.count("\n") == 1, done.err
        assert done.err.startswith("calsync: /")


def test_a_daemon_that_is_told_to_stop_while_it_begins_stops_with_0(desk):
    with socket.create_server(("127.0.0.1", 0)) as found:
        port = found.getsockname()[1]
    begun = desk.directory / "begun.py"
    # A timer would be too vague: the signal comes while the configuration is read.
    script = (
        "import os, signal, sys\n"
        "import worker.cli.run as run\n"
        "opened = run.configured\n"
        "def configured(options):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return opened(options)\n"
        "run.configured = configured\n"
        "from worker.cli.main import run as calsync\n"
        "sys.exit(calsync(['run']))\n"
    )
    begun.write_text(script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(begun)],
        cwd=desk.directory,
        env=surroundings(port),
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr
    assert "run.stop" in done.stderr
