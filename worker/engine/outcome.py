"""What an answer to a write means: its outcome, and what is remembered of its link. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from worker.domain.event import Event
from worker.domain.reconcile.intent import Purpose, echo
from worker.domain.reconcile.links import Link, LinkState
from worker.domain.reconcile.plan import Action, Verb
from worker.domain.reconcile.record import OutboxState
from worker.domain.span import DAY, HOUR, MINUTE
from worker.store.links import Agreed

FIRST_RETRY = 5 * MINUTE
LAST_RETRY = 12 * HOUR


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a write ended, and what becomes of its link."""

    state: OutboxState
    detail: str = ""
    link: tuple[Link, Agreed | None] | None = None
    forget: tuple[str, ...] = ()
    after: Event | None = None
    ended: int = 0  # the number of an event that is gone now


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of an action's link (None: nothing), and when."""

    link: Link | None
    now: int


def concluded(
    facts: Facts,
    action: Action,
    before: Event | None,
    after: Event | None,
    detail: str = "",
) -> Outcome:
    """It was carried out: `after` is what the vendor shows now, None where it was taken away."""
    ended = action.key.number if action.key is not None and after is None else 0
    if action.resolution is not None:
        return Outcome(OutboxState.CONFIRMED, detail, after=after, ended=ended)
    match action.verb:
        case Verb.DELETE | Verb.OFFER:
            forget = (action.link,)
            return Outcome(OutboxState.CONFIRMED, detail, forget=forget, after=after, ended=ended)
        case Verb.WITHDRAW:
            slot = before or action.event
            link = replace(_link(facts, action, None), state=LinkState.WITHDRAWN)
            kept = (link, Agreed(None, slot))
            return Outcome(OutboxState.CONFIRMED, detail, kept, ended=ended)
        case _:
            link = _link(facts, action, after)
            agreed = Agreed(action.wanted or action.intent, after)
            return Outcome(OutboxState.CONFIRMED, detail, (link, agreed), after=after)


def found(facts: Facts, action: Action, there: Event) -> Outcome:
    """What was to be created stands there already; where it is at another time, that is known."""
    link = _link(facts, action, there)
    if action.intent is not None and there.span != action.intent.span:
        link = replace(link, span=there.span)
    words = "it stood there already"
    agreed = Agreed(action.wanted or action.intent, there)
    return Outcome(OutboxState.CONFIRMED, words, (link, agreed), after=there)


def vanished(facts: Facts, action: Action) -> Outcome:
    """What was to be changed or taken away is not there any more."""
    if action.resolution is not None:
        moved = action.verb is Verb.UPDATE
        state = OutboxState.REJECTED if moved else OutboxState.CONFIRMED
        return Outcome(state, "the event is no more")
    if action.verb is not Verb.UPDATE or facts.link is None:
        gone = action.key.number if action.key else 0
        words = "it was gone already"
        return Outcome(OutboxState.CONFIRMED, words, forget=(action.link,), ended=gone)
    absent = replace(facts.link, state=LinkState.ABSENT, key=None, number=0, since=facts.now)
    return Outcome(OutboxState.REJECTED, "it is not there any more", (absent, None))


def refused(facts: Facts, action: Action, why: str) -> Outcome:
    """The vendor said no: it is tried again later, each time twice as late."""
    if action.resolution is not None:
        return Outcome(OutboxState.REJECTED, why)
    link = facts.link or _link(facts, action, None)
    earlier = max(FIRST_RETRY, link.retry_at - link.since if link.retry_at else 0)
    wait = min(2 * earlier if link.retry_at else FIRST_RETRY, LAST_RETRY)
    kept = replace(
        link,
        # What is not there waits at the time that was refused: another one is tried at once.
        span=action.span if action.verb is Verb.CREATE else link.span,
        state=LinkState.WITHDRAWN if action.verb is Verb.OFFER else LinkState.REFUSED,
        trouble=why,
        since=facts.now,
        retry_at=facts.now + wait,
        writes=_recent(link.writes, facts.now) if facts.link else (),
    )
    return Outcome(OutboxState.REJECTED, why, (kept, None))


def uncertain(facts: Facts, action: Action, why: str) -> Outcome:
    """It may have been carried out: nothing more is planned on it before somebody has looked."""
    if action.resolution is not None or action.verb is Verb.OFFER:
        return Outcome(OutboxState.AMBIGUOUS, why)  # `resolved` and `withdrawals` wait for it
    link = facts.link or _link(facts, action, None)
    kept = replace(
        link,
        state=LinkState.AMBIGUOUS,
        trouble=why,
        since=facts.now,
        span=link.span if facts.link else action.span,
        # It counts as written once it is known that it was: asynchronous vendors answer so always.
        writes=link.writes if facts.link else (),
    )
    agreed = None if facts.link else Agreed(action.intent, None)
    return Outcome(OutboxState.AMBIGUOUS, why, (kept, agreed))


def unresolvable(facts: Facts, action: Action, why: str) -> Outcome:
    """Nobody can tell whether it was carried out: a person must look."""
    if facts.link is None or action.resolution is not None:
        return Outcome(OutboxState.NEEDS_REVIEW, why)
    kept = replace(facts.link, state=LinkState.NEEDS_REVIEW, trouble=why, since=facts.now)
    return Outcome(OutboxState.NEEDS_REVIEW, why, (kept, None))


def undisturbed(facts: Facts, action: Action, why: str) -> Outcome:
    """It was surely not carried out: everything is as it was before, and planned anew."""
    link = facts.link
    if link is None or action.resolution is not None or action.verb is Verb.OFFER:
        return Outcome(OutboxState.REJECTED, why)  # what is off is offered again as long as it is
    if action.verb in (Verb.CREATE, Verb.WITHDRAW):
        # The time of the next try is kept, so that it looks before it creates.
        again = replace(link, state=LinkState.REFUSED, trouble=why, retry_at=facts.now)
        return Outcome(OutboxState.REJECTED, why, (replace(again, since=facts.now), None))
    kept = replace(
        link,
        state=LinkState.AGREED,
        trouble="",
        since=facts.now,
        revision=0,  # what stands there is compared again with what was last agreed
    )
    return Outcome(OutboxState.REJECTED, why, (kept, None))


def _link(facts: Facts, action: Action, after: Event | None) -> Link:
    """The link as it is after a write."""
    known = facts.link
    intent = action.intent
    written = _recent((*(known.writes if known else ()), facts.now), facts.now)
    purpose = intent.purpose if intent else Purpose.WITHDRAWAL
    return Link(
        id=action.link,
        purpose=known.purpose if known else purpose,
        target=action.target,
        calendar=intent.calendar if intent else "",
        resource=action.resource,
        origin=intent.origin.number if intent and intent.origin else 0,
        span=action.span,
        digest=action.digest,
        state=LinkState.AGREED,
        key=after.key if after else None,
        number=after.key.number if after else 0,
        echo=echo(after) if after else b"",
        revision=0,
        written_at=facts.now,
        writes=written,
        since=facts.now,
    )


def _recent(writes: tuple[int, ...], now: int) -> tuple[int, ...]:
    return tuple(at for at in writes if at > now - DAY)
