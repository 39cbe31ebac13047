"""A process that writes is killed with SIGKILL, over real HTTP: the next one finishes its work."""

from __future__ import annotations

import pytest

from tests.simulation.kills import Killing


@pytest.mark.parametrize("seed", [1, *(pytest.param(n, marks=pytest.mark.slow) for n in (2, 3, 4))])
def test_killed_while_it_writes_and_started_again_it_writes_each_hold_once(tmp_path, seed):
    killing = Killing(tmp_path, seed)
    assert killing.group() == []
    assert killing.writes > 0
