"""Reading the configuration anew in a running daemon.

Everything that was built from the old one is dropped, as at a stop, and the program begins anew in
its own process: so nothing of the old configuration can linger, and secrets that were replaced
are read, too. What the store holds is not touched: an account that is gone from the file, or a
window that became narrower, is no word of a vendor that an event is gone.
"""

from __future__ import annotations

import os
import signal
import sys
from argparse import Namespace
from typing import NoReturn

import structlog

from worker.cli.ending import ENDS
from worker.config import Config, ConfigError, load
from worker.store import schema
from worker.store.database import Database, StoreError
from worker.web.server import ListenError, can_listen

log = structlog.get_logger()


def usable(chosen: Namespace, now: Config) -> bool:
    """Whether the daemon could begin with the configuration as it is written now.

    Where it could not, the log says why in a line for each mistake.
    """
    try:
        new = load(chosen.config, os.environ)
        _try(new, now)
    except ConfigError as error:
        for problem in error.problems:
            log.error("reload.refused", reason=problem)
        return False
    except (StoreError, ListenError) as error:
        log.error("reload.refused", reason=str(error))
        return False
    gone = sorted(set(now.accounts) - set(new.accounts))
    log.info("reload.begin", accounts=len(new.accounts), reason=_told(gone))
    return True


def writable(config: Config) -> bool:
    """Whether a store that could not be written can be now."""
    try:
        database = Database(config.database)
    except StoreError:
        return False
    try:
        schema.ensure(database)
        with database.writing() as connection:
            # Nothing is changed, but SQLite must be able to begin and end a change.
            connection.exec_driver_sql("UPDATE meta SET value = value WHERE name = 'key'")
    except StoreError:
        return False
    finally:
        database.close()
    return True


def again() -> NoReturn:
    """Begin anew in this process, as it was called."""
    # A signal that comes before the new beginning can hear it must wait, and not be lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, (*ENDS, signal.SIGHUP))
    try:
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - ourselves
    except OSError as error:
        # The program was replaced or taken away meanwhile: whoever supervises it starts it anew.
        log.error("reload.failed", error=error.strerror)
        os._exit(1)


def _try(new: Config, now: Config) -> None:
    if new.database != now.database:
        database = Database(new.database)
        try:
            schema.ensure(database)
        finally:
            database.close()
    if new.server.listen != now.server.listen:
        can_listen(new.server.host, new.server.port)


def _told(gone: list[str]) -> str:
    if not gone:
        return "the configuration is read anew"
    return f"no longer polled: {', '.join(gone)}; what is known of them stays"
