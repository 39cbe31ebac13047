"""RESOURCE_DOUBLE and LOCATION_DOUBLE: a resource in more places than it can be at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from worker.domain.conflict.finding import Finding, FindingKind, Member, Subject
from worker.domain.conflict.sweep import Run, Stay, runs
from worker.domain.event import Event, Key, Role, Status, Trait, role
from worker.domain.span import Span
from worker.domain.subject import Bindings, Resource, ResourceKind

COUNTED = frozenset({Role.TAKEN, Role.OFFERED})  # blocks, our holds and free time never count

_UNSURE = frozenset({Trait.TENTATIVE, Trait.ALL_DAY})


def doubles(
    resource: Resource, events: Iterable[Event], *, inside: Sequence[Resource] = ()
) -> Iterator[Finding]:
    """The double bookings of one resource among all its events, earliest first.

    `inside` are the places that it lies in (`worker.domain.subject.around`), and `events` hold
    theirs, too: who books a suite takes each of its rooms. A clash that no event of the resource
    itself has a part in is left to the place around it. Virtual places take any number.

    Stretches of one record of a vendor are one booking and never clash with each other.
    """
    if resource.virtual:
        return
    by_key = {event.key: event for event in events if role(event) in COUNTED}
    outer = _outer(resource, by_key.values(), inside) if inside else {}
    counted = [event for event in by_key.values() if outer.get(event.key) != ()]
    for run in crowds(counted, resource.parallel):
        places = [outer.get(event.key) for event in run.members]
        if all(places):
            continue
        found = double(resource, run)
        through = sorted({place for some in places for place in some or ()})
        yield _nested(found, through) if through else found


def double(resource: Resource, run: Run[Event]) -> Finding:
    """The finding for one run of a resource's events."""
    accounts = {event.key.account for event in run.members}
    flags = [severity_of(run, resource.parallel)]
    if len(accounts) > 1:
        flags.append("cross_vendor")
    return Finding(
        kind=(
            FindingKind.LOCATION_DOUBLE
            if resource.kind is ResourceKind.ROOM
            else FindingKind.RESOURCE_DOUBLE
        ),
        subject=Subject("resource", resource.id, resource.name),
        span=Span(run.start, run.end),
        members=tuple(member(event) for event in run.members),
        peak=run.peak,
        limit=resource.parallel,
        flags=tuple(sorted(flags)),
        evidence=(("peak_start", run.peak_start), ("peak_end", run.peak_end)),
    )


def severity_of(run: Run[Event], limit: int) -> str:
    """Whether it has `happened`, is `preventable`, or is `offered_only`.

    It has happened where what is taken alone is too much at some instant; it can be prevented
    where something is taken and open offers make it too much; else everything is still open.
    """
    taken = [event for event in run.members if event.status is not Status.OFFERED]
    if next(crowds(taken, limit), None):
        return "happened"
    return "preventable" if taken else "offered_only"


def crowds(events: Iterable[Event], limit: int) -> Iterator[Run[Event]]:
    """The runs with more than `limit` records at once, whatever their roles; in order of start."""
    for run in runs(sorted(_stays(events), key=lambda stay: stay[:2]), limit):
        span = Span(run.start, run.end)
        covering = (one for together in run.members for one in together if one.span.overlaps(span))
        members = tuple(sorted(covering, key=in_order))
        yield Run(run.start, run.end, members, run.peak, run.peak_start, run.peak_end)


def record(event: Event) -> tuple[str, str, str]:
    """Which record of which account an event was read from; it may stand for several events."""
    return (event.key.account, event.key.kind, event.key.native_id)


def in_order(event: Event) -> tuple[Span, Key]:
    """What events are sorted by wherever their order must not depend on how they came."""
    return (event.span, event.key)


def member(event: Event) -> Member:
    """An event as findings show it."""
    return Member(
        key=event.key,
        title=event.title,
        status=event.status,
        span=event.span,
        url=event.url,
        attendees=event.attendees,
        tentative=not _UNSURE.isdisjoint(event.traits),
    )


def _stays(events: Iterable[Event]) -> Iterator[Stay[tuple[Event, ...]]]:
    """Each record's stretches, united where they overlap or touch."""
    records: dict[tuple[str, str, str], list[Event]] = {}
    for event in events:
        records.setdefault(record(event), []).append(event)
    for parts in records.values():
        together: list[Event] = []
        end = 0
        for event in sorted(parts, key=in_order):
            if together and event.span.start > end:
                yield together[0].span.start, end, tuple(together)
                together = []
            together.append(event)
            end = max(end, event.span.end)
        yield together[0].span.start, end, tuple(together)


def _outer(
    resource: Resource, events: Iterable[Event], inside: Sequence[Resource]
) -> dict[Key, tuple[str, ...]]:
    """The places that each event takes the resource through; none: it does not take it at all.

    What the resource itself is booked for is left out.
    """
    own = Bindings([resource])
    around = Bindings(inside)
    virtual = {place.id for place in inside if place.virtual}
    found: dict[Key, tuple[str, ...]] = {}
    for event in events:
        names = (event.key.account, event.subjects)
        places = around.resources_of(*names)
        if places and not own.resources_of(*names):
            found[event.key] = tuple(place for place in places if place not in virtual)
    return found


def _nested(finding: Finding, through: Sequence[str]) -> Finding:
    return replace(
        finding,
        flags=tuple(sorted({*finding.flags, "nested"})),
        evidence=(*finding.evidence, ("through", list(through))),
    )
