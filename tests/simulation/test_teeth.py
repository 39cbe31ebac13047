"""The simulation finds what it is there to find: a guard that is taken away shows as violations."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.simulation.boundaries import Bench
from tests.simulation.scenarios import scenarios
from worker.domain import marker
from worker.domain.span import Span
from worker.engine import push, settling
from worker.engine.push import _Write
from worker.engine.settling import Settler
from worker.store import polls
from worker.store.outbox import Outbox

NOWHERE = 100_000  # a boundary that is never reached


def found(disk, name: str, boundary: int = NOWHERE) -> str:
    """What is wrong when a scenario is cut off there, all in one text."""
    return "\n".join(Bench(scenarios()[name], disk).trial((boundary,)).wrong)


def test_a_create_that_is_repeated_without_a_look_is_found(disk, monkeypatch):
    monkeypatch.setattr(Settler, "_probed", lambda *_: None)
    monkeypatch.setattr(_Write, "_found_already", lambda _: None)
    monkeypatch.setattr(settling, "SETTLE", 0)
    assert "C1: mark" in found(disk, "create lost clinic")


def test_a_write_whose_intent_is_not_durable_is_found(disk, monkeypatch):
    monkeypatch.setattr(Outbox, "send", lambda *_: None)
    assert "without an intent" in found(disk, "create clinic")


def test_a_hold_that_is_taken_for_an_origin_is_found(disk, monkeypatch):
    monkeypatch.setattr(polls, "linked_ids", lambda *_: {})
    monkeypatch.setattr(marker, "_MARK", re.compile("(?!)"))
    assert "C3" in found(disk, "first coaching")


def test_a_write_that_differs_from_its_intent_is_found(disk, monkeypatch):
    perform = push.perform

    def later(vendor, action):
        span = Span(action.intent.span.start + 900, action.intent.span.end + 900)
        return perform(vendor, replace(action, intent=replace(action.intent, span=span)))

    monkeypatch.setattr(push, "perform", later)
    assert "meant was" in found(disk, "create clinic")


def test_a_removal_that_nothing_allows_is_found(disk, monkeypatch):
    monkeypatch.setattr("worker.engine.spelling.surely_over", lambda *_: "")
    assert "C4: too many" in found(disk, "release clinic")
