"""The writing side as a whole: settle what is open, plan, brake, push, tell what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog

from worker.domain.conflict.report import SourceState
from worker.domain.reconcile.brakes import Approval
from worker.domain.reconcile.plan import Plan, Resolution
from worker.domain.reconcile.wish import ENDING, NotPossible, Wish, wished
from worker.engine import undoing
from worker.engine.detect import Look, take_in
from worker.engine.planning import Planned, Planner
from worker.engine.poll import Source
from worker.engine.push import PUSH_WAIT, Hear, Pushed, Pusher, Turns, in_turn, nobody
from worker.engine.push_rules import PushRules
from worker.engine.resolving import offers
from worker.engine.rules import Moment
from worker.engine.settling import Settler
from worker.engine.suspicions import KINDS, SUBJECT
from worker.engine.undoing import Undo, undo_of
from worker.store.outbox import PUSH_LOCK
from worker.store.plans import AGREED, BASELINE, BRAKES
from worker.store.store import Store
from worker.vendors.base import Clock
from worker.vendors.writer import Settling, Withdrawing

log = structlog.get_logger()

MACHINE = "calsync"  # who writes what nobody asked for by name


class Moved(LookupError):
    """The plan that was asked for is not today's; the message tells today's hash."""


class NoSuchPlan(LookupError):
    """No plan with this hash was shown, or it was too long ago."""


class NoSuchRun(LookupError):
    """There is no run with this id."""


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one cycle of the writing side came to."""

    planned: Planned
    pushed: Pushed | None = None
    unsettled: int = 0

    @property
    def fine(self) -> bool:
        """Whether nothing waits for a person and nothing failed."""
        waiting = bool(self.planned.plan.waiting)
        return not waiting and (self.pushed is None or self.pushed.fine)


class Reconciler:
    """Plans and pushes over one store. `mode` is `off`, `plan` or `apply`."""

    def __init__(
        self,
        store: Store,
        sources: Sequence[Source],
        rules: PushRules,
        clock: Clock,
        states: Callable[[], Sequence[SourceState]],
        turns: Turns = in_turn,
    ) -> None:
        self._store = store
        self._sources = {source.id: source for source in sources}
        self._clock = clock
        self._states = states
        self._planner = Planner(store, sources, rules)
        self._pusher = Pusher(store, sources, clock, turns)
        self._settler = Settler(store, list(sources), clock)

    def look(self) -> Planned:
        """What would be written now. Sends nothing, and changes nothing in the store."""
        return self._planner.plan(self._now(), self._trusted())

    def plan(self) -> Planned:
        """The same, remembered, so that it can be approved when it is not today's any more."""
        planned = self.look()
        self._remember(planned)
        return planned

    def _prepared(self) -> Planned:
        """The plan to go by: what its picture showed to stand there already is taken over first.

        Raises Busy where another process writes.
        """
        with self._store.database.locked(PUSH_LOCK, PUSH_WAIT):
            planned = self.look()
            self._planner.take_over(planned)
            if planned.adopted or planned.forgotten:
                planned = self.look()
            self._remember(planned)
        return planned

    def _remember(self, planned: Planned) -> None:
        kept = {**_kept(planned.plan), "baseline": self._planner.baseline()}
        self._store.plans.keep(planned.plan.hash, kept, self._now())

    def cycle(self, mode: str, told: Hear = nobody) -> Reconciled | None:
        """Settle, plan, and write what may be written, where `mode` says so; None where off.

        `told` hears of each write.

        Raises Busy where another process writes, StoreError, and Stopped.
        """
        if mode == "off":
            return None
        unsettled = self._settler.settle()
        planned = self._prepared()
        self._tell(planned)
        self._note_brakes(planned.plan)
        if mode != "apply":
            return Reconciled(planned, None, unsettled)
        pushed = self._pusher.push_plan(planned.plan, MACHINE, since=planned.progress, told=told)
        return Reconciled(planned, pushed, unsettled)

    def apply(self, hash_: str, by: str) -> tuple[Planned, Pushed]:
        """Carry out exactly this plan. Raises Moved where it is not today's, and Busy."""
        planned = self.ready(hash_)
        return planned, self.carry_out(planned, by)

    def ready(self, hash_: str) -> Planned:
        """The plan with this hash, to be carried out. Raises Moved where it is not today's."""
        self._settler.settle()
        planned = self._prepared()
        today = planned.plan.hash
        if today != hash_:
            raise Moved(f"the world has moved: the plan is {today} now; look at it first")
        return planned

    def carry_out(self, planned: Planned, by: str) -> Pushed:
        """Write what no brake keeps back of a plan that is ready. Raises Busy."""
        return self._pusher.push_plan(planned.plan, by, since=planned.progress, probing=True)

    def approve(self, hash_: str, by: str, seconds: int) -> list[Approval]:
        """Let what brakes keep back of this plan pass, for a while. Raises NoSuchPlan."""
        kept = self._store.plans.kept(hash_)
        if kept is None and self.plan().plan.hash == hash_:  # it was looked at only
            kept = self._store.plans.kept(hash_)
        if kept is None:
            raise NoSuchPlan(f"no plan {hash_} was shown; see `calsync plan`")
        now = self._now()
        passed = [
            Approval(one["brake"], one["scope"], frozenset(one["actions"]), now + seconds)
            for one in kept["refused"]
            if not one["deferred"]
        ]
        reasons = {(one["brake"], one["scope"]): one["reason"] for one in kept["refused"]}
        self._store.plans.approve(hash_, passed, reasons, by, now)
        self._agree(passed, kept["baseline"])
        log.info("plan.approved", plan=hash_, count=len(passed))
        return passed

    def able(self, account: str) -> frozenset[str]:
        """The words of `wish.ACTIONS` that an account can be asked for."""
        source = self._sources.get(account)
        vendor: object = source.vendor if source else None
        found: set[str] = set()
        if isinstance(vendor, Withdrawing):
            found.add("withdraw")
        if isinstance(vendor, Settling):
            found |= {"move", *ENDING}
        return frozenset(found)

    def standing(self) -> dict[str, int]:
        """How many holds and copies of ours stand at each account: what brakes count against."""
        counts = self._store.links.counts()
        return {id_: counts.get(id_, 0) for id_ in self._sources}

    def undo(self, run: str) -> Undo:
        """What would take a run back. Raises NoSuchRun."""
        found = self._store.outbox.run(run)
        if found is None:
            raise NoSuchRun(f"there is no run {run}; see `calsync runs`")
        return undo_of(found, self._store.links.one)

    def take_back(self, undo: Undo, by: str) -> Pushed:
        """Carry an undo out, and leave what it took back alone from now on. Raises Busy.

        What was not known to be carried out when it was asked for is taken back, too.
        """
        self._settler.settle()
        since = self._store.outbox.progress()
        undo = self.undo(undo.run)
        pushed = self._pusher.push(
            list(undoing.steps(undo)),
            undo.hash,
            by,
            since=since,
            probing=True,
            undoes=undo.run,
        )
        done = frozenset(one.action.id for one in pushed.done if one.state == "confirmed")
        undoing.set_aside(self._store, undo, pushed.run, done, self._now())
        return pushed

    def resolve(self, wish: Wish, finding: str) -> Resolution:
        """Keep what a person approved: it becomes an action of the next plan.

        Raises NotPossible where its account cannot do it, or the event is not known.
        """
        stored = self._store.events.by_id(wish.key)
        if stored is None:
            raise NotPossible(f"there is no event {wish.key}")
        resolution = wished(wish, finding, stored.event)
        vendors = {id_: source.vendor for id_, source in self._sources.items()}
        if why := offers(vendors, resolution, stored.event):
            raise NotPossible(why)
        return replace(resolution, id=self._store.plans.resolve(resolution, self._now()))

    def brakes(self) -> dict[str, list[str]]:
        """The brakes that keep whole accounts back, as of the last cycle."""
        return dict(self._store.plans.fact(BRAKES) or {})

    def _note_brakes(self, plan: Plan) -> None:
        on: dict[str, list[str]] = {}
        for refusal in plan.waiting:
            if "/" not in refusal.scope:
                on.setdefault(refusal.scope, []).append(refusal.brake)
        found = {account: sorted(set(brakes)) for account, brakes in on.items()}
        if (self._store.plans.fact(BRAKES) or {}) != found:
            self._store.plans.remember(BRAKES, found)

    def _agree(self, passed: Sequence[Approval], baseline: object) -> None:
        """What a first run and a changed scope need but once: what the plan that was shown saw."""
        accounts = {one.scope for one in passed if one.brake == "B16"}
        if accounts:
            known = set(self._store.plans.fact(AGREED) or ())
            self._store.plans.remember(AGREED, sorted(known | accounts))
        if any(one.brake == "B10" for one in passed):
            self._store.plans.remember(BASELINE, baseline)

    def _tell(self, planned: Planned) -> None:
        """Bring the register in line with what the writing side found wrong."""
        known = {
            id_: one
            for id_, one in self._store.findings.about(KINDS).items()
            if one.finding.subject.type == SUBJECT
        }
        if not known and not planned.findings:
            return
        trusted = frozenset(self._trusted())
        moment = Moment(planned.now, planned.now - 1, trusted)
        take_in(self._store, Look(known, list(planned.findings)), moment)

    def _trusted(self) -> Collection[str]:
        return frozenset(state.account for state in self._states() if state.trusted)

    def _now(self) -> int:
        return int(self._clock.now())


def _kept(plan: Plan) -> Mapping[str, Any]:
    """What an approval needs of a plan."""
    return {
        "refused": [
            {
                "brake": refusal.brake,
                "scope": refusal.scope,
                "reason": refusal.reason,
                "deferred": refusal.deferred,
                "actions": [action.id for action in refusal.actions],
            }
            for refusal in plan.refused
        ]
    }
