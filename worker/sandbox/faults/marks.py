"""What vendors do to the mark when they store a write (M01, M02); C22 is the same in listings."""

from __future__ import annotations

import re
from dataclasses import replace

from worker.sandbox.exchange import Request, is_write
from worker.sandbox.faults.catalogue import Carried, Handle, Incident, ask, carry
from worker.sandbox.faults.writes import ids_changed, succeeded
from worker.sandbox.people import Impossible, hand_of
from worker.sandbox.snapshot import Snapshot
from worker.sandbox.wire import Effect
from worker.sandbox.written import written

_MARK = re.compile(
    rb"(?P<open>\[|%5B)calsync(?P<gap>[ :+]|%20)(?P<id>[0-9a-f]{16,64})(?P<close>\]|%5D)",
    re.IGNORECASE,
)


@ask("M01", "the mark is changed when it is stored", "stripped", "cut", "upper", "escaped")
def changed_mark(incident: Incident) -> Request | None:
    """Left out, cut off after half of the id, in capitals, or with entities for its brackets."""
    request = incident.request
    if not is_write(request) or not _MARK.search(request.body):
        return None

    def change(found: re.Match[bytes]) -> bytes:
        form = found["open"].startswith(b"%")
        opened, closed = (b"%26%2391%3B", b"%26%2393%3B") if form else (b"&#91;", b"&#93;")
        half = found["id"][: len(found["id"]) // 2]
        return {
            "stripped": b"",
            "cut": found["open"] + b"calsync" + found["gap"] + half,
            "upper": found["open"]
            + b"CALSYNC"
            + found["gap"]
            + found["id"].upper()
            + found["close"],
            "escaped": opened + b"calsync" + found["gap"] + found["id"] + closed,
        }[incident.variant]

    return replace(request, body=_MARK.sub(change, request.body))


@carry("M02", "the mark appears on another object, too", "twin", "neighbour")
def copied_mark(incident: Incident, handle: Handle) -> Carried | None:
    """A copy of the object, or the text of the object written onto somebody else's."""
    request, simulator = incident.request, incident.simulator
    if not is_write(request):
        return None
    before = Snapshot(simulator)
    answer = handle(request)
    ids = set(ids_changed(before, Snapshot(simulator)))
    hand = hand_of(simulator)
    living = [one for one in hand.things() if one.alive]
    own = [one for one in living if one.id in ids and one.mark]
    if not succeeded(answer) or not own:
        return Carried(answer, answer, seen=False)
    named = written(request, answer).object
    marked = max(own, key=lambda one: one.object == named)

    def copy() -> bool:
        others = [one for one in living if one.kind == marked.kind and not one.mark]
        try:
            if incident.variant == "twin":
                hand.duplicate(marked, marked.end)
            elif not others:
                return False
            else:
                hand.edit(others[0], {"notes": f"[calsync {marked.mark}]"})
        except Impossible:
            return False
        return True

    return Carried(answer, answer, effects=(Effect(0.0, copy),))
