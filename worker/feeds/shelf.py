"""What feeds hold, ready to be served, and the last good of it where the store is not sound."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from worker.domain.feed import Feed
from worker.feeds.content import Content, Packed, renewed
from worker.feeds.drawing import Drawer
from worker.publish import ical
from worker.store.database import StoreError
from worker.store.feeds import Feeds, Kept
from worker.store.pulse import Pulse

log = structlog.get_logger()

LOOK_AGAIN = 30.0  # seconds: sources become stale, and days begin, without a change of the store
REST = 5.0  # seconds for which a store that failed is not asked again
KEEP_AGAIN = 3600  # seconds after which it is written down anew that a content is still right


class Clock(Protocol):
    """Seconds since the epoch, and seconds that never go back."""

    def now(self) -> float:
        """Since the epoch."""
        ...

    def monotonic(self) -> float:
        """Since whenever."""
        ...


@dataclass(slots=True)
class _Held:
    """A feed's place. `beat` is the store's pulse when it was last looked at, at `looked`."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    content: Content | None = None
    good: Content | None = None  # the last one that was drawn from a sound store
    kept: tuple[str, int] = ("", 0)  # the digest and the time that are written down
    beat: int = -1
    looked: float = 0.0
    rests_until: float = 0.0


class Shelf:
    """Keeps what was drawn. May be used by several threads; the quick way never waits."""

    def __init__(self, drawer: Drawer, feeds: Feeds, pulse: Pulse, clock: Clock) -> None:
        self._drawer = drawer
        self._feeds = feeds
        self._pulse = pulse
        self._clock = clock
        self._held: dict[Feed, _Held] = {}

    def current(self, feed: Feed, beat: int) -> Content | None:
        """What is right without looking; None if the store must be looked at first."""
        held = self._held.get(feed)
        if held is None or held.content is None:
            return None
        now = self._clock.monotonic()
        sound = held.beat == beat and now - held.looked < LOOK_AGAIN
        return held.content if sound or now < held.rests_until else None

    def look(self, feed: Feed) -> Content:
        """What is right now, or the last that was. Raises StoreError where there never was any.

        While somebody else looks, everybody is given what was there before.
        """
        held = self._held.setdefault(feed, _Held())
        if not held.lock.acquire(blocking=held.content is None):
            return held.content or self.look(feed)
        try:
            if held.content and self._clock.monotonic() < held.rests_until:
                return held.content
            return self._looked(held, feed)
        finally:
            held.lock.release()

    def prepare(self, feeds: Collection[Feed]) -> None:
        """Draw what was never looked at, so that nobody has to wait for it."""
        for feed in feeds:
            if feed not in self._held:
                try:
                    self.look(feed)
                except Exception as error:  # noqa: BLE001 - told, and told again on demand
                    # Whoever asks for it will be told; the others are not to suffer for it.
                    _tell(error)

    def only(self, feeds: Collection[Feed]) -> None:
        """Let go of what belongs to feeds that are no more."""
        for gone in self._held.keys() - set(feeds):
            self._held.pop(gone, None)

    def unkept(self) -> Mapping[Feed, Kept]:
        """What is not written down yet."""
        found = {}
        for feed, held in list(self._held.items()):
            good = held.good
            if good and (good.etag != held.kept[0] or good.true_at - held.kept[1] >= KEEP_AGAIN):
                found[feed] = Kept(good.etag, good.modified_at, good.true_at, good.body)
        return found

    def kept(self, written: Mapping[Feed, Kept]) -> None:
        """These have been written down."""
        for feed, one in written.items():
            if held := self._held.get(feed):
                held.kept = (one.etag, one.true_at)

    def _looked(self, held: _Held, feed: Feed) -> Content:
        now, looked = int(self._clock.now()), self._clock.monotonic()
        try:
            beat = self._pulse.beat()
            if held.good is None:
                self._recall(held, feed)
            body = self._drawer.draw(feed, now)
        except Exception as error:
            if held.good is None:
                raise
            # Whatever went wrong, an error answer would make calendar apps drop the feed.
            _tell(error)
            held.rests_until = self._clock.monotonic() + REST
            return self._aged(held, feed, held.good, now)
        # From where it is served, so that going back to what was before is a change, too.
        held.content = held.good = renewed(held.content or held.good, body, now)
        held.beat, held.looked, held.rests_until = beat, looked, 0.0
        return held.content

    def _aged(self, held: _Held, feed: Feed, good: Content, now: int) -> Content:
        """The last good content, which says from when it is."""
        about = self._drawer.about(feed, ical.not_current(good.true_at))
        held.content = renewed(held.content or good, ical.retold(about, good.body), now)
        return held.content

    def _recall(self, held: _Held, feed: Feed) -> None:
        """What the feed held before this process began."""
        if kept := self._feeds.kept(feed.name):
            held.good = Content(kept.etag, kept.modified_at, kept.true_at, kept.body, Packed())
            held.kept = (kept.etag, kept.true_at)


def _tell(error: Exception) -> None:
    if isinstance(error, StoreError):
        log.error("feed.stale", error=str(error))
    else:
        log.error("feed.failed", exc_info=error)
