"""What takes a run back, where the vendors allow it, and what cannot be taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from worker.domain.event import Event
from worker.domain.reconcile.intent import Intent, echo
from worker.domain.reconcile.links import Link, LinkState
from worker.domain.reconcile.plan import Action, Resolution, Verb, hash_of
from worker.domain.reconcile.record import OutboxState, RunRecord, WriteRecord
from worker.engine.outcome import Facts, refused
from worker.engine.withdrawing import withdrawal_link
from worker.store.links import Agreed
from worker.store.store import Store


@dataclass(frozen=True, slots=True)
class Undo:
    """The writes that take a run back, the last first, and why others cannot be taken back."""

    run: str
    actions: tuple[tuple[int, Action], ...]  # the outbox entry that each takes back
    lost: tuple[tuple[Action, str], ...]

    @property
    def hash(self) -> str:
        """Names exactly this."""
        return hash_of([f"undo {self.run}", *(action.id for _, action in self.actions)])


def undo_of(run: RunRecord, known: Callable[[str], Link | None]) -> Undo:
    """What takes this run back; `known` are the links as they are now, by id."""
    actions: list[tuple[int, Action]] = []
    lost: list[tuple[Action, str]] = []
    for entry in reversed(run.entries):
        if entry.state in _UNKNOWN:
            lost.append((entry.action, _UNKNOWN[entry.state]))
        if entry.state is not OutboxState.CONFIRMED or entry.taken_back:
            continue
        found = _inverse(entry)
        if isinstance(found, Action):
            actions.append((entry.id, _as_it_stands(found, known(found.link))))
        else:
            lost.append((entry.action, found))
    return Undo(run.id, tuple(actions), tuple(lost))


_UNSETTLED = "its answer was lost, and its vendor was not asked yet"
_UNKNOWN = {
    OutboxState.INTENT: _UNSETTLED,
    OutboxState.IN_FLIGHT: _UNSETTLED,
    OutboxState.AMBIGUOUS: _UNSETTLED,
    OutboxState.NEEDS_REVIEW: "nobody knows whether it was carried out: a person must look there",
}


def set_aside(store: Store, undo: Undo, run: str, done: frozenset[str], now: int) -> None:
    """Leave what was taken back alone, or the next cycle would write it again."""
    back = [(entry, action) for entry, action in undo.actions if action.id in done]
    store.outbox.take_back([entry for entry, _ in back], run)
    words = f"run {undo.run} was taken back"
    taking = store.outbox.run(run) if run else None
    offered = {
        one.action.id: one.after
        for one in (taking.entries if taking else ())
        if one.action.verb is Verb.OFFER
    }
    for _, action in back:
        if action.resolution is not None:
            continue
        if slot := offered.get(action.id):
            # The slot may have another number now: it is this one that stays open.
            open_again = withdrawal_link(action.target, action.resource, slot.key.number)
            _remember(store, replace(action, link=open_again), words, now)
            continue
        link = store.links.one(action.link)
        if link is None and action.verb is Verb.DELETE:
            _remember(store, action, words, now)
        elif link is not None:
            kept = replace(link, state=LinkState.UNDONE, trouble=words, since=now)
            if action.verb is Verb.UPDATE and action.intent is not None:
                # It stands where it stood before, and not as is wanted: the plan says so.
                kept = replace(kept, span=action.intent.span)
            store.links.keep(kept, store.links.agreed([link.id])[link.id])


def _remember(store: Store, action: Action, words: str, now: int) -> None:
    """A hold that was taken away by an undo: its link stays, so that it is not made again."""
    outcome = refused(Facts(None, now), action, words)
    if outcome.link is not None:
        link, agreed = outcome.link
        kept = replace(link, state=LinkState.UNDONE, retry_at=0, key=None, number=0)
        store.links.keep(kept, agreed or Agreed(action.intent, None))


def _inverse(entry: WriteRecord) -> Action | str:
    """The write that takes another one back, or why there is none."""
    action = entry.action
    if action.resolution is not None:
        return _unsettled(entry, action.resolution)
    match action.verb:
        case Verb.CREATE if entry.after is not None:
            return _back(action, Verb.DELETE, entry.after)
        case Verb.UPDATE if entry.after and entry.before and action.intent:
            intent = _as_it_was(action.intent, entry.before)
            return replace(_back(action, Verb.UPDATE, entry.after), intent=intent)
        case Verb.DELETE if action.intent is not None:
            return replace(_back(action, Verb.CREATE, None), intent=action.intent)
        case Verb.WITHDRAW if entry.before is not None:
            return replace(_back(action, Verb.OFFER, None), event=entry.before)
        case Verb.OFFER if entry.after is not None:
            link = withdrawal_link(action.target, action.resource, entry.after.key.number)
            back = _back(action, Verb.WITHDRAW, entry.after)
            return replace(back, link=link, event=entry.after)
        case _:
            return "what stood there before is not known"


def _as_it_stands(action: Action, link: Link | None) -> Action:
    """A vendor without updates shows under another id what was written again since."""
    if link is None or link.key is None or action.key in (None, link.key):
        return action
    return replace(action, key=link.key, basis=link.echo)


def _unsettled(entry: WriteRecord, wish: Resolution) -> Action | str:
    if wish.tells:
        return "people were told of it; that cannot be taken back"
    if entry.action.verb is not Verb.UPDATE or entry.before is None or entry.after is None:
        return "its vendor has no way to bring back what was ended"
    back = _back(entry.action, Verb.UPDATE, entry.after)
    to = entry.before.span
    return replace(back, resolution=replace(wish, to=to), event=entry.after, span=to)


def _back(action: Action, verb: Verb, there: Event | None) -> Action:
    return replace(
        action,
        verb=verb,
        why=f"takes back: {action.why}",
        key=there.key if there else None,
        basis=echo(there) if there else b"",
        event=None,
        moved=0,
    )


def _as_it_was(intent: Intent, before: Event) -> Intent:
    return replace(
        intent,
        span=before.span,
        title=before.title or intent.title,
        location=before.location,
        capacity=before.capacity,
    )


def steps(undo: Undo) -> Iterator[Action]:
    """The writes alone."""
    for _, action in undo.actions:
        yield action
