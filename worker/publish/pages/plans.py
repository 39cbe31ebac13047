"""The pages of the writing side: today's plan with its brakes, and what was written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from worker.domain.reconcile.plan import REMOVING, Action, Plan, Refusal, Verb
from worker.domain.reconcile.record import OutboxState, RunRecord, WriteRecord
from worker.publish.blast import Blast, blast_picture
from worker.publish.pages.template import Frame, render
from worker.publish.pages.words import Zones, counted, moment, tamed, when

MOST_SHOWN = 200  # writes that one table shows

BRAKES = {
    "B3": "Too much would be taken away at once",
    "B5": "Many would be moved by one same distance",
    "B6": "Too many would be changed at once",
    "B7": "It was written too often",
    "B8": "More than one run may write",
    "B10": "The configuration changed",
    "B12": "It begins too soon",
    "B14": "The account fails",
    "B16": "The first plan for an account",
    "UNDONE": "A person took it back",
    "VENDOR": "Its vendor would refuse it",
    "REVIEW": "Nobody knows whether it was carried out",
}


TOLD = frozenset({"VENDOR"})  # each has a reason of its own that a person needs to go on


@dataclass(frozen=True, slots=True)
class ActionLine:
    """A write as a table shows it."""

    account: str
    verb: str
    when: str
    resource: str
    why: str
    notifies: bool


@dataclass(frozen=True, slots=True)
class RefusalLine:
    """What a brake keeps back."""

    brake: str
    words: str
    scope: str
    reason: str
    count: str
    deferred: bool
    actions: tuple[ActionLine, ...]


@dataclass(frozen=True, slots=True)
class WriteLine:
    """A write and what came of it."""

    account: str
    verb: str
    when: str
    outcome: str
    detail: str
    taken_back: str


@dataclass(frozen=True, slots=True)
class RunLine:
    """One execution of a plan."""

    id: str
    plan: str
    by: str
    undoes: str
    at: str
    words: str
    open: bool
    writes: tuple[WriteLine, ...]
    more: int


def plans_page(
    frame: Frame,
    plan: Plan,
    standing: Mapping[str, int],
    unread: Sequence[str],
    push: str,
    zones: Zones,
    now: int,
) -> str:
    """Today's plan; `standing` counts our holds and copies by account."""
    bars = _bars(plan, standing)
    return render(
        "plans.html",
        frame,
        "plans",
        hash=plan.hash,
        summary=_summary(plan, push, unread),
        push=push,
        unread=unread,
        blast=Markup(blast_picture(bars)) if bars else None,  # noqa: S704 - drawn by elements
        bars=bars,
        actions=_lines(plan.actions, zones),
        more=max(0, len(plan.actions) - MOST_SHOWN),
        refused=_refusals(plan, zones),
        waiting=bool(plan.waiting),
        now=now,
        zone=zones.default,
    )


def runs_page(frame: Frame, runs: Iterable[RunRecord], zones: Zones, now: int) -> str:
    """What was written, the newest run first."""
    return render(
        "runs.html",
        frame,
        "runs",
        runs=[_run(one, zones) for one in runs],
        now=now,
        zone=zones.default,
    )


def _summary(plan: Plan, push: str, unread: Sequence[str]) -> str:
    held = sum(len(one.actions) for one in plan.refused)
    if not plan.all_actions and unread:
        return "What was written last is read again before anything else is planned"
    if not plan.all_actions:
        return "Every account shows what it should: nothing is to be written"
    does = {
        "off": "nothing is written, because push is off",
        "plan": "nothing is written before you apply it",
        "apply": "what no brake keeps back is written with the next cycle",
    }
    return f"{counted(len(plan.actions), 'write')} ready, {held} kept back; {does[push]}"


def _bars(plan: Plan, standing: Mapping[str, int]) -> list[Blast]:
    counts: dict[str, Counter[str]] = {}
    for action in plan.all_actions:
        sort = (
            "removed"
            if action.verb in REMOVING
            else "made"
            if action.verb in (Verb.CREATE, Verb.OFFER)
            else "changed"
        )
        counts.setdefault(action.target, Counter())[sort] += 1
    return [
        Blast(
            account,
            made=some["made"],
            changed=some["changed"],
            removed=some["removed"],
            standing=standing.get(account, 0),
        )
        for account, some in sorted(counts.items())
    ]


def _refusals(plan: Plan, zones: Zones) -> list[RefusalLine]:
    """Alike ones together: a brake on single events would fill the page."""
    groups: dict[tuple[str, str, str], list[Refusal]] = {}
    for one in plan.refused:
        account = one.scope.partition("/")[0]
        told = "/" not in one.scope or one.brake in TOLD
        reason = one.reason if told else BRAKES.get(one.brake, one.reason)
        groups.setdefault((one.brake, account, reason), []).append(one)
    return [
        RefusalLine(
            brake=brake,
            words=BRAKES.get(brake, "A brake"),
            scope=account,
            reason=tamed(reason, 300),
            count=counted(sum(len(one.actions) for one in some), "write"),
            deferred=some[0].deferred,
            actions=_lines([a for one in some for a in one.actions], zones),
        )
        for (brake, account, reason), some in groups.items()
    ]


def _lines(actions: Sequence[Action], zones: Zones) -> tuple[ActionLine, ...]:
    return tuple(
        ActionLine(
            account=one.target,
            verb=one.verb.value,
            when=when(one.span, zones.of_any([one.resource])),
            resource=one.resource,
            why=tamed(one.why, 300),
            notifies=one.notifies,
        )
        for one in actions[:MOST_SHOWN]
    )


def _run(one: RunRecord, zones: Zones) -> RunLine:
    counts = Counter(entry.outcome for entry in one.entries)
    words = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items())
    return RunLine(
        id=one.id,
        plan=one.plan,
        by=tamed(one.by),
        undoes=one.undoes,
        at=moment(one.started_at, zones.default),
        words=words or "nothing was written",
        open=any(
            entry.state is OutboxState.CONFIRMED and not entry.taken_back for entry in one.entries
        ),
        writes=tuple(_write(entry, zones) for entry in one.entries[:MOST_SHOWN]),
        more=max(0, len(one.entries) - MOST_SHOWN),
    )


def _write(entry: WriteRecord, zones: Zones) -> WriteLine:
    action = entry.action
    return WriteLine(
        account=action.target,
        verb=action.verb.value,
        when=when(action.span, zones.of_any([action.resource])),
        outcome=entry.outcome.replace("_", " "),
        detail=tamed(entry.detail, 300),
        taken_back=entry.taken_back,
    )
