"""What TIMIFY keeps: companies, their resources and services, appointments and timeshifts."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from zoneinfo import ZoneInfo

from worker.sandbox.exchange import Clock
from worker.sandbox.timify import times
from worker.sandbox.timify.quirks import Quirks
from worker.sandbox.timify.refusals import Refused, unknown

PALETTE = frozenset(
    {
        "#82a774",
        "#b22e53",
        "#ebb65d",
        "#95c5a6",
        "#b26492",
        "#cc9e52",
        "#8ebec3",
        "#a476ca",
        "#e5774c",
        "#7684ca",
        "#5d5a79",
        "#8b8b8b",
        "#c46f4e",
        "#7b6161",
        "#6882b0",
        "#385f87",
    }
)
"""The sixteen colours that TIMIFY accepts."""


@dataclass(slots=True)
class Resource:
    """Somebody or something that can be busy."""

    id: str
    name: str
    external_id: str | None = None
    email: str = ""
    category: str = "Staff"


@dataclass(slots=True)
class Service:
    """What can be booked; `is_course` marks a group service."""

    id: str
    name: str
    duration: int
    external_id: str | None = None
    price: int = 0
    color: str = "#6882b0"
    before: int = 0
    after: int = 0
    is_course: bool = False
    max_participants: int = 1


@dataclass(slots=True)
class Company:
    """One branch: what the `company-id` header selects."""

    id: str
    name: str
    timezone: str
    external_id: str | None = None
    enterprise_id: str = ""
    opens: int = 9 * 60
    closes: int = 18 * 60
    published: bool = True
    resources: dict[str, Resource] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        """The zone that zone-less texts are read in."""
        return ZoneInfo(self.timezone)


@dataclass(slots=True)
class Customer:
    """A person who booked; never more than the sandbox's invented data."""

    id: str
    name: str
    email: str = ""
    phone: str = ""
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """One piece of work of a booking: minutes from its start, its length, and who does it.

    `resource_ids` None stands for the resources of the whole appointment.
    """

    offset: int
    minutes: int
    resource_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Recurring:
    """A repetition rule in TIMIFY's words; days are numbered from 1 = Monday."""

    timezone: str
    frequency: Literal["DAYS", "WEEKS", "MONTHS", "YEARS"]
    period: int = 1
    week_days: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    year_months: tuple[int, ...] = ()
    repeat_times: int | None = None
    repeat_last_day: date | None = None
    max_day: date | None = None


@dataclass(slots=True)
class Appointment:
    """One record; times are whole seconds since the epoch, lengths are minutes."""

    id: str
    company_id: str
    title: str
    start: int
    batches: tuple[Batch, ...]
    created_at: float
    updated_at: float
    rescheduling_secret: str
    secret: str | None = None
    external_id: str = ""
    import_event_id: str | None = None
    notes: str = ""
    color: str = "#6882b0"
    price: int = 0
    before: int = 0
    after: int = 0
    resource_ids: tuple[str, ...] = ()
    service_id: str | None = None
    is_course: bool = False
    max_participants: int = 1
    participants: int = 0
    customers: list[Customer] = field(default_factory=list)
    recurring: Recurring | None = None
    days: tuple[date, ...] = ()
    moved: dict[date, int] = field(default_factory=dict)
    dropped: set[date] = field(default_factory=set)
    chain_id: str | None = None
    reserved_until: int | None = None
    deletion_at: int | None = None
    combination: dict[str, Any] | None = None
    updated_by: str | None = None
    is_online: bool = False
    notify_customers: bool = False
    notify_resources: bool = False

    @property
    def duration(self) -> int:
        """Minutes from the first batch's begin to the last one's end."""
        return max(batch.offset + batch.minutes for batch in self.batches)


@dataclass(slots=True)
class Timeshift:
    """Working time or denied time of one resource, the same window on each day `first`..`last`."""

    id: str
    company_id: str
    resource_id: str
    first: date
    last: date
    denial_reason: str | None = None
    denial_times: tuple[tuple[int, int], ...] = ()
    working_times: tuple[tuple[int, int], ...] = ()
    booking_times: tuple[tuple[int, int], ...] = ()
    import_id: str | None = None


@dataclass(frozen=True, slots=True)
class Notification:
    """A mail or SMS that the vendor would send: when, which kind, about which record, to whom."""

    at: float
    kind: str
    about: str
    audience: Literal["customer", "resource"]


@dataclass(frozen=True, slots=True)
class Import:
    """A queued bulk import; `rows` are already in snake_case, as far as the quirk allows."""

    due: float
    company_id: str
    kind: Literal["appointments", "timeshifts"]
    rows: tuple[Mapping[str, Any], ...]
    audiences: frozenset[str]
    callback: str | None


@dataclass(frozen=True, slots=True)
class Callback:
    """A report on an import that the vendor would POST to `url`; the server may deliver it."""

    at: float
    url: str
    body: dict[str, Any]


@dataclass(slots=True)
class Token:
    """An access token, what refreshes it, and when it dies."""

    access: str
    refresh: str
    expires: float


@dataclass(slots=True)
class Site:
    """Everything that the simulated vendor knows."""

    clock: Clock
    quirks: Quirks
    random: random.Random
    app_id: str
    app_secret: str
    companies: dict[str, Company] = field(default_factory=dict)
    installed: set[str] = field(default_factory=set)
    appointments: dict[str, Appointment] = field(default_factory=dict)
    timeshifts: dict[str, Timeshift] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict)
    imports: list[Import] = field(default_factory=list)
    files: dict[str, tuple[str | None, list[dict[str, Any]]]] = field(default_factory=dict)
    failures: deque[Refused] = field(default_factory=deque)
    notifications: list[Notification] = field(default_factory=list)
    callbacks: list[Callback] = field(default_factory=list)
    recent: deque[float] = field(default_factory=deque)

    def mongo_id(self) -> str:
        """A fresh id of 24 hex digits."""
        return f"{self.random.getrandbits(96):024x}"

    def secret(self) -> str:
        """A fresh secret in the form of a UUID."""
        digits = f"{self.random.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def of_company(self, company: Company) -> Iterable[Appointment]:
        """The records of one branch."""
        return (one for one in self.appointments.values() if one.company_id == company.id)

    def appointment(self, company: Company, id_: str) -> Appointment:
        """A record by id; a neighbour branch's record is as unknown as none."""
        found = self.appointments.get(id_)
        if found is None or found.company_id != company.id:
            raise unknown("appointment")
        return found

    def by_external_id(self, company: Company, external_id: str) -> Appointment:
        """The first record with that external id."""
        for found in self.of_company(company):
            if external_id and found.external_id == external_id:
                return found
        raise unknown("appointment")

    def notify(self, kind: str, about: Appointment, audiences: Iterable[str]) -> None:
        """Mail each person of the chosen audiences: `customers`, `resources`."""
        now = self.clock.now()
        if "customers" in audiences:
            letter = Notification(now, kind, about.id, "customer")
            self.notifications.extend([letter] * len(about.customers))
        if "resources" in audiences:
            letter = Notification(now, kind, about.id, "resource")
            self.notifications.extend([letter] * len(about.resource_ids))

    def settle(self) -> None:
        """Let time pass: reservations that ran out and records marked for deletion vanish."""
        now = self.clock.now()
        gone = [one.id for one in self.appointments.values() if _is_over(one, now)]
        for id_ in gone:
            del self.appointments[id_]

    def written_zone(self, company: Company, given: object) -> ZoneInfo:
        """The zone in which a zone-less time of a write is read."""
        match self.quirks.input_zone:
            case "utc":
                return ZoneInfo("UTC")
            case "given" if given is not None:
                return times.zone(given)
            case _:
                return company.zone


def _is_over(one: Appointment, now: float) -> bool:
    ends = (one.reserved_until, one.deletion_at)
    return any(end is not None and end <= now for end in ends)
