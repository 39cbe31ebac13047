"""The JSON documents of feeds. An address is told once, in the answer to its making."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from worker.domain.feed import FeedView
from worker.domain.instants import iso
from worker.publish.documents import Document


def feeds(views: Iterable[FeedView]) -> Document:
    """`calsync/feeds/1`."""
    return {"schema": "calsync/feeds/1", "feeds": [feed(one) for one in views]}


def feed(view: FeedView) -> Document:
    """One feed of `calsync/feeds/1`; `of` is empty where it is of nothing in particular."""
    one = view.feed
    return {
        "name": one.name,
        "scope": one.scope,
        "of": one.of,
        "detail": one.detail,
        "created_at": iso(one.created_at),
        "rotated_at": None if one.rotated_at is None else iso(one.rotated_at),
        "last_fetch": iso(view.fetches[0].at) if view.fetches else None,
        "fetches": [{"client": fetch.client, "at": iso(fetch.at)} for fetch in view.fetches],
    }


def one_feed(view: FeedView) -> Document:
    """`calsync/feed/1`."""
    return {"schema": "calsync/feed/1", **feed(view)}


def opened(view: FeedView, address: str) -> Document:
    """`calsync/feed-address/1`: a feed with its address."""
    return {
        "schema": "calsync/feed-address/1",
        **feed(view),
        "address": address,
        "webcal": webcal(address),
        "google": google(address),
    }


def webcal(address: str) -> str:
    """The address as calendar apps take it over from a browser."""
    return f"webcal{address[len(urlsplit(address).scheme) :]}"


def google(address: str) -> str:
    """The page at Google that subscribes to it."""
    return f"https://calendar.google.com/calendar/render?cid={quote(webcal(address), safe='')}"
