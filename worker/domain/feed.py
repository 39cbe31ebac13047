"""A private feed: whose events it shows, how much of them, and who was seen fetching it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
NAME_WORDS = "a name of up to 64 letters, digits, - and _, beginning with a letter or digit"


class Scope(StrEnum):
    """What a feed is about; all but the first two need to be told of which."""

    ALL = "all"
    CONFLICTS = "conflicts"
    RESOURCE = "resource"
    ACCOUNT = "account"
    PLACE = "place"  # a room, with the rooms in it and the places that it lies in


class Detail(StrEnum):
    """How much a feed says of an event."""

    BUSY = "busy"  # when time is taken, and nothing else
    TITLE = "title"  # what it is called, and what is still open
    FULL = "full"  # where, with what, how many, and its page at the vendor


class Farewell(StrEnum):
    """What subscribers of a revoked feed are told."""

    NOTHING = "nothing"  # like an address that never was: 404
    GONE = "gone"  # that it is over: 410, upon which calendar apps give up


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed as it is kept; `of` is the id of a resource, place or account. Epoch seconds."""

    name: str
    scope: Scope
    of: str
    detail: Detail
    created_at: int
    rotated_at: int | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """When a calendar app, by its coarse name, last fetched a feed."""

    client: str
    at: int


@dataclass(frozen=True, slots=True)
class FeedView:
    """A feed with its fetches, the newest first."""

    feed: Feed
    fetches: tuple[Fetch, ...] = ()


class FeedRefused(Exception):
    """What is asked of the feeds cannot be done; the message says why, and what is allowed."""


class NoSuchFeed(FeedRefused):
    """There is no feed of that name."""


class NameTaken(FeedRefused):
    """There is a feed of that name already."""
