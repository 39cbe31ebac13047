"""Acuity's JSON: the members that are read, as they come. https://developers.acuityscheduling.com

Display texts (`date`, `time`, `endTime`) follow the account's settings and are left alone, as are
the members that flip with the clock (`canClientCancel`), differ between a list and a single answer
(`isVerified`, `scheduledBy`) or hold secrets (`confirmationPage`).
"""

from __future__ import annotations

import msgspec

Id = int | str

# What may be stored and shown of an answer, beyond the event itself. Not in the list: names,
# contacts, notes and forms; calendars' names, which are often people's; certificates, which are as
# good as money; links, which carry keys.
SHOWN = frozenset(
    {
        *("id", "type", "appointmentTypeID", "calendarID", "classID", "addonIDs", "serviceGroupID"),
        *("date", "time", "endTime", "datetime", "duration", "start", "end", "recurring", "until"),
        *("dateCreated", "datetimeCreated", "timezone", "calendarTimezone", "category", "location"),
        *("canceled", "noShow", "canClientCancel", "canClientReschedule", "isVerified", "managed"),
    }
)


class Appointment(msgspec.Struct, frozen=True, gc=False):
    """One booking, or one person's place in a class (then with a `classID`)."""

    id: Id
    datetime: str  # 2026-06-30T10:00:00+0300, in the calendar's zone
    duration: int | None = None  # minutes; comes as text ("50")
    title: str | None = msgspec.field(default=None, name="type")
    type_id: Id | None = msgspec.field(default=None, name="appointmentTypeID")
    calendar_id: Id | None = msgspec.field(default=None, name="calendarID")
    class_id: Id | None = msgspec.field(default=None, name="classID")
    zone: str | None = msgspec.field(default=None, name="calendarTimezone")
    location: str | None = None
    notes: str | None = None
    email: str | None = None
    last_name: str | None = msgspec.field(default=None, name="lastName")  # for our mark only
    canceled: bool = False
    no_show: bool | None = msgspec.field(default=None, name="noShow")  # on cancelled rows only


class Block(msgspec.Struct, frozen=True):
    """A stretch of a calendar that cannot be booked."""

    id: Id
    start: str
    end: str
    calendar_id: Id | None = msgspec.field(default=None, name="calendarID")
    zone: str | None = msgspec.field(default=None, name="calendarTimezone")
    notes: str | None = None
    # Recorded as null only; what a repeating block has here is not documented.
    recurring: msgspec.Raw = msgspec.Raw(b"null")


class AppointmentType(msgspec.Struct, frozen=True):
    """What can be booked. `duration` is a number here, unlike on appointments."""

    id: Id
    duration: int | None = None
    sort: str | None = msgspec.field(default=None, name="type")  # service, class or series
    padding_before: int | None = msgspec.field(default=None, name="paddingBefore")
    padding_after: int | None = msgspec.field(default=None, name="paddingAfter")
    class_size: int | None = msgspec.field(default=None, name="classSize")
    calendar_ids: list[Id] | None = msgspec.field(default=None, name="calendarIDs")


class Calendar(msgspec.Struct, frozen=True):
    """A person's or room's calendar, with a zone of its own on some plans."""

    id: Id
    timezone: str | None = None


class Time(msgspec.Struct, frozen=True):
    """A time at which an appointment could begin."""

    time: str  # 2026-06-30T10:00:00+0300
    slots_left: int | None = msgspec.field(default=None, name="slotsAvailable")


class Class(msgspec.Struct, frozen=True):
    """A class to come. Its `id` is the `classID` of those who have a place in it."""

    id: Id
    time: str
    type_id: Id | None = msgspec.field(default=None, name="appointmentTypeID")
    calendar_id: Id | None = msgspec.field(default=None, name="calendarID")
    duration: int | None = None  # minutes
    slots_left: int | None = msgspec.field(default=None, name="slotsAvailable")


class Me(msgspec.Struct, frozen=True):
    """The login. `planCapabilities.can_use_api` was seen false while calls worked: not read."""

    id: Id | None = None
    timezone: str | None = None
    plan: str | None = None


def text_of(value: Id | None) -> str:
    """An id as text, exactly as it came; empty where there is none."""
    return "" if value is None else str(value)
