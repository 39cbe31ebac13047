"""OUTSIDE_AVAILABILITY: booked where a person blocked the time, or outside the opening hours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from worker.domain.conflict.double import in_order, member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.event import Event, Role, role
from worker.domain.hours import hours_of
from worker.domain.span import Span
from worker.domain.subject import Resource


def outside(resource: Resource, events: Iterable[Event], zone: str) -> Iterator[Finding]:
    """What of a resource's events is booked outside its availability, earliest first.

    `events` hold its people's blocks, too. Hours are read on walls of `zone`, an IANA name; a
    resource without hours has only its blocks. Offers are no finding yet: nobody was let down.

    Members are the booked event and the blocks that it overlaps, the span is from the first to
    the last instant that is not available. Raises ValueError for an unknown zone.
    """
    hours = hours_of(resource.hours) if resource.hours else None
    for event, blocks in _met(events):
        beyond = hours.beyond(event.span, zone) if hours else ()
        if blocks or beyond:
            yield _finding(resource, event, blocks, beyond)


def _met(events: Iterable[Event]) -> Iterator[tuple[Event, list[Event]]]:
    """Each taken event, with the blocks that it shares time with."""
    by_key = {event.key: event for event in events if role(event) in (Role.TAKEN, Role.BLOCK)}
    ordered = sorted(by_key.values(), key=in_order)
    waiting = [event for event in reversed(ordered) if role(event) is Role.BLOCK]
    begun: list[Event] = []
    for event in ordered:
        if role(event) is Role.BLOCK:
            continue
        while waiting and waiting[-1].span.start < event.span.start:
            begun.append(waiting.pop())
        begun = [block for block in begun if block.span.end > event.span.start]
        later = _until(reversed(waiting), event.span.end)
        yield event, [*begun, *later]


def _until(blocks: Iterable[Event], end: int) -> Iterator[Event]:
    for block in blocks:
        if block.span.start >= end:
            return
        yield block


def _finding(
    resource: Resource, event: Event, blocks: Sequence[Event], beyond: Sequence[Span]
) -> Finding:
    covered = [_common(event.span, block.span) for block in blocks]
    parts = [*covered, *beyond]
    flags = {"blocked"} if blocks else set()
    if beyond:
        flags.add("hours")
    if any(block.key.account != event.key.account for block in blocks):
        flags.add("cross_vendor")
    return Finding(
        kind=FindingKind.OUTSIDE_AVAILABILITY,
        subject=Subject("resource", resource.id, resource.name),
        span=Span(min(part.start for part in parts), max(part.end for part in parts)),
        members=tuple(member(one) for one in (event, *sorted(blocks, key=in_order))),
        flags=tuple(sorted(flags)),
        evidence=(
            ("blocked_seconds", _length(covered)),
            ("outside_hours_seconds", _length(beyond)),
        ),
    )


def _common(one: Span, other: Span) -> Span:
    return Span(max(one.start, other.start), min(one.end, other.end))


def _length(parts: Iterable[Span]) -> int:
    """The seconds that the parts cover; what several of them cover counts once."""
    total = 0
    until = 0
    for part in sorted(parts):
        total += max(0, part.end - max(part.start, until))
        until = max(until, part.end)
    return total
