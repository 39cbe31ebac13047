"""What an event is, how it is told apart from others, and when it counts as changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from worker.domain.span import Span


class Kind(StrEnum):
    """What sort of record of the vendor an event stands for."""

    SLOT = "slot"
    GROUP = "group"
    SINGLE = "single"
    BLOCK = "block"


class Status(StrEnum):
    """`offered`: nobody has it yet; `held`: taken without a customer; the others say it."""

    OFFERED = "offered"
    HELD = "held"
    BOOKED = "booked"
    CANCELLED = "cancelled"


class Trait(StrEnum):
    """What else the vendor says of an event, where it matters to somebody."""

    ALL_DAY = "all_day"  # given as dates, not times
    TRANSPARENT = "transparent"  # shown, but leaves the resource free
    TENTATIVE = "tentative"
    NO_SHOW = "no_show"
    SERIES = "series"  # one of a recurring series: editing one may edit others
    AMBIGUOUS_TIME = "ambiguous_time"  # given as a wall time in a DST fold or gap
    NAIVE_TIME = "naive_time"  # given as a wall time without any zone: the account's was assumed


class Role(StrEnum):
    """What an event means for the resources it is bound to."""

    TAKEN = "taken"  # booked, or held without being a person's block
    OFFERED = "offered"  # open: taken as soon as somebody books it
    BLOCK = "block"  # a person's block: limits availability, is no booking
    FREE = "free"  # shown, but takes no time: transparent, a no-show, a point
    OURS = "ours"  # a hold or copy of ours
    NONE = "none"  # cancelled


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """The identity of an event; numbers of different kinds at one vendor may collide.

    `native_id` is always text, exactly as the vendor gave it. `occurrence` is empty unless one
    record of the vendor stands for several stretches of time.
    """

    account: str
    kind: Kind
    native_id: str
    occurrence: str = ""

    @property
    def number(self) -> int:
        """A stable 64-bit number (signed) for this identity; the store's primary key.

        Two of a hundred thousand events share one with a probability of 3 in 10,000,000,000.
        """
        # Asked for every row of every poll. Quoted as Python writes it in ASCII: no two identities
        # look the same, and no character is too odd.
        text = ascii((self.account, self.kind.value, self.native_id, self.occurrence))
        digest = blake2b(text.encode("ascii"), digest_size=8).digest()
        return int.from_bytes(digest, "big", signed=True)

    @property
    def id(self) -> str:
        """A short stable id for reports, URLs and command lines: 16 hex digits."""
        return shown(self.number)


@dataclass(frozen=True, slots=True)
class Event:
    """One stretch of time that an account shows: a slot, a booking, a class, a block.

    `subjects` are the vendor's own calendars that it occupies, sorted, as resource bindings name
    them (`practitioner:17`). `people` are references to those on the active roster (`email:…`, or
    `patient:48` as the vendor numbers them), sorted; they are personal data, and are
    hashed before they are stored. Paddings are minutes, and not part of `span`.
    """

    key: Key
    status: Status
    span: Span
    timezone: str = ""  # IANA name of the zone it came in; empty where the vendor tells none
    title: str = ""
    location: str = ""
    subjects: tuple[str, ...] = ()
    capacity: int | None = None
    attendees: int = 0
    people: tuple[str, ...] = ()
    pad_before: int = 0
    pad_after: int = 0
    url: str | None = None
    series: str = ""  # what it is a part of: a sign-up group, a repeating record, a chain
    min_per_person: int | None = None  # how many of its series one person must or may take
    max_per_person: int | None = None
    traits: tuple[Trait, ...] = ()  # sorted
    mark: str = ""  # our own marker found at the vendor: a hold or copy of ours; else empty

    @property
    def ours(self) -> bool:
        """Whether it is a hold or copy of ours, and so never an origin."""
        return bool(self.mark)


def role(event: Event) -> Role:
    """What `event` means for its resources.

    A point marks and does not occupy; days are free unless the vendor says otherwise.
    """
    if event.status is Status.CANCELLED:
        return Role.NONE
    if event.ours:
        return Role.OURS
    if event.span.seconds == 0 or not _FREEING.isdisjoint(event.traits):
        return Role.FREE
    if event.key.kind is Kind.BLOCK:
        return Role.BLOCK
    return Role.OFFERED if event.status is Status.OFFERED else Role.TAKEN


_FREEING = frozenset({Trait.TRANSPARENT, Trait.NO_SHOW})


def shown(number: int) -> str:
    """An event's number as people see and type it."""
    return f"{number & 0xFFFF_FFFF_FFFF_FFFF:016x}"


def numbered(id_: str) -> int:
    """The number behind an id. Raises ValueError for text that is no id."""
    if len(id_) != 16:
        raise ValueError("an id has 16 hexadecimal digits")
    return int.from_bytes(bytes.fromhex(id_), "big", signed=True)


def fingerprint(event: Event, key: bytes = b"") -> bytes:
    """A digest of all that an event says (not of who it is): equal means unchanged.

    `key` keeps a digest that is stored from being compared with guesses about people.
    """
    text = ascii(
        (
            event.status.value,
            event.span.start,
            event.span.end,
            event.timezone,
            event.title,
            event.location,
            event.subjects,
            event.capacity,
            event.attendees,
            event.people,
            event.pad_before,
            event.pad_after,
            event.url,
            event.series,
            event.min_per_person,
            event.max_per_person,
            " ".join(event.traits),
            event.mark,
        )
    )
    return blake2b(text.encode("ascii"), digest_size=16, key=key).digest()
