"""What is found depends on the events alone: not on their order, the host, or the day."""

from __future__ import annotations

import ast
import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conflict.calendars import LARGEST, Calendar, changed, decoded, drawn, moved
from tests.conflict.everything import digest, findings
from worker.domain.conflict.double import doubles
from worker.domain.conflict.finding import Finding
from worker.domain.conflict.severity import Weights, severity
from worker.domain.event import Key, Kind, Status, Trait
from worker.domain.span import DAY, Span
from worker.domain.subject import Resource

ROOT = Path(__file__).parents[2]
CALENDARS = 200
calendars = st.binary(max_size=LARGEST).map(decoded)
some = settings(max_examples=100)


def by_id(found: list[Finding]) -> dict[str, Finding]:
    return {finding.id: finding for finding in found}


@some
@given(calendars, st.randoms(use_true_random=False))
def test_the_order_in_which_events_come_means_nothing(calendar: Calendar, chance: random.Random):
    events = list(calendar.events)
    chance.shuffle(events)
    assert by_id(findings(calendar, events)) == by_id(findings(calendar))


@pytest.mark.parametrize(
    ("zone", "seed"),
    [
        ("UTC", "0"),
        ("America/Los_Angeles", "1"),
        ("Asia/Kathmandu", "2"),
        ("Pacific/Kiritimati", "3"),
        ("Europe/Berlin", "4"),
    ],
)
def test_a_host_in_any_zone_finds_the_same(zone: str, seed: str):
    environment = {**os.environ, "TZ": zone, "PYTHONHASHSEED": seed, "LC_ALL": "C"}
    command = [sys.executable, "-m", "tests.conflict.everything", str(CALENDARS)]
    told = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == digest(CALENDARS)


def test_nothing_in_the_domain_asks_what_day_it_is_or_where_it_runs():
    asking = {"now", "today", "utcnow", "localtime", "time_ns", "monotonic", "tzlocal"}
    modules = {"time", "os", "random", "locale", "secrets", "uuid", "platform"}
    for path in (ROOT / "worker" / "domain").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr=name)):
                    assert name not in asking, path
                case ast.Import(names=names):
                    assert not modules & {alias.name for alias in names}, path
                case ast.ImportFrom(module=str(module), level=0):
                    assert module not in modules, path


@some
@given(calendars, st.sampled_from([-520, -1, 1, 52, 520]))
def test_weeks_later_the_same_is_found_under_the_same_ids(calendar: Calendar, weeks: int):
    # Where clocks do not change; elsewhere a week is not always as long.
    calendar = replace(calendar, zone="UTC")
    shift = weeks * 7 * DAY
    later = by_id(findings(calendar, [moved(event, shift) for event in calendar.events]))
    now = by_id(findings(calendar))
    assert later.keys() == now.keys()
    for id_, finding in now.items():
        assert later[id_].span == Span(finding.span.start + shift, finding.span.end + shift)
        assert later[id_].flags == finding.flags
        assert later[id_].peak == finding.peak


@some
@given(calendars, st.integers(-400, 400))
def test_another_today_changes_what_is_urgent_and_nothing_else(calendar: Calendar, days: int):
    for finding in findings(calendar):
        terms = [
            [term for term in severity(finding, now, Weights()).terms if "start" not in term[0]]
            for now in (finding.span.start - DAY, finding.span.start - days * DAY)
        ]
        assert terms[0] == terms[1]


@some
@given(calendars)
def test_no_two_findings_share_an_id(calendar: Calendar):
    found = findings(calendar)
    assert len(by_id(found)) == len(found)


@some
@given(calendars, st.integers(0, 3))
def test_what_does_not_count_changes_nothing(calendar: Calendar, which: int):
    whole = (
        Span(calendar.events[0].span.start - DAY, calendar.events[0].span.end + DAY)
        if (calendar.events)
        else Span(0, DAY)
    )
    model = changed(
        next(iter(decoded(bytes(14)).events)), key=Key("desk", Kind.SINGLE, "extra"), span=whole
    )
    extra = (
        changed(model, status=Status.CANCELLED),
        changed(model, mark="a hold of ours"),
        changed(model, traits=(Trait.TRANSPARENT,)),
        changed(model, span=Span(whole.start + DAY, whole.start + DAY)),
    )[which]
    assert findings(calendar, [*calendar.events, extra]) == findings(calendar)


@some
@given(calendars)
def test_room_for_one_more_leaves_only_what_was_there_before(calendar: Calendar):
    tight, wide = (
        [finding.span for finding in doubles(Resource("r", "R", parallel=most), calendar.events)]
        for most in (1, 2)
    )
    assert all(any(t.start <= w.start and w.end <= t.end for t in tight) for w in wide)


def test_the_digest_is_of_something():
    found = [finding for text in drawn(CALENDARS) for finding in findings(decoded(text))]
    assert len(found) > 5 * CALENDARS
    assert len({finding.kind for finding in found}) >= 10
