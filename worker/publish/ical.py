"""A calendar as RFC 5545 and RFC 7986 write it: what surrounds the events, and all joined.

The icalendar library writes it; texts come without line breaks and other letters that some parsers
act upon (`words.tamed`). Nothing here knows what time it is: the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256

from icalendar import Calendar, vDuration

from worker.domain.instants import iso
from worker.publish.ical_zones import observed, rules
from worker.publish.pages.words import tamed

REFRESH = timedelta(minutes=15)  # what those clients are asked for that ask
MADE_BY = "-//calsync//feeds//EN"
COLOURS = ("steelblue", "seagreen", "darkorange", "mediumpurple", "teal", "chocolate", "slateblue")
COLOUR_OF_CONFLICTS = "crimson"
LONGEST_NAME = 120

_BEGIN = b"BEGIN:VTIMEZONE\r\n"
_END = b"END:VCALENDAR\r\n"


@dataclass(frozen=True, slots=True)
class Part:
    """A component that is ready: its bytes, and the zone that it refers to (empty: none)."""

    content: bytes
    zone: str = ""


@dataclass(frozen=True, slots=True)
class About:
    """What a calendar says of itself. `zone` is whose clock its readers live by."""

    name: str
    description: str
    zone: str
    colour: str


def calendar(about: About, parts: Sequence[Part]) -> bytes:
    """The whole calendar, events in the order given."""
    zones = {part.zone for part in parts} - {""}
    pieces = [_head(about), *_zones(about.zone, zones), *(part.content for part in parts), _END]
    return b"".join(pieces)


def retold(about: About, body: bytes) -> bytes:
    """The same calendar with another word about itself."""
    return _head(about) + body[body.index(_BEGIN) :]


def not_current(since: int | None) -> str:
    """What a calendar says of its age once it can no longer be trusted to be right (UTC)."""
    if since is None:
        return "Not up to date: its sources have not been read completely yet."
    at = iso(since).replace("T", " ").removesuffix(":00Z").removesuffix("Z")
    return f"Not up to date: it shows what was known at {at} UTC."


def colour(of: str) -> str:
    """A colour by name (CSS 3) that stays the same for the same subject."""
    return COLOURS[sha256(of.encode()).digest()[0] % len(COLOURS)]


def _head(about: About) -> bytes:
    """Everything before the first component. No METHOD: a feed invites nobody."""
    name = tamed(about.name, LONGEST_NAME)
    described = tamed(about.description, 1000)
    head = Calendar()
    head.add("prodid", MADE_BY)
    head.add("version", "2.0")
    head.add("calscale", "GREGORIAN")
    head.add("name", name)
    head.add("x-wr-calname", name)
    head.add("description", described)
    head.add("x-wr-caldesc", described)
    head.add("x-wr-timezone", observed(about.zone))
    head.add("color", about.colour)
    # The library writes a bare value otherwise, which RFC 7986 5.7 forbids.
    head.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    head.add("x-published-ttl", vDuration(REFRESH))
    return bytes(head.to_ical()).removesuffix(_END)


def _zones(own: str, used: Iterable[str]) -> list[bytes]:
    """The rules of every zone used, and of the calendar's own: none is without a component."""
    return [rules(zone) for zone in sorted({observed(own), *used})]
