"""What every vendor's adapter offers, what it is given, and the errors it may raise."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol, runtime_checkable

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr

from worker.domain.conflict.openings import Opening
from worker.domain.conflict.suggestions import Manners
from worker.domain.event import Event, Key
from worker.domain.listing import Batch, Confirmation, Coverage, Cursor
from worker.domain.span import Span


class VendorError(Exception):
    """Something about a vendor that the engine acts on.

    Messages are read by operators: they name the call (method and path, never the query), what was
    wrong and, where somebody must act, what to do. They never quote a body, a credential or a
    person.
    """


class TryLater(VendorError):
    """Out of reach, overloaded or throttling: the same call may work later.

    `wait` is a stated number of seconds that must be kept; `throttled` says that the vendor asked
    for less traffic, with or without a number; `untouched` that a write was surely not carried out.
    """

    def __init__(
        self,
        message: str,
        *,
        wait: float | None = None,
        throttled: bool = False,
        untouched: bool = False,
    ) -> None:
        super().__init__(message)
        self.wait = wait
        self.throttled = throttled or wait is not None
        self.untouched = untouched or throttled


class Ambiguous(VendorError):
    """A write whose answer was lost or made no sense: it may have been carried out.

    It must not be repeated before a probe has looked for what it left behind. `wait` is a stated
    number of seconds that must be kept.
    """

    def __init__(self, message: str, *, wait: float | None = None) -> None:
        super().__init__(message)
        self.wait = wait


class NeedsPerson(VendorError):
    """Wrong or expired credentials, missing rights, a wrong address: retrying cannot help."""


class StartOver(VendorError):
    """The cursor is no longer good: the next walk must be a full one."""


class Nonsense(VendorError):
    """An answer that is not what the vendor's interface promises: the old picture is kept."""


class EventError(VendorError):
    """Only this one event is affected."""


class Vanished(EventError):
    """404 or 410 for one event."""


class Rejected(EventError):
    """The vendor refuses this request as it stands; `code` is its own word for why, if known."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Clock(Protocol):
    """The seam for time."""

    def now(self) -> float:
        """Wall-clock seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; raises `Stopped` when the process is asked to end meanwhile."""
        ...


class Stopped(Exception):
    """The process is ending: whatever is being read is dropped."""


def _usable(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value()
    if not text:
        raise ValueError("must not be empty")
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("must be one word of plain characters, without spaces or line breaks")
    return secret


# A credential: every key of this type may also be given as `<key>_file`.
Secret = Annotated[SecretStr, AfterValidator(_usable)]


class AccountSettings(BaseModel):
    """The keys that every account has; a vendor's own model adds its credentials and options."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    vendor: str
    base_url: str | None = None
    timezone: str | None = None


# Hears of every request that was sent, in one word of a few: see `worker.vendors.answers.spoken`.
Heard = Callable[[str], None]


def unheard(_word: str) -> None:
    """Nobody counts requests."""


@dataclass(frozen=True, slots=True)
class Seams:
    """What an adapter is given instead of reaching for it.

    `zone` is the IANA zone for accounts that tell none. `transport` replaces the network (a
    simulation); None means real sockets. `pacers` are shared by all accounts of a process.
    """

    clock: Clock
    pacers: Pacers
    random: random.Random
    request_timeout: float = 20.0
    zone: str = "UTC"
    transport: httpx.BaseTransport | None = None
    trust_env: bool = False
    heard: Heard = unheard


class Pacers(Protocol):
    """Hands out the one pacer of a name."""

    def named(self, name: str, *limits: tuple[int, float]) -> Pacer:
        """The pacer for `name`, made with (count, seconds) limits at first use."""
        ...


class Pacer(Protocol):
    """Keeps calls under a vendor's published limit."""

    def wait(self) -> None:
        """Return when the next call may be sent."""
        ...


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a vendor's interface allows at all; an account's rights may allow less."""

    read: bool = True
    create: bool = False
    move: bool = False
    remove: bool = False
    hold: bool = False


@dataclass(frozen=True, slots=True)
class Walk:
    """One reading of an account: consume `batches` to the end, or it proves nothing.

    Iterating raises VendorError where the walk breaks off; the batches before it stay good for
    adding and changing events, never for absence.
    """

    coverage: Coverage
    batches: Iterator[Batch]


@dataclass(frozen=True, slots=True)
class Access:
    """What `calsync check` found out about one account, for its administrator."""

    who: str  # how the vendor calls the login: a role or an id, never a person's name or e-mail
    notes: tuple[str, ...] = ()  # what works, what is missing, in sentences
    problems: tuple[str, ...] = ()


class Vendor(Protocol):
    """One account at one vendor."""

    account: str
    capabilities: Capabilities
    zone: str  # IANA zone in which this account's naive times are read

    def fetch(self, window: Span, since: Cursor | None) -> Walk:
        """Read what the account shows in `window`: all of it, or what changed since the cursor."""
        ...

    def confirm(self, key: Key, last: Span, within: Sequence[str] = ()) -> Confirmation:
        """Ask for one event by id, before its absence is believed. Raises VendorError.

        `last` is the time at which it was last seen, and `within` its subjects and series then,
        for vendors that cannot be asked by id alone.
        """
        ...

    def redact(self, answer: bytes) -> bytes:
        """A sighting's answer without secrets and people, as JSON that may be stored and shown."""
        ...

    def check(self) -> Access:
        """Say what the credentials may do, by reads only. Raises VendorError."""
        ...

    def close(self) -> None:
        """Drop the connections."""
        ...


@runtime_checkable
class Opinionated(Protocol):
    """A vendor that checks its own records for conflicts, and can be asked about one event."""

    compares: str  # the sort of calendars that it compares, as bindings call it: `practitioner`

    def conflicts(self, key: Key) -> bool:
        """Whether the vendor says that this event conflicts with others. Raises VendorError."""
        ...


@runtime_checkable
class Offering(Protocol):
    """A vendor that tells at which other times one of its events could take place."""

    def free(
        self, event: Event, answer: bytes | None, search: Span, within: float
    ) -> Sequence[Opening] | None:
        """What is free, or still has room, by the vendor's own calendar in `search`.

        A few at most, the earliest first; None where there is no such question for this event, or
        where the answer lets nothing be concluded.
        `answer` is the redacted JSON that the event was read from, if it is still kept. The calls
        together take no longer than `within` seconds. Raises VendorError.
        """
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the registry: how accounts of this vendor are configured and opened.

    `bindings` maps each word that a resource may bind to (`practitioner`) to a function that
    raises ValueError for an id this vendor cannot have; `*` as a key allows the bare asterisk.
    """

    settings: type[AccountSettings]
    open: Callable[[str, Any, Seams], Vendor]
    bindings: Mapping[str, Callable[[str], None]]
    scope: Callable[[Any], tuple[str, ...]]  # what identifies the tenant and login: see brake B10
    manners: Manners = field(
        default_factory=Manners
    )  # how it goes about changes, and whom it tells
