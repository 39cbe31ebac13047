"""What detection goes by, besides what is stored."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from worker.domain.hours import hours_of
from worker.domain.instants import LATEST
from worker.domain.span import DAY, Span
from worker.domain.subject import Bindings, Resource, around

REACH = 7 * DAY  # how far before the look-back what goes on together may have begun


@dataclass(frozen=True, slots=True)
class DetectionRules:
    """`resources` by id, `travel` in seconds by (room, room), `zone` where a resource has none."""

    resources: Mapping[str, Resource]
    bindings: Bindings
    travel: Mapping[tuple[str, str], int] = field(default_factory=dict)
    zone: str = "UTC"

    def digest(self) -> str:
        """Changes with anything that could make stored events mean something else."""
        said = [
            repr(self.resources),
            sorted(self.travel.items()),
            self.zone,
            self.bindings.digest(),
        ]
        return blake2b(repr(said).encode(), digest_size=16).hexdigest()

    def zone_of(self, resource: Resource) -> str:
        """The IANA zone on whose walls a resource's hours are read."""
        return resource.timezone or self.zone

    def slack(self, resource: Resource) -> int:
        """The most seconds that this configuration asks for between two events of a resource."""
        return resource.buffer + max(self.travel.values(), default=0)

    def affected(self, touched: Collection[str]) -> list[Resource]:
        """The resources to look at again: those touched, and what lies within them."""
        return [
            resource
            for resource in self.resources.values()
            if resource.id in touched
            or any(outer.id in touched for outer in around(resource, self.resources))
        ]

    def closed(self, resource: Resource, span: Span) -> bool:
        """Whether a stretch lies, in part, outside a resource's configured hours."""
        return bool(resource.hours) and bool(
            hours_of(resource.hours).beyond(span, self.zone_of(resource))
        )


@dataclass(frozen=True, slots=True)
class Touched:
    """What is to be looked at again; None means all of it.

    `resources` are ids, `people` keyed hashes, `events` numbers, `accounts` ids.
    """

    resources: Collection[str] | None = ()
    people: Collection[str] | None = ()
    events: Collection[int] | None = ()
    accounts: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """When detection looks, how far back, and whose listings are fresh and complete."""

    now: int
    since: int
    trusted: frozenset[str]

    @property
    def window(self) -> Span:
        """What is loaded: a run that reaches over the look-back keeps those that began it."""
        return Span(self.since - REACH, LATEST)
