"""What would be written, and why: values that can be printed, counted, hashed and refused."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from worker.domain.event import Event, Key
from worker.domain.instants import iso
from worker.domain.reconcile.intent import Intent
from worker.domain.span import Span


class Verb(StrEnum):
    """What one action does at its target."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    WITHDRAW = "withdraw"
    OFFER = "offer"


class LinkState(StrEnum):
    """How sure we are of what stands for a link at its target."""

    AGREED = "agreed"  # read back, and as we want it
    AMBIGUOUS = "ambiguous"  # an answer was lost: probed before anything else is done
    NEEDS_REVIEW = "needs_review"  # a person must look


@dataclass(frozen=True, slots=True)
class Link:
    """What is remembered of a hold or copy of ours.

    `intent` is what was wanted when it was last written (shaped), `key` what it is at the target,
    `echo` the fingerprint of what the vendor showed then. `rewrites` are instants of writes.
    """

    intent: Intent
    key: Key | None
    echo: bytes
    state: LinkState = LinkState.AGREED
    writes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A hold or copy of ours that the target shows, told by its mark."""

    event: Event
    print: bytes  # its fingerprint now


@dataclass(frozen=True, slots=True)
class Action:
    """One write. `intent` is what should stand there afterwards; None for what is taken away."""

    verb: Verb
    target: str
    link: str
    why: str
    span: Span
    key: Key | None = None
    intent: Intent | None = None
    origin: Key | None = None
    notifies: bool = False
    reversible: bool = True

    @property
    def id(self) -> str:
        """Stable for the same write in the same world: 16 hex digits."""
        native = self.key.native_id if self.key else ""
        said = [self.verb, self.target, self.link, native, self.span.start, self.span.end]
        return blake2b(json.dumps(said).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of a plan that a brake keeps back. `scope` is an account, or an account and a link."""

    brake: str
    scope: str
    reason: str
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be written now, in the order in which it must be, and what is kept back."""

    actions: tuple[Action, ...] = ()
    refused: tuple[Refusal, ...] = ()

    @property
    def hash(self) -> str:
        """Names exactly this plan, kept-back parts included: 16 hex digits; no clock is in it."""
        kept = [[r.brake, r.scope, [a.id for a in r.actions]] for r in self.refused]
        said = [[action.id for action in self.actions], kept]
        return blake2b(json.dumps(said).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known, when a plan is made.

    `trusted` are the accounts whose newest listing is fresh and complete; a target or an origin
    that is not among them is left as it is. `absent` are links that the target, asked by id,
    says are gone. `cancelled` are origins that their vendor's own word ended.
    """

    wanted: Mapping[str, Intent]
    links: Mapping[str, Link]
    found: Mapping[str, Found]
    trusted: Collection[str]
    absent: Collection[str] = ()
    cancelled: Collection[Key] = ()
    refusals: Mapping[str, str] = field(default_factory=dict)  # link -> why the target cannot


def differences(picture: Picture, now: int) -> Iterator[Action]:
    """Every write that brings the targets to what is wanted, sorted; nothing that is over."""
    for link in sorted(picture.wanted.keys() | picture.links.keys() | picture.found.keys()):
        action = _difference(picture, link)
        if action is not None and action.span.end > now:
            yield action


def _difference(picture: Picture, link: str) -> Action | None:
    wanted, known, found = (
        picture.wanted.get(link),
        picture.links.get(link),
        picture.found.get(link),
    )
    if known and known.state is not LinkState.AGREED:
        return None  # settled by a probe or a person before anything is planned on it
    match wanted, known, found:
        case Intent(), None, None:
            return _create(picture, wanted)
        case Intent(), Link(), None:
            return _missing(picture, wanted)
        case Intent(), Link(), Found():
            return _compared(picture, wanted, known, found)
        case None, _, Found():
            return _unwanted(picture, link, known, found)
        case _:
            # Shown and wanted, but unknown here: a store was lost. It is taken over, not written.
            return None


def _create(picture: Picture, wanted: Intent) -> Action | None:
    if wanted.target not in picture.trusted or wanted.link in picture.refusals:
        return None
    why = f"{wanted.resource} is taken {_when(wanted.span)}"
    return _action(Verb.CREATE, wanted, why)


def _missing(picture: Picture, wanted: Intent) -> Action | None:
    """What a listing does not show is made again only once the target says that it is gone."""
    if wanted.link not in picture.absent or wanted.target not in picture.trusted:
        return None
    return _action(Verb.CREATE, wanted, "it was removed at the target and is still wanted")


def _compared(picture: Picture, wanted: Intent, known: Link, found: Found) -> Action | None:
    if wanted.target not in picture.trusted:
        return None
    if wanted != known.intent:
        if wanted.span != known.intent.span:
            why = f"its origin moved to {_when(wanted.span)}"
        else:
            why = "its origin changed"
        return _action(Verb.UPDATE, wanted, why, found.event.key)
    if found.print != known.echo:
        return _action(Verb.UPDATE, wanted, "it was changed at the target", found.event.key)
    return None


def _unwanted(picture: Picture, link: str, known: Link | None, found: Found) -> Action | None:
    """Ours, and for nothing any more. What we do not know by a link of ours is never removed."""
    key = found.event.key
    if known is None or key.account not in picture.trusted:
        return None
    origin = known.intent.origin
    surely = origin is None or origin in picture.cancelled or origin.account in picture.trusted
    if not surely:
        return None
    why = (
        "its origin was cancelled"
        if origin in picture.cancelled
        else "what it stood for no longer takes the time"
    )
    return Action(Verb.DELETE, key.account, link, why, found.event.span, key=key, origin=origin)


def _action(verb: Verb, wanted: Intent, why: str, key: Key | None = None) -> Action:
    return Action(
        verb=verb,
        target=wanted.target,
        link=wanted.link,
        why=why,
        span=wanted.span,
        key=key,
        intent=wanted,
        origin=wanted.origin,
    )


def _when(span: Span) -> str:
    return f"from {iso(span.start)} to {iso(span.end)}"


# Creation before change, removal last: whatever goes wrong, time stays held rather than sold.
ORDER = (Verb.OFFER, Verb.CREATE, Verb.UPDATE, Verb.WITHDRAW, Verb.DELETE)


def in_order(action: Action) -> tuple[int, Span, str]:
    """The sort key of actions within a plan."""
    return (ORDER.index(action.verb), action.span, action.id)
