"""The ordinary weeks around the story: bookings that fill the calendars and never clash."""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from random import Random

from worker.sandbox.world.calendar import Days
from worker.sandbox.world.diary import Diary, Entry
from worker.sandbox.world.model import WAYS

_HORIZON = 88
_WAY_OF = {room: minutes for *rooms, minutes in WAYS for room in rooms}
Make = Callable[[int], Entry]
Offer = tuple[tuple[str, ...], int, Make]


class Filler:
    """Fewer bookings the farther away the day is, as in any real calendar."""

    def __init__(self, diary: Diary, days: Days, seed: int) -> None:
        self._diary = diary
        self._days = days
        self._random = Random(f"{seed}/filler")

    def fill(self) -> None:
        """Some of everything, on every day but Sunday."""
        self._once()
        for day in range(-2, _HORIZON):
            if self._days.date(day).weekday() == 6:
                continue
            for who in ("amy", "ben", "carla", "dev", "eva", "harbour"):
                self._day_of(who, day)

    def _once(self) -> None:
        diary, days = self._diary, self._days
        for week in range(3):
            self._place(
                ("eva",), days.at(20 + 7 * week, 10), 90, lambda at: diary.slot("mock", at, 90)
            )
        self._place(("dev",), days.at(1, 12), 45, lambda at: diary.hold_at_studio(at, 45, "dev"))
        for week in range(4):
            at = days.at(11 + 7 * week, 13)
            self._place(("carla",), at, 60, lambda at: diary.block_at_studio(at, 60, "carla"))
            self._place(("eva",), at, 120, lambda at: diary.block_at_coaching("eva", at, 120))
            self._place(("ben",), at, 60, lambda at: diary.meeting_at_clinic("ben", at))
            self._place(("reformers",), at, 60, lambda at: diary.lesson(at, 60, "reformers"))

    def _day_of(self, who: str, day: int) -> None:
        expected = 0.3 + 1.7 * exp(-max(day, 0) / 18)
        count = int(expected) + (self._random.random() < expected % 1)
        for _ in range(count if who != "harbour" else count // 2):
            resources, minutes, make = self._random.choice(self._offers(who))
            at = self._days.at(day, self._random.randrange(8, 17), self._random.choice((0, 30)))
            if self._is_on_the_way(resources, at, minutes):
                continue
            entry = self._place(resources, at, minutes, make)
            if entry is not None:
                self._second_thoughts(entry)

    def _place(
        self, resources: tuple[str, ...], start: int, minutes: int, make: Make
    ) -> Entry | None:
        if not self._diary.bookings.free(resources, start, start + minutes * 60):
            return None
        return make(start)

    def _is_on_the_way(self, resources: tuple[str, ...], start: int, minutes: int) -> bool:
        """Whether somebody in a room, if all are far apart, has too little time to get there."""
        way = max((_WAY_OF.get(name, 0) for name in resources), default=0) * 60
        people = tuple(name for name in resources if name not in _WAY_OF)
        return way > 0 and not self._diary.bookings.free(
            people, start - way, start + minutes * 60 + way
        )

    def _offers(self, who: str) -> list[Offer]:
        """What may be booked: whom it occupies, how long, and how it is made."""
        if who == "harbour":
            return [(("harbour",), 45, lambda at: self._diary.meeting("harbour", at, 45))]
        if who in ("amy", "eva"):
            return self._of_teachers(who)
        return self._of_therapists(who)

    def _of_teachers(self, who: str) -> list[Offer]:
        diary, students = self._diary, self._random.choice((0, 0, 1, 1, 1))
        people = self._random.randrange(1, 8)
        both: list[Offer] = [
            ((who,), 30, lambda at: diary.slot(who, at, students=students)),
            ((who,), 45, lambda at: diary.session(who, at)),
        ]
        if who == "eva":
            return [*both, (("eva",), 60, lambda at: diary.workshop("eva", at, people))]
        return [
            *both,
            (("amy",), 45, lambda at: diary.visit("amy", at)),
            (("amy", "media_lab"), 60, lambda at: diary.slot("lab", at, 60, students=students)),
            (("amy",), 65, lambda at: diary.lesson(at, 50, "amy", after=15)),
            (("amy",), 30, lambda at: diary.meeting("amy", at)),
        ]

    def _of_therapists(self, who: str) -> list[Offer]:
        diary, students = self._diary, self._random.choice((0, 0, 1, 1, 1))
        people = self._random.randrange(1, 8)
        lesson: Offer = ((who,), 50, lambda at: diary.lesson(at, 50, who))
        if who == "carla":
            return [
                lesson,
                (("carla", "hall"), 60, lambda at: self._class(at, people)),
                (("carla",), 45, lambda at: diary.session("carla", at)),
                (("carla",), 30, lambda at: diary.slot("carla", at, students=students)),
            ]
        both: list[Offer] = [
            ((who,), 45, lambda at: diary.visit(who, at)),
            ((who,), 60, lambda at: diary.course(who, at, people)),
        ]
        if who == "dev":
            harbour = ("dev", "harbour")
            visit: Offer = (harbour, 45, lambda at: diary.visit("dev", at, place="harbour"))
            return [*both, lesson, visit]
        return [
            *both,
            (("ben",), 45, lambda at: diary.session("ben", at)),
            (("ben",), 30, lambda at: diary.meeting("ben", at)),
        ]

    def _class(self, at: int, people: int) -> Entry:
        title = self._random.choice(("Mat Pilates", "Yoga for runners", "Mobility hour"))
        return self._diary.class_(title, at, 60, "carla", "hall", people=people)

    def _second_thoughts(self, entry: Entry) -> None:
        """A few are cancelled or archived; their time stays free, which does no harm."""
        if self._random.random() > 0.06:
            return
        accounts, native = self._diary.accounts, entry.member.native_id
        match entry.member.account:
            case "clinic" if ("individual", native) in accounts.clinic.site.bookings:
                if self._random.random() < 0.5:
                    accounts.clinic.site.archive("individual", native)
                else:
                    accounts.clinic.site.cancel_appointment(native)
            case "coaching" if int(native) in accounts.coaching.site.site.appointments:
                accounts.coaching.site.cancel(int(native))
            case "frontdesk":
                accounts.frontdesk.site.cancel(native)


def fill(diary: Diary, days: Days, seed: int) -> None:
    """The ordinary weeks around what is in the diary already."""
    Filler(diary, days, seed).fill()
