"""Faults of carrying a write out (W01-W08, W17, W18): lost, twice, late, in part, over another's.

The simulator's state is compared before and after, so that these work for every vendor alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from typing import Any

from worker.sandbox.exchange import Request, Response, is_write
from worker.sandbox.faults import bodies
from worker.sandbox.faults.catalogue import Carried, Handle, Incident, carry
from worker.sandbox.faults.lost import LOSSES, answered, lost
from worker.sandbox.people import Impossible, hand_of
from worker.sandbox.snapshot import Difference, Snapshot, live, lock_of, overlaid
from worker.sandbox.wire import Effect

_DAY = 86_400.0


def succeeded(answer: Response) -> bool:
    """Whether the vendor agreed."""
    return 200 <= answer.status < 300


@carry("W01", "applied, and the answer lost", *LOSSES)
def applied_and_lost(incident: Incident, handle: Handle) -> Carried | None:
    """The connection ends in one of several ways, or a gateway answers in the vendor's place."""
    if not is_write(incident.request):
        return None
    answer = handle(incident.request)
    return lost(incident.variant, answer, answer)


@carry("W02", "not applied, and the answer lost", *LOSSES)
def unapplied_and_lost(incident: Incident, handle: Handle) -> Carried | None:
    """To the caller it looks like W01."""
    if not is_write(incident.request):
        return None
    would_be, _ = tried(incident.simulator, lambda: handle(incident.request))
    return lost(incident.variant, None, would_be)


@carry("W03", "applied twice by the vendor", "first answer", "second answer")
def applied_twice(incident: Incident, handle: Handle) -> Carried | None:
    """Its own retry: the ledger shows the second time as an act of the vendor."""
    request = incident.request
    if not is_write(request):
        return None
    first = handle(request)
    if not succeeded(first):
        return Carried(first, first, seen=False)
    second = handle(request)
    again = Effect(0.0, lambda: succeeded(second))
    shown = first if incident.variant == "first answer" else second
    return Carried(first, shown, effects=(again,))


@carry(
    "W04",
    "applied in part",
    *("text lost", "time lost", "text lost, untold", "time lost, untold"),
)
def applied_in_part(incident: Incident, handle: Handle) -> Carried | None:
    """The answer shows what there is now or, untold, what was asked for."""
    request = incident.request
    what, _, untold = incident.variant.partition(", ")
    part = bodies.without(request, bodies.TEXTS if what == "text lost" else bodies.TIMES)
    if not is_write(request) or part is None:
        return None
    return _only_part(incident, handle, part, untold == "untold")


@carry("W05", "applied late", "accepted", "success", "lost", "500")
def applied_late(incident: Incident, handle: Handle) -> Carried | None:
    """Option `seconds`: how late by the sandbox's clock; else drawn from 1 s to 24 h."""
    request = incident.request
    if not is_write(request):
        return None
    would_be, difference = tried(incident.simulator, lambda: handle(request))
    if not succeeded(would_be):
        return Carried(would_be, would_be, seen=False)
    drawn = _DAY ** incident.random.random()
    later = Effect(incident.number("seconds", drawn), difference.apply)
    match incident.variant:
        case "success":
            carried = answered(would_be)
        case "accepted":
            carried = answered(Response.of({"status": "accepted"}, 202))
        case "500":
            carried = answered(Response.of({"message": "Internal error"}, 500))
        case _:
            carried = lost("reset", None, would_be)
    return Carried(None, carried.response, carried.wire, carried.arrives, (later,))


@carry("W06", "accepted and silently dropped", "success", "accepted")
def dropped(incident: Incident, handle: Handle) -> Carried | None:
    """The answer is the one that a success would have had, or 202."""
    if not is_write(incident.request):
        return None
    would_be, _ = tried(incident.simulator, lambda: handle(incident.request))
    if not succeeded(would_be):
        return None
    shown = would_be if incident.variant == "success" else Response.of({"status": "accepted"}, 202)
    return Carried(None, shown)


@carry("W07", "applied to a stale version")
def applied_to_stale(incident: Incident, handle: Handle) -> Carried | None:
    """Whatever others changed since the last read that the fault saw is undone by an update.

    It has to see the reads: aim it at a vendor, not at a method.
    """
    simulator, request = incident.simulator, incident.request
    seen = incident.memory.get("seen")
    if not is_write(request):
        incident.memory["seen"] = Snapshot(simulator)
        return None
    if seen is None or request.method not in ("PUT", "PATCH"):
        return None
    before = Snapshot(simulator)
    answer = handle(request)
    after = Snapshot(simulator)
    undone = [_undo(simulator, change, seen, after) for change in before.changes(after)]
    incident.memory["seen"] = after
    return Carried(answer, answer) if any(undone) else Carried(answer, answer, seen=False)


_REFUSALS: dict[tuple[str, str], tuple[int, dict[str, Any]]] = {
    ("acuity", "taken"): (400, {"error": "not_available", "message": "That time is taken."}),
    ("acuity", "too close"): (400, {"error": "not_available_min_hours", "message": "Too late."}),
    ("acuity", "closed"): (400, {"error": "no_available_calendar", "message": "Closed."}),
    ("canvas", "taken"): (
        400,
        {"errors": {"context": [{"message": "appointments can't overlap"}]}},
    ),
    ("canvas", "too close"): (400, {"errors": {"reservation": [{"message": "too late"}]}}),
    ("canvas", "closed"): (401, {"errors": [{"message": "user not authorized"}]}),
    ("timify", "taken"): (409, {"error": {"code": "CONFLICT", "message": "taken"}, "status": 0}),
    ("timify", "too close"): (400, {"error": {"code": "BAD_REQUEST", "message": "late"}}),
}


@carry("W08", "refused by a rule that changes", "taken", "too close", "closed")
def refused_by_rule(incident: Incident, _handle: Handle) -> Carried | None:
    """In the vendor's own words; `times`, `after` and `probability` say when it holds."""
    if not is_write(incident.request):
        return None
    general = (422, {"errors": {"base": f"refused: {incident.variant}"}})
    status, body = _REFUSALS.get((incident.vendor, incident.variant), general)
    return Carried(None, Response.of(body, status))


@carry("W17", "batch applied in part", "told", "untold")
def half_a_batch(incident: Incident, handle: Handle) -> Carried | None:
    """The second half of the rows is left out; untold, the answer is that of the whole."""
    part = bodies.without_rows(incident.request)
    if not is_write(incident.request) or part is None:
        return None
    return _only_part(incident, handle, part, incident.variant == "untold")


@carry("W18", "update that creates besides")
def update_creates(incident: Incident, handle: Handle) -> Carried | None:
    """The object as it was stays under a new id, beside the updated one."""
    simulator, request = incident.simulator, incident.request
    if request.method not in ("PUT", "PATCH"):
        return None
    before = Snapshot(simulator)
    answer = handle(request)
    changed = {str(_id_of(key)) for _, key, old in before.changes(Snapshot(simulator)) if old}
    hand = hand_of(simulator)
    copied = [one for one in hand.things() if one.id in changed and one.alive]
    if not succeeded(answer) or not copied:
        return Carried(answer, answer, seen=False)

    def copy() -> bool:
        try:
            hand.duplicate(copied[0], copied[0].start)
        except Impossible:
            return False
        return True

    return Carried(answer, answer, effects=(Effect(0.0, copy),))


def tried(simulator: Any, ask: Callable[[], Response]) -> tuple[Response, Difference]:
    """What the vendor would answer, and what it would have done: nothing is changed."""
    with lock_of(simulator):
        before = Snapshot(simulator)
        answer = ask()
        after = Snapshot(simulator)
        before.restore()
    return answer, Difference(simulator, before, after)


def _only_part(
    incident: Incident,
    handle: Handle,
    part: Request,
    untold: bool,
) -> Carried | None:
    whole, _ = tried(incident.simulator, lambda: handle(incident.request))
    would_be, difference = tried(incident.simulator, lambda: handle(part))
    if not succeeded(whole) or not succeeded(would_be) or not difference.apply():
        return None
    return Carried(would_be, whole if untold else would_be)


def _undo(simulator: Any, change: tuple[str, Any, Any], seen: Snapshot, after: Snapshot) -> bool:
    name, key, before = change
    stale, new = seen.rows.get(name, {}).get(key), after.rows[name].get(key)
    if not all(is_dataclass(row) for row in (stale, before, new)) or stale == before:
        return False
    live(simulator, name)[key] = overlaid(stale, before, new)
    return True


def _id_of(key: Any) -> Any:
    return key[-1] if isinstance(key, tuple) else key


def ids_changed(before: Snapshot, after: Snapshot) -> Iterator[str]:
    """The ids of the rows that differ."""
    for _, key, _ in before.changes(after):
        yield str(_id_of(key))
