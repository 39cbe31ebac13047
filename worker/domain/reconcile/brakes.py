"""The brakes on a plan: each keeps some actions back, and says why (safety, section 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from worker.domain.instants import iso
from worker.domain.reconcile.plan import REMOVING, Action, Plan, Refusal, Verb, in_order


@dataclass(frozen=True, slots=True)
class Limits:
    """`[brakes]`; `near` in seconds, shares of 1."""

    first_run: bool = True
    vanish_share: float = 0.2
    vanish_at_least: int = 5
    shift_share: float = 0.3
    shift_at_least: int = 10
    change_share: float = 0.3
    change_at_least: int = 20
    rewrites: int = 3
    writes_per_run: int = 200
    near: int = 900
    failures: int = 5


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person let pass: these actions, as far as this brake keeps them back, for a while."""

    brake: str
    scope: str
    actions: frozenset[str]
    until: int


@dataclass(frozen=True, slots=True)
class Situation:
    """What brakes look at besides the actions. Counts are of our holds and copies.

    `live` per account; `removed` what was taken away there within a day; `writes` per link, within
    a day; `failing` failures in a row per account; `agreed` the accounts that a person let be
    written to; `moved` the accounts that point elsewhere than when a person last agreed, and
    `narrowed` why the configuration may have put something out of sight since then. `aside` says
    by link which ones were set aside (UNDONE by a person, for REVIEW, or because their VENDOR would
    refuse them) and why.
    """

    now: int
    limits: Limits = field(default_factory=Limits)
    live: Mapping[str, int] = field(default_factory=dict)
    removed: Mapping[str, int] = field(default_factory=dict)
    writes: Mapping[str, int] = field(default_factory=dict)
    failing: Mapping[str, int] = field(default_factory=dict)
    agreed: Collection[str] = ()
    moved: Collection[str] = ()
    narrowed: str = ""
    aside: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    approvals: Collection[Approval] = ()


Brake = Callable[[Sequence[Action], Situation], Iterable[Refusal]]


def braked(actions: Iterable[Action], situation: Situation) -> Plan:
    """The plan of what passes every brake, with what does not and why."""
    passing = sorted({action.id: action for action in actions}.values(), key=in_order)
    refused: list[Refusal] = []
    for brake in BRAKES:
        for refusal in brake(passing, situation):
            held = _unapproved(refusal, situation)
            if held.actions:
                refused.append(held)
                ids = {action.id for action in held.actions}
                passing = [action for action in passing if action.id not in ids]
    return Plan(tuple(passing), tuple(refused))


def circuit(actions: Sequence[Action], situation: Situation) -> Iterator[Refusal]:
    """B14: an account that fails and fails is left alone; its first good poll lifts that."""
    limit = situation.limits.failures
    failing = {account for account, count in situation.failing.items() if count >= limit}
    yield from _at(actions, failing, "B14", f"its last {limit} polls failed", deferred=True)


def scope_changed(actions: Sequence[Action], situation: Situation) -> Iterator[Refusal]:
    """B10: what left our sight by a change of the configuration is never deleted for it."""
    moved = set(situation.moved)
    reason = "it points to another vendor, address, tenant or login than before"
    yield from _at(actions, moved, "B10", reason)
    if situation.narrowed:
        freeing = REMOVING | {Verb.OFFER}  # a slot put up again sells time, too
        rest = [a for a in actions if a.verb in freeing and a.target not in moved]
        rest = [a for a in rest if a.resolution is None]
        yield from _by_target(rest, "B10", lambda _t, _a: situation.narrowed)


def first_run(actions: Sequence[Action], situation: Situation) -> Iterator[Refusal]:
    """B16: the first plan for an account waits for a person."""
    if situation.limits.first_run:
        new = {action.target for action in actions} - set(situation.agreed)
        yield from _at(actions, new, "B16", "calsync has never written there")


def near_or_past(actions: Sequence[Action], situation: Situation) -> Iterator[Refusal]:
    """B12: nothing is written by itself to what has begun, or begins within `near`."""
    edge = situation.now + situation.limits.near
    for action in actions:
        if action.resolution is None and action.span.start < edge:
            begun = action.span.start <= situation.now
            when = "has begun" if begun else f"begins at {iso(action.span.start)}"
            yield Refusal("B12", _item(action), f"it {when}: too near for a machine", (action,))


def oscillation(actions: Sequence[Action], situation: Situation) -> Iterator[Refusal]:
    """B7: what was written too often within a day is left for a person to look at."""
    limit = situation.limits.rewrites
    for action in actions:
        if situation.writes.get(action.link, 0) >= limit:
            reason = f"it was written {limit} times within a day"
            yield Refusal("B7", _item(action), reason, (action,))


def set_aside(actions: Sequence[Action], situation: Situation) -> Iterator[Refusal]:
    """What a person took back, or must look at, is left alone until a person says otherwise."""
    for action in actions:
        if action.link in situation.aside:
            brake, reason = situation.aside[action.link]
            yield Refusal(brake, _item(action), reason, (action,))


def mass_removal(actions: Sequence[Action], situation: Situation) -> Iterator[Refusal]:
    """B3: no more than a share of ours is taken away from an account within a day.

    What was removed in the last 24 hours counts, or a slow erosion would pass.
    """
    limits = situation.limits

    def over(account: str, removing: Sequence[Action]) -> str:
        gone = situation.removed.get(account, 0)
        all_ours = situation.live.get(account, 0) + gone
        line = max(limits.vanish_at_least, int(limits.vanish_share * all_ours))
        if len(removing) + gone <= line:
            return ""
        earlier = f" after {gone} within a day" if gone else ""
        return f"would take away {len(removing)} of {all_ours}{earlier}; {line} are allowed"

    removing = [a for a in actions if a.verb in REMOVING and a.resolution is None]
    yield from _by_target(removing, "B3", over)


def uniform_shift(actions: Sequence[Action], situation: Situation) -> Iterator[Refusal]:
    """B5: many moved by one same distance look like a zone or a clock gone wrong."""
    limits = situation.limits
    by_distance: dict[tuple[str, int], list[Action]] = {}
    for action in actions:
        if action.moved and action.resolution is None:
            by_distance.setdefault((action.target, action.moved), []).append(action)
    for (account, distance), some in sorted(by_distance.items()):
        line = max(limits.shift_at_least, int(limits.shift_share * situation.live.get(account, 0)))
        if len(some) >= line:
            reason = f"{len(some)} would be moved by {distance // 60} minutes at once"
            yield Refusal("B5", account, reason, tuple(some))


def mass_change(actions: Sequence[Action], situation: Situation) -> Iterator[Refusal]:
    """B6: many changed at once wait for a person."""
    limits = situation.limits

    def over(account: str, changing: Sequence[Action]) -> str:
        share = int(limits.change_share * situation.live.get(account, 0))
        line = max(limits.change_at_least, share)
        return f"would change {len(changing)}; {line} are allowed" if len(changing) > line else ""

    changing = [a for a in actions if a.verb is Verb.UPDATE and a.resolution is None]
    yield from _by_target(changing, "B6", over)


def budget(actions: Sequence[Action], situation: Situation) -> Iterator[Refusal]:
    """B8: what exceeds the writes of one run waits for the next one; removals wait first."""
    limit = situation.limits.writes_per_run
    taken: Counter[str] = Counter()
    rest: dict[str, list[Action]] = {}
    for action in actions:
        taken[action.target] += 1
        if taken[action.target] > limit:
            rest.setdefault(action.target, []).append(action)
    for account, some in sorted(rest.items()):
        reason = f"{limit} writes are allowed at once; {len(some)} wait for the next cycle"
        yield Refusal("B8", account, reason, tuple(some), deferred=True)


BRAKES: tuple[Brake, ...] = (
    circuit,
    scope_changed,
    set_aside,
    first_run,
    near_or_past,
    oscillation,
    mass_removal,
    uniform_shift,
    mass_change,
    budget,
)


def _unapproved(refusal: Refusal, situation: Situation) -> Refusal:
    """The same without what a person has let pass."""
    if refusal.deferred:
        return refusal
    passed = {
        action
        for approval in situation.approvals
        if (approval.brake, approval.scope) == (refusal.brake, refusal.scope)
        and approval.until > situation.now
        for action in approval.actions
    }
    kept = tuple(action for action in refusal.actions if action.id not in passed)
    return Refusal(refusal.brake, refusal.scope, refusal.reason, kept)


def _at(
    actions: Sequence[Action],
    accounts: Collection[str],
    brake: str,
    reason: str,
    *,
    deferred: bool = False,
) -> Iterator[Refusal]:
    for account in sorted(accounts):
        held = tuple(action for action in actions if action.target == account)
        if held:
            yield Refusal(brake, account, reason, held, deferred)


def _by_target(
    actions: Iterable[Action], brake: str, reason: Callable[[str, Sequence[Action]], str]
) -> Iterator[Refusal]:
    """A refusal for each account for which `reason` finds words."""
    by_target: dict[str, list[Action]] = {}
    for action in actions:
        by_target.setdefault(action.target, []).append(action)
    for account, some in sorted(by_target.items()):
        if words := reason(account, some):
            yield Refusal(brake, account, words, tuple(some))


def _item(action: Action) -> str:
    return f"{action.target}/{action.link}"
