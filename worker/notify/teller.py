"""Tells each channel what is new to it, once, and tries again later where that fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import structlog

from worker.domain.conflict.report import Report
from worker.domain.overview import AccountView
from worker.notify.channel import Channel, Undelivered
from worker.notify.message import Voice, compose
from worker.notify.news import News, news
from worker.store.database import Busy, Database
from worker.store.notices import NOTIFY_LOCK, ChannelState, Notices

log = structlog.get_logger()

FIRST_WAIT = 60  # seconds after the first failure, doubled with each one
LONGEST_WAIT = 3600


@dataclass(frozen=True, slots=True)
class Pace:
    """How often a channel may be used, in seconds: at all, and for what is not urgent."""

    at_most_every: int
    digest_every: int


class Teller:
    """Compares what is with what was told. `report` holds all findings that are not resolved."""

    def __init__(
        self,
        channels: Sequence[Channel],
        database: Database,
        voice: Voice,
        pace: Pace,
        report: Callable[[], Report],
        accounts: Callable[[], Sequence[AccountView]],
    ) -> None:
        self._channels = channels
        self._database = database
        self._notices = Notices(database)
        self._voice = voice
        self._pace = pace
        self._report = report
        self._accounts = accounts

    def tell(self, now: int) -> int:
        """Send what is due at `now` (epoch seconds); returns how many messages were taken.

        Does nothing where another process is telling. Raises StoreError.
        """
        due = [channel for channel in self._channels if self._due(channel, now)]
        if not due:
            return 0
        try:
            with self._database.locked(NOTIFY_LOCK, 0.0):
                report, accounts = self._report(), self._accounts()
                # Another process may have told them while this one waited for its turn.
                still = [channel for channel in due if self._due(channel, now)]
                return sum(self._tell(channel, report, accounts, now) for channel in still)
        except Busy:
            return 0

    def _due(self, channel: Channel, now: int) -> bool:
        state = self._notices.state(channel.name)
        if state is None:
            return True
        return now >= max(state.next_at, state.sent_at + self._pace.at_most_every)

    def _tell(
        self, channel: Channel, report: Report, accounts: Sequence[AccountView], now: int
    ) -> bool:
        """Whether a message was taken. What was sent is remembered only after it was taken: a
        message whose answer is lost comes twice, with the same id, and none gets lost."""
        before = self._notices.state(channel.name)
        state = before or ChannelState(digest_at=now)
        everything = list(news(report.findings, accounts, self._notices.told(channel.name)))
        digest = now >= state.digest_at + self._pace.digest_every
        chosen = [one for one in everything if one.urgent or digest]
        if digest:
            state = replace(state, digest_at=now)
        if not chosen:
            if state != before:
                self._notices.remember(channel.name, state)
            return False
        return self._send(channel, chosen, report, state, now)

    def _send(
        self,
        channel: Channel,
        chosen: Sequence[News],
        report: Report,
        state: ChannelState,
        now: int,
    ) -> bool:
        kind = channel.name.partition(":")[0]
        before = self._notices.state(channel.name) or ChannelState(digest_at=now)
        try:
            channel.send(compose(chosen, report, self._voice), now)
        except Undelivered as error:
            wait = max(min(FIRST_WAIT * 2 ** min(before.failures, 10), LONGEST_WAIT), error.wait)
            failed = replace(before, failures=before.failures + 1, next_at=now + int(wait))
            self._notices.remember(channel.name, failed)
            log.warning("notice.failed", kind=kind, reason=str(error), wait=int(wait))
            return False
        told = {one.about: one.told for one in chosen}
        sent = replace(state, sent_at=now, failures=0, next_at=0)
        self._notices.remember(channel.name, sent, told, now)
        log.info("notice.sent", kind=kind, count=len(chosen))
        return True
