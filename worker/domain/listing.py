"""What an account showed: batches as they come in, and what may be concluded from the whole."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from worker.domain.event import Event, Key, Kind
from worker.domain.span import Span


class Coverage(StrEnum):
    """What a complete listing says about what it does not contain."""

    FULL = "full"  # all of the window: what is not in it, is not there
    CHANGES = "changes"  # only what changed since the cursor: absence means nothing


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event, and the part of the vendor's answer that it was read from (JSON, unredacted)."""

    event: Event
    answer: bytes


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A row that makes no sense. It counts as present, whatever else it says.

    `kind` and `native_id` say whose row it is, as far as could be read. Where the row's id itself
    is unreadable `native_id` is empty, and the listing it came in cannot be complete.
    `reason` quotes nothing of the row but field names.
    """

    kind: Kind | None
    native_id: str
    reason: str
    answer: bytes


@dataclass(frozen=True, slots=True)
class Template:
    """A booking page or another offer without a time of its own; never an event.

    `subjects` are the calendars it relies on, `blind` those of them that the vendor cannot read.
    """

    native_id: str
    name: str
    active: bool
    subjects: tuple[str, ...] = ()
    blind: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """A part of a listing, in memory only until the next one is asked for.

    `gaps` say in words for operators why the whole listing is not complete. `cursor` replaces the
    account's cursor once everything is stored. `wait` is a stated wait that did not
    stop this listing, in seconds.
    """

    sightings: tuple[Sighting, ...] = ()
    quarantined: tuple[Quarantined, ...] = ()
    templates: tuple[Template, ...] = ()
    gaps: tuple[str, ...] = ()
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What became of one walk over an account."""

    account: str
    window: Span
    coverage: Coverage
    gaps: tuple[str, ...] = ()
    rows: int = 0

    @property
    def complete(self) -> bool:
        """Only a complete listing can make an event vanish (brake B1)."""
        return not self.gaps


class Presence(StrEnum):
    """The answer to a question for one event by its id."""

    PRESENT = "present"
    GONE = "gone"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What a vendor said of one event; `sighting` where it showed it in a readable form.

    `doubt` says, where nothing can be told, what a person should look into.
    """

    key: Key
    presence: Presence
    sighting: Sighting | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the last complete walk ended: the adapter's own text, and the window it covered."""

    text: str
    window: Span
    full_at: int  # when the last full walk was complete
