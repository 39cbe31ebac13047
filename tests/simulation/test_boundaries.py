"""The process dies at any instant of a write, or of the recovery from that: it is as if it had not.

In the everyday run each scenario is cut off at a few boundaries; all of them, and pairs, are slow.
"""

from __future__ import annotations

import pytest

from tests.simulation.boundaries import Bench
from tests.simulation.scenarios import scenarios

EVERYDAY = ("move", "create lost", "settle", "undo")
APART = 37  # a prime: in the course of the scenarios every sort of boundary has its turn
PAIRED = ("create", "move", "release", "create lost")


def _everyday(name: str) -> bool:
    what, _, target = name.rpartition(" ")
    return what in EVERYDAY or target == "campus"


@pytest.mark.parametrize("name", [name for name in scenarios() if _everyday(name)])
def test_a_write_that_was_cut_off_is_finished_once(disk, name):
    number = list(scenarios()).index(name)
    bench = Bench(scenarios()[name], disk)
    peaceful = bench.trial(())
    assert peaceful.wrong == ()
    for boundary in range(1 + number % APART, peaceful.boundaries + 1, APART):
        trial = bench.trial((boundary,))
        assert trial.wrong == (), boundary
        assert trial.died == 1


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", list(scenarios()))
def test_a_write_that_was_cut_off_anywhere_is_finished_once(disk, name):
    bench = Bench(scenarios()[name], disk)
    peaceful = bench.trial(())
    assert peaceful.wrong == ()
    wrong = {
        boundary: trial.wrong
        for boundary in range(1, peaceful.boundaries + 1)
        if (trial := bench.trial((boundary,))).wrong
    }
    assert wrong == {}


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    "name", [name for name in scenarios() if name.rpartition(" ")[0] in PAIRED]
)
def test_a_recovery_that_was_cut_off_is_finished_by_the_next_one(disk, name):
    bench = Bench(scenarios()[name], disk)
    count = bench.boundaries()
    pairs = [(a, a + b) for a in range(3, count, 7) for b in range(2, count, 7)]
    assert {pair: trial.wrong for pair in pairs if (trial := bench.trial(pair)).wrong} == {}
