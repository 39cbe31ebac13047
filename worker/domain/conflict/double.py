"""RESOURCE_DOUBLE and LOCATION_DOUBLE: a resource in more places than it can be at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from worker.domain.conflict.finding import Finding, FindingKind, Member, Subject
from worker.domain.conflict.sweep import Run, runs
from worker.domain.event import Event, Role, Status, Trait, role
from worker.domain.span import Span
from worker.domain.subject import Resource, ResourceKind

COUNTED = frozenset({Role.TAKEN, Role.OFFERED})  # blocks, our holds and free time never count

_UNSURE = frozenset({Trait.TENTATIVE, Trait.ALL_DAY})


def doubles(resource: Resource, events: Iterable[Event]) -> Iterator[Finding]:
    """The double bookings of one resource among all its events, earliest first."""
    counted = (event for event in events if role(event) in COUNTED)
    ordered = sorted(counted, key=lambda event: (event.span, event.key))
    stays = [(event.span.start, event.span.end, event) for event in ordered]
    for run in runs(stays, resource.parallel):
        yield double(resource, run)


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
    taken = [
        (event.span.start, event.span.end, None)
        for event in run.members
        if event.status is not Status.OFFERED
    ]
    if next(runs(taken, limit), None):
        return "happened"
    return "preventable" if taken else "offered_only"


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
