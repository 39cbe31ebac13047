"""One way to let a person act at any vendor, written down in the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from worker.sandbox.exchange import Request
from worker.sandbox.people.deeds import DEEDS, act, hand_of
from worker.sandbox.people.thing import Hand, Impossible, Thing
from worker.sandbox.snapshot import Snapshot
from worker.sandbox.switchboard import Switchboard
from worker.sandbox.written import Written


class People:
    """Everybody at the vendors behind a switchboard."""

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard = switchboard

    def things(self, vendor: str | None = None, *, mark: str | None = None) -> list[Thing]:
        """The objects at one vendor or at all, or only those whose text carries a mark."""
        self._switchboard.settle()
        simulators = self._switchboard.simulators
        names = list(simulators) if vendor is None else [vendor]
        found = [thing for name in names for thing in hand_of(simulators[name]).things()]
        return [thing for thing in found if mark is None or thing.mark == mark]

    def act(
        self,
        vendor: str,
        do: str,
        *,
        id: str | None = None,  # noqa: A002 - the word of the control surface
        mark: str | None = None,
        kind: str | None = None,
        **wish: Any,
    ) -> str:
        """Do one of `DEEDS` at a vendor; returns the id of what was changed or made.

        The object is named by `id`, or by a `mark` in its text (a living one first); `kind` tells
        apart what shares an id. Times are `start`, `end` in epoch seconds, or `by` in seconds for
        a move; texts are `title` and `notes`. Raises Impossible, and then nothing has changed.
        """
        simulator = self._switchboard.simulators.get(vendor)
        if simulator is None or do not in DEEDS:
            raise Impossible(f"no such vendor, or not one of {', '.join(DEEDS)}")
        hand = hand_of(simulator)
        named = wish if id is None else {**wish, "id": id}
        # A ledger tells what was done, never the words that somebody wrote.
        body = json.dumps({**named, "mark": mark}, default=str).encode()
        made: list[str] = []

        def do_it() -> Written:
            thing, done = _or_nothing(simulator, hand, do, (id, mark, kind), named)
            made.append(done)
            return _touched(hand, thing, done)

        what = Request("PERSON", f"/{do}", body=body)
        self._switchboard.act(vendor, "person", what, do_it)
        return made[0]


def _or_nothing(
    simulator: object,
    hand: Hand,
    do: str,
    names: tuple[str | None, str | None, str | None],
    wish: Mapping[str, Any],
) -> tuple[Thing | None, str]:
    """The object that was meant, and the id of what is there now; all is undone on a refusal."""
    before = Snapshot(simulator)
    try:
        thing = _named(hand, do, *names)
        return thing, _done(hand, do, thing, wish)
    except Impossible:
        before.restore()
        raise
    except (KeyError, TypeError, ValueError) as wrong:
        before.restore()
        raise Impossible(str(wrong)) from wrong


def _done(hand: Hand, do: str, thing: Thing | None, wish: Mapping[str, Any]) -> str:
    if thing is not None:
        return act(hand, do, thing, wish)
    return hand.create(wish) if do == "create" else hand.book(wish)


def _named(
    hand: Hand, do: str, id_: str | None, mark: str | None, kind: str | None
) -> Thing | None:
    """The object that is meant; None for a deed that makes one."""
    if do in ("create", "book"):
        return None
    if id_ is None and not mark:
        raise Impossible("name the object by id or by mark")
    found = [
        thing
        for thing in hand.things()
        if (id_ is None or thing.id == str(id_))
        and (not mark or thing.mark == mark.lower())
        and (kind is None or thing.kind == kind)
    ]
    if not found:
        raise Impossible("no such object at this vendor")
    return max(found, key=lambda thing: thing.alive)


def _touched(hand: Hand, thing: Thing | None, made: str) -> Written:
    """What was written; a copy keeps the mark of its original."""
    new = next((one for one in hand.things() if one.id == made), thing)
    if new is None:
        return Written(made)
    return Written(new.object, new.mark or (thing.mark if thing else ""))
