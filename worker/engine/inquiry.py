"""Asks accounts for other times for their events, where somebody is reading about one finding."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import structlog

from worker.domain.conflict.openings import Opening
from worker.domain.health import Health, Trouble, hushed
from worker.domain.instants import iso
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.engine.poll import Source
from worker.store.database import Busy
from worker.store.store import Store
from worker.vendors.base import Clock, Offering, TryLater, VendorError

log = structlog.get_logger()

ASK_AGAIN = 120  # seconds: whoever looks at a page again is told what was answered before
POLL_PATIENCE = 2.0  # seconds that a running poll of the account is waited for


@dataclass(frozen=True, slots=True)
class Word:
    """What an account answered; `note` is why it said nothing, to follow its name in a sentence."""

    openings: tuple[Opening, ...] = ()
    note: str = ""


class Inquirer:
    """Knows whom to ask, and what was answered a moment ago.

    `seconds` is the time that one account may take of whoever waits for an explanation.
    """

    def __init__(
        self, store: Store, sources: Iterable[Source], clock: Clock, seconds: float
    ) -> None:
        self._store = store
        self._sources = {source.id: source for source in sources}
        self._clock = clock
        self._seconds = seconds
        self._told: dict[tuple[int, int], tuple[float, Word | None]] = {}
        self._silent: dict[str, tuple[float, Word]] = {}

    def begin(self) -> Inquiry:
        """The questions of one explanation."""
        return Inquiry(self, self._seconds)

    def now(self) -> float:
        """Seconds that never go back."""
        return self._clock.monotonic()

    def ask(self, stored: Stored, search: Span, within: float) -> Word | None:
        """What the event's account says of `search`; None where there is no such question.

        Raises StoreError and Stopped; what the vendor does wrong becomes a note.
        """
        event = stored.event
        source = self._sources.get(event.key.account)
        if source is None or not isinstance(source.vendor, Offering):
            return None
        with ExitStack() as held:
            began = self.now()
            lock = self._store.database.locked(f"poll:{source.id}", min(POLL_PATIENCE, within))
            try:
                # A poll that ends later would forget a wait that is stated now.
                held.enter_context(lock)
            except Busy:
                return Word(note="was not asked for its own free times: it is being read just now")
            left = within - (self.now() - began)
            return self._remembered(stored, source, source.vendor, search, left)

    def _remembered(
        self, stored: Stored, source: Source, vendor: Offering, search: Span, within: float
    ) -> Word | None:
        now, asked = self.now(), (stored.event.key.number, stored.revision)
        self._told = {key: one for key, one in self._told.items() if now - one[0] < ASK_AGAIN}
        if asked in self._told:
            return self._told[asked][1]
        at, silence = self._silent.get(source.id, (0.0, None))
        if silence and now - at < ASK_AGAIN:
            return silence
        health = self._store.accounts.all()[source.id].health
        if reason := _forbidden(health, int(self._clock.now())):
            return Word(note=f"was not asked for its own free times: {reason}")
        answer = self._store.events.answer(stored.event.key.number)
        try:
            openings = vendor.free(stored.event, answer, search, within)
        except VendorError as error:
            return self._refused(source, error)
        word = None if openings is None else Word(tuple(openings))
        self._told[asked] = self.now(), word
        return word

    def _refused(self, source: Source, error: VendorError) -> Word:
        word = Word(note=f"could not be asked for its own free times: {error}")
        log.info("offer.silent", account=source.id, error=str(error))
        self._silent[source.id] = self.now(), word
        if isinstance(error, TryLater) and error.throttled:
            now = int(self._clock.now())
            change = partial(hushed, now=now, interval=source.interval, wait=error.wait)
            self._store.accounts.change_health(source.id, change)
        return word


class Inquiry:
    """Keeps all questions to one account within the time that it may take."""

    def __init__(self, inquirer: Inquirer, seconds: float) -> None:
        self._inquirer = inquirer
        self._seconds = seconds
        self._spent: dict[str, float] = {}

    def ask(self, stored: Stored, search: Span) -> Word | None:
        """What the event's account says of `search`, unless it has used up its time."""
        account = stored.event.key.account
        left = self._seconds - self._spent.get(account, 0.0)
        if left <= 0:
            return Word(note="was not asked for its own free times again: it answers slowly")
        began = self._inquirer.now()
        word = self._inquirer.ask(stored, search, left)
        self._spent[account] = self._spent.get(account, 0.0) + self._inquirer.now() - began
        return word


def _forbidden(health: Health, now: int) -> str:
    """Why no call may be made now, or nothing."""
    if health.paused:
        return "it is paused"
    if health.wait_until is not None and health.waits(now):
        return f"it asked for no calls until {iso(health.wait_until)}"
    if health.trouble is Trouble.NEEDS_PERSON:
        return "its login needs attention"
    return ""
