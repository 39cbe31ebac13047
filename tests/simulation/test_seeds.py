"""Whatever a seed lets go wrong, what is promised holds; and the same seed tells the same story."""

from __future__ import annotations

import pytest

from tests.simulation.batch import known_seeds, unswept
from tests.simulation.run import run

FIRST = 5000
IN_A_GROUP = 4
GROUPS = 5
MANY = 60


@pytest.mark.parametrize(
    "group",
    [*range(GROUPS), *(pytest.param(n, marks=pytest.mark.slow) for n in range(GROUPS, MANY))],
)
def test_whatever_goes_wrong_nothing_is_made_twice_lost_or_told(disk, group):
    first = FIRST + group * IN_A_GROUP
    with unswept():
        outcomes = [run(disk, seed) for seed in range(first, first + IN_A_GROUP)]
    assert {one.seed: one.wrong for one in outcomes if one.wrong} == {}
    assert sum(one.writes for one in outcomes) > 0


@pytest.mark.parametrize("seed", known_seeds())
def test_a_seed_that_once_found_a_fault_finds_it_no_more(disk, seed):
    assert run(disk, seed).wrong == ()


@pytest.mark.parametrize("seed", [7, *(pytest.param(n, marks=pytest.mark.slow) for n in range(40))])
def test_the_same_seed_is_the_same_history(disk, seed):
    first, second = run(disk, seed), run(disk, seed)
    assert first.history == second.history
    assert first.boundaries == second.boundaries > 0
