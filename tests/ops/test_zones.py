"""The sandbox does not depend on zones that change their clocks for ever."""

from __future__ import annotations

from worker.sandbox.world.calendar import _next_change


def test_a_zone_that_has_stopped_changing_its_clocks_is_passed_over() -> None:
    assert _next_change("Asia/Tokyo", 1_795_000_000) is None
    change = _next_change("Europe/Berlin", 1_795_000_000)
    assert change is not None
    assert change.shift == 3600
