"""The part of the story about people, rooms and devices that are in two places at once."""

from __future__ import annotations

from worker.sandbox.world.calendar import DAY
from worker.sandbox.world.diary import Entry
from worker.sandbox.world.plot import LOCATION, RESOURCE, Plot


def write(plot: Plot) -> None:
    """The two series first: the story has to know when they meet."""
    evenings, basics = _series(plot)
    _people_twice(plot)
    _after_the_change(plot, evenings)
    _things_twice(plot)
    _four_in_a_row(plot)
    _side_by_side(plot, basics)
    _ended(plot)
    _crowded(plot)
    _rooms_within_rooms(plot)
    _around_the_change(plot)


def _series(plot: Plot) -> tuple[list[Entry], list[Entry]]:
    """Two weekly series that last until three weeks after the clocks change, or longer."""
    days, diary = plot.days, plot.diary
    weeks = max(12, (plot.change.at - days.now) // (7 * DAY) + 4)
    evening = days.at(days.weekday_after(1, 2), 18)
    basics = days.at(days.weekday_after(1, 3), 18, 30)
    return (
        diary.series("Evening Vinyasa", evening, 60, weeks, "dev", "hall"),
        diary.chain("Pilates basics", basics, 55, weeks, "carla"),
    )


def _people_twice(plot: Plot) -> None:
    diary, days = plot.diary, plot.days
    plot.twice(
        "visit and session",
        "amy",
        diary.visit("amy", days.soon, 45),
        diary.session("amy", days.soon + 15 * 60, 60),
    )
    plot.twice(
        "office hours over a visit",
        "amy",
        diary.slot("amy", days.at(1, 10), students=1),
        diary.visit("amy", days.at(1, 10, 15), 45),
    )
    plot.twice(
        "open slot over a class",
        "amy",
        diary.slot("amy", days.at(2, 11)),
        diary.class_("Back care for beginners", days.at(2, 10, 30), 60, "amy", people=7),
        preventable=True,
    )
    plot.twice(
        "two visits at once",
        "ben",
        diary.visit("ben", days.at(3, 9), 60),
        diary.visit("ben", days.at(3, 9, 30), 45),
    )
    plot.twice(
        "front desk over a session",
        "ben",
        diary.meeting("ben", days.at(5, 14)),
        diary.session("ben", days.at(5, 13, 30), 60),
    )
    plot.twice(
        "review within a workshop",
        "carla",
        diary.class_("Teacher training", days.at(9, 9), 180, "carla", people=9),
        diary.slot("carla", days.at(9, 10), students=1),
    )


def _after_the_change(plot: Plot, evenings: list[Entry]) -> None:
    """A visit in the week after the clocks changed: the series has moved on home's wall."""
    horizon = plot.days.now + 84 * DAY
    later = [one for one in evenings if plot.change.at < one.start < horizon]
    evening = later[0] if later else evenings[2]
    visit = plot.diary.visit("dev", evening.start + 30 * 60, 45)
    plot.twice("visit during the evening series", "dev", evening, visit)


def _things_twice(plot: Plot) -> None:
    diary, days = plot.diary, plot.days
    plot.twice(
        "hall taken twice",
        "hall",
        diary.lesson(days.at(6, 15), 90, "hall", title="Rehearsal"),
        diary.workshop("hall", days.at(6, 16), 5),
        kind=LOCATION,
    )
    plot.twice(
        "three on two reformers",
        "reformers",
        diary.lesson(days.at(8, 11), 60, "reformers"),
        diary.hold_at_studio(days.at(8, 11, 15), 60, "reformers"),
        diary.session("reformers", days.at(8, 11, 30), 60),
    )


def _four_in_a_row(plot: Plot) -> None:
    """Not all at once, but one run: the second bridges the first and the last."""
    diary, days = plot.diary, plot.days
    first = diary.visit("amy", days.at(12, 9), 60)
    second = diary.lesson(days.at(12, 9, 30), 60, "amy")
    third = diary.slot("lab", days.at(12, 9, 45), students=2)
    last = diary.meeting("amy", days.at(12, 10, 15))
    subject = ("resource", "amy")
    members = (first, second, third, last)
    plot.keep("four in a row", RESOURCE, subject, members, second.start, second.end)


def _side_by_side(plot: Plot, basics: list[Entry]) -> None:
    """One ends where the other begins, or they are of different people."""
    diary, days = plot.diary, plot.days
    plot.miss(
        "touching edges",
        "one ends where the other begins",
        diary.visit("ben", days.at(2, 9), 60),
        diary.session("ben", days.at(2, 10), 45),
    )
    plot.miss(
        "another person",
        "the same hour, but different people",
        diary.visit("dev", days.at(4, 10)),
        diary.session("carla", days.at(4, 10)),
    )
    plot.miss(
        "beside the series",
        "the visit begins where that week's lesson ends",
        basics[1],
        diary.lesson(basics[1].end, 30, "carla"),
    )
    closed = diary.closed_at_studio(days.at(15, 12), "reformers")
    plot.miss(
        "closed all day",
        "the lesson ends at the midnight with which the closed day begins, on the studio's wall",
        diary.lesson(closed.start - 3600, 60, "reformers"),
        closed,
    )


def _ended(plot: Plot) -> None:
    """One of the two is no more."""
    diary, days = plot.diary, plot.days
    cancelled = diary.session("eva", days.at(3, 11), 60)
    diary.accounts.coaching.site.cancel(int(cancelled.member.native_id))
    plot.miss(
        "cancelled",
        "one of the two was cancelled",
        cancelled,
        diary.slot("eva", days.at(3, 11), students=1),
    )
    archived = diary.visit("dev", days.at(7, 9), 60)
    diary.accounts.clinic.site.archive("individual", archived.member.native_id)
    plot.miss(
        "archived",
        "the visit was archived",
        archived,
        diary.lesson(days.at(7, 9), 60, "dev"),
    )


def _crowded(plot: Plot) -> None:
    """Many rows or many bookings, and still nothing that is taken twice."""
    diary, days = plot.diary, plot.days
    plot.miss(
        "one class",
        "many rows, one class",
        diary.workshop("eva", days.at(5, 15), 6),
    )
    plot.miss(
        "two on two reformers",
        "there are two of them",
        diary.lesson(days.at(10, 15), 60, "reformers"),
        diary.session("reformers", days.at(10, 15, 15), 45),
    )
    plot.miss(
        "booking page",
        "a page has a duration but no time; the closed one has no appointments either",
        diary.meeting("harbour", days.at(4, 12), 45),
    )


def _rooms_within_rooms(plot: Plot) -> None:
    diary, days = plot.diary, plot.days
    workshop = diary.workshop("hall", days.at(7, 11), 6)
    party = diary.lesson(days.at(7, 11, 30), 120, "floor", title="Company party")
    diary.bookings.take(("hall", "loft"), party.start, party.end)
    plot.twice("the floor over its hall", "hall", workshop, party, kind=LOCATION)
    plot.miss(
        "two rooms of a floor",
        "neither of them lies in the other",
        diary.lesson(days.at(11, 10), 60, "hall"),
        diary.lesson(days.at(11, 10), 60, "loft"),
    )


def _around_the_change(plot: Plot) -> None:
    """Two bookings that look alike or overlap on the studio's wall, while its clocks change."""
    at, shift = plot.change.at, plot.change.shift
    second = at if shift > 0 else at - shift - 1800
    plot.miss(
        "night of the clock change",
        "on the wall they seem to overlap, in fact an hour passes or none",
        plot.diary.lesson(at - 1800, 30, "carla", title="Night stream, part one"),
        plot.diary.lesson(second, 30, "carla", title="Night stream, part two"),
    )
