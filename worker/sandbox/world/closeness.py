"""The part of the story about time that is too short, or not there for anybody."""

from __future__ import annotations

from worker.sandbox.world.cast import SUPERVISION
from worker.sandbox.world.plot import Plot


def write(plot: Plot) -> None:
    """Too soon after one another, too far apart, over a block, outside the hours."""
    _breaks(plot)
    _ways(plot)
    _blocks(plot)
    _hours(plot)


def _breaks(plot: Plot) -> None:
    """Supervision wants 15 minutes after it, and Eva 10 between any two."""
    diary, days = plot.diary, plot.days
    plot.between(
        "no break after supervision",
        "BUFFER",
        "amy",
        diary.session("amy", days.at(1, 14), title=SUPERVISION),
        diary.visit("amy", days.at(1, 14, 50)),
    )
    plot.between(
        "no break between two systems",
        "BUFFER",
        "eva",
        diary.session("eva", days.at(4, 9)),
        diary.slot("eva", days.at(4, 9, 50), students=1),
    )
    plot.miss(
        "a break that just suffices",
        "ten minutes are what is wanted",
        diary.session("eva", days.at(7, 9), 50),
        diary.slot("eva", days.at(7, 10), students=1),
    )
    plot.miss(
        "follow-up over in time",
        "the visit begins when the 15 minutes after the lesson are over",
        diary.lesson(days.at(5, 9), 50, "amy", after=15),
        diary.visit("amy", days.at(5, 10, 5)),
    )


def _ways(plot: Plot) -> None:
    """From the hall to the harbour it is half an hour."""
    diary, days = plot.diary, plot.days
    plot.between(
        "no time to get to the harbour",
        "TRAVEL",
        "dev",
        diary.lesson(days.at(5, 13), 60, "dev", "hall"),
        diary.visit("dev", days.at(5, 14, 15), place="harbour"),
    )
    plot.miss(
        "just time to get to the harbour",
        "half an hour is how long the way is",
        diary.lesson(days.at(9, 14), 60, "dev", "hall"),
        diary.visit("dev", days.at(9, 15, 30), place="harbour"),
    )


def _blocks(plot: Plot) -> None:
    diary, days = plot.diary, plot.days
    meeting = diary.meeting_at_clinic("ben", days.at(1, 14))
    session = diary.session("ben", days.at(1, 14, 30))
    plot.keep(
        "session over a team meeting",
        "OUTSIDE_AVAILABILITY",
        ("resource", "ben"),
        (session, meeting),
        session.start,
        meeting.end,
    )
    plot.miss(
        "block beside a booking",
        "a block that ends where a visit begins",
        diary.meeting_at_clinic("dev", days.at(10, 8), 60),
        diary.visit("dev", days.at(10, 9)),
    )


def _hours(plot: Plot) -> None:
    """Ben works until seven."""
    diary, days = plot.diary, plot.days
    late = diary.meeting("ben", days.at(6, 18, 45))
    plot.keep(
        "meeting after hours",
        "OUTSIDE_AVAILABILITY",
        ("resource", "ben"),
        (late,),
        days.at(6, 19),
        late.end,
    )
    plot.miss(
        "last meeting of the day",
        "it ends with the working hours",
        diary.meeting("ben", days.at(8, 18, 30)),
    )
