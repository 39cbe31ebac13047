"""`/metrics`: the state of the daemon in numbers, in the text form that Prometheus reads.

Open to anyone, so there are names of accounts and counts, and nothing else.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.responses import Response

from worker import __version__
from worker.app import Calsync
from worker.domain.conflict.report import Verdict
from worker.domain.health import State
from worker.store.database import StoreError
from worker.web.call import Call
from worker.web.counters import Counters
from worker.web.health import Schedule

TEXT = "text/plain; version=0.0.4; charset=utf-8"
LOOK_EVERY = 5.0  # seconds: however often strangers ask, the store is counted once in so long


class Metrics:
    """Answers scrapes from the counters of this process and from counts of the store."""

    def __init__(self, app: Calsync, schedule: Schedule, counters: Counters) -> None:
        self._counters = counters
        self._standing = CollectorRegistry()
        self._standing.register(_Standing(app, schedule))
        ProcessCollector(registry=self._standing)

    def scrape(self, _call: Call) -> Response:
        """`/metrics`."""
        text = generate_latest(self._standing) + generate_latest(self._counters.registry)
        return Response(text, media_type=TEXT)


class _Standing(Collector):
    """What is so now, as gauges."""

    def __init__(self, app: Calsync, schedule: Schedule) -> None:
        self._app = app
        self._schedule = schedule
        self._looking = threading.Lock()
        self._looked: float | None = None
        self._seen: Sequence[Metric] = ()

    def collect(self) -> Iterable[Metric]:
        """Every gauge; those of the store are missing while it does not answer."""
        yield InfoMetricFamily("calsync_build", "The version.", value={"version": __version__})
        yield _single(
            "calsync_schedule_late_seconds",
            "Seconds since the clockwork last ticked; it ticks every second.",
            self._schedule.late,
        )
        worker = self._app.config.worker
        yield _single(
            "calsync_stale_after_seconds",
            "How old a complete poll may be before its account counts as stale.",
            worker.stale_after,
        )
        yield from self._of_the_store()

    def _of_the_store(self) -> Iterable[Metric]:
        with self._looking:
            now = self._app.clock.monotonic()
            if self._looked is None or not 0 <= now - self._looked < LOOK_EVERY:
                self._seen = tuple(self._look())
                self._looked = now
            return self._seen

    def _look(self) -> Iterator[Metric]:
        try:
            found = [
                *_accounts(self._app),
                *_events(self._app),
                *_findings(self._app),
                *_writes(self._app),
            ]
        except StoreError:
            found = []
        yield _single("calsync_store_up", "Whether the store answers.", bool(found))
        yield _single(
            "calsync_store_sealed",
            "Whether the store can be read and not written.",
            bool(self._app.store.sealed),
        )
        yield from found


def _accounts(app: Calsync) -> Iterable[Metric]:
    last = GaugeMetricFamily(
        "calsync_last_complete_poll_timestamp_seconds",
        "When an account was last polled completely; missing before the first time.",
        labels=("account",),
    )
    state = GaugeMetricFamily(
        "calsync_account_state", "1 for the state that an account is in.", labels=_STATE
    )
    failures = GaugeMetricFamily(
        "calsync_account_failures", "Failed polls in a row.", labels=("account",)
    )
    due = GaugeMetricFamily(
        "calsync_next_poll_timestamp_seconds",
        "When an account is polled next.",
        labels=("account",),
    )
    brakes = GaugeMetricFamily(
        "calsync_brake", "1 for each brake that is on.", labels=("account", "brake")
    )
    quarantined = GaugeMetricFamily(
        "calsync_quarantined_rows",
        "Rows that made no sense when they were last seen.",
        labels=("account",),
    )
    for view in app.accounts():
        if view.health.complete_at is not None:
            last.add_metric((view.id,), view.health.complete_at)
        for each in State:
            state.add_metric((view.id, view.vendor, each), view.state is each)
        failures.add_metric((view.id,), view.health.failures)
        due.add_metric((view.id,), view.health.next_at)
        for brake in view.brakes:
            brakes.add_metric((view.id, brake), 1)
        quarantined.add_metric((view.id,), view.quarantined)
    return last, state, failures, due, brakes, quarantined


_STATE = ("account", "vendor", "state")


def _events(app: Calsync) -> Iterable[Metric]:
    events = GaugeMetricFamily(
        "calsync_events",
        "Events in the window that is kept in step.",
        labels=("account", "status"),
    )
    counts = app.store.figures.events(app.settings.window(app.now))
    for (account, status), count in sorted(counts.items()):
        if account in app.config.accounts:
            events.add_metric((account, status), count)
    return (events,)


def _findings(app: Calsync) -> Iterable[Metric]:
    findings = GaugeMetricFamily(
        "calsync_findings",
        "Findings that are not resolved.",
        labels=("kind", "band", "state"),
    )
    verdict = GaugeMetricFamily(
        "calsync_verdict", "1 for the verdict of the report.", labels=("verdict",)
    )
    report = app.report()
    counted = Counter(
        (one.finding.kind.value, one.severity.band.value, one.life.state.value)
        for one in report.findings
    )
    for names, count in sorted(counted.items()):
        findings.add_metric(names, count)
    for each in Verdict:
        verdict.add_metric((each,), report.verdict is each)
    return findings, verdict


def _writes(app: Calsync) -> Iterable[Metric]:
    """From the store, where commands in other processes write down theirs, too."""
    writes = CounterMetricFamily(
        "calsync_writes",
        "Writes to vendors that ended, by what became of them.",
        labels=("account", "outcome"),
    )
    entries = GaugeMetricFamily(
        "calsync_outbox", "Writes that are under way, by state.", labels=("state",)
    )
    for (account, outcome), count in sorted(app.store.figures.writes().items()):
        if account in app.config.accounts:
            writes.add_metric((account, outcome), count)
    for state, count in app.store.figures.outbox().items():
        entries.add_metric((state,), count)
    return writes, entries


def _single(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=float(value))
