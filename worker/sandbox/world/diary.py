"""Puts events into the accounts and keeps account of which resources each one occupies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from random import Random
from typing import Any, TypeVar

from worker.sandbox.timify.state import Recurring
from worker.sandbox.world.accounts import Accounts
from worker.sandbox.world.calendar import local_clock, local_date, weekly
from worker.sandbox.world.cast import COURSES, LESSONS, SESSIONS, VISITS, address
from worker.sandbox.world.model import Bookings, Member

Person = TypeVar("Person")
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
        self.bookings = Bookings()
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

    def visit(self, who: str, start: int, minutes: int = 45, *, place: str = "riverside") -> Entry:
        """One patient with a practitioner."""
        clinic = self.accounts.clinic
        native = clinic.site.add_individual_appointment(
            clinic.types[self._random.choice(VISITS)],
            clinic.businesses[place],
            clinic.practitioners[who],
            self._next("clinic", who, clinic.patients),
            start,
            start + minutes * 60,
        )
        return self._entry("clinic", native, _with_place(who, place), start, minutes)

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
    ) -> Entry:
        """A booking of one customer; `after` are minutes of follow-up outside its core."""
        studio = self.accounts.studio
        name = " ".join(self._next("studio", resources[0], studio.people))
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

    def class_(self, title: str, start: int, minutes: int, *resources: str, people: int) -> Entry:
        """A group event with room for twelve."""
        native = self.accounts.studio.site.add_course(
            title,
            start,
            minutes,
            self._bound(resources),
            max_participants=12,
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

    # The coaches.

    def session(self, calendar: str, start: int, minutes: int = 45) -> Entry:
        """An appointment of one client."""
        coaching = self.accounts.coaching
        native = coaching.site.book(
            coaching.types[self._random.choice(SESSIONS)],
            start,
            calendar_id=coaching.calendars[calendar],
            client=" ".join(self._next("coaching", calendar, coaching.people)),
            minutes=minutes,
        )
        return self._entry("coaching", native, (calendar,), start, minutes)

    def workshop(self, calendar: str, start: int, clients: int) -> Entry:
        """A class of an hour: one row per client, all with one `classID`."""
        coaching = self.accounts.coaching
        native = coaching.site.add_class(
            coaching.workshop, start, calendar_id=coaching.calendars[calendar]
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
        resources = {"lab": ("amy", "media_lab"), "mock": ("eva",)}.get(group, (group,))
        return self._entry("campus", native, resources, start, minutes)

    # The front desk.

    def meeting(self, page: str, start: int, minutes: int = 30) -> Entry:
        """An appointment made through a booking page."""
        frontdesk = self.accounts.frontdesk
        first, last = self._next("frontdesk", page, frontdesk.people)
        native = frontdesk.site.book(
            frontdesk.pages[page],
            start,
            requester=(f"{first} {last}", address(first, last)),
            minutes=minutes,
        )
        self.appointments.append(native)
        return self._entry("frontdesk", native, (page,), start, minutes)

    def _bound(self, resources: tuple[str, ...]) -> list[str]:
        return [self.accounts.studio.resources[name] for name in resources]


def _with_place(who: str, place: str) -> tuple[str, ...]:
    return (who, place) if place == "harbour" else (who,)
