"""Where feeds are opened, rotated and revoked, and handed out to whoever has the address."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Collection
from dataclasses import dataclass, field

from worker.domain.feed import (
    NAME,
    NAME_WORDS,
    Detail,
    Farewell,
    Feed,
    FeedRefused,
    FeedView,
    Fetch,
    NoSuchFeed,
    Scope,
)
from worker.feeds.content import Content
from worker.feeds.drawing import Drawer
from worker.feeds.setting import Setting
from worker.feeds.shelf import REST, Clock, Shelf
from worker.store.database import StoreError
from worker.store.events import Events
from worker.store.feeds import Feeds, Registry, digest
from worker.store.findings import Findings
from worker.store.pulse import Pulse
from worker.store.store import Store

TOKEN_BYTES = 32


class FeedEnded(Exception):
    """The feed was revoked, and whoever has its address may know."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A feed with its address, which is told this once: only a digest of it is kept."""

    feed: Feed
    address: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """A feed that somebody has the address of, and what it holds."""

    feed: Feed
    content: Content


class FeedDesk:
    """All that there is to do with feeds. May be used by several threads."""

    def __init__(self, store: Store, setting: Setting, clock: Clock) -> None:
        self._feeds = Feeds(store.database)
        self._setting = setting
        self._clock = clock
        self._pulse = Pulse(store.database)
        drawer = Drawer(self._feeds, Events(store.database), Findings(store.database), setting)
        self._shelf = Shelf(drawer, self._feeds, self._pulse, clock)
        self._registry: Registry | None = None
        self._beat: int | None = None
        self._rests_until = 0.0
        self._lock = threading.Lock()
        self._fetched: dict[tuple[str, str], int] = {}

    def open(self, name: str, scope: Scope, of: str, detail: Detail) -> Opened:
        """A new feed; `of` is the id of a resource, place or account. Raises FeedRefused."""
        if not NAME.fullmatch(name):
            raise FeedRefused(f"a feed needs {NAME_WORDS}")
        self._setting.check(scope, of)
        feed = Feed(name, scope, of, detail, int(self._clock.now()))
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._feeds.add(feed, digest(token))
        return Opened(feed, self._address(token))

    def rotate(self, name: str) -> Opened:
        """Another address; the former one opens nothing from now on. Raises NoSuchFeed."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        feed = self._feeds.rotate(name, digest(token), int(self._clock.now()))
        with self._lock:
            self._forget(name)
        return Opened(feed, self._address(token))

    def revoke(self, name: str, farewell: Farewell) -> FeedView:
        """End a feed; returns what it was. Raises NoSuchFeed."""
        view = self.view(name)
        self._feeds.revoke(name, farewell, int(self._clock.now()))
        with self._lock:
            self._forget(name)
        return view

    def views(self) -> list[FeedView]:
        """All feeds by name, with who fetched them."""
        fetches = self._feeds.fetches()
        with self._lock:
            unsaved = dict(self._fetched)
        return [
            FeedView(one, _newest(one, fetches.get(one.name, ()), unsaved))
            for one in self._feeds.registry().feeds.values()
        ]

    def view(self, name: str) -> FeedView:
        """One feed. Raises NoSuchFeed."""
        for one in self.views():
            if one.feed.name == name:
                return one
        raise NoSuchFeed(f"there is no feed {name}")

    def ready(self, token: str) -> Found | None:
        """What can be handed out at once; None if the store must be looked at first.

        Raises NoSuchFeed for an unknown token, and FeedEnded.
        """
        try:
            beat = self._pulse.beat()
        except StoreError:
            return None
        if self._registry is None or self._beat != beat:
            return None
        feed = _admitted(self._registry, token)
        content = self._shelf.current(feed, beat)
        return Found(feed, content) if content else None

    def look(self, token: str) -> Found:
        """What is to be handed out. Raises NoSuchFeed, FeedEnded, and StoreError.

        Where the store is not sound, what is known of the feeds stays true.
        """
        feed = _admitted(self._look_up(), token)
        return Found(feed, self._shelf.look(feed))

    def fetched(self, feed: Feed, client: str) -> None:
        """Somebody fetched it; kept in the store with the next `keep`."""
        with self._lock:
            self._fetched[feed.name, client] = int(self._clock.now())

    def keep(self) -> int:
        """Draw what was never asked for yet, and write down what there is to remember.

        Returns how many facts were written. Raises StoreError; then nothing is lost.
        """
        self._shelf.prepare(self._look_up().feeds.values())
        with self._lock:
            fetched, self._fetched = self._fetched, {}
        contents = self._shelf.unkept()
        if not fetched and not contents:
            return 0
        try:
            self._feeds.remember(fetched, {feed.name: one for feed, one in contents.items()})
        except StoreError:
            with self._lock:
                self._fetched = fetched | self._fetched
            raise
        self._shelf.kept(contents)
        return len(fetched) + len(contents)

    def close(self) -> None:
        """Let go of the store."""
        self._pulse.close()

    def _look_up(self) -> Registry:
        known = self._registry
        try:
            beat = self._pulse.beat()
            resting = self._clock.monotonic() < self._rests_until
            if known is not None and (self._beat == beat or resting):
                return known
            found = self._feeds.registry()
        except StoreError:
            if known is None:
                raise
            self._rests_until = self._clock.monotonic() + REST
            return known
        self._shelf.only(found.feeds.values())
        self._registry, self._beat = found, beat
        return found

    def _forget(self, name: str) -> None:
        self._fetched = {key: at for key, at in self._fetched.items() if key[0] != name}

    def _address(self, token: str) -> str:
        return f"{self._setting.address}/feeds/{token}.ics"


def _admitted(registry: Registry, token: str) -> Feed:
    """The feed that a token opens; whatever opens nothing takes the same way to nothing."""
    key = digest(token)
    feed = registry.feeds.get(key)
    if key in registry.ended:
        raise FeedEnded
    if feed is None:
        raise NoSuchFeed("there is no such feed")
    return feed


def _newest(
    feed: Feed, saved: Collection[Fetch], unsaved: dict[tuple[str, str], int]
) -> tuple[Fetch, ...]:
    times = {one.client: one.at for one in saved}
    times |= {client: at for (name, client), at in unsaved.items() if name == feed.name}
    found = (Fetch(client, at) for client, at in times.items())
    return tuple(sorted(found, key=lambda one: (-one.at, one.client)))
