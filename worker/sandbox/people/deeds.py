"""What a person can do to one object, whatever the vendor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.acuity import Acuity
from worker.sandbox.appointment_one import AppointmentOne
from worker.sandbox.canvas import Canvas
from worker.sandbox.cliniko import Cliniko
from worker.sandbox.people.acuity import AcuityHand
from worker.sandbox.people.appointment_one import AppointmentOneHand
from worker.sandbox.people.canvas import CanvasHand
from worker.sandbox.people.cliniko import ClinikoHand
from worker.sandbox.people.thing import Hand, Impossible, Thing
from worker.sandbox.people.timify import TimifyHand
from worker.sandbox.timify import Timify

DEEDS = ("move", "cancel", "edit", "delete", "recreate", "duplicate", "create", "book")
"""What a person can do: `recreate` deletes an object and enters it anew, under another id."""


def hand_of(simulator: object) -> Hand:
    """The pages of a simulated vendor; raises Impossible if it has none."""
    match simulator:
        case Canvas():
            return CanvasHand(simulator)
        case Cliniko():
            return ClinikoHand(simulator)
        case Timify():
            return TimifyHand(simulator)
        case Acuity():
            return AcuityHand(simulator)
        case AppointmentOne():
            return AppointmentOneHand(simulator)
    raise Impossible("this vendor has no pages")


def act(hand: Hand, do: str, thing: Thing, wish: Mapping[str, Any]) -> str:
    """Do something to one object; returns the id of what is there afterwards."""
    start = wish.get("start", thing.start + int(wish.get("by", 0)))
    match do:
        case "move":
            hand.move(thing, int(start))
        case "cancel":
            hand.cancel(thing)
        case "edit":
            hand.edit(thing, wish)
        case "delete":
            hand.delete(thing)
        case "duplicate":
            return hand.duplicate(thing, int(start))
        case "recreate":
            new = hand.duplicate(thing, int(start))
            if thing.alive:
                hand.delete(thing)
            return new
        case _:
            raise Impossible(f"people can {', '.join(DEEDS)}")
    return thing.id
