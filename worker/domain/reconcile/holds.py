"""Which holds are wanted: what is taken in one account shall not be sold in another."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from worker.domain.conflict.sweep import runs
from worker.domain.event import Event, Role, Status, role
from worker.domain.reconcile.intent import Intent, Purpose, link_of
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.domain.subject import EVERYTHING, Resource

TITLE = "Held by calsync"


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """A `[[holds]]` rule: `resource` is an id or `*`; accounts are written out."""

    resource: str
    sources: frozenset[str]
    targets: frozenset[str]
    statuses: frozenset[Status]
    withdraw_open_slots: bool = False

    def covers(self, resource: Resource) -> bool:
        """Whether the rule is about this resource."""
        return self.resource in (EVERYTHING, resource.id)


def wanted_holds(
    policies: Iterable[HoldPolicy],
    resources: Iterable[Resource],
    events: Mapping[str, Sequence[Stored]],
    *,
    now: int,
    zones: Mapping[str, str],
) -> dict[str, Intent]:
    """Every hold that should stand, by link. `events` are all that occupy each resource, by id.

    One hold for each origin event and calendar of a target, also where the target has something
    already. For a resource with several places, one for each stretch in which all are taken.
    What is over needs no hold any more. `zones` are the targets' IANA zones.
    """
    wanted: dict[str, Intent] = {}
    known = list(resources)
    for policy in policies:
        for resource in known:
            if policy.covers(resource):
                origins = _origins(policy, events.get(resource.id, ()), now)
                for intent in _holds(policy, resource, origins, zones):
                    wanted.setdefault(intent.link, intent)
    return wanted


def is_origin(event: Event, statuses: Collection[Status]) -> bool:
    """Whether an event may be held elsewhere: taken, of a length, and none of ours."""
    return event.status in statuses and role(event) in (Role.TAKEN, Role.OFFERED, Role.BLOCK)


def _origins(policy: HoldPolicy, events: Iterable[Stored], now: int) -> list[Event]:
    return [
        one.event
        for one in events
        if one.event.key.account in policy.sources
        and one.event.span.end > now
        and is_origin(one.event, policy.statuses)
    ]


def _holds(
    policy: HoldPolicy, resource: Resource, origins: Sequence[Event], zones: Mapping[str, str]
) -> Iterator[Intent]:
    for target, calendar in resource.bindings:
        if target not in policy.targets or calendar == EVERYTHING:
            continue
        for span, origin in _stretches(resource, origins, target):
            yield Intent(
                link=link_of(
                    Purpose.HOLD,
                    target,
                    calendar,
                    resource.id,
                    origin.key.id if origin else str(span.start),
                ),
                purpose=Purpose.HOLD,
                target=target,
                calendar=calendar,
                resource=resource.id,
                span=span,
                origin=origin.key if origin else None,
                title=TITLE,
                timezone=zones.get(target, "UTC"),
            )


def _stretches(
    resource: Resource, origins: Sequence[Event], target: str
) -> Iterator[tuple[Span, Event | None]]:
    """The times to hold at `target`, each with the event that it is for, if it is for one."""
    if resource.parallel == 1:
        for event in origins:
            if event.key.account != target:
                yield event.span, event
        return
    stays = sorted((event.span.start, event.span.end) for event in origins)
    for run in runs(((start, end, None) for start, end in stays), resource.parallel - 1):
        yield Span(run.start, run.end), None
