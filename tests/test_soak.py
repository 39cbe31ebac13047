"""The arithmetic of a soak, and that each bound of the steady state can be broken."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from scripts.soak_figures import (
    Ending,
    Sample,
    Soak,
    broken,
    drift,
    percentile,
    settled,
    slope,
    told,
)

REST = Sample(
    at=0.0,
    rss=120.0,
    handles=28,
    threads=12,
    wal=4.0,
    store=2.0,
    lag=0.0,
    errors=0,
    faults=0,
    polls=900,
    writes=300,
    active=0,
)


def samples(minutes=62, per_hour=0.0, noise=0.0):
    chance = Random(3)
    return [
        replace(REST, at=at, rss=120 + per_hour * at / 3600 + chance.gauss(0, noise))
        for at in map(float, range(0, minutes * 60, 10))
    ]


def soaked(found=None, **other):
    told = {"feeds": Counter({"200": 9, "304": 90}), "pages": Counter({"200": 99})}
    whole = {"lags": [0.0] * 100, "applied": 300, "ending": Ending(0, 1.5), **told, **other}
    return Soak(samples=samples(noise=0.3) if found is None else found, **whole)


def changed(**last_quarter):
    found = samples()
    later = len(settled(found)) // 4
    return found[:-later] + [replace(one, **last_quarter) for one in found[-later:]]


def test_a_straight_line_has_its_own_slope_and_no_error():
    found = slope(samples(per_hour=1.5))
    assert found.per_hour == pytest.approx(1.5)
    assert found.error == pytest.approx(0.0, abs=1e-9)


def test_noise_makes_a_slope_uncertain_and_a_leak_shows_through_it():
    rest = slope(samples(noise=0.5))
    assert rest.surely_at_least < 1 / 24
    assert rest.error > 0
    assert slope(samples(per_hour=3.0, noise=0.5)).surely_at_least > 1 / 24


def test_a_few_minutes_say_nothing_about_a_slope():
    assert math.isinf(slope(samples(minutes=9, per_hour=60.0)).error)
    assert math.isinf(slope([REST]).error)
    assert slope([]).per_hour == 0


def test_the_warm_up_is_left_out():
    assert settled(samples())[0].at == 600.0


def test_a_median_is_compared_so_that_what_is_open_for_a_moment_is_no_leak():
    assert drift([28] * 50 + [90] + [28] * 49) == 0
    assert drift([28] * 50 + [34] * 50) == 6
    assert drift([]) == 0


def test_a_percentile_is_one_of_the_values():
    assert percentile([float(one) for one in range(1, 101)], 0.99) == 99.0
    assert percentile([3.0], 0.99) == 3.0
    assert percentile([], 0.99) == 0.0


def test_a_steady_daemon_breaks_nothing():
    assert broken(soaked()) == []


@pytest.mark.parametrize(
    ("soak", "words"),
    [
        (soaked(samples(per_hour=2.0, noise=0.2)), "memory grows by 2."),
        (soaked(changed(handles=40)), "12 more handles"),
        (soaked(changed(threads=20)), "8 more threads"),
        (soaked(changed(wal=64.0)), "the write-ahead log grew to 64.0 MB"),
        (soaked(lags=[0.0] * 98 + [1.0, 1.2]), "the schedule was 1.00 s late"),
        (soaked(faults=["{}"]), "1 errors that nobody handled"),
        (soaked(notifications=1), "1 people were told"),
        (soaked(feeds=Counter({"200": 3, "503": 1})), "1 feed requests failed"),
        (soaked(pages=Counter({"200": 3, "ReadTimeout": 2})), "2 page requests failed"),
        (soaked(changed(polls=0)), "nothing was polled"),
        (soaked([]), "nothing was polled"),
        (soaked(applied=0), "nothing was written"),
        (soaked(ending=Ending(1, 2.0)), "SIGTERM led to code 1"),
        (soaked(ending=Ending(0, 10.5)), "SIGTERM led to code 0 after 10.5 s"),
        (soaked(ending=Ending(None, 15.0)), "SIGTERM led to code None"),
        (soaked(ending=Ending(0, early=True)), "the daemon ended by itself, with code 0"),
    ],
)
def test_a_bound_that_is_broken_is_the_only_one_told(soak, words):
    (only,) = broken(soak)
    assert words in only


def test_every_figure_is_printed_even_of_a_soak_that_was_cut_short():
    lines = [line.split()[0] for line in told(soaked())]
    assert len(lines) == 18
    assert list(told(Soak())) == ["no samples"]
    assert any("SIGTERM" in line for line in told(soaked(samples(minutes=1))))
