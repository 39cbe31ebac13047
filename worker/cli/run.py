"""`calsync run`: the daemon."""

from __future__ import annotations

import os
import signal
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import structlog

from worker import __version__
from worker.app import Calsync
from worker.cli.ending import CannotServe, Ending
from worker.cli.memory import give_back
from worker.cli.opening import configured
from worker.cli.reloading import again, usable, writable
from worker.cli.supervision import Supervisor
from worker.config import Config
from worker.engine.clock import SystemClock
from worker.engine.schedule import Schedule
from worker.engine.writing import Writing
from worker.log import log_uncaught
from worker.notify.courier import Courier
from worker.web.app import build
from worker.web.counters import Counters
from worker.web.health import LATEST_TICK
from worker.web.server import ListenError, WebServer

log = structlog.get_logger()

TRY_AGAIN = 5.0  # seconds between two looks whether the store can be written again
LONGEST_STOP = 9.0  # seconds; whoever stops us kills after ten


def options(_parser: ArgumentParser) -> None:
    """What the command takes: nothing."""


def main(chosen: Namespace) -> int:
    """Serve until asked to stop; 0 then."""
    give_back(os.environ)
    ending = Ending(signal.SIGHUP)
    supervisor = Supervisor(os.environ)
    config = configured(chosen)
    log_uncaught()
    with daemon(config) as running:
        log.info(
            "run.start",
            version=__version__,
            accounts=len(config.accounts),
            listen=f"{config.server.host}:{running.web.port}",
        )
        if running.app.store.sealed:
            log.error("store.sealed", error=running.app.store.sealed)
        supervisor.ready()
        if _goes_on(chosen, running, ending, supervisor):
            supervisor.reloading()
            stopping(running.app, lambda: leave() if ending.over else again())()
        else:
            supervisor.stopping()
    if not ending.over:
        again()
    log.info("run.stop")
    return 0


def _goes_on(chosen: Namespace, running: Running, ending: Ending, supervisor: Supervisor) -> bool:
    """Wait for the end (False), or for a wish to begin anew that can be granted (True)."""
    sealed = bool(running.app.store.sealed)
    rest = min(supervisor.beats_every or TRY_AGAIN, TRY_AGAIN) if sealed else supervisor.beats_every
    while not ending.heard(stopping(running.app), rest):
        if ending.wished() and usable(chosen, running.app.config):
            return True
        if sealed and writable(running.app.config):
            log.info("store.mended")
            return True
        # A clockwork that stands still is what a watchdog is there for.
        if running.schedule.late < LATEST_TICK:
            supervisor.alive()
    return False


class Running(NamedTuple):
    """The parts of a daemon."""

    app: Calsync
    web: WebServer
    schedule: Schedule


def leave() -> None:
    """End the process at once."""
    os._exit(0)


@contextmanager
def daemon(
    config: Config, first: Callable[[Calsync], None] = lambda _app: None
) -> Iterator[Running]:
    """Everything that runs, for as long as the block lasts. Raises CannotServe, StoreError.

    `first` is done before the schedule starts, while pages are served already.
    """
    counters = Counters()
    app = Calsync(config, clock=SystemClock(), asked=counters.asked)
    writing = Writing(app.reconcile)

    def polled(account: str, outcome: str, seconds: float) -> None:
        counters.polled(account, outcome, seconds)
        writing.soon()

    schedule = Schedule(app.cycle, app.store, app.clock, polled)
    courier, keeper = Courier(app.tell), Courier(app.feeds.keep)
    try:
        web = WebServer(build(app, schedule, counters), config.server.host, config.server.port)
    except ListenError as error:
        app.close()
        raise CannotServe(str(error)) from None
    web.start()
    try:
        first(app)
        writing.start()
        schedule.start()
        courier.start()
        keeper.start()
        yield Running(app, web, schedule)
    finally:
        courier.stop()
        keeper.stop()
        schedule.stop()
        writing.stop()
        web.stop()
        app.close()


def stopping(app: Calsync, at_last: Callable[[], None] = leave) -> Callable[[], None]:
    """What a signal sets off: waits end at once, and a stop that hangs is cut short."""

    def stop() -> None:
        if isinstance(app.clock, SystemClock):
            app.clock.stop()
        # Reads that hang are dropped, not waited for: the process must be gone in time.
        timer = threading.Timer(LONGEST_STOP, at_last)
        timer.daemon = True
        timer.start()

    return stop
