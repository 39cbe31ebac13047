"""How calls are kept under Canvas's limit: a bucket per token that fills by cost, not by count."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from worker.vendors.answers import Explain, Reply
from worker.vendors.base import Clock, Seams
from worker.vendors.http import Outlet, Params

LEAK = 10.0  # cost units per second that Canvas lets out by default
RESERVE = 100.0  # what is left untouched: each call in flight is charged 50 in advance
LONGEST_PAUSE = 10.0


class Bucket:
    """Waits for the bucket to drain when Canvas has said that little is left in it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: float | None = None
        self._told_at = 0.0

    def wait(self) -> None:
        """Return when the next call may be sent."""
        if self._left is None:
            return
        drained = (self._clock.monotonic() - self._told_at) * LEAK
        short = RESERVE - self._left - drained
        if short > 0:
            self._clock.sleep(min(short / LEAK, LONGEST_PAUSE))

    def note(self, headers: Mapping[str, str]) -> None:
        """Remember what an answer says of the bucket (`X-Rate-Limit-Remaining`)."""
        try:
            left = float(headers["x-rate-limit-remaining"])
        except (KeyError, ValueError):
            return
        self._left = left if -1e6 < left < 1e6 else None
        self._told_at = self._clock.monotonic()


class MeteredOutlet(Outlet):
    """The way out to one site, which tells its bucket what every answer says."""

    def __init__(
        self,
        seams: Seams,
        *,
        base_url: str,
        root: str,
        authorise: Callable[[], Mapping[str, str]],
        explain: Explain,
        headers: Mapping[str, str],
        bucket: Bucket,
    ) -> None:
        super().__init__(
            seams,
            base_url=base_url,
            root=root,
            authorise=authorise,
            pacer=bucket,
            explain=explain,
            headers=headers,
        )
        self._bucket = bucket

    def send(
        self,
        method: str,
        path: str,
        *,
        params: Params = (),
        json: Any = None,
        form: Params | None = None,
    ) -> Reply:
        """Send a request, and note what is left in the bucket."""
        reply = super().send(method, path, params=params, json=json, form=form)
        self._bucket.note(reply.headers)
        return reply

    def follow(self, link: str) -> Reply:
        """Follow a link to the next page, and note what is left in the bucket."""
        reply = super().follow(link)
        self._bucket.note(reply.headers)
        return reply
