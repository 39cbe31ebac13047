"""Which copies are wanted, and what becomes of one that was changed on both sides."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from worker.domain.event import Event, Kind, Role, role
from worker.domain.reconcile.holds import calendars
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.reconcile.links import Want
from worker.domain.stored import Stored
from worker.domain.subject import EVERYTHING, Resource

FIELDS = ("time", "title", "location", "capacity")


class Edits(StrEnum):
    """What counts where a copy was changed at its target."""

    ORIGIN = "origin"  # the origin: the copy is made equal again
    NEWEST = "newest"  # whichever side changed last, as far as both tell when
    FIELD_MERGE = "field_merge"  # each side's own changes; the origin where both changed a field
    HOLD = "hold"  # a person decides; nothing is written until then


class Deletions(StrEnum):
    """What counts where a copy was taken away at its target."""

    HOLD = "hold"  # a person decides
    KEEP_EDIT = "keep_edit"  # made again
    KEEP_DELETE = "keep_delete"  # left away until its origin changes


@dataclass(frozen=True, slots=True)
class CopyPolicy:
    """A `[[copies]]` rule: `resource` is an id or `*`; `fields` are those that the origin owns."""

    source: str
    target: str
    resource: str = EVERYTHING
    create: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    fields: tuple[str, ...] = FIELDS
    edits: Edits = Edits.ORIGIN
    deletions: Deletions = Deletions.HOLD

    def covers(self, resource: Resource) -> bool:
        """Whether the rule is about this resource."""
        return self.resource in (EVERYTHING, resource.id)


def wanted_copies(
    policies: Iterable[CopyPolicy],
    resources: Mapping[str, Resource],
    events: Callable[[CopyPolicy], Iterable[Stored]],
    usable: Callable[[CopyPolicy, str], bool],
) -> Iterator[tuple[Want, CopyPolicy, Event]]:
    """Every copy that should stand, with its rule and origin.

    One in each target, in the first of its calendars that can have one; people's blocks are no
    events to publish.
    """
    for policy in policies:
        for stored in events(policy):
            if not _published(stored.event, policy):
                continue
            for id_ in stored.resources:
                resource = resources.get(id_)
                if resource is None or not policy.covers(resource):
                    continue
                if place := _place(policy, resource, usable):
                    yield _want(policy, id_, place, stored.event), policy, stored.event
                break  # an event that several resources share is published once


def spelt(want: Want, policy: CopyPolicy, origin: Event, zone: str) -> Intent:
    """A copy with all that it says; `zone` is the target's."""
    owned = policy.fields
    return Intent(
        link=want.link,
        purpose=Purpose.COPY,
        target=want.target,
        calendar=want.calendar,
        resource=want.resource,
        span=want.span,
        origin=origin.key,
        title=origin.title if "title" in owned else "",
        location=origin.location if "location" in owned else "",
        capacity=origin.capacity if "capacity" in owned else None,
        timezone=origin.timezone or zone,
        details=policy.create,
    )


@dataclass(frozen=True, slots=True)
class Sides:
    """A copy as last agreed, as wanted now, and as its target shows it; `None` times are unknown.

    `base` and `theirs` are what the target showed then and shows now; `before` is what its origin
    wanted then and `wanted` what it wants now, both shaped. Only `fields` are compared: the others
    are the target's.
    """

    base: Event | None
    wanted: Intent
    before: Intent | None
    theirs: Event
    wanted_at: int | None = None
    theirs_at: int | None = None
    fields: tuple[str, ...] = FIELDS


@dataclass(frozen=True, slots=True)
class Decision:
    """What is written, if anything (`intent`), and the rule and its inputs in words.

    `conflict`: nothing is written until a person decides. Where nothing is to be written and there
    is no conflict, both sides are agreed on as they stand.
    """

    intent: Intent | None
    why: str
    conflict: bool = False


def decided(policy: Edits, sides: Sides) -> Decision:
    """Who wins where the target's side was changed since the two last agreed."""
    ours = _ours(sides)
    theirs = _theirs(sides)
    if all(_value(sides.theirs, name) == _wish(sides.wanted, name) for name in ours | theirs):
        return Decision(None, "both sides say the same now")
    if not theirs and policy is not Edits.FIELD_MERGE:
        return Decision(sides.wanted, f"its origin's {_listed(ours)} changed")
    match policy:
        case Edits.HOLD:
            both = "both sides were changed" if ours else "it was changed at its target"
            return Decision(None, f"hold: {both}; a person decides", conflict=True)
        case Edits.NEWEST if not ours:
            return Decision(None, "newest: only its target was changed")
        case Edits.NEWEST if sides.wanted_at is None or sides.theirs_at is None:
            return Decision(sides.wanted, "newest: one side tells no time; the origin counts")
        case Edits.NEWEST if (sides.theirs_at or 0) > (sides.wanted_at or 0):
            return Decision(None, "newest: its target was changed last")
        case Edits.NEWEST:
            return Decision(sides.wanted, "newest: its origin was changed last")
        case Edits.FIELD_MERGE:
            return _merged(sides, ours, theirs)
        case _:
            return Decision(sides.wanted, "origin: what its origin says counts")


def _merged(sides: Sides, ours: frozenset[str], theirs: frozenset[str]) -> Decision:
    kept = theirs - ours
    if not ours:
        return Decision(None, f"field_merge: its target's {_listed(kept)} stay")
    # Also what its target changed earlier, and was agreed on since, stays.
    merged = with_theirs(sides.wanted, sides.theirs, frozenset(FIELDS) - ours)
    words = f"field_merge: {_listed(ours)} from its origin"
    return Decision(merged, f"{words}, {_listed(kept)} from its target" if kept else words)


def with_theirs(wanted: Intent, theirs: Event, names: Collection[str]) -> Intent:
    """`wanted` with these fields as its target shows them."""
    kept = {
        attribute: _value(theirs, name) for name, attribute in _ATTRIBUTES.items() if name in names
    }
    return replace(wanted, **kept)


def equal(wanted: Intent, theirs: Event) -> bool:
    """Whether a target shows just what is wanted."""
    return all(_value(theirs, name) == _wish(wanted, name) for name in FIELDS)


_ATTRIBUTES = {"time": "span", "title": "title", "location": "location", "capacity": "capacity"}


def _value(event: Event, name: str) -> Any:
    return getattr(event, _ATTRIBUTES[name])


def _wish(intent: Intent, name: str) -> Any:
    return getattr(intent, _ATTRIBUTES[name])


def _ours(sides: Sides) -> frozenset[str]:
    """The fields in which the origin's side was changed."""
    before = sides.before
    if before is None:
        return frozenset(sides.fields)
    return frozenset(n for n in sides.fields if _wish(before, n) != _wish(sides.wanted, n))


def _theirs(sides: Sides) -> frozenset[str]:
    base = sides.base
    if base is None:
        return frozenset(sides.fields)
    return frozenset(n for n in sides.fields if _value(base, n) != _value(sides.theirs, n))


def _listed(names: frozenset[str]) -> str:
    return " and ".join(name for name in FIELDS if name in names) or "nothing"


def _place(
    policy: CopyPolicy, resource: Resource, usable: Callable[[CopyPolicy, str], bool]
) -> str:
    """The one calendar of the target for a copy; `*` where the account as a whole is bound."""
    named = calendars(resource, policy.target, lambda _account, name: usable(policy, name))
    if named:
        return named[0]
    whole = (policy.target, EVERYTHING) in resource.bindings
    return EVERYTHING if whole and usable(policy, EVERYTHING) else ""


def _published(event: Event, policy: CopyPolicy) -> bool:
    return (
        event.key.account == policy.source
        and event.key.kind is not Kind.BLOCK
        and role(event) in (Role.TAKEN, Role.OFFERED)
    )


def _want(policy: CopyPolicy, resource: str, calendar: str, event: Event) -> Want:
    said: Sequence[object] = (
        event.title if "title" in policy.fields else "",
        event.location if "location" in policy.fields else "",
        event.capacity if "capacity" in policy.fields else None,
        sorted(policy.create.items(), key=repr),
    )
    digest = blake2b(ascii(said).encode("ascii"), digest_size=16).digest()
    return Want(
        Purpose.COPY,
        policy.target,
        calendar,
        resource,
        event.key.number,
        event.span.start,
        event.span.end,
        digest,
    )
