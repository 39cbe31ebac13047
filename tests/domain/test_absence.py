"""When absence is believed: properties of the judgement that nothing vanishes without."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, WEEK, event
from worker.domain.absence import AbsenceRules, Absent, counts, judge
from worker.domain.listing import Coverage, Listing

RULES = st.builds(
    AbsenceRules,
    absence_polls=st.integers(1, 5),
    absence_for=st.integers(0, 3600),
    vanish_share=st.floats(0, 1),
    vanish_at_least=st.integers(0, 10),
)
ABSENCES = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 7200)), max_size=30).map(
    lambda rows: [
        Absent(one.key, one.span, polls, NOW - ago)
        for number, (polls, ago) in enumerate(rows)
        for one in [event(str(number))]
    ]
)


@given(ABSENCES, st.integers(0, 100), st.integers(0, 100), RULES)
def test_nothing_is_asked_about_that_is_not_ripe(absent, others, rows, rules):
    found = judge(absent, live=len(absent) + others, rows=rows, now=NOW, rules=rules)
    for one in found.ask:
        assert one in absent
        assert one.polls >= rules.absence_polls
        assert NOW - one.since >= rules.absence_for


@given(ABSENCES, st.integers(0, 100), st.integers(0, 100), RULES)
def test_a_brake_stops_every_question_and_says_why(absent, others, rows, rules):
    found = judge(absent, live=len(absent) + others, rows=rows, now=NOW, rules=rules)
    assert bool(found.brake) is bool(found.reason)
    if found.brake:
        assert found.ask == ()


@given(ABSENCES.filter(bool), st.integers(0, 100), RULES)
def test_an_empty_listing_always_brakes(absent, others, rules):
    found = judge(absent, live=len(absent) + others, rows=0, now=NOW, rules=rules)
    assert found.brake == "B2"


@given(ABSENCES, st.integers(0, 100), RULES)
def test_a_mass_brakes_and_less_does_not(absent, others, rules):
    live = len(absent) + others
    found = judge(absent, live=live, rows=1, now=NOW, rules=rules)
    line = max(rules.vanish_at_least, int(rules.vanish_share * live))
    assert (found.brake == "B3") is (len(absent) > line)


@given(ABSENCES, st.integers(0, 100), RULES)
def test_what_is_ripe_stays_ripe(absent, others, rules):
    live = len(absent) + others
    before = judge(absent, live=live, rows=1, now=NOW, rules=rules)
    after = judge(absent, live=live, rows=1, now=NOW + 60, rules=rules)
    assert set(before.ask) <= set(after.ask)


def test_only_a_complete_listing_of_everything_counts():
    whole = Listing("clinic", WEEK, Coverage.FULL)
    assert counts(whole)
    assert not counts(Listing("clinic", WEEK, Coverage.CHANGES))
    assert not counts(Listing("clinic", WEEK, Coverage.FULL, gaps=("a page is missing",)))
