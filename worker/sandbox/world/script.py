"""What happens after the first look, one change at a time."""

from __future__ import annotations

from worker.sandbox.world.diary import Entry
from worker.sandbox.world.model import Planted, Step
from worker.sandbox.world.plot import LOCATION, RESOURCE, Plot

_SHRUNK = "class made smaller afterwards"


class Script:
    """Changes that findings resolve by, appear, move, get worse, and come back."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._diary = plot.diary
        self._keep_free()

    def steps(self) -> list[Step]:
        """In this order: some rest on those before."""
        return [
            Step("A client cancels the session", self._client_cancels, "visit and session"),
            Step("A new session is booked over a visit", self._session_arrives),
            Step("A student takes the open slot", self._slot_taken, "open slot over a class"),
            Step("A visit moves into the session after it", self._visit_moves),
            Step("One of two visits is archived", self._visit_archived, "two visits at once"),
            Step("A class fills up", self._class_fills),
            Step("A rehearsal moves by half an hour", self._rehearsal_moves, "hall taken twice"),
            Step("A session makes way", self._session_makes_way, "front desk over a session"),
            Step("A third one joins two", self._third_joins, "review within a workshop"),
            Step("The session comes back", self._session_comes_back),
            Step("A held reservation is let go", self._hold_let_go, "three on two reformers"),
            Step("An attendee gives up a place", self._place_given_up, _SHRUNK),
        ]

    def _keep_free(self) -> None:
        """Nothing else may be where something will move to."""
        days, bookings = self._plot.days, self._diary.bookings
        bookings.take(("hall",), days.at(6, 15), days.at(6, 17))
        bookings.take(("ben",), days.at(5, 16), days.at(5, 17))
        bookings.take(("dev",), days.at(10, 9), days.at(10, 10))

    def _client_cancels(self) -> None:
        _, session = self._plot.entries("visit and session")
        self._diary.accounts.coaching.site.cancel(int(session.member.native_id))

    def _session_arrives(self) -> Planted:
        _, visit = self._plot.entries("block beside a booking")
        lesson = self._diary.lesson(visit.start + 15 * 60, 45, "dev")
        return self._plot.twice("lesson over a visit", "dev", visit, lesson)

    def _slot_taken(self) -> Planted:
        slot, lesson = self._plot.entries("open slot over a class")
        campus = self._diary.accounts.campus
        campus.site.reserve(int(slot.member.native_id), campus.students[0])
        return self._plot.twice("taken slot over a class", "amy", slot, lesson)

    def _visit_moves(self) -> Planted:
        visit, session = self._plot.entries("touching edges")
        moved = _moved(visit, 1800)
        self._diary.accounts.clinic.site.move(
            "individual", visit.member.native_id, moved.start, moved.end
        )
        return self._plot.twice("visit moved into a session", "ben", moved, session)

    def _visit_archived(self) -> None:
        _, second = self._plot.entries("two visits at once")
        self._diary.accounts.clinic.site.archive("individual", second.member.native_id)

    def _class_fills(self) -> None:
        _, lesson = self._plot.entries("taken slot over a class")
        studio = self._diary.accounts.studio.site
        studio.join(lesson.member.native_id, "Gitta Lund", "Omar Said", "Pia Vogt")

    def _rehearsal_moves(self) -> Planted:
        """It clashes as before, only longer: the finding keeps its name and its age."""
        rehearsal, workshop = self._plot.entries("hall taken twice")
        moved = _moved(rehearsal, 1800)
        self._diary.accounts.studio.site.move(rehearsal.member.native_id, moved.start)
        return self._plot.twice("hall taken twice", "hall", moved, workshop, kind=LOCATION)

    def _session_makes_way(self) -> None:
        _, session = self._plot.entries("front desk over a session")
        away = self._plot.days.at(5, 16)
        self._diary.accounts.coaching.site.move(int(session.member.native_id), away)

    def _third_joins(self) -> Planted:
        """The same run has another member: it is another finding, which names the first."""
        training, review = self._plot.entries("review within a workshop")
        lesson = self._diary.lesson(review.start + 15 * 60, 30, "carla")
        subject = ("resource", "carla")
        members = (training, review, lesson)
        return self._plot.keep(
            "three within a workshop", RESOURCE, subject, members, review.start, lesson.end
        )

    def _session_comes_back(self) -> Planted:
        meeting, session = self._plot.entries("front desk over a session")
        self._diary.accounts.coaching.site.move(int(session.member.native_id), session.start)
        return self._plot.twice("front desk over a session", "ben", meeting, session)

    def _hold_let_go(self) -> None:
        """TIMIFY forgets it without a trace: only complete listings can tell that it is gone."""
        _, hold, _ = self._plot.entries("three on two reformers")
        self._diary.accounts.studio.site.remove(hold.member.native_id)

    def _place_given_up(self) -> None:
        (shrunk,) = self._plot.entries(_SHRUNK)
        self._diary.accounts.studio.site.leave(shrunk.member.native_id)


def _moved(entry: Entry, seconds: int) -> Entry:
    return Entry(entry.member, entry.resources, entry.start + seconds, entry.end + seconds)
