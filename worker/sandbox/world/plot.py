"""The double bookings that are meant, what only looks like one, and what happens next."""

from __future__ import annotations

from worker.sandbox.world.calendar import DAY, ClockChange, Days
from worker.sandbox.world.diary import Diary, Entry
from worker.sandbox.world.model import NearMiss, Planted, Step

_RESOURCE, _LOCATION = "RESOURCE_DOUBLE", "LOCATION_DOUBLE"
_PREVENTABLE = frozenset({"open slot over a class"})


class Plot:
    """Writes the story into the diary. Times of day are fixed, so that only days depend on now."""

    def __init__(self, diary: Diary, days: Days, change: ClockChange) -> None:
        self.planted: list[Planted] = []
        self.near_misses: list[NearMiss] = []
        self._diary = diary
        self._days = days
        self._change = change
        self._known: dict[str, tuple[Entry, ...]] = {}

    def write(self) -> None:
        """The two series first: the story has to know when they meet."""
        evenings, basics = self._series()
        self._people_twice()
        self._after_the_change(evenings)
        self._things_twice()
        self._near_misses(basics)
        self._around_the_change()

    def _plant(self, name: str, resource: str, *entries: Entry, kind: str = _RESOURCE) -> Planted:
        """All members are busy at once, from the last start to the first end."""
        start = max(entry.start for entry in entries)
        end = min(entry.end for entry in entries)
        if start >= end:
            raise ValueError(f"{name}: the members have no time in common")
        return self._keep(name, kind, resource, entries, start, end)

    def _keep(
        self,
        name: str,
        kind: str,
        resource: str,
        entries: tuple[Entry, ...],
        start: int,
        end: int,
    ) -> Planted:
        self._known[name] = entries
        members = tuple(sorted(entry.member for entry in entries))
        found = Planted(name, kind, resource, members, start, end, name in _PREVENTABLE)
        self.planted.append(found)
        return found

    def _miss(self, name: str, why: str, *entries: Entry) -> None:
        self._known[name] = entries
        self.near_misses.append(NearMiss(name, why, tuple(entry.member for entry in entries)))

    def _series(self) -> tuple[list[Entry], list[Entry]]:
        """Two weekly series that last until three weeks after the clocks change, or longer."""
        days = self._days
        weeks = max(12, (self._change.at - days.now) // (7 * DAY) + 4)
        evening = days.at(days.weekday_after(1, 2), 18)
        basics = days.at(days.weekday_after(1, 3), 18, 30)
        diary = self._diary
        return (
            diary.series("Evening Vinyasa", evening, 60, weeks, "dev", "hall"),
            diary.chain("Pilates basics", basics, 55, weeks, "carla"),
        )

    def _people_twice(self) -> None:
        diary, days = self._diary, self._days
        self._plant(
            "visit and session",
            "amy",
            diary.visit("amy", days.soon, 45),
            diary.session("amy", days.soon + 15 * 60, 60),
        )
        self._plant(
            "office hours over a visit",
            "amy",
            diary.slot("amy", days.at(1, 10), students=1),
            diary.visit("amy", days.at(1, 10, 15), 45),
        )
        self._plant(
            "open slot over a class",
            "amy",
            diary.slot("amy", days.at(2, 11)),
            diary.class_("Back care for beginners", days.at(2, 10, 30), 60, "amy", people=7),
        )
        self._plant(
            "two visits at once",
            "ben",
            diary.visit("ben", days.at(3, 9), 60),
            diary.visit("ben", days.at(3, 9, 30), 45),
        )
        self._plant(
            "front desk over a session",
            "ben",
            diary.meeting("ben", days.at(5, 14)),
            diary.session("ben", days.at(5, 13, 30), 60),
        )
        self._plant(
            "review within a workshop",
            "carla",
            diary.class_("Teacher training", days.at(9, 9), 180, "carla", people=9),
            diary.slot("carla", days.at(9, 10), students=1),
        )

    def _after_the_change(self, evenings: list[Entry]) -> None:
        """A visit in the week after the clocks changed: the series has moved on home's wall."""
        horizon = self._days.now + 84 * DAY
        later = [one for one in evenings if self._change.at < one.start < horizon]
        evening = later[0] if later else evenings[2]
        visit = self._diary.visit("dev", evening.start + 30 * 60, 45)
        self._plant("visit during the evening series", "dev", evening, visit)

    def _things_twice(self) -> None:
        diary, days = self._diary, self._days
        self._plant(
            "hall taken twice",
            "hall",
            diary.lesson(days.at(6, 15), 90, "hall", title="Rehearsal"),
            diary.workshop("hall", days.at(6, 16), 5),
            kind=_LOCATION,
        )
        self._plant(
            "three on two reformers",
            "reformers",
            diary.lesson(days.at(8, 11), 60, "reformers"),
            diary.lesson(days.at(8, 11, 15), 60, "reformers"),
            diary.session("reformers", days.at(8, 11, 30), 60),
        )
        first = diary.visit("amy", days.at(12, 9), 60)
        second = diary.lesson(days.at(12, 9, 30), 60, "amy")
        third = diary.meeting("amy", days.at(12, 10, 15))
        run = (first, second, third)
        # Not three at once, but one run: the second bridges the first and the third.
        bridged = diary.slot("lab", days.at(12, 9, 45), students=2)
        self._keep(
            "four in a row",
            _RESOURCE,
            "amy",
            (*run, bridged),
            second.start,
            second.end,
        )

    def _near_misses(self, basics: list[Entry]) -> None:
        diary, days = self._diary, self._days
        self._miss(
            "touching edges",
            "one ends where the other begins",
            diary.visit("ben", days.at(2, 9), 60),
            diary.session("ben", days.at(2, 10), 45),
        )
        self._miss(
            "another person",
            "the same hour, but different people",
            diary.visit("dev", days.at(4, 10)),
            diary.session("carla", days.at(4, 10)),
        )
        self._ended()
        self._crowded(basics)

    def _ended(self) -> None:
        """One of the two is no more."""
        diary, days = self._diary, self._days
        cancelled = diary.session("eva", days.at(3, 11), 60)
        diary.accounts.coaching.site.cancel(int(cancelled.member.native_id))
        self._miss(
            "cancelled",
            "one of the two was cancelled",
            cancelled,
            diary.slot("eva", days.at(3, 11), students=1),
        )
        archived = diary.visit("dev", days.at(7, 9), 60)
        diary.accounts.clinic.site.archive("individual", archived.member.native_id)
        self._miss(
            "archived",
            "the visit was archived",
            archived,
            diary.lesson(days.at(7, 9), 60, "dev"),
        )

    def _crowded(self, basics: list[Entry]) -> None:
        """Many rows or many bookings, and still nothing that is taken twice."""
        diary, days = self._diary, self._days
        self._miss(
            "one class",
            "many rows, one class",
            diary.workshop("eva", days.at(5, 15), 6),
        )
        self._miss(
            "block beside a booking",
            "a block that ends where a visit begins",
            diary.meeting_at_clinic("dev", days.at(10, 8), 60),
            diary.visit("dev", days.at(10, 9)),
        )
        self._miss(
            "two on two reformers",
            "there are two of them",
            diary.lesson(days.at(10, 15), 60, "reformers"),
            diary.session("reformers", days.at(10, 15, 15), 45),
        )
        self._miss(
            "booking page",
            "a page has a duration but no time; the closed one has no appointments either",
            diary.meeting("harbour", days.at(4, 12), 45),
        )
        self._miss(
            "beside the series",
            "the visit begins where that week's lesson ends",
            basics[1],
            diary.lesson(basics[1].end, 30, "carla"),
        )

    def _around_the_change(self) -> None:
        """Two bookings that look alike or overlap on the studio's wall, while its clocks change."""
        at = self._change.at
        second = at if self._change.shift > 0 else at - self._change.shift - 1800
        self._miss(
            "night of the clock change",
            "on the wall they seem to overlap, in fact an hour passes or none",
            self._diary.lesson(at - 1800, 30, "carla", title="Night stream, part one"),
            self._diary.lesson(second, 30, "carla", title="Night stream, part two"),
        )

    def steps(self) -> list[Step]:
        """What happens after the first look, one change at a time."""
        return [
            Step("A client cancels the session", self._client_cancels, "visit and session"),
            Step("A new session is booked over a visit", self._session_arrives),
            Step("A student takes the open slot", self._slot_taken, "open slot over a class"),
            Step("A visit moves into the session after it", self._visit_moves),
            Step("One of two visits is archived", self._visit_archived, "two visits at once"),
            Step("A class fills up", self._class_fills),
        ]

    def _client_cancels(self) -> None:
        _, session = self._known["visit and session"]
        self._diary.accounts.coaching.site.cancel(int(session.member.native_id))

    def _session_arrives(self) -> Planted:
        visit, _ = self._known["block beside a booking"][::-1]
        lesson = self._diary.lesson(visit.start + 15 * 60, 45, "dev")
        return self._plant("lesson over a visit", "dev", visit, lesson)

    def _slot_taken(self) -> Planted:
        slot, lesson = self._known["open slot over a class"]
        campus = self._diary.accounts.campus
        campus.site.reserve(int(slot.member.native_id), campus.students[0])
        return self._plant("taken slot over a class", "amy", slot, lesson)

    def _visit_moves(self) -> Planted:
        visit, session = self._known["touching edges"]
        start, end = visit.start + 1800, visit.end + 1800
        self._diary.accounts.clinic.site.move("individual", visit.member.native_id, start, end)
        moved = Entry(visit.member, visit.resources, start, end)
        return self._plant("visit moved into a session", "ben", moved, session)

    def _visit_archived(self) -> None:
        _, second = self._known["two visits at once"]
        self._diary.accounts.clinic.site.archive("individual", second.member.native_id)

    def _class_fills(self) -> None:
        studio = self._diary.accounts.studio.site
        _, lesson = self._known["open slot over a class"]
        studio.join(lesson.member.native_id, "Gitta Lund", "Omar Said", "Pia Vogt")
