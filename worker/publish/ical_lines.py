"""The lines of an event. What needs care with letters is written by the icalendar library.

Texts are escaped and folded there, once for each text: titles and places come again and again, and
the library takes longer over a line than all the rest takes over an event. Numbers, instants and
words of ours are short and plain, and need neither.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime
from functools import lru_cache

from icalendar import vText, vUri
from icalendar.parser import Contentline, Parameters

from worker.domain.span import Span
from worker.publish.ical_zones import moment


def component(lines: Iterable[bytes]) -> bytes:
    """A VEVENT."""
    return b"".join((b"BEGIN:VEVENT\r\n", *lines, b"END:VEVENT\r\n"))


@lru_cache(maxsize=8192)
def text(name: str, value: str) -> bytes:
    """A line of text; `\\n` in it is a line break for its reader."""
    return _written(Contentline.from_parts(name, Parameters(), vText(value)))


@lru_cache(maxsize=8192)
def address(name: str, value: str) -> bytes:
    """A line with an address, which must be plain ASCII already."""
    return _written(Contentline.from_parts(name, Parameters(), vUri(value)))


def plain(name: str, value: str | int) -> bytes:
    """A line with a word or number of ours: short, ASCII, nothing in it that needs escaping."""
    return f"{name}:{value}\r\n".encode("ascii")


def stamps(at: int, sequence: int) -> bytes:
    """When what is said was last changed (epoch seconds), and how often: readers go by these."""
    changed = _utc(datetime.fromtimestamp(at, UTC))
    text = f"DTSTAMP:{changed}\r\nLAST-MODIFIED:{changed}\r\nSEQUENCE:{sequence}\r\n"
    return text.encode("ascii")


def lasting(span: Span, zone: str) -> tuple[bytes, str]:
    """From when to when, and the zone that is referred to (empty: none). A point has no end."""
    start, end = moment(span.start, zone), moment(span.end, zone)
    if UTC in (start.tzinfo, end.tzinfo):
        first, last, used = _utc(start.astimezone(UTC)), _utc(end.astimezone(UTC)), ""
        name = ":"
    else:
        first, last, used = f"{start:%Y%m%dT%H%M%S}", f"{end:%Y%m%dT%H%M%S}", zone
        name = f";TZID={zone}:"
    ending = f"DTEND{name}{last}\r\n" if span.seconds else ""
    return f"DTSTART{name}{first}\r\n{ending}".encode("ascii"), used


def days(first: date, after: date) -> bytes:
    """Whole days, up to and not including `after`."""
    begin, end = f"{first:%Y%m%d}", f"{after:%Y%m%d}"
    return f"DTSTART;VALUE=DATE:{begin}\r\nDTEND;VALUE=DATE:{end}\r\n".encode("ascii")


def _utc(at: datetime) -> str:
    return f"{at:%Y%m%dT%H%M%SZ}"


def _written(line: Contentline) -> bytes:
    return bytes(line.to_ical()) + b"\r\n"  # type: ignore[no-untyped-call]
