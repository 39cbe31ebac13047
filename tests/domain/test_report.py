"""What may be said of everything together: a conflict, nothing, or that nobody can tell."""

from __future__ import annotations

import itertools

import pytest

from tests.builders import NOW, event
from worker.domain.conflict.double import member
from worker.domain.conflict.finding import GROUP_OF, Finding, FindingKind, Group, Subject
from worker.domain.conflict.finding import FindingState as State
from worker.domain.conflict.register import Known, Life
from worker.domain.conflict.report import SourceState, Verdict, reported, verdict, worst_first
from worker.domain.conflict.severity import Weights
from worker.domain.span import DAY, HOUR, Span

FINE = SourceState("clinic", NOW, complete=True, stale=False)
STALE = SourceState("campus", NOW - DAY, complete=True, stale=True)
GAPS = SourceState("campus", NOW, complete=False, stale=False)
NEVER = SourceState("campus", None, complete=False, stale=True)


def clash(kind=FindingKind.RESOURCE_DOUBLE, start=NOW + HOUR, name="b"):
    members = member(event("a", start)), member(event(name, start, account="campus"))
    return Finding(kind, Subject("resource", "amy"), Span(start, start + HOUR), members, peak=2)


def judged(finding, *sources, state=State.OPEN, quarantined=()):
    life = Life(state, NOW, NOW)
    return reported(Known(finding, life), sources, quarantined, NOW, Weights())


def fresh(account):
    return SourceState(account, NOW, complete=True, stale=False)


@pytest.mark.parametrize(
    ("sources", "said"),
    [
        ([], Verdict.CLEAR),
        ([FINE], Verdict.CLEAR),
        ([FINE, fresh("campus")], Verdict.CLEAR),
        *(([FINE, doubtful], Verdict.UNKNOWN) for doubtful in (STALE, GAPS, NEVER)),
        *(([doubtful, FINE], Verdict.UNKNOWN) for doubtful in (STALE, GAPS, NEVER)),
    ],
)
def test_nothing_is_called_clear_where_a_source_is_stale_or_incomplete(sources, said):
    assert verdict([], sources) is said


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("sources", [[FINE], [FINE, STALE]])
def test_a_conflict_is_one_while_somebody_has_to_see_to_it(state, sources):
    pressing = state in (State.OPEN, State.REOPENED, State.ACKNOWLEDGED)
    otherwise = Verdict.UNKNOWN if STALE in sources else Verdict.CLEAR
    said = verdict([judged(clash(), *sources, state=state)], sources)
    assert said is (Verdict.CONFLICT if pressing else otherwise)


@pytest.mark.parametrize("kind", list(FindingKind))
def test_what_is_no_clash_of_a_schedule_is_no_conflict(kind):
    said = verdict([judged(clash(kind), FINE, fresh("campus"))], [FINE])
    assert (said is Verdict.CONFLICT) is (GROUP_OF[kind] is Group.SCHEDULE)


@pytest.mark.parametrize(
    ("sources", "doubt"),
    [
        ([FINE, fresh("campus")], ""),
        ([FINE, STALE], "campus is stale"),
        ([FINE, NEVER], "campus is stale"),
        ([FINE, GAPS], "the last listing of campus was incomplete"),
        ([FINE], "campus is no longer configured"),
    ],
)
def test_a_finding_says_why_it_cannot_be_vouched_for(sources, doubt):
    one = judged(clash(), *sources)
    assert (one.doubt, one.verdict) == (doubt, Verdict.UNKNOWN if doubt else Verdict.CONFLICT)


def test_a_member_that_makes_no_sense_any_more_is_a_doubt():
    sources = [FINE, fresh("campus")]
    elsewhere = {("clinic", "b"), ("campus", "a")}
    assert judged(clash(), *sources, quarantined=elsewhere).doubt == ""
    one = judged(clash(), *sources, quarantined={*elsewhere, ("campus", "b")})
    assert (one.doubt, one.verdict) == (
        "campus shows b in an unreadable form",
        Verdict.UNKNOWN,
    )


def test_the_worst_comes_first_then_the_earliest_whatever_the_order():
    low = judged(clash(FindingKind.LIMIT), FINE)
    later, sooner, twin = (
        judged(clash(start=start, name=name), FINE)
        for start, name in ((NOW + 7200, "b"), (NOW + HOUR, "b"), (NOW + HOUR, "c"))
    )
    first, second = sorted((sooner, twin), key=lambda one: one.finding.id)
    for some in itertools.permutations([low, later, sooner, twin]):
        assert worst_first(some) == [first, second, later, low]
