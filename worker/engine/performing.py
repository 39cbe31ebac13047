"""Which method of an adapter carries an action out."""

from __future__ import annotations

from worker.domain.event import Event
from worker.domain.reconcile.plan import Action, Verb
from worker.vendors.writer import Settling, Telling, Withdrawing, Writer


class Unable(Exception):
    """The account's adapter does not offer what an action asks for."""


def perform(vendor: object, action: Action) -> Event | None:
    """Send one write; what the vendor shows afterwards, None where it was taken away.

    Raises VendorError and Unable.
    """
    if action.resolution is not None:
        return _settle(vendor, action)
    match action.verb, vendor:
        case Verb.CREATE, Writer() if action.intent:
            return vendor.create(action.intent).event
        case Verb.UPDATE, Writer() if action.intent and action.key:
            return vendor.update(action.key, action.intent).event
        case Verb.DELETE, Writer() if action.key:
            vendor.delete(action.key, action.why)
            return None
        case Verb.WITHDRAW, Withdrawing() if action.event:
            vendor.withdraw(action.event, action.why)
            return None
        case Verb.OFFER, Withdrawing() if action.event:
            return vendor.offer(action.event).event
        case _:
            raise Unable(f"{action.target} offers no way to {action.verb} this")


def _settle(vendor: object, action: Action) -> Event | None:
    wish, event = action.resolution, action.event
    if wish is None or event is None:
        raise Unable("there is nothing to settle")
    telling = Telling.PEOPLE if wish.tells else Telling.NOBODY
    match vendor:
        case Withdrawing() if wish.withdraw:
            vendor.withdraw(event, action.why)
            return None
        case Settling() if wish.to is not None:
            return vendor.move(event, wish.to, telling).event
        case Settling() if not wish.withdraw:
            vendor.end(event, action.why, telling)
            return None
        case _:
            raise Unable(f"{action.target} offers no way to do this")
