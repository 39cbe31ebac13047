"""Times and vendor text as people read them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import at
from worker.domain.conflict.finding import FindingKind
from worker.domain.conflict.report import Report, SourceState, Verdict
from worker.domain.span import DAY, HOUR, MINUTE, Span
from worker.publish.pages.kinds import LABELS
from worker.publish.pages.words import (
    counted,
    distance,
    freshness,
    hours,
    length,
    proof,
    start_in,
    tamed,
    when,
)

NOW = at("2026-03-02T10:02")


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_stretch_of_a_day_names_the_day_once_and_the_zone() -> None:
    span = Span(at("2026-03-02T08:30"), at("2026-03-02T09:15"))
    assert plain(when(span, "Europe/Berlin")) == "Mon 2 Mar, 09:30–10:15 CET"


def test_a_stretch_over_midnight_names_the_day_of_its_end() -> None:
    span = Span(at("2026-03-02T22:30"), at("2026-03-03T00:15"))
    assert plain(hours(span, "UTC")) == "22:30–Tue 3 Mar 00:15 UTC"


def test_a_stretch_over_a_change_of_the_clocks_names_both_zones() -> None:
    span = Span(at("2026-03-29T00:30"), at("2026-03-29T01:30"))
    assert plain(hours(span, "Europe/Berlin")) == "01:30 CET–03:30 CEST"


def test_a_zone_without_a_name_is_called_by_its_offset() -> None:
    span = Span(at("2026-03-02T08:30"), at("2026-03-02T09:15"))
    assert plain(hours(span, "Asia/Dubai")) == "12:30–13:15 UTC+04"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (89, "89 s"),
        (90, "1 min"),
        (89 * MINUTE, "89 min"),
        (90 * MINUTE, "1 h 30 min"),
        (3 * HOUR, "3 h"),
        (36 * HOUR, "2 days"),
        (47 * DAY, "47 days"),
    ],
)
def test_lengths_are_told_as_people_tell_them(seconds: int, words: str) -> None:
    assert length(seconds) == words


def test_distances_look_both_ways() -> None:
    assert distance(3 * HOUR) == "in 3 h"
    assert distance(-41 * MINUTE) == "41 min ago"
    assert distance(30) == "in 30 s"
    assert distance(0) == distance(-30) == "now"


def test_a_clash_is_ahead_going_on_or_over() -> None:
    span = Span(NOW, NOW + HOUR)
    assert start_in(span, NOW - 2 * HOUR) == "starts in 2 h"
    assert start_in(span, NOW) == "going on now"
    assert start_in(span, NOW + HOUR + 5 * MINUTE) == "over since 5 min"


def test_freshness_says_what_is_wrong() -> None:
    def told(age: int | None, complete: bool, stale: bool) -> str:
        polled = None if age is None else NOW - age
        return freshness(SourceState("clinic", polled, complete, stale), NOW)

    assert told(2 * MINUTE, complete=True, stale=False) == "2 min ago, complete"
    assert told(5, complete=True, stale=False) == "just now, complete"
    assert told(41 * MINUTE, complete=True, stale=True) == "41 min ago, stale"
    assert told(41 * MINUTE, complete=False, stale=True) == "last complete 41 min ago, stale"
    assert told(2 * MINUTE, False, False) == "last complete 2 min ago, newest listing incomplete"
    assert told(None, complete=False, stale=True) == "never read completely"


def test_a_verdict_is_proved_by_numbers() -> None:
    fresh = SourceState("a", NOW, complete=True, stale=False)
    stale = SourceState("b", NOW, complete=True, stale=True)
    report = Report(Verdict.UNKNOWN, NOW, 1284, (fresh, fresh, stale), ())
    assert proof(report, 0, "UTC") == (
        "0 conflicts: 1,284 events, 2 of 3 sources fresh at 10:02 UTC"
    )
    assert counted(1, "conflict") == "1 conflict"


def test_every_kind_of_finding_has_a_name_for_people() -> None:
    assert set(LABELS) == set(FindingKind)
    assert len(set(LABELS.values())) == len(LABELS)


def test_letters_that_people_need_are_kept() -> None:
    for name in ("Zoë Müller", "李小龙", "محمد", "नमस्ते", "می\u200cخواهم", "👩\u200d⚕️ Dr. Ng"):
        assert tamed(name) == name


@given(st.text(max_size=400))
def test_tamed_text_is_one_short_line_without_letters_that_play_tricks(text: str) -> None:
    line = tamed(text, 100)
    assert len(line) <= 100
    assert tamed(line, 100) == line
    for letter in line:
        assert unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp")
        assert letter in "\u200c\u200d" or unicodedata.category(letter) != "Cf"
