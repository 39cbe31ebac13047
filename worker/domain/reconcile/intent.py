"""What should stand in an account because of something in another one, and what a write left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

from worker.domain.event import Event, Key, Status
from worker.domain.span import Span


class Purpose(StrEnum):
    """Why it stands there."""

    HOLD = "hold"  # keeps time that is taken from being sold
    COPY = "copy"  # renders an event of another account, kept equal to it
    WITHDRAWAL = "withdrawal"  # an open slot that was taken off, to be offered again


@dataclass(frozen=True, slots=True)
class Intent:
    """One hold or copy of ours, as it should be.

    `link` (24 hex digits) identifies it for ever, also at the vendor, whose text carries it as our
    mark (`worker.domain.marker`). `calendar` is the target's own calendar in the words of bindings
    (`practitioner:17`); `beside` are other words that events of that calendar have there, the most
    frequent first (`business:3`). `origin` is None for a hold that stands for a stretch in which
    all places of a resource are taken. `timezone` is the IANA zone on whose walls people read it.
    `details` are what a copy rule's `create` table says (plain values); no hold has any.
    """

    link: str
    purpose: Purpose
    target: str
    calendar: str
    resource: str
    span: Span
    origin: Key | None = None
    title: str = ""
    location: str = ""
    capacity: int | None = None
    timezone: str = "UTC"
    beside: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Written:
    """What the vendor shows of a hold or copy of ours: read back, never what was sent.

    `key` is `event.key`: a vendor without updates may show another one after a change.
    """

    key: Key
    event: Event


def link_of(purpose: Purpose, target: str, calendar: str, resource: str, origin: str) -> str:
    """The link of what stands for `origin` (an event's id, or a stretch's start) at a calendar."""
    text = "\n".join((purpose, target, calendar, resource, origin))
    return blake2b(text.encode(), digest_size=12).hexdigest()


def echo(event: Event) -> bytes:
    """A digest of what a write of ours decides about an event: equal means nobody changed that.

    Rosters, links and versions are the vendor's, and left out. It is taken of what was read, never
    of what was sent, so that a vendor's rounding and rewriting is no change.
    """
    said = (
        event.span.start,
        event.span.end,
        event.subjects,
        event.title,
        event.location,
        event.capacity,
        event.status is Status.CANCELLED,
    )
    return blake2b(ascii(said).encode("ascii"), digest_size=16).digest()
