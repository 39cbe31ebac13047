"""Faults that come of what went before (W12, W15, W16, W20): stale reads, repeats, other people."""

from __future__ import annotations

from worker.sandbox.exchange import Response, is_write
from worker.sandbox.faults import bodies
from worker.sandbox.faults.catalogue import Carried, Handle, Incident, carry
from worker.sandbox.faults.envelope import Page
from worker.sandbox.faults.write_answers import is_removal
from worker.sandbox.faults.writes import ids_changed, succeeded
from worker.sandbox.people import Impossible, act, hand_of
from worker.sandbox.snapshot import Snapshot, while_restored
from worker.sandbox.wire import Effect
from worker.sandbox.written import mark_in, written

_HOUR = 3600


@carry("W12", "cancelling that cannot be taken back", "400", "403", "404")
def final(incident: Incident, handle: Handle) -> Carried | None:
    """After a delete, archive or cancel, every further write to that object is refused."""
    request = incident.request
    if not is_write(request):
        return None
    over: set[str] = incident.memory.setdefault("over", set())
    parts = [part for part in request.path.split("/") if part and not part.isalpha()]
    if over & set(parts):
        return Carried(None, Response.of({"message": "is cancelled"}, int(incident.variant)))
    answer = handle(request)
    if is_removal(request) and succeeded(answer):
        over.update(part for part in parts if any(map(str.isdigit, part)) and len(part) > 2)
    return Carried(answer, answer, seen=False)


@carry("W15", "reads that do not know of the write yet", "lists", "single", "both")
def stale_reads(incident: Incident, handle: Handle) -> Carried | None:
    """Option `seconds`: for how long, 30 by default. `times` counts the reads that it struck."""
    request, simulator = incident.request, incident.simulator
    if is_write(request):
        if incident.now >= incident.memory.get("until", 0.0):
            incident.memory["before"] = Snapshot(simulator)
        answer = handle(request)
        if succeeded(answer):
            incident.memory["until"] = incident.now + incident.number("seconds", 30.0)
        return Carried(answer, answer, seen=False)
    if incident.now >= incident.memory.get("until", 0.0):
        return None
    stale = while_restored(simulator, incident.memory["before"], lambda: handle(request))
    kind = "lists" if Page.listing(stale) is not None else "single"
    return Carried(stale, stale) if incident.variant in (kind, "both") else None


@carry("W16", "conflict on a repeat", "409", "422")
def repeat_refused(incident: Incident, handle: Handle) -> Carried | None:
    """A create that was applied before, by its mark or its body, is refused the second time."""
    request = incident.request
    if request.method != "POST" or not is_write(request):
        return None
    done: set[str] = incident.memory.setdefault("done", set())
    wish = bodies.same_wish(request)
    if wish in done:
        body = {"message": "already exists"}
        return Carried(None, Response.of(body, int(incident.variant)))
    answer = handle(request)
    if succeeded(answer):
        done.add(wish)
    return Carried(answer, answer, seen=False)


@carry(
    "W20",
    "somebody meddles with what was just written",
    *("move", "edit", "unmark", "delete", "cancel", "duplicate", "recreate"),
)
def meddled(incident: Incident, handle: Handle) -> Carried | None:
    """A person does that to the object. Options: `seconds` later (0), moved `by` seconds (3600)."""
    request, simulator = incident.request, incident.simulator
    if not is_write(request):
        return None
    before = Snapshot(simulator)
    answer = handle(request)
    ids = set(ids_changed(before, Snapshot(simulator)))
    hand = hand_of(simulator)
    mine = [one for one in hand.things() if one.id in ids and one.alive]
    if not succeeded(answer) or not mine:
        return Carried(answer, answer, seen=False)
    named = written(request, answer).object
    thing = max(mine, key=lambda one: (one.object == named, bool(one.mark)))

    def meddle() -> bool:
        now = next((one for one in hand.things() if one.object == thing.object and one.alive), None)
        if now is None:
            return False
        keep = f" [calsync {mark_in(now.text)}]" if incident.variant == "edit" and now.mark else ""
        wish = {"by": incident.number("by", _HOUR), "notes": f"Changed by hand{keep}"}
        do = "edit" if incident.variant == "unmark" else incident.variant
        try:
            act(hand, do, now, wish if do in ("move", "edit") else {})
        except Impossible:
            return False
        return True

    later = Effect(incident.number("seconds", 0.0), meddle, "person")
    return Carried(answer, answer, effects=(later,))
