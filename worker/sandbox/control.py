"""The sandbox's own surface below `/_sandbox/`: what is true, was asked, or shall break."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from worker.sandbox.exchange import Request, Response
from worker.sandbox.faults import CATALOGUE, Activation
from worker.sandbox.people import DEEDS, Impossible
from worker.sandbox.people.crowd import People
from worker.sandbox.switchboard import Switchboard

_ON_KEYS: dict[str, type[Any] | tuple[type[Any], ...]] = {
    "vendor": str,
    "path": str,
    "method": str,
    "probability": (int, float),
    "times": int,
    "after": int,
    "variant": str,
}


class Control:
    """GET truth, ledger, faults, state; POST faults, advance, act. Documents are JSON."""

    def __init__(self, switchboard: Switchboard, act: Callable[[], str | None] | None) -> None:
        self._switchboard = switchboard
        self._act = act

    def handle(self, request: Request, bases: Mapping[str, str]) -> Response:
        """Answer one request; `bases` are the addresses of the vendors, for `state`."""
        if "origin" in request.headers:
            return _refusal(403, "not for pages of a browser")
        match request.method, request.path:
            case "GET", "/truth":
                return Response.of(self._truth())
            case "GET", "/ledger":
                return self._ledger(request)
            case "GET", "/faults":
                return Response.of(self._faults())
            case "GET", "/state":
                return Response.of(self._state(bases))
            case "POST", "/faults":
                return self._switch(request)
            case "POST", "/advance":
                return self._advance(request)
            case "POST", "/act":
                return self._step() if not request.body else self._person(request)
        return _refusal(404, "GET truth, ledger, faults, state; POST faults, advance, act")

    def _truth(self) -> dict[str, Any]:
        self._switchboard.settle()
        vendors = {
            name: simulator.truth() for name, simulator in self._switchboard.simulators.items()
        }
        return {"schema": "sandbox/truth/1", "now": self._switchboard.clock.now(), "truth": vendors}

    def _ledger(self, request: Request) -> Response:
        since = dict(request.params()).get("since", "0")
        if not since.isdecimal():
            return _refusal(400, "since is the number of an entry")
        entries = self._switchboard.ledger.entries(since=int(since))
        documents = [entry.document() for entry in entries]
        return Response.of({"schema": "sandbox/ledger/1", "entries": documents})

    def _faults(self) -> dict[str, Any]:
        faults = self._switchboard.faults
        return {
            "schema": "sandbox/faults/1",
            "active": [_shown(activation) for activation in faults.active],
            "fired": faults.fired,
            "catalogue": {name: fault.title for name, fault in CATALOGUE.items()},
        }

    def _state(self, bases: Mapping[str, str]) -> dict[str, Any]:
        board = self._switchboard
        return {
            "schema": "sandbox/state/1",
            "now": board.clock.now(),
            "bases": dict(bases),
            "events": {
                name: len(simulator.truth()) for name, simulator in board.simulators.items()
            },
            "requests": len(board.ledger),
            "active_faults": [activation.fault.id for activation in board.faults.active],
        }

    def _switch(self, request: Request) -> Response:
        wish = _object(request)
        if wish is None or ("on" in wish) == ("off" in wish):
            return _refusal(400, 'send {"on": ID, …} or {"off": ID or "*"}')
        faults = self._switchboard.faults
        if "off" in wish:
            faults.off(None if wish["off"] == "*" else str(wish["off"]), vendor=wish.get("vendor"))
            return Response.of(self._faults())
        known = {key: value for key, value in wish.items() if key in _ON_KEYS}
        options = wish.get("options", {})
        unknown = set(wish) - set(_ON_KEYS) - {"on", "options"}
        if unknown or not isinstance(options, dict) or set(_ON_KEYS) & set(options):
            return _refusal(400, f"allowed: on, options, {', '.join(_ON_KEYS)}")
        for key, value in known.items():
            if isinstance(value, bool) or not isinstance(value, _ON_KEYS[key]):
                return _refusal(400, f"{key} is of the wrong type")
        try:
            faults.on(str(wish["on"]), **known, **options)
        except KeyError:
            return _refusal(400, "no such fault; GET faults lists them")
        except ValueError as error:
            return _refusal(400, str(error))
        return Response.of(self._faults())

    def _advance(self, request: Request) -> Response:
        wish = _object(request)
        seconds = None if wish is None else wish.get("seconds")
        advance = getattr(self._switchboard.clock, "advance", None)
        if advance is None:
            return _refusal(409, "this sandbox's clock cannot be moved")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
            return _refusal(400, 'send {"seconds": N}, N not negative')
        now = advance(seconds)
        self._switchboard.settle()
        return Response.of({"now": now})

    def _person(self, request: Request) -> Response:
        """{"vendor": …, "do": …, "id" or "mark": …}, and what the deed needs; see `People.act`."""
        wish = _object(request)
        if wish is None or not all(isinstance(wish.get(key), str) for key in ("vendor", "do")):
            return _refusal(400, f'send {{"vendor": NAME, "do": one of {", ".join(DEEDS)}, ...}}')
        named = {key: wish.pop(key, None) for key in ("id", "mark", "kind")}
        vendor, do = str(wish.pop("vendor")), str(wish.pop("do"))
        texts = {key: None if value is None else str(value) for key, value in named.items()}
        try:
            made = People(self._switchboard).act(vendor, do, **texts, **wish)
        except Impossible as no:
            return _refusal(409, str(no))
        return Response.of({"did": f"{do} at {vendor}", "id": made})

    def _step(self) -> Response:
        if self._act is None:
            return _refusal(409, "this sandbox has no script")
        return Response.of({"did": self._act()})


def _shown(activation: Activation) -> dict[str, Any]:
    return {
        "id": activation.fault.id,
        "vendor": activation.vendor,
        "path": activation.path,
        "method": activation.method,
        "probability": activation.probability,
        "times": activation.times,
        "after": activation.after,
        "variant": activation.variant,
        "seen": activation.seen,
        "fired": activation.fired,
    }


def _object(request: Request) -> dict[str, Any] | None:
    try:
        document = request.json()
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def _refusal(status: int, reason: str) -> Response:
    return Response.of({"error": reason}, status)
