"""What a person may ask for, for an event that is a vendor's own."""

from __future__ import annotations

from dataclasses import dataclass

from worker.domain.event import Event
from worker.domain.reconcile.intent import echo
from worker.domain.reconcile.plan import Resolution
from worker.domain.span import Span

ENDING = ("cancel", "archive", "delete")
ACTIONS = ("move", *ENDING, "withdraw")


class NotPossible(Exception):
    """The wish cannot become an action; the message says why, for the person who wishes."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody approves: one of `ACTIONS` for the event with the id `key`.

    `to` is the new start of an event that is moved; `tells` lets its vendor tell people.
    """

    action: str
    key: str
    to: int | None
    tells: bool
    by: str
    why: str = ""


def wished(wish: Wish, finding: str, event: Event) -> Resolution:
    """The resolution behind a wish. Raises NotPossible."""
    to: Span | None = None
    match wish.action:
        case "move" if wish.to is None:
            raise NotPossible("to move it, say to when")
        case "move" if wish.to is not None:
            to = Span(wish.to, wish.to + event.span.seconds)
        case action if action in ACTIONS:
            pass
        case _:
            raise NotPossible(f"what to do is one of {', '.join(ACTIONS)}")
    return Resolution(
        id=0,
        finding=finding,
        key=event.key,
        to=to,
        withdraw=wish.action == "withdraw",
        tells=wish.tells,
        by=wish.by,
        why=wish.why,
        basis=echo(event),
    )
