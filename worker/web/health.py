"""Whether the process answers, and whether it does its work: for probes, without any data."""

from __future__ import annotations

from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from worker.app import Calsync
from worker.store.database import StoreError
from worker.web.answers import document
from worker.web.call import Call

LATEST_TICK = 10.0  # seconds; the schedule ticks every second


class Schedule(Protocol):
    """What the web layer asks of the clockwork."""

    @property
    def late(self) -> float:
        """Seconds since the last tick."""
        ...

    def poll_soon(self, account: str) -> None:
        """Have an account polled at the next tick, unless its vendor asked us to wait."""
        ...


async def alive(_request: Request) -> Response:
    """`/healthz`: the process answers; neither the store nor a free thread is needed for it."""
    return document({"alive": True})


class Readiness:
    """Whether the store answers and the schedule ticks."""

    def __init__(self, app: Calsync, schedule: Schedule) -> None:
        self._app = app
        self._schedule = schedule

    def ready(self, _call: Call) -> Response:
        """`/readyz`: the store answers and the schedule ticks, else 503 and why not."""
        reasons = self._reasons()
        return document({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)

    def _reasons(self) -> list[str]:
        reasons = []
        late = self._schedule.late
        if late > LATEST_TICK:
            reasons.append(f"the schedule has not ticked for {int(late)} s")
        try:
            self._app.store.answers()
            if self._app.store.sealed:
                reasons.append("the store can be read and not written; the log says why")
        except StoreError:
            # Its message names a path of this machine, and the probe is open to anyone.
            reasons.append("the store does not answer")
        return reasons
