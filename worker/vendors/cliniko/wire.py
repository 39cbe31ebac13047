"""Cliniko's JSON: the fields that are read, under their own names.

Ids are strings today and were numbers once; whatever a version may leave out has a default.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import unquote, urlsplit

from msgspec import Struct, field

Id = int | str

# No record can contain itself, so that the garbage collector need not look at any: a page makes
# thousands of them, and without `gc=False` each page would set it off.


class Links(Struct, omit_defaults=True, gc=False):
    """Where something is found."""

    self_: str | None = field(name="self", default=None)


class Related(Struct, omit_defaults=True, gc=False):
    """Another record, given as a link only."""

    links: Links | None = None


class RepeatRule(Struct, omit_defaults=True, gc=False):
    """How a series was made; `{}` in old versions where there is none. Never expanded."""

    number_of_repeats: int | None = None
    repeat_type: str | None = None
    repeating_interval: int | None = None


class Record(Struct, omit_defaults=True, gc=False):
    """Anything that has an id."""

    id: Id


class Stated(Record, omit_defaults=True):
    """What bookings and attendees have: the three states that hide a row from lists."""

    archived_at: str | None = None
    deleted_at: str | None = None
    cancelled_at: str | None = None
    updated_at: str | None = None

    @property
    def hidden(self) -> bool:
        """Whether the vendor says that it no longer takes place."""
        return bool(self.archived_at or self.deleted_at or self.cancelled_at)


class Kept(Stated, omit_defaults=True):
    """What of a booking may be stored and shown: no patient, no note, no bearer link."""

    starts_at: str | None = None
    ends_at: str | None = None
    created_at: str | None = None
    max_attendees: int | None = None
    did_not_arrive: bool | None = None
    appointment_type: Related | None = None
    business: Related | None = None
    practitioner: Related | None = None
    conflicts: Related | None = None
    unavailable_block_type: Related | None = None
    repeated_from: Related | None = None
    repeats: Related | None = None
    repeat_rule: RepeatRule | None = None
    links: Links | None = None


class Booking(Kept, omit_defaults=True):
    """A group appointment, an individual appointment or an unavailable block."""

    notes: str | None = None
    patient: Related | None = None
    patient_ids: list[Id] | None = None


class KeptAttendee(Stated, omit_defaults=True):
    """What of an attendee may be stored and shown."""

    created_at: str | None = None
    booking: Related | None = None


class Attendee(KeptAttendee, omit_defaults=True):
    """A patient's place in an appointment."""

    patient: Related | None = None


class Patient(Stated):
    """Somebody who is treated. Names and everything else are left unread."""

    email: str | None = None


class Named(Record):
    """An appointment type or an unavailable block type."""

    name: str | None = None


class Business(Record):
    """A location; `time_zone` beside it is a Rails label, not an IANA name, and not read."""

    business_name: str | None = None
    display_name: str | None = None
    name: str | None = None
    time_zone_identifier: str | None = None


class Conflicting(Struct):
    """Whether anything conflicts; Cliniko does not say what."""

    exist: bool


class Conflicts(Struct):
    """The answer of a record's `conflicts`."""

    conflicts: Conflicting


class User(Struct):
    """The login that a key belongs to; names and e-mail are left unread."""

    id: Id | None = None
    role: str | None = None


def text_of(identifier: Id) -> str:
    """An id as text, exactly as given. Raises ValueError for what cannot be one."""
    # Beyond 64 bits it is no id of Cliniko's, and beyond 4,300 digits Python refuses to print it.
    if isinstance(identifier, int) and identifier.bit_length() > 64:
        raise ValueError("id is no number that could be an id")
    text = str(identifier)
    if not 0 < len(text) <= 300 or not text.isprintable() or text != text.strip():
        raise ValueError("id is no text that could be an id")
    return text


def text_or_nothing(identifier: Id) -> str:
    """An id as text; empty for what cannot be one."""
    try:
        return text_of(identifier)
    except ValueError:
        return ""


def linked(related: Related | None) -> str:
    """The id that a link leads to, or an empty string."""
    if related is None or related.links is None or not related.links.self_:
        return ""
    tail = related.links.self_.rpartition("/")[2]
    return tail if tail.isdecimal() else _linked(related.links.self_)


@lru_cache(maxsize=4096)
def _linked(link: str) -> str:
    """Newer links lead to a list and hold the id in a filter: `…?q%5B%5D=id%3A%3D5`."""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    text = unquote(parts.query).rpartition("=")[2] if parts.query else ""
    text = text or unquote(parts.path.rstrip("/").rpartition("/")[2])
    return text if text.isalnum() and len(text) <= 40 else ""


def path_of(related: Related | None) -> str:
    """The path of a link, or an empty string."""
    if related is None or related.links is None or not related.links.self_:
        return ""
    return related.links.self_.partition("?")[0]
