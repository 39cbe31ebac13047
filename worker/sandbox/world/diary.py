"""Puts events into the accounts and keeps account of which resources each one occupies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle
from random import Random
from typing import Any, TypeVar

from worker.sandbox.timify.state import Recurring
from worker.sandbox.world.accounts import Accounts
from worker.sandbox.world.calendar import local_clock, local_date, midnight, weekly
from worker.sandbox.world.cast import COURSES, GROUP_COACHING, LESSONS, SESSIONS, VISITS, address
from worker.sandbox.world.model import Bookings, Guest, Member

Person = TypeVar("Person")
_TAUGHT = {
    "lab": ("amy", "media_lab"),
    "mock": ("eva",),
    "presentations": ("eva",),
    "preparation": ("eva",),
}
_DESKS = ("amy", "ben", "carla", "dev", "eva", "hall", "harbour", "reformers", "lab", "mock")


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as it was made: who it is, what it occupies, and when (epoch seconds)."""

    member: Member
    resources: tuple[str, ...]
    start: int
    end: int


class Diary:
    """The desks of all accounts in one hand; every method makes one event and returns it."""

    def __init__(self, accounts: Accounts, seed: int) -> None:
        self.accounts = accounts
        resources = accounts.resources().values()
        self.bookings = Bookings({one.id: one.buffer * 60 for one in resources})
        self.appointments: list[str] = []
        self._random = Random(f"{seed}/diary")
        self._turns: dict[tuple[str, str], Iterator[Any]] = {}

    def _next(self, account: str, desk: str, people: Sequence[Person]) -> Person:
        """Whoever's turn it is. Each desk of an account (`_DESKS`) has people of its own, in turns,
        so that nobody is by accident in two places.
        """
        key = account, desk
        if key not in self._turns:
            own = list(people[_DESKS.index(desk) :: len(_DESKS)])
            self._random.shuffle(own)
            self._turns[key] = cycle(own)
        person: Person = next(self._turns[key])
        return person

    def _several(
        self, account: str, desk: str, people: Sequence[Person], count: int
    ) -> list[Person]:
        return [self._next(account, desk, people) for _ in range(count)]

    def _entry(
        self,
        account: str,
        native_id: object,
        resources: tuple[str, ...],
        start: int,
        minutes: int,
        occurrence: str = "",
    ) -> Entry:
        end = start + minutes * 60
        self.bookings.take(resources, start, end)
        return Entry(Member(account, str(native_id), occurrence), resources, start, end)

    # The practice.

    def visit(
        self,
        who: str,
        start: int,
        minutes: int = 45,
        *,
        place: str = "riverside",
        guest: Guest | None = None,
        title: str = "",
    ) -> Entry:
        """One patient with a practitioner; who is known elsewhere, too, is a `guest`."""
        clinic = self.accounts.clinic
        patient = self._patient(guest) if guest else self._next("clinic", who, clinic.patients)
        native = clinic.site.add_individual_appointment(
            clinic.types[title or self._random.choice(VISITS)],
            clinic.businesses[place],
            clinic.practitioners[who],
            patient,
            start,
            start + minutes * 60,
        )
        return self._entry("clinic", native, _with_place(who, place), start, minutes)

    def _patient(self, guest: Guest) -> str:
        # Typed in by somebody else: the same address, but not the same letters.
        return self.accounts.clinic.site.add_patient(guest.first, guest.last, guest.email.title())

    def course(self, who: str, start: int, patients: int, *, places: int = 8) -> Entry:
        """A group appointment of an hour."""
        clinic = self.accounts.clinic
        native = clinic.site.add_group_appointment(
            clinic.types[self._random.choice(COURSES)],
            clinic.businesses["riverside"],
            clinic.practitioners[who],
            start,
            max_attendees=places,
        )
        for patient in self._several("clinic", who, clinic.patients, patients):
            clinic.site.add_attendee(native, patient)
        return self._entry("clinic", native, (who,), start, 60)

    def meeting_at_clinic(self, who: str, start: int, minutes: int = 60) -> Entry:
        """An unavailable block."""
        clinic = self.accounts.clinic
        native = clinic.site.add_unavailable_block(
            clinic.businesses["riverside"],
            clinic.practitioners[who],
            start,
            start + minutes * 60,
            block_type=clinic.reason,
        )
        return self._entry("clinic", native, (who,), start, minutes)

    # The studio.

    def lesson(
        self,
        start: int,
        minutes: int,
        *resources: str,
        title: str = "",
        after: int = 0,
        guest: Guest | None = None,
    ) -> Entry:
        """A booking of one customer; `after` are minutes of follow-up outside its core."""
        studio = self.accounts.studio
        desk = resources[0] if resources[0] in _DESKS else "hall"
        name = guest.name if guest else " ".join(self._next("studio", desk, studio.people))
        native = studio.site.book(
            title or self._random.choice(LESSONS),
            start,
            minutes,
            self._bound(resources),
            customers=[name],
            after=after,
        )
        entry = self._entry("studio", native, resources, start, minutes)
        self.bookings.take(resources, entry.end, entry.end + after * 60)
        return entry

    def class_(
        self, title: str, start: int, minutes: int, *resources: str, people: int, places: int = 12
    ) -> Entry:
        """A group event."""
        native = self.accounts.studio.site.add_course(
            title,
            start,
            minutes,
            self._bound(resources),
            max_participants=places,
            participants=people,
        )
        return self._entry("studio", native, resources, start, minutes)

    def hold_at_studio(self, start: int, minutes: int, *resources: str) -> Entry:
        """A slot held for two days while somebody makes up their mind."""
        native = self.accounts.studio.site.reserve(
            "Held for a trial lesson", start, minutes, self._bound(resources), minutes=2 * 24 * 60
        )
        return self._entry("studio", native, resources, start, minutes)

    def series(
        self, title: str, start: int, minutes: int, count: int, *resources: str
    ) -> list[Entry]:
        """One record with weekly bookings, at the same time on the studio's own wall."""
        studio = self.accounts.studio
        rule = Recurring(studio.zone, "WEEKS", repeat_times=count)
        native = studio.site.add_series(title, start, minutes, self._bound(resources), rule=rule)
        return [
            self._entry(
                "studio",
                native,
                resources,
                one,
                minutes,
                local_date(one, studio.zone).isoformat(),
            )
            for one in weekly(start, count, studio.zone)
        ]

    def chain(
        self, title: str, start: int, minutes: int, count: int, *resources: str
    ) -> list[Entry]:
        """The same as so many records that are linked."""
        studio = self.accounts.studio
        rule = Recurring(studio.zone, "WEEKS", repeat_times=count)
        natives = studio.site.add_chain(title, start, minutes, self._bound(resources), rule=rule)
        return [
            self._entry("studio", native, resources, one, minutes)
            for native, one in zip(natives, weekly(start, count, studio.zone), strict=True)
        ]

    def block_at_studio(self, start: int, minutes: int, resource: str) -> Entry:
        """A denied timeshift within one local day of the studio."""
        studio = self.accounts.studio
        window = tuple(local_clock(one, studio.zone) for one in (start, start + minutes * 60))
        native = studio.site.block(
            studio.resources[resource],
            local_date(start, studio.zone),
            None,
            (window[0], window[1]),
        )
        return self._entry("studio", native, (resource,), start, minutes)

    def closed_at_studio(self, start: int, resource: str) -> Entry:
        """A denied timeshift of the whole local day of the studio in which an instant lies."""
        studio = self.accounts.studio
        day = local_date(start, studio.zone)
        native = studio.site.block(studio.resources[resource], day)
        begin, end = midnight(day, studio.zone), midnight(day + timedelta(days=1), studio.zone)
        return self._entry("studio", native, (resource,), begin, (end - begin) // 60)

    # The coaches.

    def session(
        self,
        calendar: str,
        start: int,
        minutes: int = 45,
        *,
        guest: Guest | None = None,
        title: str = "",
    ) -> Entry:
        """An appointment of one client."""
        coaching = self.accounts.coaching
        known: dict[str, Any] = (
            {"client": guest.name, "email": guest.email}
            if guest
            else {"client": " ".join(self._next("coaching", calendar, coaching.people))}
        )
        native = coaching.site.book(
            coaching.types[title or self._random.choice(SESSIONS)],
            start,
            calendar_id=coaching.calendars[calendar],
            minutes=minutes,
            **known,
        )
        return self._entry("coaching", native, (calendar,), start, minutes)

    def workshop(
        self, calendar: str, start: int, clients: int, *, title: str = GROUP_COACHING
    ) -> Entry:
        """A class of an hour: one row per client, all with one `classID`."""
        coaching = self.accounts.coaching
        native = coaching.site.add_class(
            coaching.classes[title], start, calendar_id=coaching.calendars[calendar]
        )
        people = self._several("coaching", calendar, coaching.people, clients)
        coaching.site.join(native, *(" ".join(name) for name in people))
        return self._entry("coaching", native, (calendar,), start, 60)

    def block_at_coaching(self, calendar: str, start: int, minutes: int) -> Entry:
        """Time that a coach took off."""
        coaching = self.accounts.coaching
        native = coaching.site.block(
            coaching.calendars[calendar], start, start + minutes * 60, "School run"
        )
        return self._entry("coaching", native, (calendar,), start, minutes)

    # The school.

    def slot(self, group: str, start: int, minutes: int = 30, *, students: int = 0) -> Entry:
        """A slot of a group, taken by so many students."""
        campus = self.accounts.campus
        native = campus.site.add_slot(campus.groups[group], start, start + minutes * 60)
        for student in self._several("campus", group, campus.students, students):
            campus.site.reserve(native, student)
        return self._entry("campus", native, _TAUGHT.get(group, (group,)), start, minutes)

    def examination(self, group: str, start: int, student: str) -> Entry:
        """A slot of half an hour, taken by one of those whose numbers of slots matter."""
        entry = self.slot(group, start)
        campus = self.accounts.campus
        campus.site.reserve(int(entry.member.native_id), campus.examined[student])
        return entry

    # The front desk.

    def meeting(
        self, page: str, start: int, minutes: int = 30, *, guest: Guest | None = None
    ) -> Entry:
        """An appointment made through a booking page."""
        frontdesk = self.accounts.frontdesk
        if guest is None:
            first, last = self._next("frontdesk", page, frontdesk.people)
            guest = Guest(first, last, address(first, last))
        native = frontdesk.site.book(
            frontdesk.pages[page], start, requester=(guest.name, guest.email), minutes=minutes
        )
        self.appointments.append(native)
        return self._entry("frontdesk", native, (page,), start, minutes)

    def _bound(self, resources: tuple[str, ...]) -> list[str]:
        return [self.accounts.studio.resources[name] for name in resources]


def _with_place(who: str, place: str) -> tuple[str, ...]:
    return (who, place) if place == "harbour" else (who,)
