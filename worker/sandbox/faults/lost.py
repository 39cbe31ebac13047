"""The ways in which the answer to a write gets lost."""

from __future__ import annotations

from collections.abc import Iterator

from worker.sandbox.exchange import Response
from worker.sandbox.faults.catalogue import Carried
from worker.sandbox.wire import NOTHING, Action, Cut, Pause, head

LOSSES = ("reset", "closed", "truncated", "silent", "500", "502", "504")
_HTML = ("Content-Type", "text/html")
_SILENCE = 3600.0


def answered(response: Response) -> Carried:
    """An answer that arrives, whatever the vendor did."""
    return Carried(None, response)


def lost(how: str, answer: Response | None, would_be: Response) -> Carried:
    """`answer` is what is on record; `would_be` is of what the caller gets a part, if of any."""
    match how:
        case "reset":
            return Carried(answer, NOTHING, arrives=False)
        case "500":
            return Carried(answer, Response.of({"message": "Internal error"}, 500))
        case "502" | "504":
            page = f"<html><body><h1>{how} from the gateway</h1></body></html>".encode()
            return Carried(answer, Response(int(how), page, (_HTML,)))
    wires = {"closed": _closed, "truncated": _truncated, "silent": _silent}
    return Carried(answer, would_be, wires[how], arrives=False)


def _closed(_response: Response) -> Iterator[Action]:
    yield Cut.CLOSE


def _truncated(response: Response) -> Iterator[Action]:
    body = response.body or b"{}"
    yield head(response, ("Content-Length", str(len(body)))) + body[: len(body) // 2]
    yield Cut.CLOSE


def _silent(_response: Response) -> Iterator[Action]:
    yield Pause(_SILENCE)
    yield Cut.CLOSE
