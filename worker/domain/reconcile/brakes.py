"""The brakes: each takes actions and gives back those that may pass, and why others may not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from worker.domain.reconcile.plan import Action, Link, Plan, Refusal, Verb, in_order
from worker.domain.span import DAY

REMOVING = (Verb.DELETE, Verb.WITHDRAW)


@dataclass(frozen=True, slots=True)
class Limits:
    """`[brakes]`; `near` in seconds."""

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
class Situation:
    """What brakes look at besides the actions.

    `links` by link, `live` the number of ours per account, `failing` failures in a row per account,
    `moved_scope` accounts that point elsewhere than before, `agreed` accounts that were written to
    before, `approved` (brake, scope, reason) triples that a person let pass.
    """

    now: int
    limits: Limits
    links: Mapping[str, Link] = field(default_factory=dict)
    live: Mapping[str, int] = field(default_factory=dict)
    failing: Mapping[str, int] = field(default_factory=dict)
    moved_scope: Collection[str] = ()
    agreed: Collection[str] = ()
    approved: Collection[tuple[str, str]] = ()


Brake = Callable[[Sequence[Action], Situation], tuple[list[Action], list[Refusal]]]


def braked(actions: Iterable[Action], situation: Situation) -> Plan:
    """The plan of what passes every brake, with what does not and why."""
    passing = sorted(actions, key=in_order)
    refused: list[Refusal] = []
    for brake in BRAKES:
        passing, kept_back = brake(passing, situation)
        refused.extend(kept_back)
    return Plan(tuple(passing), tuple(refused))


def near_or_past(
    actions: Sequence[Action], situation: Situation
) -> tuple[list[Action], list[Refusal]]:
    """B12: nothing is written to what has begun, or begins within `near`.

    A hold that is to be made is not meant: it protects what is left of the time.
    """
    edge = situation.now + situation.limits.near
    late = [a for a in actions if a.verb is not Verb.CREATE and a.span.start < edge]
    reason = "it has begun, or begins too soon for an automatic write"
    return _without(actions, late, lambda a: Refusal("B12", _item(a), reason, (a,)))


def circuit(actions: Sequence[Action], situation: Situation) -> tuple[list[Action], list[Refusal]]:
    """B14: an account that fails and fails is written to again when a person says so."""
    limit = situation.limits.failures
    open_ = {name for name, count in situation.failing.items() if count >= limit}
    return _by_account(actions, open_, "B14", f"{limit} failures in a row", situation)


def scope_changed(
    actions: Sequence[Action], situation: Situation
) -> tuple[list[Action], list[Refusal]]:
    """B10: where an account points elsewhere than before, a person looks first."""
    return _by_account(
        actions,
        set(situation.moved_scope),
        "B10",
        "it points to another vendor, address, tenant or login than before",
        situation,
    )


def first_run(
    actions: Sequence[Action], situation: Situation
) -> tuple[list[Action], list[Refusal]]:
    """B16: the first plan for an account waits for a person."""
    if not situation.limits.first_run:
        return list(actions), []
    new = {a.target for a in actions} - set(situation.agreed)
    return _by_account(actions, new, "B16", "nothing was ever written there", situation)


def mass_removal(
    actions: Sequence[Action], situation: Situation
) -> tuple[list[Action], list[Refusal]]:
    """B3: not more than a share of what is ours is removed from an account at once."""
    limits = situation.limits
    removing = Counter(a.target for a in actions if a.verb in REMOVING)
    over: dict[str, str] = {}
    for account, count in removing.items():
        live = situation.live.get(account, 0)
        line = max(limits.vanish_at_least, int(limits.vanish_share * live))
        if count > line and ("B3", account) not in situation.approved:
            over[account] = f"would remove {count} of {live}; at most {line} are allowed at once"
    held = [a for a in actions if a.verb in REMOVING and a.target in over]
    kept = [a for a in actions if a not in held]
    return kept, [
        Refusal("B3", account, reason, tuple(a for a in held if a.target == account))
        for account, reason in sorted(over.items())
    ]


def uniform_shift(
    actions: Sequence[Action], situation: Situation
) -> tuple[list[Action], list[Refusal]]:
    """B5: many moved by one same distance look like a zone or clock gone wrong."""
    limits = situation.limits
    by_account: dict[str, Counter[int]] = {}
    for action in actions:
        if (distance := _moved(action, situation)) != 0:
            by_account.setdefault(action.target, Counter())[distance] += 1
    over: dict[str, tuple[int, str]] = {}
    for account, distances in by_account.items():
        distance, count = distances.most_common(1)[0]
        line = max(limits.shift_at_least, int(limits.shift_share * situation.live.get(account, 0)))
        if count >= line and ("B5", account) not in situation.approved:
            over[account] = (distance, f"{count} were moved by {distance // 60} minutes at once")
    held = [a for a in actions if a.target in over and _moved(a, situation) == over[a.target][0]]
    kept = [a for a in actions if a not in held]
    return kept, [
        Refusal("B5", account, reason, tuple(a for a in held if a.target == account))
        for account, (_, reason) in sorted(over.items())
    ]


def mass_change(
    actions: Sequence[Action], situation: Situation
) -> tuple[list[Action], list[Refusal]]:
    """B6: many changed at once wait for a person."""
    limits = situation.limits
    changes = Counter(a.target for a in actions if a.verb is Verb.UPDATE)
    over: dict[str, str] = {}
    for account, count in changes.items():
        line = max(
            limits.change_at_least, int(limits.change_share * situation.live.get(account, 0))
        )
        if count > line and ("B6", account) not in situation.approved:
            over[account] = f"would change {count}; at most {line} are allowed at once"
    held = [a for a in actions if a.verb is Verb.UPDATE and a.target in over]
    kept = [a for a in actions if a not in held]
    return kept, [
        Refusal("B6", account, reason, tuple(a for a in held if a.target == account))
        for account, reason in sorted(over.items())
    ]


def oscillation(
    actions: Sequence[Action], situation: Situation
) -> tuple[list[Action], list[Refusal]]:
    """B7: what was written too often within a day is left for a person to look at."""
    limits = situation.limits
    often = [
        a
        for a in actions
        if a.link in situation.links
        and sum(at > situation.now - DAY for at in situation.links[a.link].writes)
        >= limits.rewrites
    ]
    reason = f"it was written {limits.rewrites} times within a day"
    return _without(actions, often, lambda a: Refusal("B7", _item(a), reason, (a,)))


def budget(actions: Sequence[Action], situation: Situation) -> tuple[list[Action], list[Refusal]]:
    """B8: what exceeds the writes of one run waits for the next one; removals wait first."""
    limit = situation.limits.writes_per_run
    taken: Counter[str] = Counter()
    kept: list[Action] = []
    rest: dict[str, list[Action]] = {}
    for action in actions:
        taken[action.target] += 1
        if taken[action.target] <= limit:
            kept.append(action)
        else:
            rest.setdefault(action.target, []).append(action)
    return kept, [
        Refusal("B8", account, f"{len(some)} more wait for the next run", tuple(some))
        for account, some in sorted(rest.items())
    ]


BRAKES: tuple[Brake, ...] = (
    near_or_past,
    circuit,
    scope_changed,
    first_run,
    mass_removal,
    uniform_shift,
    mass_change,
    oscillation,
    budget,
)


def _by_account(
    actions: Sequence[Action],
    accounts: Collection[str],
    brake: str,
    reason: str,
    situation: Situation,
) -> tuple[list[Action], list[Refusal]]:
    stopped = {name for name in accounts if (brake, name) not in situation.approved}
    held = [a for a in actions if a.target in stopped]
    kept = [a for a in actions if a.target not in stopped]
    return kept, [
        Refusal(brake, account, reason, tuple(a for a in held if a.target == account))
        for account in sorted({a.target for a in held})
    ]


def _without(
    actions: Sequence[Action], held: Sequence[Action], refusal: Callable[[Action], Refusal]
) -> tuple[list[Action], list[Refusal]]:
    ids = {a.id for a in held}
    return [a for a in actions if a.id not in ids], [refusal(a) for a in held]


def _moved(action: Action, situation: Situation) -> int:
    known = situation.links.get(action.link)
    if action.verb is not Verb.UPDATE or known is None:
        return 0
    return action.span.start - known.intent.span.start


def _item(action: Action) -> str:
    return f"{action.target}/{action.link}"
