"""What an Acuity account keeps: calendars, types, classes, appointments, blocks and the rest."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from zoneinfo import ZoneInfo

from worker.sandbox.acuity import times
from worker.sandbox.acuity.quirks import Quirks
from worker.sandbox.acuity.refusals import refused, unknown
from worker.sandbox.exchange import Clock

_OFFICE_DAYS = dict.fromkeys(range(1, 6), (9 * 60, 17 * 60))


@dataclass(slots=True)
class Calendar:
    """A person's or a room's calendar; `hours` maps 1 = Monday .. 7 to minutes of the day."""

    id: int
    name: str
    timezone: str
    location: str = ""
    email: str = ""
    hours: dict[int, tuple[int, int]] = field(default_factory=lambda: dict(_OFFICE_DAYS))

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the offsets in this calendar's datetimes."""
        return ZoneInfo(self.timezone)


@dataclass(slots=True)
class AppointmentType:
    """What can be booked; lengths and paddings are minutes."""

    id: int
    name: str
    duration: int
    calendar_ids: list[int]
    kind: Literal["service", "class", "series"] = "service"
    price: str = "45.00"
    category: str = ""
    before: int = 0
    after: int = 0
    class_size: int | None = None
    form_ids: list[int] = field(default_factory=list)
    addon_ids: list[int] = field(default_factory=list)
    deleted: bool = False


@dataclass(slots=True)
class Session:
    """One meeting of a class or of a series; its id is the rows' `classID`."""

    id: int
    type_id: int
    calendar_id: int
    start: int
    minutes: int
    location: str = ""


@dataclass(slots=True)
class Appointment:
    """One row; `start` in seconds since the epoch, `timezone` is the client's."""

    id: int
    type_id: int
    calendar_id: int
    start: int
    minutes: int
    created_at: float
    timezone: str
    token: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    phone: str = ""
    notes: str = ""
    location: str = ""
    price: str = "45.00"
    amount_paid: str = "0.00"
    class_id: int | None = None
    certificate: str | None = None
    addon_ids: list[int] = field(default_factory=list)
    label_id: int | None = None
    answers: dict[int, str] = field(default_factory=dict)
    canceled: bool = False
    no_show: bool = False
    scheduled_by: str | None = None
    wants_sms: bool = False

    @property
    def end(self) -> int:
        """Seconds since the epoch."""
        return self.start + self.minutes * 60


@dataclass(frozen=True, slots=True)
class Block:
    """Time taken off; cannot be edited."""

    id: int
    calendar_id: int
    start: int
    end: int
    notes: str = ""


@dataclass(slots=True)
class Certificate:
    """A coupon or package code; `uses` None is unlimited."""

    code: str
    type_ids: list[int]
    expires: date | None = None
    uses: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A question of an intake form."""

    id: int
    name: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """An intake form."""

    id: int
    name: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A coloured tag."""

    id: int
    name: str
    color: str


@dataclass(frozen=True, slots=True)
class Addon:
    """Something that makes an appointment longer and dearer."""

    id: int
    name: str
    minutes: int
    price: str


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook subscription; `key` signs its deliveries."""

    id: int
    event: str
    target: str
    key: str
    status: str = "active"


@dataclass(frozen=True, slots=True)
class Delivery:
    """A webhook call that the vendor would make; the server may send it as it stands."""

    at: float
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Notification:
    """A mail or SMS that the vendor would send: when, which kind, about which appointment."""

    at: float
    kind: str
    about: int
    medium: Literal["email", "sms"]


@dataclass(slots=True)
class Settings:
    """The account's preferences; hours and days limit what clients may do, never admins."""

    user_id: int
    api_key: str
    timezone: str
    time_format: times.TimeFormat = "ampm"
    min_hours: int = 0
    max_days: int = 365
    change_hours: int = 24
    clients_may_cancel: bool = True
    clients_may_reschedule: bool = True
    email: str = "owner@example.org"

    @property
    def zone(self) -> ZoneInfo:
        """The business's zone."""
        return ZoneInfo(self.timezone)


@dataclass(slots=True)
class Site:
    """Everything that the simulated vendor knows."""

    clock: Clock
    quirks: Quirks
    random: random.Random
    settings: Settings
    calendars: dict[int, Calendar] = field(default_factory=dict)
    types: dict[int, AppointmentType] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    appointments: dict[int, Appointment] = field(default_factory=dict)
    blocks: dict[int, Block] = field(default_factory=dict)
    certificates: dict[str, Certificate] = field(default_factory=dict)
    forms: dict[int, Form] = field(default_factory=dict)
    labels: dict[int, Label] = field(default_factory=dict)
    addons: dict[int, Addon] = field(default_factory=dict)
    hooks: dict[int, Hook] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    codes: dict[str, str] = field(default_factory=dict)
    notifications: list[Notification] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    last_ids: dict[str, int] = field(default_factory=dict)

    def fresh_id(self, kind: str, first: int) -> int:
        """The next id of a kind: growing, with gaps, from `first` on."""
        id_ = self.last_ids.get(kind, first) + self.random.randint(1, 40)
        self.last_ids[kind] = id_
        return id_

    def secret(self) -> str:
        """32 hex digits that nobody may learn."""
        return f"{self.random.getrandbits(128):032x}"

    def calendar(self, id_: object) -> Calendar:
        """A calendar by id, or the error of a create."""
        found = self.calendars.get(as_id(id_) or 0)
        if found is None:
            raise refused("invalid_calendar", "" if id_ is None else id_)
        return found

    def type(self, id_: object) -> AppointmentType:
        """A type by id, or the error of a create."""
        if id_ is None or id_ == "":
            raise refused("required_appointment_type_id")
        found = self.types.get(as_id(id_) or 0)
        if found is None or found.deleted:
            raise refused("invalid_appointment_type", id_)
        return found

    def appointment(self, id_: object) -> Appointment:
        """An appointment by id; cancelled ones can be read for ever."""
        found = self.appointments.get(as_id(id_) or 0)
        if found is None:
            raise unknown("appointment")
        return found

    def rows_of(self, session: Session) -> Iterable[Appointment]:
        """The appointments of a class that are not cancelled."""
        rows = self.appointments.values()
        return (one for one in rows if one.class_id == session.id and not one.canceled)


def as_id(value: object) -> int | None:
    """An id that came as a number or as digits."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,18}", value):
        return int(value)
    return value if isinstance(value, int) else None
