"""The real thing: calsync's adapter, poll and store over one Cliniko account."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from bench.workload import YEAR_END, YEAR_START, calendars
from worker.domain.absence import AbsenceRules
from worker.domain.span import Span
from worker.domain.subject import Bindings, Resource
from worker.engine.clock import SystemClock
from worker.engine.poll import PollReport, PollRules, Source, poll
from worker.store.store import Store
from worker.vendors.base import Seams
from worker.vendors.cliniko import Cliniko
from worker.vendors.cliniko.settings import ClinikoSettings

WINDOW = Span(YEAR_START, YEAR_END)
KEY = "MS0000000000000000000000000000000000000000-au1"


class Unpaced:
    """Lets every call through: the vendor's published limit is not what is measured."""

    def wait(self) -> None:
        """Return at once."""

    def named(self, name: str, *limits: tuple[int, float]) -> Unpaced:  # noqa: ARG002
        """The same for every name."""
        return self


@dataclass(frozen=True, slots=True)
class Clinic:
    """An open store and one account in it."""

    store: Store
    source: Source
    clock: SystemClock
    rules: PollRules

    def poll(self) -> PollReport:
        """One poll of the whole year."""
        return poll(self.source, self.store, WINDOW, self.clock, self.rules)


def resources(count: int) -> list[Resource]:
    """A person for each calendar of the workload."""
    return [
        Resource(
            f"person_{number}",
            f"Person {number}",
            bindings=(("clinic", f"practitioner:{5_000 + number}"),),
        )
        for number in range(calendars(count))
    ]


def adapter(account: str, origin: str, clock: SystemClock) -> Cliniko:
    """A real adapter that talks to `origin`."""
    settings = ClinikoSettings(
        vendor="cliniko",
        base_url=origin,
        api_key=SecretStr(KEY),
        contact="ops@example.org",
        match_patients=False,  # the floors read appointments only
    )
    return Cliniko(account, settings, Seams(clock, Unpaced(), random.Random(1)))


@contextmanager
def clinic(origin: str, path: Path, count: int) -> Iterator[Clinic]:
    """calsync over one account whose calendars are all bound."""
    clock = SystemClock()
    store = Store(f"sqlite:///{path}")
    store.accounts.register("clinic", "cliniko", KEY)
    vendor = adapter("clinic", origin, clock)
    bindings = Bindings(resources(count))
    store.events.rebind(bindings.digest(), bindings.resources_of)
    yield Clinic(
        store,
        Source("clinic", vendor, 120),
        clock,
        PollRules(AbsenceRules(), bindings.resources_of),
    )
    vendor.close()
    store.close()
