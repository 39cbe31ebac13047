"""The leaky bucket that every token fills with what its requests cost."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from worker.sandbox.canvas.quirks import Quirks
from worker.sandbox.exchange import Clock, Response


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Throttle:
    """Buckets per token: an advance per request in flight, refunded when it is answered.

    Its lock is its own: requests that wait for the site weigh on their bucket meanwhile.
    """

    def __init__(self, clock: Clock, quirks: Quirks) -> None:
        self._clock = clock
        self._quirks = quirks
        self._lock = Lock()
        self._buckets: dict[str, _Bucket] = {}

    def admits(self, key: str) -> bool:
        """Charge the advance, and tell whether the request may go on."""
        with self._lock:
            bucket = self._leaked(key)
            charged = bucket.level + self._quirks.bucket_advance
            bucket.level = min(charged, self._quirks.bucket_maximum)
            return bucket.level < self._quirks.bucket_high_water

    def settle(self, key: str, cost: float) -> float:
        """Refund the advance, charge the true cost; returns what is left below the mark."""
        with self._lock:
            bucket = self._leaked(key)
            settled = bucket.level - self._quirks.bucket_advance + cost
            bucket.level = min(max(settled, 0.0), self._quirks.bucket_maximum)
            return self._quirks.bucket_high_water - bucket.level

    def _leaked(self, key: str) -> _Bucket:
        now = self._clock.now()
        bucket = self._buckets.setdefault(key, _Bucket(0.0, now))
        leaked = (now - bucket.at) * self._quirks.bucket_leak
        bucket.level, bucket.at = max(bucket.level - leaked, 0.0), now
        return bucket

    def refusal(self) -> Response:
        """Answer a throttled request: plain text, and no word on how long to wait."""
        status = self._quirks.throttle_status
        reason = "Forbidden" if status == 403 else "Too Many Requests"
        body = f"{status} {reason} (Rate Limit Exceeded)\n".encode()
        return Response(status, body, (("Content-Type", "text/plain; charset=utf-8"),))
