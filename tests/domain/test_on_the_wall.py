"""Stretches of time in the words of the people whose they are."""

from __future__ import annotations

import pytest

from tests.builders import at
from worker.domain.instants import on_the_wall

HOUR = 3600


@pytest.mark.parametrize(
    ("start", "seconds", "zone", "words"),
    [
        ("2026-03-03T09:30", 2700, "Europe/Berlin", "Tue 3 Mar 2026, 10:30–11:15 CET"),
        ("2026-03-03T09:30", 2700, "UTC", "Tue 3 Mar 2026, 09:30–10:15 UTC"),
        (
            "2026-03-03T22:30",
            HOUR,
            "Europe/Berlin",
            "Tue 3 Mar 2026, 23:30–Wed 4 Mar 2026, 00:30 CET",
        ),
        # The hour that there is twice, and the one that there is not.
        ("2026-10-25T00:30", HOUR, "Europe/Berlin", "Sun 25 Oct 2026, 02:30 CEST–02:30 CET"),
        ("2026-03-29T00:30", HOUR, "Europe/Berlin", "Sun 29 Mar 2026, 01:30 CET–03:30 CEST"),
        ("2026-03-03T09:30", HOUR, "America/Sao_Paulo", "Tue 3 Mar 2026, 06:30–07:30 UTC-03"),
    ],
    ids=["winter", "utc", "midnight", "fold", "gap", "a zone without a name"],
)
def test_a_stretch_is_told_by_the_clocks_of_its_zone(start, seconds, zone, words):
    assert on_the_wall(at(start), at(start) + seconds, zone) == words
