"""What happened since the daemon began, as counters that Prometheus reads.

Labels hold ids that the operator chose and words of a fixed set, never what a vendor, a visitor or
a subscriber sent.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# One more series for each series, of no use to anybody who has rates.
disable_created_metrics()  # type: ignore[no-untyped-call]

# Seconds: from one page of a small account to a full walk against a vendor's pace.
DURATIONS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 160, 320, 640)

_CLIENTS = {
    "google": "google",
    "apple": "apple",
    "dataaccessd": "apple",
    "calendaragent": "apple",
    "ios/": "apple",
    "macos": "apple",
    "outlook": "outlook",
    "exchange": "outlook",
    "office": "outlook",
    "thunderbird": "thunderbird",
}
_METHODS = frozenset({"GET", "HEAD", "POST"})


class Counters:
    """Counts what the clockwork and the web server report of their work."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._polls = Counter(
            "calsync_polls",
            "Polls that ended, by what became of them.",
            ("account", "outcome"),
            registry=self.registry,
        )
        self._durations = Histogram(
            "calsync_poll_duration_seconds",
            "How long polls took, detection included.",
            ("account",),
            buckets=DURATIONS,
            registry=self.registry,
        )
        self._asked = Counter(
            "calsync_vendor_requests",
            "Requests to vendors, by class of answer; `none` where none came.",
            ("account", "code"),
            registry=self.registry,
        )
        self._feeds = Counter(
            "calsync_feed_requests",
            "Requests for calendar feeds, by family of calendar program and answer.",
            ("client", "code"),
            registry=self.registry,
        )
        # To find a series by its labels takes several times as long as to count.
        self._fed: dict[tuple[str, int], Counter] = {}
        self._answered: dict[tuple[str, int], Counter] = {}
        self._requests = Counter(
            "calsync_http_requests",
            "Requests that the web server answered.",
            ("method", "code"),
            registry=self.registry,
        )

    def asked(self, account: str, word: str) -> None:
        """A vendor was asked for a configured account; `word` tells its answer in a fixed word."""
        self._asked.labels(account, word).inc()

    def polled(self, account: str, outcome: str, seconds: float) -> None:
        """A poll of a configured account ended; `outcome` is a Result, or `not_stored`."""
        self._polls.labels(account, outcome).inc()
        self._durations.labels(account).observe(seconds)

    def fed(self, user_agent: str, code: int) -> None:
        """A feed was asked for by a program that calls itself so, and got this answer."""
        key = client_family(user_agent), code
        if key not in self._fed:
            self._fed[key] = self._feeds.labels(key[0], str(code))
        self._fed[key].inc()

    def answered(self, method: str, code: int) -> None:
        """A request got this answer."""
        key = method if method in _METHODS else "other", code
        if key not in self._answered:
            self._answered[key] = self._requests.labels(key[0], str(code))
        self._answered[key].inc()


def client_family(user_agent: str) -> str:
    """Which calendar program asks, as one word of a few."""
    return _family(user_agent[:500])


@lru_cache(maxsize=256)
def _family(agent: str) -> str:
    name = agent.lower()
    return next((family for sign, family in _CLIENTS.items() if sign in name), "other")


class Counted:
    """Counts every answer of the app that it wraps, refusals included."""

    def __init__(self, app: ASGIApp, counters: Counters) -> None:
        self._app = app
        self._counters = counters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, and count its answer."""

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._counters.answered(_method(scope), message["status"])
            await send(message)

        try:
            await self._app(scope, receive, counting)
        except Exception:
            # What nobody foresaw is answered outside of here.
            self._counters.answered(_method(scope), 500)
            raise


def _method(scope: MutableMapping[str, Any]) -> str:
    return str(scope.get("method", ""))
