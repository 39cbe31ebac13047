"""How bad a finding is: terms that add up to what is shown, with every edge where it is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import NOW, event
from worker.domain.conflict.double import member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.conflict.severity import FLOORS, Band, Weights, severity
from worker.domain.event import Trait
from worker.domain.span import DAY, HOUR, Span

WEIGHTS = Weights()


def clash(start=NOW + 30 * DAY, seconds=HOUR, kind=FindingKind.RESOURCE_DOUBLE, **fields):
    fields = {"flags": ("happened",), "members": (member(event("a")), member(event("b")))} | fields
    return Finding(kind, Subject("resource", "amy"), Span(start, start + seconds), **fields)


def score(finding, weights=WEIGHTS):
    return severity(finding, NOW, weights).score


@pytest.mark.parametrize(
    ("ahead", "points"),
    [
        (-HOUR, 0),  # over as of now
        (-HOUR + 1, 25),
        (0, 25),
        (2 * HOUR, 25),
        (2 * HOUR + 1, 15),
        (DAY, 15),
        (DAY + 1, 5),
        (7 * DAY, 5),
        (7 * DAY + 1, 0),
    ],
)
def test_the_sooner_the_worse_up_to_and_including_each_line(ahead, points):
    assert score(clash(NOW + ahead)) == WEIGHTS.base_double_booked + points


def test_what_has_no_time_of_its_own_is_never_soon():
    standing = clash(NOW, flags=("standing",), kind=FindingKind.STALE_SOURCE, members=())
    assert score(standing) == WEIGHTS.base_stale_source


@pytest.mark.parametrize(
    ("flags", "points"), [(("happened",), 60), (("preventable",), 35), (("offered_only",), 10)]
)
@pytest.mark.parametrize(
    "kind",
    [FindingKind.RESOURCE_DOUBLE, FindingKind.LOCATION_DOUBLE, FindingKind.PERSON_DOUBLE],
)
def test_open_offers_weigh_less_than_what_can_be_prevented_and_that_less_than_harm(
    kind, flags, points
):
    assert score(clash(kind=kind, flags=flags)) == points


@pytest.mark.parametrize(("attendees", "points"), [(0, 0), (1, 2), (5, 10), (6, 10), (900, 10)])
def test_people_weigh_up_to_a_line(attendees, points):
    members = (member(event("a", attendees=attendees)),)
    assert score(clash(members=members)) == WEIGHTS.base_double_booked + points


def test_other_systems_weigh_more_and_doubtful_members_less():
    assert score(clash(flags=("cross_vendor", "happened"))) == 70
    unsure = (member(event("a")), member(event("b", traits=(Trait.TENTATIVE,))))
    assert score(clash(members=unsure)) == 45


@given(st.integers(-200, 200), st.integers(-200, 200), st.integers(0, 500))
def test_a_score_is_the_sum_of_its_terms_within_0_to_100(base, soon, attendees):
    weights = Weights(base_double_booked=base, starts_within_2h=soon)
    members = (member(event("a", attendees=attendees)),)
    found = severity(clash(NOW, members=members), NOW, weights)
    assert found.score == max(0, min(100, sum(points for _, points in found.terms)))
    assert all(points for _, points in found.terms)


@pytest.mark.parametrize("kind", list(FindingKind))
def test_every_kind_has_a_weight_and_a_word(kind):
    (words, points), *_ = severity(clash(kind=kind), NOW, WEIGHTS).terms
    assert words
    assert points > 0


@pytest.mark.parametrize(("band", "floor"), FLOORS.items())
def test_a_band_begins_at_its_floor(band, floor):
    assert severity(clash(), NOW, Weights(base_double_booked=floor)).band is band
    below = severity(clash(), NOW, Weights(base_double_booked=floor - 1)).band
    assert below is not band or band is Band.INFO
