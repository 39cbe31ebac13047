"""The clockwork of the daemon: ticks, and polls whatever is due."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from worker.engine.cycle import Cycle
from worker.store.database import Closed, StoreError
from worker.store.store import Store
from worker.vendors.base import Clock, Stopped

log = structlog.get_logger()

TICK = 1.0  # seconds; when an account is polled is its own matter, kept in the store
REST = 60.0  # seconds without polls of an account whose last one could not be stored


# Hears of every poll: account, what became of it, seconds.
Told = Callable[[str, str, float], None]
NOT_STORED = "not_stored"


def nobody(_account: str, _outcome: str, _seconds: float) -> None:
    """Nobody counts polls."""


class Schedule:
    """Ticks in the background and starts polls that are due, each in a thread of its own."""

    def __init__(self, cycle: Cycle, store: Store, clock: Clock, told: Told = nobody) -> None:
        self._cycle = cycle
        self._store = store
        self._clock = clock
        self._told = told
        self._under_way: set[str] = set()
        self._lock = threading.Lock()
        self._asked: set[str] = set()
        # What could not be stored moved no next time either: without this, a full disk would have
        # a vendor read from end to end every second.
        self._rests: dict[str, float] = {}
        self._ticked = clock.monotonic()
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )

    def start(self) -> None:
        """Begin to tick, at once."""
        self._scheduler.add_job(
            self.tick,
            "interval",
            seconds=TICK,
            next_run_time=datetime.now(UTC) + timedelta(milliseconds=1),
        )
        self._scheduler.start()

    def stop(self) -> None:
        """Start nothing more; polls under way are left to end with the process."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)

    @property
    def late(self) -> float:
        """Seconds since the last tick."""
        return self._clock.monotonic() - self._ticked

    def poll_soon(self, account: str) -> None:
        """Have an account polled at the next tick, unless its vendor asked us to wait."""
        with self._lock:
            self._asked.add(account)

    def tick(self) -> None:
        """Start the polls that are due."""
        self._ticked = self._clock.monotonic()
        now = int(self._clock.now())
        try:
            accounts = self._store.accounts.all()
        except StoreError as error:
            log.error("store.failed", error=str(error))
            return
        for account in self._cycle.accounts:
            if self._rests.get(account, 0.0) > self._ticked:
                continue
            if accounts[account].health.due(now) or account in self._asked:
                self._begin(account)

    def _begin(self, account: str) -> None:
        with self._lock:
            self._asked.discard(account)
            if account in self._under_way:
                return
            self._under_way.add(account)
        threading.Thread(
            target=self._poll, args=(account,), daemon=True, name=f"poll-{account}"
        ).start()

    def _poll(self, account: str) -> None:
        began = self._clock.monotonic()
        try:
            report = self._cycle.poll(account)
            self._told(account, report.result, self._clock.monotonic() - began)
            log.info(
                "poll.done",
                account=account,
                result=report.result,
                rows=report.polled.rows if report.polled else 0,
                changed=report.polled.changed + report.polled.created if report.polled else 0,
            )
        except (Stopped, Closed):
            return
        except StoreError as error:
            self._told(account, NOT_STORED, self._clock.monotonic() - began)
            self._rests[account] = self._clock.monotonic() + REST
            log.error("store.failed", account=account, error=str(error))
        finally:
            with self._lock:
                self._under_way.discard(account)
