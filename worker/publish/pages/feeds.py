"""The feeds: who fetches which, a new address when one is made, and what to tell subscribers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.domain.feed import Detail, FeedView, Scope
from worker.publish.feed_documents import google, webcal
from worker.publish.pages.template import Frame, render
from worker.publish.pages.words import counted, length

DETAILS = (
    (Detail.BUSY, "Busy: when, not what"),
    (Detail.TITLE, "Titles: when and what"),
    (Detail.FULL, "Full: place, numbers, link"),
)
REFRESH = (
    ("Google Calendar", "every 8 to 24 hours; cannot be hurried"),
    ("Outlook.com, Microsoft 365", "about every 3 hours, sometimes a day"),
    ("Outlook for Windows", "when it sends and receives; set up to 24 hours"),
    ("Apple Calendar", "as set: 5 minutes to a week on a Mac, 15 minutes to daily on a phone"),
    ("Thunderbird", "every 30 minutes unless set otherwise"),
    ("Nextcloud", "every 15 minutes: it honours what the feed asks for"),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """Something that there can be a feed of."""

    scope: Scope
    of: str
    words: str

    @property
    def value(self) -> str:
        """How the form sends it."""
        return f"{self.scope}:{self.of}" if self.of else str(self.scope)


@dataclass(frozen=True, slots=True)
class FeedLine:
    """A feed in words."""

    name: str
    of: str
    detail: str
    age: str
    fetches: tuple[tuple[str, str], ...]  # client, how long ago


@dataclass(frozen=True, slots=True)
class Address:
    """A new address in the forms in which it is handed on."""

    name: str
    https: str
    webcal: str
    google: str


def feeds_page(
    frame: Frame,
    views: Sequence[FeedView],
    choices: Sequence[Choice],
    shown: tuple[str, str],
    public_url: str,
    zone: str,
    now: int,
) -> str:
    """The page. `shown` is the name and the new address of a feed; empty texts for none."""
    name, address = shown
    words = {(one.scope, one.of): one.words for one in choices}
    return render(
        "feeds.html",
        frame,
        "feeds",
        feeds=[_line(view, words, now) for view in views],
        summary=counted(len(views), "feed"),
        choices=choices,
        details=DETAILS,
        refresh=REFRESH,
        fresh=Address(name, address, webcal(address), google(address)) if address else None,
        reachable=bool(public_url),
        now=now,
        zone=zone,
    )


def _line(view: FeedView, words: dict[tuple[Scope, str], str], now: int) -> FeedLine:
    feed = view.feed
    known = words.get((feed.scope, feed.of))
    since = feed.created_at if feed.rotated_at is None else feed.rotated_at
    made = "made" if feed.rotated_at is None else "new address"
    return FeedLine(
        name=feed.name,
        of=known or f"{feed.of} (no longer configured)",
        detail=str(feed.detail),
        age=f"{made} {length(now - since)} ago",
        fetches=tuple(_fetches(view, now)),
    )


def _fetches(view: FeedView, now: int) -> Iterable[tuple[str, str]]:
    for fetch in view.fetches:
        yield fetch.client, f"{length(now - fetch.at)} ago"
