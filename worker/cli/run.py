"""`calsync run`: the daemon."""

from __future__ import annotations

import os
import threading
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from worker import __version__
from worker.app import Calsync
from worker.cli.ending import CannotServe, Ending
from worker.cli.opening import configured
from worker.config import Config
from worker.engine.clock import SystemClock
from worker.engine.schedule import Schedule
from worker.notify.courier import Courier
from worker.web.app import build
from worker.web.counters import Counters
from worker.web.server import ListenError, WebServer

log = structlog.get_logger()

LONGEST_STOP = 9.0  # seconds; whoever stops us kills after ten


def options(_parser: ArgumentParser) -> None:
    """What the command takes: nothing."""


def main(chosen: Namespace) -> int:
    """Serve until asked to stop; 0 then."""
    ending = Ending()
    config = configured(chosen)
    with daemon(config) as (app, web):
        log.info(
            "run.start",
            version=__version__,
            accounts=len(config.accounts),
            listen=f"{config.server.host}:{web.port}",
        )
        ending.wait(stopping(app))
    log.info("run.stop")
    return 0


@contextmanager
def daemon(
    config: Config, first: Callable[[Calsync], None] = lambda _app: None
) -> Iterator[tuple[Calsync, WebServer]]:
    """Everything that runs, for as long as the block lasts. Raises CannotServe, StoreError.

    `first` is done before the schedule starts, while pages are served already.
    """
    app = Calsync(config, clock=SystemClock())
    counters = Counters()
    schedule = Schedule(app.cycle, app.store, app.clock, counters.polled)
    courier = Courier(app.tell)
    try:
        web = WebServer(build(app, schedule, counters), config.server.host, config.server.port)
    except ListenError as error:
        app.close()
        raise CannotServe(str(error)) from None
    web.start()
    try:
        first(app)
        schedule.start()
        courier.start()
        yield app, web
    finally:
        courier.stop()
        schedule.stop()
        web.stop()
        app.close()


def stopping(app: Calsync) -> Callable[[], None]:
    """What a signal sets off: waits end at once, and a stop that hangs is cut short."""

    def stop() -> None:
        if isinstance(app.clock, SystemClock):
            app.clock.stop()
        # Reads that hang are dropped, not waited for: the process must be gone in time.
        timer = threading.Timer(LONGEST_STOP, os._exit, args=(0,))
        timer.daemon = True
        timer.start()

    return stop
