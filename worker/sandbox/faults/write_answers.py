"""Faults of what a vendor says about a write, and tells others (W09-W11, W13, W14, W19)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from worker.sandbox.exchange import Request, Response, is_write
from worker.sandbox.faults import bodies
from worker.sandbox.faults.catalogue import Carried, Handle, Incident, carry
from worker.sandbox.faults.envelope import Page
from worker.sandbox.faults.writes import succeeded
from worker.sandbox.wire import Effect

_GONE = ("archive", "cancel")


@carry("W09", "success that shows the old object")
def old_object(incident: Incident, handle: Handle) -> Carried | None:
    """The update is applied; its answer is what a read gave before."""
    request = incident.request
    if request.method not in ("PUT", "PATCH"):
        return None
    old = _read(request, handle)
    answer = handle(request)
    if old is None or not succeeded(answer):
        return Carried(answer, answer, seen=False)
    return Carried(answer, replace(old, status=answer.status))


@carry("W10", "success under another id", "redirected", "unknown")
def another_id(incident: Incident, handle: Handle) -> Carried | None:
    """What a create answers is not the id that the object has: it leads there, or nowhere."""
    request = incident.request
    moved: dict[str, str] = incident.memory.setdefault("moved", {})
    if not is_write(request) or request.method != "POST":
        return _redirected(moved, request, handle)
    answer = handle(request)
    found = bodies.other_id(answer) if succeeded(answer) else None
    if found is None:
        return Carried(answer, answer, seen=False)
    own, other, shown = found
    if incident.variant == "redirected":
        moved[other] = own
    return Carried(answer, shown)


@carry("W11", "delete of what is gone", "404 again", "200 always", "soft")
def deleted_again(incident: Incident, handle: Handle) -> Carried | None:
    """The second time it is 404, or 200 whatever it was; soft: it can still be read by its id."""
    request = incident.request
    shown: dict[str, Response] = incident.memory.setdefault("shown", {})
    gone: set[str] = incident.memory.setdefault("gone", set())
    path = _object_path(request)
    if not is_write(request):
        soft = incident.variant == "soft" and request.method == "GET" and path in gone
        return Carried(None, shown[path]) if soft and path in shown else None
    if not is_removal(request):
        return None
    if path in gone and incident.variant == "404 again":
        return Carried(None, Response.of({"message": "Not found"}, 404))
    before = _read(replace(request, path=path), handle)
    answer = handle(request)
    if succeeded(answer):
        gone.add(path)
        if before is not None:
            shown[path] = before
    elif incident.variant == "200 always":
        return Carried(None, Response.of({}))
    return Carried(answer, answer, seen=False)


@carry("W13", "people told although told not to", "at once", "queued")
def told_anyway(incident: Incident, handle: Handle) -> Carried | None:
    """One message more than the vendor's rules give. Option `seconds`: how long it is queued."""
    request, simulator = incident.request, incident.simulator
    if not is_write(request):
        return None
    answer = handle(request)
    if not succeeded(answer):
        return Carried(answer, answer, seen=False)

    def tell() -> bool:
        simulator.notifications.append(Unwanted(incident.now, "unwanted", request.path))
        return False

    if incident.variant == "at once":
        tell()
        return Carried(answer, answer)
    return Carried(answer, answer, effects=(Effect(incident.number("seconds", 60.0), tell),))


@carry("W14", "validation that differs", "update stricter", "create stricter")
def uneven_rules(incident: Incident, _handle: Handle) -> Carried | None:
    """What one of the two accepts the other refuses."""
    methods = ("PUT", "PATCH") if incident.variant == "update stricter" else ("POST",)
    if not is_write(incident.request) or incident.request.method not in methods:
        return None
    return Carried(None, Response.of({"errors": {"base": "is invalid"}}, 422))


@carry("W19", "quota consumed by failed writes")
def quota_gone(incident: Incident, handle: Handle) -> Carried | None:
    """A refused write is followed by 429 for everything. Option `seconds`: for how long (30)."""
    until = incident.memory.get("until", 0.0)
    if incident.now < until:
        wait = max(1, round(until - incident.now))
        busy = Response.of({"message": "Rate limit"}, 429, ("Retry-After", str(wait)))
        return Carried(None, busy)
    if not is_write(incident.request):
        return None
    answer = handle(incident.request)
    if answer.status >= 400:
        incident.memory["until"] = incident.now + incident.number("seconds", 30.0)
    return Carried(answer, answer, seen=False)


@dataclass(frozen=True, slots=True)
class Unwanted:
    """A message that no rule of the vendor explains."""

    at: float
    kind: str
    about: str


def is_removal(request: Request) -> bool:
    """Whether the request deletes, archives or cancels one object."""
    return request.method == "DELETE" or request.path.rsplit("/", 1)[-1] in _GONE


def _object_path(request: Request) -> str:
    head, _, last = request.path.rpartition("/")
    return head if last in (*_GONE, "reschedule") else request.path


def _read(request: Request, handle: Handle) -> Response | None:
    asked = replace(request, method="GET", path=_object_path(request), query="", body=b"")
    answer = handle(asked)
    return answer if succeeded(answer) and Page.read(answer) is not None else None


def _redirected(moved: dict[str, str], request: Request, handle: Handle) -> Carried | None:
    path: Any = [moved.get(part, part) for part in request.path.split("/")]
    if "/".join(path) == request.path:
        return None
    answer = handle(replace(request, path="/".join(path)))
    return Carried(answer, answer, seen=False)
