"""`calsync sandbox`: the five simulated vendors alone, with a configuration that talks to them."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.cli.ending import CannotServe, until_stopped
from worker.sandbox.clock import RunningClock
from worker.sandbox.ledger import Ledger
from worker.sandbox.server import SandboxServer
from worker.sandbox.world import World, build_world

LEDGER_CAP = 20_000  # requests remembered in a long rehearsal


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--port", type=port, default=0, metavar="N", help="default: any free one")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another world")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the configuration there")


def port(text: str) -> int:
    """A port number; 0 means any free one. Raises ValueError for anything else."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError(text)
    return number


def main(chosen: Namespace) -> int:
    """Serve until asked to stop."""
    with serving(chosen.port, chosen.seed) as (server, world):
        text = world.config(server.bases)
        if chosen.write:
            _write(chosen.write, text)
            sys.stderr.write(f"configuration written to {chosen.write}\n")
        else:
            sys.stdout.write(text)
            sys.stdout.flush()
        sys.stderr.write(
            f"sandbox: five vendors at {server.address}, control at {server.address}/_sandbox/ "
            "(POST /_sandbox/act moves the world on). Stop with Ctrl-C.\n"
        )
        until_stopped()
    return 0


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
    except OSError as error:
        raise CannotServe(f"{path}: {error.strerror}") from None


@contextmanager
def serving(number: int, seed: int) -> Iterator[tuple[SandboxServer, World]]:
    """The sandbox on `number`, filled with the world of `seed`. Raises CannotServe."""
    clock = RunningClock(time.time)
    world = build_world(clock, seed)
    ledger = Ledger(cap=LEDGER_CAP)
    try:
        server = SandboxServer(
            world.simulators, port=number, ledger=ledger, clock=clock, act=world.advance
        )
    except OSError as error:
        raise CannotServe(f"cannot listen on port {number}: {error.strerror}") from None
    with server:
        yield server, world
