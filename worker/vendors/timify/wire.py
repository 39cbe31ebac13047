"""TIMIFY's JSON: the members that are read, under the names that answers use (camelCase).

What is left out is left out on purpose: `date` is a day with a stray `Z`, and `chainedEvents`
repeats a whole chain in each of its records.
"""

from __future__ import annotations

from typing import Any

import msgspec

Id = int | str


class Interval(msgspec.Struct):
    """ISO 8601 in UTC; whether it includes the paddings is told nowhere."""

    begin: str | None = None
    end: str | None = None


class Booking(msgspec.Struct, rename="camel"):
    """One busy stretch of one resource; lengths are minutes."""

    id: Id | None = None
    start_date: str | None = None
    interval: Interval | None = None
    is_first_batch: bool | None = None
    is_last_batch: bool | None = None
    recurring_day: str | None = None
    duration: int | None = None
    duration_before: int | None = None
    duration_after: int | None = None
    duration_total: int | None = None
    resource_id: Id | None = None


class Resource(msgspec.Struct, rename="camel"):
    """Who is busy; an unset external id is an empty text here and null elsewhere."""

    id: Id | None = None
    external_id: Id | None = None


class Customer(msgspec.Struct):
    """Somebody who booked: no recorded answer shows one, so nothing is relied on."""

    id: Id | None = None
    email: str | None = None


class Recurring(msgspec.Struct, rename="camel"):
    """The repetition rule of a record that stands for a series."""

    frequency: str | None = None
    repeat_times: int | None = None


class Appointment(msgspec.Struct, rename="camel"):
    """One record; `start_date` is true UTC, lengths are minutes."""

    id: Id | None = None
    external_id: Id | None = None
    title: str | None = None
    notes: str | None = None
    start_date: str | None = None
    duration: int | None = None
    duration_before: int | None = None
    duration_after: int | None = None
    timestamp: Id | None = None
    updated_at: str | None = None
    updated_by: Any = None  # of what it is made up is of no interest
    is_course: bool | None = None
    max_participants: int | None = None
    participants: int | None = None
    customers: list[Customer | int | str | None] | None = None
    single_customers: list[Customer | int | str | None] | None = None
    resources: list[Resource] | None = None
    recurring: Recurring | None = None
    chain_id: Id | None = None
    bookings: list[Booking] | None = None
    reserved_until: str | None = None


class One(msgspec.Struct):
    """The envelope of a single record."""

    data: msgspec.Raw = msgspec.Raw(b"null")


class MadeRecord(msgspec.Struct):
    """What was made, by its id."""

    id: Id | None = None


class Made(msgspec.Struct):
    """The answer to a request that makes something."""

    data: MadeRecord | None = None


class DayWindow(msgspec.Struct):
    """Wall-clock times of the company's day, `HH:mm`; the end may be `24:00`."""

    begin: str | None = None
    end: str | None = None


class Timeshift(msgspec.Struct, rename="camel"):
    """Working or denied time of a resource. No answer is public: both spellings are read.

    `from` and `to` are dates, both inclusive; `day` is read as both of them.
    """

    id: Id | None = None
    resource_id: Id | None = None
    resource: Resource | None = None
    first: str | None = msgspec.field(default=None, name="from")
    last: str | None = msgspec.field(default=None, name="to")
    day: str | None = None
    denial_reason: str | None = None
    denial_times: list[DayWindow] | None = None
    resource_id_as_sent: Id | None = msgspec.field(default=None, name="resource_id")
    denial_reason_as_sent: str | None = msgspec.field(default=None, name="denial_reason")
    denial_times_as_sent: list[DayWindow] | None = msgspec.field(default=None, name="denial_times")


class Company(msgspec.Struct, rename="camel"):
    """A branch."""

    id: Id | None = None
    timezone: str | None = None
    resources: list[Resource] | None = None


class PublishedCompanies(msgspec.Struct):
    """What the booking widget is told."""

    companies: list[Company] | None = None


class Published(msgspec.Struct):
    """The envelope of the booking widget's companies."""

    data: PublishedCompanies | None = None


class TokenAnswer(msgspec.Struct, rename="camel"):
    """A token; `expires` are seconds from now by the one client that reads it."""

    access_token: str | None = None
    refresh_token: str | None = None
    expires: int | float | str | None = None


class TokenEnvelope(TokenAnswer):
    """The token itself, or the same below `data` as in every other answer."""

    data: TokenAnswer | None = None


class Envelope(msgspec.Struct):
    """Success says `status: 1`, whatever HTTP says."""

    status: Any = None
