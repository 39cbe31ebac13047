"""One poll of one account: walk, record, weigh absences, leave a health behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import structlog

from worker.domain.absence import AbsenceRules, Absent, counts, judge
from worker.domain.health import Health, Trouble, failed, hushed, incomplete, succeeded, throttled
from worker.domain.listing import Coverage, Cursor, Listing, Presence
from worker.domain.span import Span
from worker.engine.zone_rules import edition
from worker.store.accounts import Account
from worker.store.database import StoreError
from worker.store.polls import Ending, Polled
from worker.store.recording import Recording
from worker.store.store import Store
from worker.vendors.base import (
    Clock,
    EventError,
    NeedsPerson,
    Nonsense,
    StartOver,
    Stopped,
    TryLater,
    Vendor,
    VendorError,
)

log = structlog.get_logger()

FULL_EVERY = 3600  # walks over changes only are believed for this long at most
MOST_QUESTIONS = 200  # events asked for by id in one poll
POLL_WAIT = 120.0  # for another process that polls the same account

Resolve = Callable[[str, Sequence[str]], tuple[str, ...]]


class Result(StrEnum):
    """What became of a poll, for the line that a person reads."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    WAITING = "waiting"  # a vendor's wait forbids calls now
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class PollReport:
    """One account's part of a cycle."""

    account: str
    result: Result
    health: Health
    polled: Polled | None = None
    reason: str = ""
    brake: str = ""

    @property
    def fine(self) -> bool:
        """Whether there is nothing for a person to look at."""
        return self.result in (Result.COMPLETE, Result.PAUSED) and not self.brake


@dataclass(frozen=True, slots=True)
class Source:
    """A configured account with its open adapter. `interval` is the time between polls, in s."""

    id: str
    vendor: Vendor
    interval: int


@dataclass(frozen=True, slots=True)
class PollRules:
    """What every poll keeps to."""

    absence: AbsenceRules
    resolve: Resolve


def poll(source: Source, store: Store, window: Span, clock: Clock, rules: PollRules) -> PollReport:
    """Poll an account now, unless its vendor asked us to wait. Raises StoreError and Stopped."""
    with store.database.locked(f"poll:{source.id}", POLL_WAIT):
        account = store.accounts.all()[source.id]
        if account.health.paused:
            return PollReport(source.id, Result.PAUSED, account.health)
        if account.health.waits(int(clock.now())):
            reason = account.health.error or "the vendor asked us to wait"
            return PollReport(source.id, Result.WAITING, account.health, reason=reason)
        return _Poll(source, store, window, clock, rules, account).run()


class _Poll:
    def __init__(
        self,
        source: Source,
        store: Store,
        window: Span,
        clock: Clock,
        rules: PollRules,
        account: Account,
    ) -> None:
        self._source = source
        self._store = store
        self._window = window
        self._clock = clock
        self._rules = rules
        self._account = account
        self._coverage = Coverage.FULL
        self._refusal: VendorError | None = None
        self._doubts: dict[str, None] = {}

    def run(self) -> PollReport:
        recording = self._store.polls.begin(
            self._source.id,
            self._window,
            self._now(),
            resolve=self._rules.resolve,
            redact=self._source.vendor.redact,
            zones=edition(),
        )
        # A poll has a thread of its own: what is logged there from now on names the poll.
        structlog.contextvars.bind_contextvars(poll=recording.poll)
        try:
            self._walk(recording)
            ending = self._concluded(recording)
        except VendorError as error:
            ending = self._broken(error)
        except (Stopped, StoreError):
            raise
        except Exception as error:
            # A fault of ours in one adapter must neither end the daemon nor go unseen: the account
            # is shown as failing, and the place of the fault is logged.
            log.exception("poll.fault", account=self._source.id)
            ending = self._broken(Nonsense(f"calsync failed on an answer ({type(error).__name__})"))
        polled = self._store.polls.finish(recording, ending, self._now())
        return self._report(ending, polled)

    def _walk(self, recording: Recording) -> None:
        try:
            self._consume(recording, self._since())
        except StartOver:
            self._consume(recording, None)

    def _consume(self, recording: Recording, since: Cursor | None) -> None:
        walk = self._source.vendor.fetch(self._window, since)
        self._coverage = walk.coverage
        for batch in walk.batches:
            recording.add(batch)

    def _since(self) -> Cursor | None:
        cursor = self._account.cursor
        # Only a full walk can count an absence: it comes round as often as absences may count.
        often = min(FULL_EVERY, self._rules.absence.absence_for)
        if cursor is None or self._now() - cursor.full_at >= often:
            return None
        if self._window.start < cursor.window.start:
            return None  # the window was widened into the past: only a full walk shows that
        return cursor

    def _concluded(self, recording: Recording) -> Ending:
        now = self._now()
        listing = Listing(
            self._source.id,
            self._window,
            self._coverage,
            tuple(recording.gaps),
            recording.tally.rows,
        )
        ending = Ending(
            health=(
                succeeded(self._account.health, now, self._source.interval)
                if listing.complete
                else incomplete(self._account.health, listing.gaps, now, self._source.interval)
            ),
            coverage=self._coverage,
            complete=listing.complete,
            reason="; ".join(listing.gaps),
            cursor=self._cursor(recording, now) if listing.complete else None,
            brake=self._account.brake,
            brake_reason=self._account.brake_reason,
        )
        return self._weighed(ending, recording, now) if counts(listing) else ending

    def _cursor(self, recording: Recording, now: int) -> Cursor | None:
        if recording.cursor is None:
            return None
        full = self._coverage is Coverage.FULL or self._account.cursor is None
        full_at = now if full or not self._account.cursor else self._account.cursor.full_at
        return Cursor(recording.cursor, self._window, full_at)

    def _weighed(self, ending: Ending, recording: Recording, now: int) -> Ending:
        """The same ending with what its absences mean: brakes B2 to B4."""
        absent, live = recording.absent(now)
        judgement = judge(
            absent, live=live, rows=recording.tally.rows, now=now, rules=self._rules.absence
        )
        gone: list[Absent] = []
        still: list[Absent] = []
        asked = set(judgement.ask[:MOST_QUESTIONS])
        for one in absent:
            (gone if one in asked and self._gone(one, recording) else still).append(one)
        return replace(
            ending,
            health=self._hushed(ending.health, now),
            absent=tuple(one for one in still if one.key.number not in recording.seen),
            gone=tuple(gone),
            brake=judgement.brake or ("B4" if self._doubts else ""),
            brake_reason=judgement.reason or "; ".join(self._doubts),
        )

    def _gone(self, one: Absent, recording: Recording) -> bool:
        """Whether the vendor itself says, asked by id, that the event is no more."""
        if self._refusal:
            return False
        try:
            answer = self._source.vendor.confirm(one.key, one.span, one.within)
        except (TryLater, NeedsPerson) as refusal:
            self._refusal = refusal
            return False
        except (EventError, Nonsense):
            return False  # no answer is no proof; the next poll asks again
        if answer.doubt:
            self._doubts[answer.doubt] = None
        if answer.presence is Presence.PRESENT and answer.sighting:
            recording.see(answer.sighting)
        return answer.presence is Presence.GONE

    def _hushed(self, health: Health, now: int) -> Health:
        """A wait that the vendor asked for while events were asked for by id is kept, too."""
        match self._refusal:
            case TryLater(throttled=True, wait=wait):
                return hushed(health, now, self._source.interval, wait)
            case _:
                return health

    def _broken(self, error: VendorError) -> Ending:
        now = self._now()
        health = self._account.health
        interval = self._source.interval
        match error:
            case TryLater() if error.throttled:
                after = throttled(health, str(error), now, interval, error.wait)
            case NeedsPerson():
                after = failed(health, Trouble.NEEDS_PERSON, str(error), now, interval)
            case Nonsense() | EventError():
                after = failed(health, Trouble.NONSENSE, str(error), now, interval)
            case _:
                after = failed(health, Trouble.UNREACHABLE, str(error), now, interval)
        return Ending(
            health=after,
            coverage=self._coverage,
            complete=False,
            reason=str(error),
            brake=self._account.brake,
            brake_reason=self._account.brake_reason,
        )

    def _report(self, ending: Ending, polled: Polled) -> PollReport:
        before, after = self._account.health, ending.health
        if after.error is not None and before.error is None:
            log.warning("source.down", account=self._source.id, error=after.error)
        if after.error is None and before.error is not None:
            log.info("source.up", account=self._source.id, failures=before.failures)
        if ending.brake and ending.brake != self._account.brake:
            log.warning(
                "brake.on", account=self._source.id, brake=ending.brake, reason=ending.brake_reason
            )
        result = Result.COMPLETE if ending.complete else Result.INCOMPLETE
        if after.trouble not in (None, Trouble.INCOMPLETE):
            result = Result.FAILED
        return PollReport(
            self._source.id,
            result,
            after,
            polled,
            ending.reason,
            ending.brake and ending.brake_reason,
        )

    def _now(self) -> int:
        return int(self._clock.now())
