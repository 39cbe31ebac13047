"""What a person says of an account outlives the poll that is under way meanwhile."""

from __future__ import annotations

from tests.builders import NOW, WEEK
from worker.domain.health import Health, paused, succeeded
from worker.domain.listing import Coverage
from worker.store.polls import Ending
from worker.store.store import Store


def test_a_pause_during_a_poll_is_kept(tmp_path):
    store = Store(f"sqlite:///{tmp_path / 'calsync.db'}")
    store.accounts.register("clinic", "some", "")
    recording = store.polls.begin(
        "clinic", WEEK, NOW, resolve=lambda _account, _subjects: (), redact=lambda answer: answer
    )
    store.accounts.change_health("clinic", paused)
    ending = Ending(succeeded(Health(), NOW, 120), Coverage.FULL, complete=True)
    store.polls.finish(recording, ending, NOW)
    health = store.accounts.all()["clinic"].health
    assert health.paused
    assert health.complete_at == NOW
    store.close()
