"""WITNESS_DISAGREES: a vendor's own check of its own records against ours of the same records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from worker.domain.conflict.double import member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.event import Event, Role, role

_TAKES_TIME = (Role.TAKEN, Role.OFFERED, Role.BLOCK, Role.OURS)


@dataclass(frozen=True, slots=True)
class Testimony:
    """What a vendor says of one of its events, and the events of the same account around it."""

    event: Event
    conflicts: bool
    around: tuple[Event, ...]


def clashing(event: Event, others: Iterable[Event], compares: str) -> list[Event]:
    """Those of `others` that overlap `event` in a calendar of the sort that the vendor compares.

    `compares` is the word of such calendars (`practitioner`). What a vendor compares includes
    blocks and whatever we wrote there: it knows nothing of our exclusions.
    """
    mine = {name for name in event.subjects if name.startswith(f"{compares}:")}
    return [
        other
        for other in others
        if other.key != event.key
        and other.key.account == event.key.account
        and role(other) in _TAKES_TIME
        and other.span.overlaps(event.span)
        and not mine.isdisjoint(other.subjects)
    ]


def disagreements(testimonies: Iterable[Testimony], compares: str) -> Iterator[Finding]:
    """The events of which the vendor says one thing and our picture of its records another.

    Flags: `unseen`, where it knows of a conflict and we see none, so that something of it is not
    shown to us; `unconfirmed`, where we see one and it does not.
    """
    for one in testimonies:
        ours = clashing(one.event, one.around, compares)
        if one.conflicts == bool(ours):
            continue
        yield Finding(
            kind=FindingKind.WITNESS_DISAGREES,
            subject=Subject("event", one.event.key.id, one.event.title),
            span=one.event.span,
            members=(member(one.event), *(member(other) for other in ours)),
            flags=("unseen",) if one.conflicts else ("unconfirmed",),
            evidence=(("vendor_says", one.conflicts), ("we_see", len(ours))),
        )
