"""What would be written, and why: values that can be printed, counted, hashed and refused."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from hashlib import blake2b

from worker.domain.event import Event, Key
from worker.domain.reconcile.intent import Intent
from worker.domain.span import Span


class Verb(StrEnum):
    """What one action does at its target."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    WITHDRAW = "withdraw"
    OFFER = "offer"


# What takes something away at the target, whoever made it.
REMOVING = frozenset({Verb.DELETE, Verb.WITHDRAW})


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a person approved for an event that is a vendor's own. Its `id` is the store's.

    `to` is where the event is to be moved; None ends it (or withdraws it, where `withdraw`).
    `tells` says that this very approval lets the vendor tell the people concerned. `basis` is the
    echo of the event as that person saw it: of another one, nothing was approved.
    """

    id: int
    finding: str
    key: Key
    to: Span | None
    withdraw: bool
    tells: bool
    by: str
    why: str = ""
    basis: bytes = b""


@dataclass(frozen=True)
class Action:
    """One write.

    `link` names the hold, copy or withdrawal that it is about (a resolution: `resolution:ID`).
    `intent` is what should stand there afterwards, as its target can keep it (for what is taken
    away: what stood there by our last word). `key` is what
    stands there now, `basis` the echo of it that this was planned on: where the vendor shows
    another one, nothing is written. `event` is the slot to take off or to offer again, and for a
    resolution the event that it changes.
    """

    verb: Verb
    target: str
    link: str
    why: str
    span: Span
    key: Key | None = None
    intent: Intent | None = None
    basis: bytes = b""
    origin: Key | None = None
    event: Event | None = None
    resolution: Resolution | None = None
    reversible: bool = True
    moved: int = 0  # seconds that it moves what stands there
    digest: bytes = b""  # of what a copy says, before any shaping: see `links.Want`
    wanted: Intent | None = None  # what a copy's origin says, where its target's word counts, too
    resource: str = ""  # whose time it is about

    @property
    def notifies(self) -> bool:
        """Whether the vendor may tell somebody: only where a person approved just that."""
        return self.resolution is not None and self.resolution.tells

    @cached_property  # asked for by every brake; there may be ten thousand of these
    def id(self) -> str:
        """Stable for the same write in the same world: 16 hex digits."""
        native = self.key.native_id if self.key else ""
        said = [self.verb, self.target, self.link, native, self.span.start, self.span.end]
        return blake2b(json.dumps(said).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Refusal:
    """A part of a plan that a brake keeps back.

    `scope` is an account, or an account and a link (`clinic/1f…`). `deferred`: it waits for its
    turn, and not for a person.
    """

    brake: str
    scope: str
    reason: str
    actions: tuple[Action, ...] = ()
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What may be written now, in the order in which it must be, and what is kept back."""

    actions: tuple[Action, ...] = ()
    refused: tuple[Refusal, ...] = ()

    @property
    def hash(self) -> str:
        """Names exactly what is wanted, kept back or not: 16 hex digits.

        Brakes, approvals and the clock are not in it, so that the plan that was approved is the
        plan that is applied.
        """
        return hash_of(action.id for action in self.all_actions)

    @property
    def all_actions(self) -> tuple[Action, ...]:
        """Also those that are kept back, each once."""
        kept = (action for refusal in self.refused for action in refusal.actions)
        return tuple({action.id: action for action in (*self.actions, *kept)}.values())

    @property
    def waiting(self) -> tuple[Refusal, ...]:
        """What a person must approve before it is written."""
        return tuple(refusal for refusal in self.refused if not refusal.deferred)


def hash_of(ids: Iterable[str]) -> str:
    """The hash of a plan with these actions."""
    return blake2b("\n".join(sorted(ids)).encode(), digest_size=8).hexdigest()


# Creation before change, removal last: whatever goes wrong, time stays held rather than sold.
_ORDER = (Verb.OFFER, Verb.CREATE, Verb.UPDATE, Verb.WITHDRAW, Verb.DELETE)


def in_order(action: Action) -> tuple[int, Span, str]:
    """The sort key of actions within a plan."""
    return (_ORDER.index(action.verb), action.span, action.id)
