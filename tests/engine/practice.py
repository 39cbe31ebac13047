"""A tiny vendor in memory, whose every answer a test decides, and polls of it in one line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.builders import NOW, StillClock, event
from worker.domain.absence import AbsenceRules
from worker.domain.event import Event, Key
from worker.domain.listing import (
    Batch,
    Confirmation,
    Coverage,
    Cursor,
    Presence,
    Quarantined,
    Sighting,
    Template,
)
from worker.domain.span import DAY, Span
from worker.engine.poll import PollReport, PollRules, Source, poll
from worker.store.store import Store
from worker.vendors.base import Access, Capabilities, VendorError, Walk

ACCOUNT = "clinic"
ANSWER = b'{"id":"1"}'


@dataclass
class Practice:
    """Shows `events`; says by id what `word` says, else whether it still has the event."""

    events: list[Event] = field(default_factory=list)
    quarantined: list[Quarantined] = field(default_factory=list)
    templates: list[Template] = field(default_factory=list)
    gaps: tuple[str, ...] = ()
    coverage: Coverage = Coverage.FULL
    cursor: str | None = None
    hidden: set[Key] = field(default_factory=set)
    word: Callable[[Key], Confirmation] | None = None
    fails: Exception | None = None
    fails_after: int = 0
    account: str = ACCOUNT
    capabilities: Capabilities = field(default_factory=Capabilities)
    zone: str = "UTC"
    asked: list[Key] = field(default_factory=list)
    walks: list[Cursor | None] = field(default_factory=list)

    def fetch(self, window: Span, since: Cursor | None) -> Walk:
        del window
        self.walks.append(since)
        return Walk(self.coverage, self._batches())

    def _batches(self) -> Iterator[Batch]:
        shown = [one for one in self.events if one.key not in self.hidden]
        for number, one in enumerate(shown):
            if self.fails and number == self.fails_after:
                raise self.fails
            yield Batch(sightings=(Sighting(one, ANSWER),))
        if self.fails:
            raise self.fails
        yield Batch(
            quarantined=tuple(self.quarantined),
            templates=tuple(self.templates),
            gaps=self.gaps,
            cursor=self.cursor,
        )

    def confirm(self, key: Key, last: Span, within: Sequence[str] = ()) -> Confirmation:
        del last, within
        self.asked.append(key)
        if self.word:
            return self.word(key)
        for one in self.events:
            if one.key == key:
                return Confirmation(key, Presence.PRESENT, Sighting(one, ANSWER))
        return Confirmation(key, Presence.GONE)

    def redact(self, answer: bytes) -> bytes:
        return answer

    def check(self) -> Access:
        return Access("nobody")

    def close(self) -> None: ...


def says(presence: Presence) -> Callable[[Key], Confirmation]:
    return lambda key: Confirmation(key, presence)


def refuses(error: VendorError) -> Callable[[Key], Confirmation]:
    def word(key: Key) -> Confirmation:
        raise error

    return word


def hours(count: int, first: int = 1, account: str = ACCOUNT) -> list[Event]:
    """So many booked hours, one after the other."""
    return [
        event(str(number), NOW + number * 3600, title=f"hour {number}", account=account)
        for number in range(first, first + count)
    ]


class Office:
    """A store, a clock that stands still, and the practice that is polled into it."""

    def __init__(self, directory: Path, practice: Practice, rules: AbsenceRules | None = None):
        self.store = Store(f"sqlite:///{directory / 'calsync.db'}")
        self.store.accounts.register(ACCOUNT, "practice", "one login")
        self.practice = practice
        self.clock = StillClock()
        self.rules = PollRules(rules or AbsenceRules(), lambda _account, subjects: tuple(subjects))

    def poll(self, later: int = 0) -> PollReport:
        self.clock.time += later
        now = int(self.clock.now())
        window = Span(now - DAY, now + 90 * DAY)
        source = Source(ACCOUNT, self.practice, 120)
        return poll(source, self.store, window, self.clock, self.rules)

    def statuses(self) -> dict[str, str]:
        """Each stored event's status by its native id."""
        from worker.store.events import Wanted

        return {
            one.event.key.native_id: str(one.event.status)
            for one in self.store.events.list(Wanted())
        }

    def live(self) -> int:
        return sum(status != "cancelled" for status in self.statuses().values())
