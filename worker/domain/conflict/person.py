"""PERSON_DOUBLE: somebody who is expected in two places at once, in whatever accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from worker.domain.conflict.double import COUNTED, member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.conflict.sweep import Run, Stay, runs
from worker.domain.event import Event, Kind, role
from worker.domain.span import Span

Together = tuple[Event, ...]  # what is one attendance of one person


def person_doubles(person: str, events: Iterable[Event]) -> Iterator[Finding]:
    """Where `person`, a reference as it stands in `Event.people`, is expected twice at once.

    Events without them, and those that take no time (`worker.domain.event.role`), are passed
    over. Parts of one booking are one attendance: they never clash with each other. One finding
    per run, earliest first.
    """
    mine = (event for event in events if role(event) in COUNTED and person in event.people)
    for run in runs(sorted(_attendances(mine), key=_start)):
        yield _finding(person, run)


def linked(first: Event, second: Event) -> bool:
    """Whether the vendor keeps both as one: by stored link, never by equal titles."""
    return _whole(first) == _whole(second)


def _whole(event: Event) -> tuple[str, ...]:
    """What an event is a part of: its series, else the record that it was read from.

    All occurrences of one record share their series, so that one of both names is enough. Numbers
    of different kinds may be equal at one vendor. The slots of a sign-up group are no parts of
    one booking: people choose them one by one, and may choose two at once.
    """
    key = event.key
    if event.series and key.kind is not Kind.SLOT:
        return (key.account, event.series)
    return (key.account, key.kind, key.native_id)


def _attendances(events: Iterable[Event]) -> Iterator[Stay[Together]]:
    """A stay for each stretch in which events of one whole follow each other without a gap."""
    wholes: dict[tuple[str, ...], dict[object, Event]] = {}
    for event in events:
        wholes.setdefault(_whole(event), {})[event.key] = event
    for parts in wholes.values():
        yield from _merged(sorted(parts.values(), key=_order))


def _merged(parts: Sequence[Event]) -> Iterator[Stay[Together]]:
    together: list[Event] = []
    start = end = 0
    for event in parts:
        if together and event.span.start > end:
            yield start, end, tuple(together)
            together = []
        if not together:
            start = end = event.span.start
        together.append(event)
        end = max(end, event.span.end)
    if together:
        yield start, end, tuple(together)


def _finding(person: str, run: Run[Together]) -> Finding:
    span = Span(run.start, run.end)
    covering = (one for together in run.members for one in together if one.span.overlaps(span))
    members = sorted(covering, key=_order)
    accounts = {event.key.account for event in members}
    return Finding(
        kind=FindingKind.PERSON_DOUBLE,
        subject=Subject("person", person),
        span=span,
        members=tuple(member(event) for event in members),
        peak=run.peak,
        flags=("cross_vendor", "happened") if len(accounts) > 1 else ("happened",),
        evidence=(("peak_start", run.peak_start), ("peak_end", run.peak_end)),
    )


def _start(stay: Stay[Together]) -> int:
    return stay[0]


def _order(event: Event) -> tuple[Span, object]:
    return event.span, event.key
