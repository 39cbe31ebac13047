"""A run whose process ended before it: the next one closes it, and says what became of it."""

from __future__ import annotations

import pytest

from tests.builders import NOW, StillClock
from tests.writing.desks import Desk, Rig
from worker.vendors.base import Stopped

PAIR = ("clinic", "studio")


class Ending(StillClock):
    """Asks the process to end once so many writes were begun."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.writes = 99

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.writes == 0:
            raise Stopped
        self.writes -= 1


def stopped(directory, after):
    """Three writes are planned, and the process ends after so many."""
    rig = Rig(directory, clock=Ending(), desks={name: Desk(account=name) for name in PAIR})
    for number in range(3):
        rig.book("clinic", str(number), 24 + 2 * number)
    rig.clock.time += 120
    rig.poll()
    rig.clock.writes = after
    with pytest.raises(Stopped):
        rig.writing.cycle("apply")
    rig.clock.writes = 99
    return rig


@pytest.mark.parametrize("after", [0, 2])
def test_a_run_that_was_stopped_is_closed_at_the_last_that_it_did(tmp_path, after):
    rig = stopped(tmp_path, after)
    (run,) = rig.store.outbox.runs()
    assert run.finished_at is None
    last = max((entry.done_at for entry in run.entries), default=run.started_at)
    rig.start()
    rig.cycle("plan", later=3600)
    (run,) = rig.store.outbox.runs()
    assert run.finished_at == last < rig.clock.time - 3000
    assert [entry.outcome for entry in run.entries] == ["confirmed"] * after


def test_what_was_not_begun_is_written_by_another_run(tmp_path):
    rig = stopped(tmp_path, 2)
    rig.start()
    rig.cycle()
    newest, first = rig.store.outbox.runs()
    assert [len(newest.entries), len(first.entries)] == [1, 2]
    assert None not in (newest.finished_at, first.finished_at)
    assert rig.holds()["studio"] == [(24, 25), (26, 27), (28, 29)]


def test_a_run_that_goes_on_is_not_closed_by_somebody_who_looks(tmp_path):
    rig = stopped(tmp_path, 1)
    rig.writing.look()
    assert rig.store.outbox.runs()[0].finished_at is None
