"""The order of a report: by question, day and subject, the worst first at each level."""

from __future__ import annotations

from datetime import date

from tests.builders import NOW, event
from worker.domain.conflict.double import doubles
from worker.domain.conflict.finding import FindingState, Group
from worker.domain.conflict.register import Known, Life
from worker.domain.conflict.report import SourceState, reported
from worker.domain.conflict.severity import Weights
from worker.domain.conflict.stale import stale_sources
from worker.domain.event import Status
from worker.domain.span import DAY, HOUR
from worker.domain.subject import Resource
from worker.publish.grouping import sections

SOURCE = SourceState("clinic", NOW, complete=True, stale=False)


def judged(finding, state=FindingState.OPEN):
    return reported(Known(finding, Life(state, NOW, NOW)), [SOURCE], (), NOW, Weights())


def clash(resource, start, status=Status.BOOKED, title="a", number=0):
    names = (f"{number}x", f"{number}y")
    pair = [event(name, start, title=title, status=status) for name in names]
    return judged(next(doubles(Resource(resource, resource), pair)))


def shape(found, zone="Europe/Berlin"):
    return [
        (section.group, day.day, of.subject.id, [row.first.finding.id for row in of.rows])
        for section in sections(found, lambda _finding: zone)
        for day in section.days
        for of in day.subjects
    ]


def test_days_and_subjects_come_in_the_order_of_their_worst_finding():
    soon = clash("amy", NOW + HOUR)
    mild = clash("bo", NOW + HOUR, Status.OFFERED, number=1)
    later = clash("amy", NOW + 3 * DAY, number=2)
    assert shape([mild, later, soon]) == [
        (Group.SCHEDULE, date(2026, 3, 2), "amy", [soon.finding.id]),
        (Group.SCHEDULE, date(2026, 3, 2), "bo", [mild.finding.id]),
        (Group.SCHEDULE, date(2026, 3, 5), "amy", [later.finding.id]),
    ]


def test_the_three_questions_are_never_mixed():
    (stale,) = stale_sources([SourceState("clinic", None, complete=False, stale=True)], NOW)
    one = clash("amy", NOW + HOUR)
    assert [(group, day) for group, day, *_ in shape([judged(stale), one])] == [
        (Group.SCHEDULE, date(2026, 3, 2)),
        (Group.SYSTEM, None),
    ]


def test_a_day_is_one_on_the_walls_of_the_subject():
    late = clash("amy", NOW + 15 * HOUR + 1800)  # 23:30 UTC
    assert shape([late], "Europe/Berlin")[0][1] == date(2026, 3, 3)
    assert shape([late], "America/New_York")[0][1] == date(2026, 3, 2)


def rows(found, zone="Europe/Berlin"):
    return [
        row
        for section in sections(found, lambda _finding: zone)
        for day in section.days
        for of in day.subjects
        for row in of.rows
    ]


def test_weekly_repetitions_are_one_row_on_the_wall_also_over_a_clock_change():
    weeks = [clash("amy", NOW + week * 7 * DAY, number=week) for week in range(3)]
    summer = clash("amy", NOW + 28 * DAY - HOUR, number=4)  # 30 March: the same hour by the clock
    (row,) = rows([*weeks, summer])
    assert [one.finding.span.start for one in (row.first, *row.repeats)] == [
        *(NOW + week * 7 * DAY for week in range(3)),
        NOW + 28 * DAY - HOUR,
    ]


def test_what_only_looks_similar_is_a_row_of_its_own():
    first = clash("amy", NOW)
    others = [
        clash("amy", NOW + 7 * DAY, title="b", number=1),
        clash("amy", NOW + 7 * DAY + HOUR, number=2),
        clash("amy", NOW + DAY, number=3),
        clash("bo", NOW + 7 * DAY, number=4),
        clash("amy", NOW + 7 * DAY, Status.OFFERED, number=5),
    ]
    assert len(rows([first, *others])) == 6
