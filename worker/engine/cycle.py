"""A cycle: accounts polled side by side, and what each of them touched looked at again."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from worker.domain.absence import AbsenceRules
from worker.domain.conflict.report import SourceState
from worker.domain.health import hushed
from worker.domain.span import DAY, Span
from worker.engine.detect import Detected, detect, take_in
from worker.engine.poll import PollReport, PollRules, Result, Source, poll
from worker.engine.rules import DetectionRules, Moment, Touched
from worker.engine.witness import look as witness
from worker.store import upkeep
from worker.store.accounts import Account
from worker.store.polls import Polled
from worker.store.store import Store
from worker.vendors.base import Clock, Opinionated, Stopped, TryLater, VendorError

log = structlog.get_logger()

MOST_AT_ONCE = 32  # accounts polled at the same time


@dataclass(frozen=True, slots=True)
class Settings:
    """What a cycle goes by. Durations in seconds."""

    detection: DetectionRules
    past: int
    future: int
    stale_after: int
    absence: AbsenceRules
    keep_answers: int = 30 * DAY

    def window(self, now: int) -> Span:
        """The stretch of time that is kept in step."""
        return Span(now - self.past, now + self.future)


class Cycle:
    """Polls sources and keeps the register in line with what they show."""

    def __init__(
        self, store: Store, sources: Iterable[Source], settings: Settings, clock: Clock
    ) -> None:
        self._store = store
        self._sources = {source.id: source for source in sources}
        self._settings = settings
        self._clock = clock
        bindings = settings.detection.bindings
        self._rules = PollRules(settings.absence, bindings.resources_of)
        self._looking = threading.Lock()
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The ids of all sources."""
        return tuple(self._sources)

    def prepare(self) -> None:
        """Bind what is stored anew where the bindings changed, and look at everything once."""
        rules = self._settings.detection
        if self._store.events.rebind(rules.digest(), rules.bindings.resources_of):
            self.detect(Touched(None, None, None, self.accounts))

    def poll(self, account: str) -> PollReport:
        """Poll one account, then look at what it touched."""
        source = self._sources[account]
        now = int(self._clock.now())
        before = self._store.accounts.all()[account].health
        report = poll(source, self._store, self._settings.window(now), self._clock, self._rules)
        if report.polled:
            recovered = before.stale(now, self._settings.stale_after) or bool(before.failures)
            self.detect(self._touched(account, report.polled, recovered))
        if report.result is Result.COMPLETE and isinstance(source.vendor, Opinionated):
            self._hear(source, source.vendor)
        self.tidy()
        return report

    def tidy(self) -> None:
        """Forget what is no longer needed; does something once a day at most."""
        upkeep.tidy(self._store.database, int(self._clock.now()), self._settings.keep_answers)

    def _hear(self, source: Source, vendor: Opinionated) -> None:
        """Ask the vendor itself about its members of findings; no answer is no harm."""
        moment, _ = self._moment()
        try:
            look = witness(self._store, source.id, vendor, moment)
        except TryLater as error:
            if error.throttled:
                change = partial(hushed, now=moment.now, interval=source.interval, wait=error.wait)
                self._store.accounts.change_health(source.id, change)
        except VendorError as error:
            log.info("witness.silent", account=source.id, error=str(error))
        else:
            with self._looking:
                take_in(self._store, look, self._moment()[0])

    def _touched(self, account: str, polled: Polled, recovered: bool) -> Touched:
        """What a poll has touched; where the account was not to be trusted before, all of it.

        What vanished meanwhile may be believed only now, though nothing touches it any more.
        """
        if not recovered:
            return Touched(polled.touched, polled.people, polled.events, (account,))
        detection = self._settings.detection
        bound = {
            resource.id
            for resource in detection.resources.values()
            if any(name == account for name, _ in resource.bindings)
        }
        return Touched(bound | polled.touched, None, None, (account,))

    def poll_all(
        self, accounts: Sequence[str], told: Callable[[PollReport], None] = lambda _report: None
    ) -> list[PollReport]:
        """Poll these accounts side by side; `told` hears of each as soon as it is done."""
        reports = {report.account: report for report in self._side_by_side(accounts, told)}
        return [reports[account] for account in accounts if account in reports]

    def detect(self, touched: Touched) -> Detected:
        """Look at what was touched again.

        One after the other: whoever looks must know how fresh the sources are now, not how they
        were before it was their turn.
        """
        with self._looking:
            moment, states = self._moment()
            return detect(self._store, self._settings.detection, touched, moment, states)

    def _moment(self) -> tuple[Moment, tuple[SourceState, ...]]:
        now = int(self._clock.now())
        states = source_states(self._store.accounts.all(), self.accounts, now, self._settings)
        trusted = frozenset(state.account for state in states if state.trusted)
        return Moment(now, self._settings.window(now).start, trusted), states

    def _side_by_side(
        self, accounts: Sequence[str], told: Callable[[PollReport], None]
    ) -> Iterator[PollReport]:
        done: queue.SimpleQueue[PollReport | BaseException] = queue.SimpleQueue()
        for account in accounts:
            # Daemon threads: what hangs in a read must not keep the process from ending.
            threading.Thread(
                target=self._into, args=(account, done), daemon=True, name=f"poll-{account}"
            ).start()
        for _ in accounts:
            outcome = done.get()
            if isinstance(outcome, Stopped):
                return
            if isinstance(outcome, BaseException):
                raise outcome
            told(outcome)
            yield outcome

    def _into(self, account: str, done: queue.SimpleQueue[PollReport | BaseException]) -> None:
        try:
            with self._room:
                done.put(self.poll(account))
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asked, and raised
            done.put(error)


def source_states(
    accounts: Mapping[str, Account], configured: Iterable[str], now: int, settings: Settings
) -> tuple[SourceState, ...]:
    """How far each configured account may be trusted at `now`."""
    states = []
    for id_ in configured:
        account = accounts.get(id_)
        health = account.health if account else None
        states.append(
            SourceState(
                account=id_,
                polled_at=health.complete_at if health else None,
                complete=bool(
                    account
                    and health
                    and health.complete_at
                    and not health.error
                    and not account.brake
                ),
                stale=health.stale(now, settings.stale_after) if health else True,
            )
        )
    return tuple(states)
