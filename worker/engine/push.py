"""The outbox at work: intent durable, request, answer read, outcome durable; one write at a time.

The one order for every write (safety, section 1). Whatever is raised or killed in between, the next
process finds in the outbox what may have been sent, and asks before it repeats anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from worker.domain.event import Event, Key
from worker.domain.listing import Presence
from worker.domain.reconcile.intent import Purpose, echo
from worker.domain.reconcile.plan import Action, Plan, Verb
from worker.domain.reconcile.record import OutboxState
from worker.engine.asking import alike, hush, standing
from worker.engine.outcome import (
    Facts,
    Outcome,
    concluded,
    found,
    refused,
    uncertain,
    unresolvable,
    vanished,
)
from worker.engine.performing import Unable, perform
from worker.engine.poll import Source
from worker.engine.reading_back import agreed
from worker.store.database import Busy
from worker.store.outbox import PUSH_LOCK, Progress
from worker.store.store import Store
from worker.vendors.base import (
    Ambiguous,
    Clock,
    NeedsPerson,
    Nonsense,
    StartOver,
    TryLater,
    Vanished,
    VendorError,
)
from worker.vendors.writer import Writer

log = structlog.get_logger()

PUSH_WAIT = 10.0  # seconds for another process that writes
READ_WAIT = 60.0  # seconds for a poll of the same account
MISSES = 3  # writes in a row for which an account cannot be reached, before the rest waits

Turns = Callable[[Sequence[Callable[[], None]]], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What became of one action."""

    action: Action
    state: OutboxState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Pushed:
    """A run and its outcomes. No run was opened where there was nothing to write."""

    run: str
    done: tuple[Done, ...]

    @property
    def fine(self) -> bool:
        """Whether everything was carried out, waits for its turn, or is asked about next.

        Some vendors carry a write out later: its answer is then not known at first, every time.
        """
        good = (OutboxState.CONFIRMED, OutboxState.DEFERRED, OutboxState.AMBIGUOUS)
        return all(one.state in good for one in self.done)


Hear = Callable[[Done], None]


def nobody(_done: Done) -> None:
    """Nobody listens."""


def in_turn(jobs: Sequence[Callable[[], None]]) -> None:
    """One account after the other."""
    for job in jobs:
        job()


class Pusher:
    """Carries plans out. `turns` runs the jobs of several accounts; each keeps its own order."""

    def __init__(
        self, store: Store, sources: Iterable[Source], clock: Clock, turns: Turns = in_turn
    ) -> None:
        self._store = store
        self._sources = {source.id: source for source in sources}
        self._clock = clock
        self._turns = turns

    def push(
        self,
        actions: Sequence[Action],
        plan: str,
        by: str,
        *,
        since: Progress,
        probing: bool = False,
        undoes: str = "",
        told: Hear = nobody,
    ) -> Pushed:
        """Carry these out now, as a run of the plan with this hash.

        `since` is how far the outbox was when the picture was taken that they were made from.
        `probing` looks for what is to be created before it is: for plans made from a picture that
        this process has not read itself. Raises Busy where another process writes, or has since.
        """
        if not actions:
            return Pushed("", ())
        with self._store.database.locked(PUSH_LOCK, PUSH_WAIT):
            fence = self._store.outbox.lead(since)
            run = self._store.outbox.begin(fence, plan, by, self._now(), undoes)
            done: list[Done] = []

            def note(one: Done) -> None:
                done.append(one)
                told(one)

            jobs = [
                partial(self._account, fence, run, target, some, probing, note)
                for target, some in _by_target(actions).items()
            ]
            self._turns(jobs)
            self._store.outbox.finish(run, self._now())
        log.info("push.done", run=run, plan=plan, count=len(done))
        return Pushed(run, tuple(done))

    def push_plan(
        self,
        plan: Plan,
        by: str,
        *,
        since: Progress,
        probing: bool = False,
        told: Hear = nobody,
    ) -> Pushed:
        """Carry out what a plan's brakes let pass; `told` hears of each write."""
        return self.push(plan.actions, plan.hash, by, since=since, probing=probing, told=told)

    def _account(
        self,
        fence: int,
        run: str,
        target: str,
        actions: Sequence[Action],
        probing: bool,
        note: Callable[[Done], None],
    ) -> None:
        """All writes to one account, in order; where it cannot be reached, the rest waits.

        One entry that cannot be dealt with keeps no others from their turn.
        """
        stopped, misses = "", 0
        for action in actions:
            self._clock.sleep(0)  # raises Stopped where the process is ending
            if not stopped and (reason := self._waits(target)):
                stopped = reason
            if stopped:
                note(Done(action, OutboxState.DEFERRED, stopped))
                continue
            done, reason = _Write(self, fence, run, action, probing).carry_out()
            note(done)
            misses = misses + 1 if reason else 0
            if misses >= MISSES or done.state is not OutboxState.DEFERRED:
                stopped = reason

    def _waits(self, target: str) -> str:
        health = self._store.accounts.all()[target].health
        if health.paused:
            return "the account is paused"
        if health.waits(self._now()):
            return "the vendor asked us to wait"
        return ""

    def _now(self) -> int:
        return int(self._clock.now())

    @property
    def store(self) -> Store:
        """The store that writes are recorded in."""
        return self._store

    @property
    def sources(self) -> Mapping[str, Source]:
        """The accounts by id."""
        return self._sources

    @property
    def now(self) -> int:
        """Whole seconds since the epoch."""
        return self._now()


class _Write:
    """One action on its way through the outbox."""

    def __init__(self, pusher: Pusher, fence: int, run: str, action: Action, probing: bool) -> None:
        self._pusher = pusher
        self._store = pusher.store
        self._source = pusher.sources[action.target]
        self._fence = fence
        self._run = run
        self._action = action
        self._probing = probing
        self._entry = 0

    def carry_out(self) -> tuple[Done, str]:
        """The outcome, and why the account's other writes must wait, if they must."""
        target = self._action.target
        self._entry = self._store.outbox.intend(
            self._fence, self._run, self._action, self._pusher.now
        )
        try:
            with self._store.database.locked(f"poll:{target}", READ_WAIT):
                return self._begun()
        except Busy as busy:
            if type(busy) is not Busy:
                raise
            return self._done(OutboxState.DEFERRED, "the account is being read"), "it is being read"

    def _begun(self) -> tuple[Done, str]:
        try:
            before, verdict = self._looked()
        except VendorError as error:
            self._hush(error)
            return self._done(OutboxState.DEFERRED, str(error)), str(error)
        if verdict is not None:
            return self._settled(verdict), ""
        self._store.outbox.send(self._fence, self._entry, self._action, before, self._pusher.now)
        try:
            shown = perform(self._source.vendor, self._action)
            after = self._read_back(shown, before)
        except VendorError as error:
            return self._failed(error)
        except Unable as error:
            return self._settled(refused(self._link_facts(), self._action, str(error))), ""
        return self._settled(concluded(self._link_facts(), self._action, before, after)), ""

    def _looked(self) -> tuple[Event | None, Outcome | None]:
        """What stands there now, and the outcome where nothing is to be written after all.

        Raises VendorError where the vendor cannot be asked.
        """
        action = self._action
        if action.key is None:
            return None, self._found_already()
        before, presence = self._confirmed(action.key)
        facts = self._link_facts()
        match presence:
            case Presence.GONE if before is None and _is_listed(action):
                # Its listing shows it: two words against each other. What is gone for good will
                # be missing from the next listing, too, and may be made again then.
                words = "it was listed, and by its id it is not found: the next cycle looks again"
                return before, Outcome(OutboxState.DEFERRED, words)
            case Presence.GONE:
                return before, vanished(facts, action)
            case Presence.PRESENT if before is not None:
                if words := _another(action, before):
                    return before, Outcome(OutboxState.DEFERRED, words)
                return before, None
            case _:
                words = "its vendor does not say what stands there now"
                return before, Outcome(OutboxState.DEFERRED, words)

    def _found_already(self) -> Outcome | None:
        """What is to be created may stand there already, where our picture may be old."""
        action = self._action
        doubtful = self._probing or self._store.links.one(action.link) is not None
        vendor: object = self._source.vendor
        if action.verb is not Verb.CREATE or not doubtful or not isinstance(vendor, Writer):
            return None
        if action.intent is None:
            return None
        there = vendor.probe(action.intent)
        if there is None:
            return None
        facts = self._link_facts()
        if facts.link is not None and not alike(there.event.span, action.intent.span):
            # Marks get copied: somebody's own would be moved or deleted as if it were ours (B11).
            words = "something at another time carries its mark: is it ours?"
            return unresolvable(facts, action, words)
        return found(facts, action, there.event)

    def _shown_as(self, event: Event) -> tuple[Event | None, Presence]:
        home = (*event.subjects, event.series)
        return standing(self._source.vendor, event.key, event.span, home)

    def _confirmed(self, key: Key) -> tuple[Event | None, Presence]:
        home: tuple[str, ...] = ()
        near = self._action.span
        if stored := self._store.events.by_number([key.number]).get(key.number):
            event = stored.event
            home, near = (*event.subjects, event.series), event.span
        elif link := self._store.links.agreed([self._action.link]).get(self._action.link):
            home = link.home
            near = link.base.span if link.base else near
        return standing(self._source.vendor, key, near, home)

    def _read_back(self, shown: Event | None, before: Event | None) -> Event | None:
        """What the vendor shows after a write; what it answered, where it cannot be asked."""
        key = shown.key if shown else self._action.key
        if key is None:
            return shown
        try:
            event, presence = self._shown_as(shown) if shown else self._confirmed(key)
        except (TryLater, NeedsPerson) as error:
            self._hush(error)
            if shown is None:
                raise Ambiguous("it could not be read back") from None
            return shown
        return agreed(self._action, before, shown, event, presence)

    def _failed(self, error: VendorError) -> tuple[Done, str]:
        facts = self._link_facts()
        self._hush(error)
        match error:
            case Ambiguous() | Nonsense() | StartOver():
                return self._settled(uncertain(facts, self._action, str(error))), ""
            case TryLater():
                return self._done(OutboxState.DEFERRED, str(error)), str(error)
            case Vanished() if self._action.key is not None and not _is_listed(self._action):
                return self._settled(vanished(facts, self._action)), ""
            case NeedsPerson():
                return self._settled(refused(facts, self._action, str(error))), str(error)
            case _:
                return self._settled(refused(facts, self._action, str(error))), ""

    def _hush(self, error: VendorError) -> None:
        hush(self._store, self._source, error, self._pusher.now)

    def _settled(self, outcome: Outcome) -> Done:
        self._store.outbox.settle(
            self._fence,
            self._entry,
            outcome.state,
            outcome.detail,
            self._pusher.now,
            link=outcome.link,
            forget=outcome.forget,
            after=outcome.after,
            ended=outcome.ended,
        )
        level = log.info if outcome.state is OutboxState.CONFIRMED else log.warning
        level(
            "push.write",
            run=self._run,
            account=self._action.target,
            verb=self._action.verb,
            action=self._action.id,
            outcome=outcome.state,
        )
        return Done(self._action, outcome.state, outcome.detail)

    def _done(self, state: OutboxState, detail: str) -> Done:
        return self._settled(Outcome(state, detail))

    def _link_facts(self) -> Facts:
        return Facts(self._store.links.one(self._action.link), self._pusher.now)


def _another(action: Action, there: Event) -> str:
    """Why an action is not for what stands there now, in words; empty where it is."""
    if action.basis and echo(there) != action.basis:
        return "it was changed since it was last read: the next cycle looks again"
    copy = action.intent is not None and action.intent.purpose is Purpose.COPY
    if copy and action.verb is Verb.DELETE and there.attendees:
        return f"{there.attendees} have a place in it"
    return ""


def _by_target(actions: Sequence[Action]) -> dict[str, list[Action]]:
    found: dict[str, list[Action]] = {}
    for action in actions:
        found.setdefault(action.target, []).append(action)
    return found


def _is_listed(action: Action) -> bool:
    """Whether something of ours is to be changed because its account's listing shows it."""
    return action.verb is Verb.UPDATE and action.resolution is None
