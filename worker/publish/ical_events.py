"""Events as components of a calendar: how much is said of each is the feed's detail.

`busy` says when time is taken, and nothing that a person wrote or that could be told back to one:
not in the UID, which is a digest of the vendor's identity, and not by what is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from worker.domain.event import Event, Role, Status, Trait, role
from worker.domain.feed import Detail
from worker.domain.instants import is_zone, zone_of
from worker.domain.stored import Stored
from worker.publish import ical_lines
from worker.publish.ical import Part
from worker.publish.pages.words import counted, plain_link, tamed

BUSY = "Busy"
LONGEST_TITLE = 200
LONGEST_PLACE = 300
SHOWN = {
    Detail.BUSY: frozenset({Role.TAKEN, Role.BLOCK}),
    Detail.TITLE: frozenset({Role.TAKEN, Role.BLOCK, Role.OFFERED, Role.FREE}),
    Detail.FULL: frozenset({Role.TAKEN, Role.BLOCK, Role.OFFERED, Role.FREE}),
}
"""The roles of events that feeds show, besides what was cancelled; never holds and copies of ours:
their origin is shown, and a second entry for the same hour would look like a double booking."""

_WORDS = {
    Status.OFFERED: "Open",
    Status.HELD: "Held",
    Status.BOOKED: "Booked",
    Status.CANCELLED: "Cancelled",
}


def event_part(stored: Stored, detail: Detail, names: Mapping[str, str]) -> Part:
    """One event. Its timezone must be filled in; `names` are what resources are called, by id."""
    event = stored.event
    times, zone = _times(event)
    transparency = "OPAQUE" if role(event) in _TAKING else "TRANSPARENT"
    return Part(
        ical_lines.component(
            (
                ical_lines.plain("UID", f"{event.key.id}@calsync"),
                ical_lines.stamps(stored.updated_at, stored.revision - 1),
                times,
                ical_lines.text("SUMMARY", _summary(event, detail)),
                ical_lines.plain("STATUS", _status(event)),
                ical_lines.plain("TRANSP", transparency),
                *(_in_full(stored, names) if detail is Detail.FULL else ()),
            )
        ),
        zone,
    )


_TAKING = frozenset({Role.TAKEN, Role.BLOCK})


def _times(event: Event) -> tuple[bytes, str]:
    found = _days(event)
    return (
        (ical_lines.days(*found), "") if found else ical_lines.lasting(event.span, event.timezone)
    )


def _days(event: Event) -> tuple[date, date] | None:
    """The first day and the one after the last, of what was given as days."""
    if Trait.ALL_DAY not in event.traits or not event.span.seconds:
        return None
    if not is_zone(event.timezone):
        return None
    clocks = zone_of(event.timezone)
    first = datetime.fromtimestamp(event.span.start, clocks).date()
    last = datetime.fromtimestamp(event.span.end - 1, clocks).date()
    return first, last + timedelta(days=1)


def _status(event: Event) -> str:
    if event.status is Status.CANCELLED:
        return "CANCELLED"
    return "TENTATIVE" if Trait.TENTATIVE in event.traits else "CONFIRMED"


def _summary(event: Event, detail: Detail) -> str:
    if detail is Detail.BUSY:
        return BUSY
    title = tamed(event.title, LONGEST_TITLE)
    if not title:
        return _WORDS[event.status]
    return f"Open: {title}" if event.status is Status.OFFERED else title


def _in_full(stored: Stored, names: Mapping[str, str]) -> Iterable[bytes]:
    event = stored.event
    if place := tamed(event.location, LONGEST_PLACE):
        yield ical_lines.text("LOCATION", place)
    if link := plain_link(event.url):
        yield ical_lines.address("URL", link)
    yield ical_lines.text("DESCRIPTION", "\n".join(_lines(stored, names)))


def _lines(stored: Stored, names: Mapping[str, str]) -> list[str]:
    event = stored.event
    lines = [f"{_WORDS[event.status]} in {event.key.account}"]
    if stored.resources:
        lines.append(", ".join(tamed(names.get(one, one)) for one in stored.resources))
    if event.capacity is not None:
        lines.append(f"{event.attendees:,} of {counted(event.capacity, 'place')} taken")
    for minutes, when in ((event.pad_before, "before"), (event.pad_after, "after")):
        if minutes:
            lines.append(f"{minutes} min needed {when} it")
    return lines
