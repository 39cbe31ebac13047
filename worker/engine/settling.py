"""After a lost answer or a crash: asking what became of a write, before anything is repeated."""

from __future__ import annotations

from dataclasses import replace

import structlog

from worker.domain.event import Event
from worker.domain.listing import Presence
from worker.domain.reconcile.copies import equal
from worker.domain.reconcile.intent import Intent, echo
from worker.domain.reconcile.links import Link, LinkState
from worker.domain.reconcile.plan import Action, Verb
from worker.domain.reconcile.record import OutboxState, WriteRecord
from worker.domain.span import DAY, MINUTE
from worker.engine.asking import hush, standing
from worker.engine.outcome import (
    Facts,
    Outcome,
    concluded,
    found,
    uncertain,
    undisturbed,
    unresolvable,
    vanished,
)
from worker.engine.poll import Source
from worker.store.events import Wanted
from worker.store.outbox import PUSH_LOCK
from worker.store.store import Store
from worker.vendors.base import Clock, VendorError
from worker.vendors.writer import Writer

log = structlog.get_logger()

SETTLE = 5 * MINUTE  # a write that shows nothing for so long was not carried out
GIVE_UP = DAY  # without an answer for so long, a person must look
MOST_ASKED = 50  # holds asked for by id in one cycle


class Settler:
    """Settles what is open in the outbox, and looks for holds that no poll has shown."""

    def __init__(self, store: Store, sources: list[Source], clock: Clock) -> None:
        self._store = store
        self._sources = {source.id: source for source in sources}
        self._clock = clock

    def settle(self) -> int:
        """Ask about everything that is open; returns how much still is. Raises Busy, StoreError."""
        if not (self._store.outbox.open() or self._store.outbox.unfinished()):
            self._look_for_missing()
            return 0
        with self._store.database.locked(PUSH_LOCK, 10.0):
            fence = self._store.outbox.lead()
            for entry in self._store.outbox.open():
                self._one(fence, entry)
        self._look_for_missing()
        return len(self._store.outbox.open())

    def _one(self, fence: int, entry: WriteRecord) -> None:
        if entry.state is OutboxState.INTENT:
            words = "the process ended before it was sent"
            self._record(fence, entry, Outcome(OutboxState.DEFERRED, words))
            return
        source = self._sources.get(entry.action.target)
        if source is None:
            return  # its account is not configured now; when it is again, it will be asked
        facts = Facts(self._store.links.one(entry.action.link), self._now())
        if entry.state is OutboxState.IN_FLIGHT:
            self._record(fence, entry, _interrupted(facts, entry.action))
            facts = Facts(self._store.links.one(entry.action.link), self._now())
        health = self._store.accounts.all()[source.id].health
        if health.waits(self._now()) or health.paused:
            return
        try:
            outcome = self._asked(source, entry, facts)
        except VendorError as error:
            log.info("push.unsettled", account=source.id, error=str(error))
            hush(self._store, source, error, self._now())
            late = self._now() - entry.sent_at > GIVE_UP
            words = f"for a day nobody could tell whether it was carried out ({error})"
            outcome = unresolvable(facts, entry.action, words) if late else None
        if outcome is not None:
            self._record(fence, entry, outcome)

    def _asked(self, source: Source, entry: WriteRecord, facts: Facts) -> Outcome | None:
        """What became of it, by its vendor's word; None where that is not clear yet."""
        action = entry.action
        late = self._now() - entry.sent_at >= SETTLE
        if action.verb is Verb.OFFER:
            # An adapter that offers a slot again takes over an equal one: repeating is safe.
            return undisturbed(facts, action, "it was not seen to be carried out")
        if action.intent is not None and action.verb in (Verb.CREATE, Verb.UPDATE):
            outcome = self._probed(source, entry, facts)
            if outcome is not None or not late:
                return outcome
            if action.target in self._store.outbox.unread():
                return None  # what was made without its mark would not have been seen yet
            if self._lookalike(action.target, action.intent, entry.sent_at):
                words = "something just like it stands there without our mark: is it ours?"
                return unresolvable(facts, action, words)
            if action.verb is Verb.CREATE:
                words = "it was not carried out, and will be tried again"
                return undisturbed(facts, action, words)
        if action.key is None:
            return None
        there, presence = self._confirmed(source, entry)
        match presence:
            case Presence.GONE if action.verb is Verb.UPDATE:
                return vanished(facts, action)
            case Presence.GONE:
                return concluded(facts, action, entry.before, None, "found out afterwards")
            case Presence.PRESENT if late or _moved_as_wished(action, there):
                if _moved_as_wished(action, there):
                    return concluded(facts, action, entry.before, there, "found out afterwards")
                words = "it was not carried out"
                return undisturbed(facts, action, words)
            case _:
                return None

    def _probed(self, source: Source, entry: WriteRecord, facts: Facts) -> Outcome | None:
        action = entry.action
        vendor: object = source.vendor
        if not isinstance(vendor, Writer) or action.intent is None:
            return None
        there = vendor.probe(action.intent)
        if there is None:
            return None
        if action.verb is Verb.UPDATE and not _changed_as_sent(action.intent, entry, there.event):
            return None
        if action.verb is Verb.UPDATE and action.key is not None and there.key != action.key:
            # A vendor without updates: the new one stands, and the old one must not stay.
            vendor.delete(action.key, action.why)
        return found(facts, action, there.event)

    def _lookalike(self, account: str, intent: Intent, sent_at: int) -> bool:
        """Nothing carries its mark. If something looks just like it, its mark may be lost."""
        window = Wanted(accounts=(account,), window=intent.span)
        return any(
            stored.event.span == intent.span
            and not stored.event.mark
            and intent.calendar in stored.event.subjects
            and stored.created_at >= sent_at
            for stored in self._store.events.list(window)
        )

    def _confirmed(self, source: Source, entry: WriteRecord) -> tuple[Event | None, Presence]:
        action = entry.action
        key, before = action.key, entry.before
        if key is None:
            return None, Presence.UNKNOWN
        home = (*before.subjects, before.series) if before else ()
        near = before.span if before else action.span
        return standing(source.vendor, key, near, home)

    def _look_for_missing(self) -> None:
        """Ask by id for holds and copies that complete listings do not show (contract, "hold")."""
        unread = self._store.outbox.unread()
        polls = self._store.last_polls()
        missing = [
            link
            for link in self._store.links.unseen(self._now() - SETTLE, self._now())
            if link.target in self._sources
            and link.target not in unread
            and (poll := polls.get(link.target))
            and poll.complete
        ]
        for link in missing[:MOST_ASKED]:
            self._ask_for(link)

    def _ask_for(self, link: Link) -> None:
        source = self._sources[link.target]
        health = self._store.accounts.all()[source.id].health
        if link.key is None or health.waits(self._now()) or health.paused:
            return
        agreed = self._store.links.agreed([link.id])[link.id]
        near = agreed.base.span if agreed.base else link.span
        try:
            _, presence = standing(source.vendor, link.key, near, agreed.home)
        except VendorError as error:
            log.info("push.unasked", account=source.id, error=str(error))
            hush(self._store, source, error, self._now())
            return
        if presence is Presence.GONE:
            absent = replace(link, state=LinkState.ABSENT, key=None, number=0, since=self._now())
            self._store.links.keep(absent, agreed)

    def _record(self, fence: int, entry: WriteRecord, outcome: Outcome) -> None:
        self._store.outbox.settle(
            fence,
            entry.id,
            outcome.state,
            outcome.detail,
            self._now(),
            link=outcome.link,
            forget=outcome.forget,
            after=outcome.after,
            ended=outcome.ended,
        )

    def _now(self) -> int:
        return int(self._clock.now())


def _interrupted(facts: Facts, action: Action) -> Outcome:
    return uncertain(facts, action, "the process ended while it was sent")


def _changed_as_sent(intent: Intent, entry: WriteRecord, there: Event) -> bool:
    """Whether a change was carried out, though its vendor may write it in its own way."""
    before = entry.before
    as_before = before is not None and there.key == before.key and echo(there) == echo(before)
    return there.span == intent.span and (not as_before or equal(intent, there))


def _moved_as_wished(action: Action, there: Event | None) -> bool:
    """Whether a vendor's own event is where a person approved that it be moved."""
    to = action.resolution.to if action.resolution else None
    return to is not None and there is not None and there.span == to
