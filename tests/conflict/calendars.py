"""Random calendars for one resource, decoded from bytes: any bytes make one, fewer make less.

The same decoding serves hypothesis, which shrinks the bytes, and the long run, which draws them
from a seeded generator.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from tests.conflict.reference_rules import Window
from worker.domain.event import Event, Key, Kind, Status, Trait
from worker.domain.instants import midnight, wall
from worker.domain.span import MINUTE, Span

GENE = 10  # bytes of one event
HEAD = 4  # bytes of what all events of a calendar share
LARGEST = HEAD + 12 * GENE

# Zone, and a day on which its clocks do something. The last two do nothing.
DAYS = (
    ("UTC", date(2026, 3, 4)),
    ("Europe/Berlin", date(2026, 10, 25)),  # 25 hours
    ("Europe/Berlin", date(2026, 3, 29)),  # 23 hours
    ("America/New_York", date(2026, 11, 1)),
    ("America/Santiago", date(2026, 9, 6)),  # no midnight
    ("America/Havana", date(2026, 11, 1)),  # two midnights
    ("Africa/Cairo", date(2026, 4, 24)),  # no midnight
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Asia/Kathmandu", date(2026, 5, 5)),  # a quarter past
    ("Pacific/Kiritimati", date(2026, 1, 1)),  # the first to have a day
)
ACCOUNTS = ("campus", "clinic", "desk")
KINDS = (Kind.SINGLE, Kind.SLOT, Kind.GROUP, Kind.BLOCK)
STATUSES = (Status.BOOKED, Status.BOOKED, Status.OFFERED, Status.HELD, Status.CANCELLED)
TRAITS = (
    (),
    (),
    (),
    (),
    (Trait.TENTATIVE,),
    (Trait.TRANSPARENT,),
    (Trait.NO_SHOW,),
    (Trait.SERIES,),
)
PEOPLE = ((), (), ("p1",), ("p2",), ("p1", "p2"), ("p1", "p2", "p3"))
TITLES = ("", "Yoga", "yoga", "Straße", "STRASSE", "Check-up")
LEAST = {"": None, "s1": 2, "s2": None}
MOST = {"": None, "s1": 2, "s2": 1}
SUBJECTS = (("room:1",), ("room:2",), ("room:3",), ("room:1", "room:2"))
HOURS: tuple[tuple[Window, ...], ...] = (
    (),
    (Window(0, 6, 0, 1440),),
    (Window(0, 4, 540, 1020),),
    (Window(5, 0, 120, 180),),
    (Window(0, 6, 60, 150), Window(0, 6, 150, 720)),
    (Window(0, 6, 1320, 360), Window(6, 0, 480, 1200)),
)


@dataclass(frozen=True)
class Calendar:
    """What one resource has, and the rules that it is judged by. Buffers are in minutes."""

    zone: str
    day: date
    parallel: int
    hours: tuple[Window, ...]
    buffer: int
    events: tuple[Event, ...]


def decoded(text: bytes) -> Calendar:
    """The calendar that `text` stands for; zeros make the simplest."""
    head = text[:HEAD].ljust(HEAD, b"\0")
    zone, day = DAYS[head[0] % len(DAYS)]
    spans: list[Span] = []
    events = [
        _event(number, gene, zone, day, spans) for number, gene in enumerate(_genes(text[HEAD:]))
    ]
    return Calendar(
        zone=zone,
        day=day,
        parallel=1 + head[1] % 3 if head[1] % 2 else 1,
        hours=HOURS[head[2] % len(HOURS)],
        buffer=(0, 0, 5, 15, 60)[head[3] % 5],
        events=tuple({event.key: event for event in events}.values()),
    )


def _genes(text: bytes) -> Iterator[bytes]:
    for start in islice(range(0, len(text), GENE), 12):
        yield text[start : start + GENE].ljust(GENE, b"\0")


def _event(number: int, gene: bytes, zone: str, day: date, spans: list[Span]) -> Event:
    shape, when, length, who, status, trait, people, words, sizes, pads = gene
    span = _span(shape, when, length, zone, day, spans)
    spans.append(span)
    # Every fourth event is a part of a record of which its neighbours may be other parts.
    key = Key(ACCOUNTS[who % 3], KINDS[who // 3 % 5 % 4], f"n{number}")
    if who >= 192:
        key = Key(ACCOUNTS[number // 3 % 3], Kind.SINGLE, f"r{number // 3}", f"{number}")
    series = ("", "s1", "s2")[people // 8 % 3]
    traits = set(TRAITS[trait % len(TRAITS)])
    if shape % 8 == 7:
        traits.add(Trait.ALL_DAY)
    return Event(
        key=key,
        status=STATUSES[status % len(STATUSES)],
        span=span,
        timezone=zone,
        title=TITLES[words % len(TITLES)],
        subjects=SUBJECTS[words // 8 % len(SUBJECTS)],
        capacity=(None, 0, 1, 2, 5)[sizes % 5],
        attendees=sizes // 8 % 4,
        people=PEOPLE[people % len(PEOPLE)],
        pad_before=pads % 4 * 5,
        pad_after=pads // 4 % 4 * 5,
        series=series,
        min_per_person=LEAST[series],
        max_per_person=MOST[series],
        traits=tuple(sorted(traits)),
        mark="ours" if trait > 240 else "",
    )


def _span(shape: int, when: int, length: int, zone: str, day: date, spans: list[Span]) -> Span:
    """Times that touch, contain, equal or halve an earlier event's come up as often as others."""
    earlier = spans[when % len(spans)] if spans else None
    minutes = (15, 30, 60, 90, 240)[length % 5] * MINUTE
    match shape % 8, earlier:
        case 1, Span() as other:  # equal
            return other
        case 2, Span() as other:  # touching its end
            return Span(other.end, other.end + minutes)
        case 3, Span() as other:  # touching its start
            return Span(other.start - minutes, other.start)
        case 4, Span() as other:  # containing it, or sharing an edge with it
            return other.widened(length % 3 * 300, length // 3 % 3 * 300)
        case 5, Span() as other:  # contained: its first, middle or last part, to five minutes
            third = other.seconds // 900 * 300
            start = other.start + length % 3 * third
            return Span(start, max(start, min(other.end, start + third)))
        case 6, _:  # a point
            start = _wall(when, zone, day)
            return Span(start, start)
        case 7, _:  # whole days
            first = day + timedelta(days=when % 3 - 1)
            last = first + timedelta(days=1 + length % 2)
            return Span(midnight(first, zone), midnight(last, zone))
        case _:
            start = _wall(when, zone, day)
            return Span(start, start + minutes)


def _wall(when: int, zone: str, day: date) -> int:
    """A quarter of an hour near the start of the day, where clocks change, read off the wall."""
    naive = datetime(day.year, day.month, day.day) - timedelta(hours=1)
    return wall(naive + timedelta(minutes=15 * (when % 48)), zone)[0]


def moved(event: Event, seconds: int) -> Event:
    """The same event earlier or later."""
    return changed(event, span=Span(event.span.start + seconds, event.span.end + seconds))


def changed(event: Event, **fields: object) -> Event:
    """The same event with other fields."""
    names = Event.__dataclass_fields__
    return Event(**{name: getattr(event, name) for name in names} | fields)


def drawn(number: int, seed: int = 2026) -> Iterator[bytes]:
    """Bytes of `number` random calendars, the same ones each time."""
    seeded = random.Random(seed)
    for _ in range(number):
        yield seeded.randbytes(seeded.randrange(LARGEST + 1))
