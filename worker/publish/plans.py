"""Plans, runs and undos as documents. Times are UTC with `Z`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from worker.domain.event import Key
from worker.domain.instants import iso
from worker.domain.reconcile.plan import Action, Plan, Refusal
from worker.domain.reconcile.record import RunRecord, WriteRecord

Document = dict[str, Any]


def plan(found: Plan, now: int) -> Document:
    """`calsync/plan/1`: `actions` are those that would be written now.

    What a brake keeps back stands with its refusal.
    """
    return {
        "schema": "calsync/plan/1",
        "hash": found.hash,
        "created_at": iso(now),
        "refused": [refusal(one) for one in found.refused],
        "actions": [action(one) for one in found.actions],
    }


def action(one: Action) -> Document:
    """One write, before it is sent."""
    return {
        "id": one.id,
        "verb": one.verb.value,
        "target": target(one),
        "origin": origin(one.origin),
        "span": {"start": iso(one.span.start), "end": iso(one.span.end)},
        "why": one.why,
        "notifies": one.notifies,
        "reversible": one.reversible,
    }


def refusal(one: Refusal) -> Document:
    """What a brake keeps back, and whether a person or only time can let it pass."""
    return {
        "brake": one.brake,
        "scope": one.scope,
        "reason": one.reason,
        "deferred": one.deferred,
        "actions": [action(held) for held in one.actions],
    }


def target(one: Action) -> Document:
    """Where it is written; an object that is to be made has no id yet."""
    key = one.key or (one.event.key if one.event else None)
    return {"account": one.target, "native_id": key.native_id if key else None}


def origin(key: Key | None) -> Document | None:
    """The event that a hold or copy stands for."""
    if key is None:
        return None
    return {"account": key.account, "native_id": key.native_id, "occurrence": key.occurrence}


def runs(found: Iterable[RunRecord]) -> Document:
    """`calsync/runs/1`, the newest first."""
    return {"schema": "calsync/runs/1", "runs": [run(one) for one in found]}


def run(one: RunRecord) -> Document:
    """One execution of a plan."""
    return {
        "id": one.id,
        "plan": one.plan,
        "by": one.by,
        "undoes": one.undoes or None,
        "started_at": iso(one.started_at),
        "finished_at": iso(one.finished_at) if one.finished_at is not None else None,
        "actions": [_write(write) for write in one.entries],
    }


def _write(one: WriteRecord) -> Document:
    shown = one.after or one.before
    where = target(one.action)
    if where["native_id"] is None and shown is not None:
        where["native_id"] = shown.key.native_id
    return {
        "id": one.action.id,
        "verb": one.action.verb.value,
        "target": where,
        "origin": origin(one.action.origin),
        "span": {"start": iso(one.action.span.start), "end": iso(one.action.span.end)},
        "outcome": one.outcome,
        "detail": one.detail,
        "taken_back_by": one.taken_back or None,
    }


def undo(
    run_: str, hash_: str, actions: Sequence[Action], lost: Iterable[tuple[Action, str]]
) -> Document:
    """`calsync/undo/1`: what would take a run back, and what cannot be taken back."""
    return {
        "schema": "calsync/undo/1",
        "run": run_,
        "hash": hash_,
        "actions": [action(one) for one in actions],
        "lost": [{**action(one), "reason": why} for one, why in lost],
    }
