"""What people approved for vendors' own events, as actions of a plan."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from worker.domain.event import Event, Kind, Status
from worker.domain.reconcile.intent import echo
from worker.domain.reconcile.plan import Action, Resolution, Verb
from worker.store.store import Store
from worker.vendors.base import Vendor
from worker.vendors.writer import Settling, Withdrawing


def resolved(
    store: Store, vendors: Mapping[str, Vendor], writable: Collection[str]
) -> Iterator[Action]:
    """The actions of all open resolutions.

    One whose event is no more, or is not what the person saw, is dropped. One that was sent and
    whose answer was lost waits until it is known what became of it.
    """
    wishes = store.plans.resolutions()
    under_way = {entry.action.link for entry in store.outbox.open()} if wishes else set()
    for wish in wishes:
        if link_of(wish) in under_way:
            continue
        stored = store.events.by_number([wish.key.number]).get(wish.key.number)
        if stored is None or stored.event.status is Status.CANCELLED:
            store.plans.drop(wish.id, "the event is no more")
            continue
        if wish.basis and wish.basis != echo(stored.event):
            store.plans.drop(wish.id, "the event was changed after it was approved")
            continue
        if wish.key.account not in writable or offers(vendors, wish, stored.event):
            continue
        yield _action(wish, stored.event)


def link_of(wish: Resolution) -> str:
    """What the outbox calls its action by."""
    return f"resolution:{wish.id}"


def offers(vendors: Mapping[str, Vendor], wish: Resolution, event: Event) -> str:
    """Why an account cannot do what is wished, in words; empty where it can."""
    vendor = vendors.get(wish.key.account)
    if vendor is None:
        return f"there is no account {wish.key.account}"
    if event.ours:
        return "it is a hold or copy of calsync's own: change what it stands for"
    if wish.withdraw:
        able = isinstance(vendor, Withdrawing)
        if not able or event.key.kind is not Kind.SLOT:
            return f"{wish.key.account} has no open slots that could be withdrawn"
        return "" if event.status is Status.OFFERED else "somebody has this slot"
    if not isinstance(vendor, Settling):
        return f"{wish.key.account} lets nothing be changed from outside"
    return ""


def _action(wish: Resolution, event: Event) -> Action:
    verb = Verb.WITHDRAW if wish.withdraw else Verb.UPDATE if wish.to else Verb.DELETE
    return Action(
        verb=verb,
        target=wish.key.account,
        link=link_of(wish),
        why=f"{wish.by or 'somebody'} approved it" + (f": {wish.why}" if wish.why else ""),
        span=wish.to or event.span,
        key=wish.key,
        basis=echo(event),
        event=event,
        resolution=wish,
        reversible=verb is not Verb.DELETE,
        moved=wish.to.start - event.span.start if wish.to else 0,
    )
