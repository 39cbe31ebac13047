"""What people approved for vendors' own events, as actions of a plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from worker.domain.event import Event, Kind, Status
from worker.domain.reconcile.intent import echo
from worker.domain.reconcile.plan import Action, Resolution, Verb
from worker.store.store import Store
from worker.vendors.base import Vendor
from worker.vendors.writer import Foreseeing, Settling, Telling, Withdrawing


@dataclass(slots=True)
class Approved:
    """The actions of open resolutions, and the ids of those that are over, with why.

    `doubts` tells by link which of them their vendor would refuse, as far as is known, and why.
    """

    actions: list[Action] = field(default_factory=list)
    over: list[tuple[int, str]] = field(default_factory=list)
    doubts: dict[str, str] = field(default_factory=dict)


def resolved(store: Store, vendors: Mapping[str, Vendor], writable: Collection[str]) -> Approved:
    """What follows from all open resolutions.

    One whose event is no more, or is not what the person saw, is over. One that was sent and whose
    answer was lost waits until it is known what became of it.
    """
    found = Approved()
    wishes = store.plans.resolutions()
    under_way = {entry.action.link for entry in store.outbox.open()} if wishes else set()
    for wish in wishes:
        if link_of(wish) in under_way:
            continue
        stored = store.events.by_number([wish.key.number]).get(wish.key.number)
        if stored is None or stored.event.status is Status.CANCELLED:
            found.over.append((wish.id, "the event is no more"))
        elif wish.basis and wish.basis != echo(stored.event):
            found.over.append((wish.id, "the event was changed after it was approved"))
        elif wish.key.account in writable and not offers(vendors, wish, stored.event):
            found.actions.append(_action(wish, stored.event))
            if words := _doubt(vendors[wish.key.account], wish, stored.event):
                found.doubts[link_of(wish)] = words
    return found


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


def _doubt(vendor: object, wish: Resolution, event: Event) -> str:
    """Why a vendor would refuse it, where that is known before it is sent."""
    if wish.withdraw or not isinstance(vendor, Foreseeing):
        return ""
    return vendor.objects(event, wish.to, Telling.PEOPLE if wish.tells else Telling.NOBODY)


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
