"""How an account fares: when it is polled next, how fresh it is, and what that state is called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

LONGEST_BACK_OFF = 3600
PUT_BACK = 86_400  # seconds; smaller corrections of a clock are waited out
FIRST_THROTTLE = 60
LONGEST_THROTTLE = 15 * 60


class State(StrEnum):
    """What `calsync accounts` calls it."""

    FRESH = "fresh"
    STALE = "stale"
    FAILING = "failing"
    PAUSED = "paused"
    NEEDS_ATTENTION = "needs_attention"


class Trouble(StrEnum):
    """Why the last poll was not fine."""

    UNREACHABLE = "unreachable"  # try later
    THROTTLED = "throttled"
    NEEDS_PERSON = "needs_person"
    NONSENSE = "nonsense"
    INCOMPLETE = "incomplete"  # answered, but the listing had gaps


@dataclass(frozen=True, slots=True)
class Health:
    """All instants are epoch seconds; None means never.

    `wait_until` is a wait that the vendor stated (or that stands in for one it did not): no call
    is made before it, whoever asks, also after a restart.
    """

    next_at: int = 0
    failures: int = 0
    trouble: Trouble | None = None
    error: str | None = None
    attempted_at: int | None = None
    complete_at: int | None = None
    wait_until: int | None = None
    throttles: int = 0
    paused: bool = False

    def adrift(self, now: int) -> bool:
        """Whether the clock was put back since the last attempt: stored instants mean nothing then.

        An account that was polled while the clock was years ahead would else rest for years.
        """
        return self.attempted_at is not None and self.attempted_at - now > PUT_BACK

    def waits(self, now: int) -> bool:
        """Whether a vendor's wait forbids calls now."""
        return self.wait_until is not None and now < self.wait_until and not self.adrift(now)

    def due(self, now: int) -> bool:
        """Whether the schedule should poll it now."""
        arrived = now >= self.next_at or self.adrift(now)
        return not self.paused and arrived and not self.waits(now)

    def stale(self, now: int, stale_after: int) -> bool:
        """Whether there was no complete poll for `stale_after` seconds."""
        if self.complete_at is None or self.adrift(now):
            return True
        return now - self.complete_at > stale_after

    def state(self, now: int, stale_after: int) -> State:
        """The one word for all of it, the gravest first."""
        if self.paused:
            return State.PAUSED
        if self.trouble is Trouble.NEEDS_PERSON:
            return State.NEEDS_ATTENTION
        if self.failures:
            return State.FAILING
        return State.STALE if self.stale(now, stale_after) else State.FRESH


def succeeded(health: Health, now: int, interval: int) -> Health:
    """After a complete poll."""
    return Health(next_at=now + interval, attempted_at=now, complete_at=now, paused=health.paused)


def incomplete(health: Health, gaps: Iterable[str], now: int, interval: int) -> Health:
    """After a walk to the end that does not prove everything: not complete, and no outage."""
    return replace(
        _failed(health, "; ".join(gaps), now, interval), trouble=Trouble.INCOMPLETE, throttles=0
    )


def failed(health: Health, trouble: Trouble, error: str, now: int, interval: int) -> Health:
    """After a walk that broke off: the wait doubles with each failure, within reason."""
    return replace(_failed(health, error, now, interval), trouble=trouble, throttles=0)


def throttled(health: Health, error: str, now: int, interval: int, wait: float | None) -> Health:
    """After the vendor asked for less traffic.

    A stated `wait` (seconds) is kept to the second; without one, a minute is waited, then twice
    that, up to a quarter of an hour.
    """
    worse = _failed(health, error, now, interval)
    times = health.throttles + 1
    unstated = (
        min(FIRST_THROTTLE * 2 ** (times - 1), LONGEST_THROTTLE) if times < 10 else LONGEST_THROTTLE
    )
    until = now + (-int(-wait // 1) if wait is not None else unstated)
    # Waiting longer than the vendor asks would make a short hiccup cost a whole back-off.
    return replace(
        worse,
        trouble=Trouble.THROTTLED,
        throttles=times,
        wait_until=until,
        next_at=max(until, now + interval) if wait is not None else until,
    )


def paused(health: Health) -> Health:
    """After a person asked for no more polls."""
    return replace(health, paused=True)


def resumed(health: Health, now: int) -> Health:
    """After a person asked for polls again: due at once, unless the vendor's wait forbids it."""
    return replace(health, paused=False, next_at=min(health.next_at, now))


def hushed(health: Health, now: int, interval: int, wait: float | None) -> Health:
    """After the vendor asked for less traffic although the poll itself was fine."""
    waiting = throttled(health, "", now, interval, wait)
    return replace(health, wait_until=waiting.wait_until, next_at=waiting.next_at)


def _failed(health: Health, error: str, now: int, interval: int) -> Health:
    wait = min(interval * 2 ** min(health.failures, 12), max(LONGEST_BACK_OFF, interval))
    return replace(
        health,
        next_at=now + wait,
        failures=health.failures + 1,
        error=error,
        attempted_at=now,
        wait_until=None,
    )
