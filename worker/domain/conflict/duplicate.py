"""DUPLICATE: one thing that was entered in two accounts, and the clashes that this explains."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from worker.domain.conflict.double import COUNTED, member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.event import Event, Key, role
from worker.domain.span import MINUTE, Span
from worker.domain.stored import Stored
from worker.domain.subject import Resource

APART = 5 * MINUTE  # how far apart the starts of one thing may be
SHARE = 80  # per cent of the time of both that both must cover

Pair = frozenset[Key]
Terms = tuple[tuple[str, Any], ...]

_SUPPRESSED = frozenset(
    {FindingKind.RESOURCE_DOUBLE, FindingKind.LOCATION_DOUBLE, FindingKind.PERSON_DOUBLE}
)


def duplicates(resource: Resource, events: Iterable[Event]) -> Iterator[Finding]:
    """The pairs of one resource's events that look like one thing entered twice, earliest first.

    Of different accounts, neither of them ours or without time of its own (`role`), and `alike`.
    """
    counted = (event for event in events if role(event) in COUNTED)
    near: list[Event] = []
    for event in sorted(counted, key=lambda event: (event.span, event.key)):
        near = [other for other in near if event.span.start - other.span.start <= APART]
        for other in near:
            if terms := alike(other, event):
                yield _finding(resource, other, event, terms)
        near.append(event)


def alike(first: Event, second: Event) -> Terms:
    """Why two events look like one, as terms to be printed; empty where they do not.

    The starts lie at most 5 minutes apart, both cover at least 80 % of the time that either
    covers, and they have the same id, somebody on both rosters, or the same title. Vendors choose
    ids independently: an id is the same only where kind and page of the record are, too, as when
    two logins see one calendar.
    """
    if first.key.account == second.key.account:
        return ()
    apart = abs(first.span.start - second.span.start)
    share = _share(first.span, second.span)
    reasons = _reasons(first, second)
    if apart > APART or share < SHARE or not reasons:
        return ()
    return (("starts_apart", apart), ("share", share), *reasons)


def entered_twice(first: Stored, second: Stored) -> bool:
    """Whether two stored events are duplicates for any resource that both occupy.

    The same as asking `duplicates` of each resource, for when only these two are at hand.
    """
    if not set(first.resources) & set(second.resources):
        return False
    counted = role(first.event) in COUNTED and role(second.event) in COUNTED
    return counted and bool(alike(first.event, second.event))


def pairs_of(found: Iterable[Finding]) -> frozenset[Pair]:
    """The pairs of events that are known to be duplicates."""
    return frozenset(
        frozenset(one.key for one in finding.members)
        for finding in found
        if finding.kind is FindingKind.DUPLICATE
    )


def suppressed(pairs: Collection[Pair], finding: Finding) -> bool:
    """Whether a clash is nothing but a pair of duplicates: then that finding says it all."""
    return finding.kind in _SUPPRESSED and _members(finding) in pairs


def settled(found: Iterable[Finding], known: Iterable[Finding] = ()) -> list[Finding]:
    """`found` without the clashes that its duplicates, or `known` ones, explain.

    What a duplicate suppresses stands in its evidence as `suppresses`: the kinds, sorted.
    """
    everything = list(found)
    pairs = pairs_of([*everything, *known])
    dropped: dict[Pair, set[str]] = {}
    for finding in everything:
        if suppressed(pairs, finding):
            dropped.setdefault(_members(finding), set()).add(finding.kind)
    return [
        _noting(finding, dropped.get(_members(finding), set()))
        for finding in everything
        if not suppressed(pairs, finding)
    ]


def _noting(finding: Finding, kinds: Collection[str]) -> Finding:
    if finding.kind is not FindingKind.DUPLICATE or not kinds:
        return finding
    return replace(finding, evidence=(*finding.evidence, ("suppresses", sorted(kinds))))


def _members(finding: Finding) -> Pair:
    return frozenset(one.key for one in finding.members)


def _share(first: Span, second: Span) -> int:
    """Intersection over union in whole per cent, rounded down; both are proper."""
    common = min(first.end, second.end) - max(first.start, second.start)
    either = max(first.end, second.end) - min(first.start, second.start)
    return max(common, 0) * 100 // either if either else 0


def _reasons(first: Event, second: Event) -> Terms:
    found: list[tuple[str, Any]] = []
    record = (first.key.kind, first.key.native_id, first.url)
    if first.url and record == (second.key.kind, second.key.native_id, second.url):
        found.append(("same_id", first.key.native_id))
    if shared := len(set(first.people) & set(second.people)):
        found.append(("shared_people", shared))
    if first.title and first.title.casefold() == second.title.casefold():
        found.append(("same_title", True))
    return tuple(found)


def _finding(resource: Resource, first: Event, second: Event, terms: Terms) -> Finding:
    reasons = {name for name, _ in terms} & {"same_id", "shared_people", "same_title"}
    return Finding(
        kind=FindingKind.DUPLICATE,
        subject=Subject("resource", resource.id, resource.name),
        span=Span(max(first.span.start, second.span.start), min(first.span.end, second.span.end)),
        members=(member(first), member(second)),
        peak=2,
        flags=tuple(sorted({"cross_vendor", *reasons})),
        evidence=terms,
    )
