"""Builds everything from a configuration: the only file that knows every room."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import httpx

from worker.config import Config
from worker.domain.absence import AbsenceRules
from worker.domain.conflict.finding import FindingState
from worker.domain.conflict.report import Report, SourceState, reported, verdict, worst_first
from worker.domain.conflict.severity import Weights
from worker.domain.health import State
from worker.domain.overview import AccountView, Rights
from worker.domain.stored import Stored
from worker.engine.clock import SystemClock
from worker.engine.cycle import Cycle, Settings, source_states
from worker.engine.poll import PollReport, Source
from worker.store.events import Wanted
from worker.store.store import Store
from worker.vendors.base import Access, Clock, Seams, Vendor, VendorError
from worker.vendors.pacing import SharedPacers
from worker.vendors.registry import VENDORS


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found out about one account."""

    account: str
    vendor: str
    access: Access | None
    error: str = ""

    @property
    def fine(self) -> bool:
        """Whether the account works as configured."""
        return self.access is not None and not self.access.problems


class Calsync:
    """Everything that a command or a page asks for, over one configuration and one store."""

    def __init__(
        self,
        config: Config,
        *,
        clock: Clock | None = None,
        transport: httpx.BaseTransport | None = None,
        seed: int | None = None,
    ) -> None:
        self.config = config
        self.clock: Clock = clock or SystemClock()
        chance = random.Random(seed)  # noqa: S311 - spreads polls, guards nothing
        self._vendors = _open_all(config, self.clock, transport, chance)
        self.store = Store(config.database)
        for id_, settings in config.accounts.items():
            scope = "\n".join(VENDORS[settings.vendor].scope(settings))
            self.store.accounts.register(id_, settings.vendor, scope)
        self.settings = _settings(config)
        self.weights = Weights(**config.severity.model_dump())
        self.cycle = Cycle(self.store, self._sources(), self.settings, self.clock)
        self.cycle.prepare()

    @property
    def now(self) -> int:
        """Whole seconds since the epoch."""
        return int(self.clock.now())

    @property
    def vendor_names(self) -> dict[str, str]:
        """Each configured account's vendor."""
        return {id_: settings.vendor for id_, settings in self.config.accounts.items()}

    def sync(self, accounts: Sequence[str], told: Callable[[PollReport], None]) -> list[PollReport]:
        """One cycle now over these accounts (all of them if empty)."""
        return self.cycle.poll_all(accounts or self.cycle.accounts, told)

    def check(self) -> Iterator[Checked]:
        """Ask every account, by reads only, what the credentials may do."""
        for id_, vendor in self._vendors.items():
            name = self.config.accounts[id_].vendor
            try:
                yield Checked(id_, name, vendor.check())
            except VendorError as error:
                yield Checked(id_, name, None, str(error))

    def events(self, wanted: Wanted) -> Iterator[Stored]:
        """The stored events asked for, in order of start."""
        return self.store.events.list(wanted)

    def accounts(self) -> list[AccountView]:
        """Every configured account, as reports show it."""
        now = self.now
        known = self.store.accounts.all()
        counts = self.store.events.count(self.settings.window(now))
        held_back: dict[str, int] = {}
        for row in self.store.quarantine():
            held_back[row.account] = held_back.get(row.account, 0) + 1
        views = []
        for id_, vendor in self._vendors.items():
            account = known[id_]
            views.append(
                AccountView(
                    id=id_,
                    vendor=account.vendor,
                    state=(
                        State.NEEDS_ATTENTION
                        if account.brake and not account.health.paused
                        else account.health.state(now, self.settings.stale_after)
                    ),
                    health=account.health,
                    events=counts.get(id_, 0),
                    brakes=(account.brake,) if account.brake else (),
                    brake_reason=account.brake_reason,
                    rights=Rights(**asdict(vendor.capabilities)),
                    quarantined=held_back.get(id_, 0),
                )
            )
        return views

    def sources(self) -> tuple[SourceState, ...]:
        """How far each configured account may be trusted now."""
        return source_states(
            self.store.accounts.all(), self.config.accounts, self.now, self.settings
        )

    def report(self, states: Collection[FindingState] = ()) -> Report:
        """The register as it stands, the worst first; all but what is resolved by default."""
        now = self.now
        sources = self.sources()
        quarantined = {(row.account, row.native_id) for row in self.store.quarantine()}
        wanted = set(states) or set(FindingState) - {FindingState.RESOLVED}
        known = [
            reported(one, sources, quarantined, now, self.weights)
            for one in self.store.findings.all().values()
        ]
        events = sum(self.store.events.count(self.settings.window(now)).values())
        return Report(
            verdict=verdict(known, sources),
            checked_at=now,
            events=events,
            sources=sources,
            findings=tuple(worst_first(one for one in known if one.life.state in wanted)),
        )

    def close(self) -> None:
        """Drop connections and let go of the store."""
        for vendor in self._vendors.values():
            vendor.close()
        self.store.close()

    def _sources(self) -> list[Source]:
        interval = self.config.worker.poll_every
        return [Source(id_, vendor, interval) for id_, vendor in self._vendors.items()]


def _settings(config: Config) -> Settings:
    return Settings(
        resources=config.resources,
        bindings=config.bindings,
        past=config.worker.past,
        future=config.worker.future,
        stale_after=config.worker.stale_after,
        absence=AbsenceRules(
            absence_polls=config.brakes.absence_polls,
            absence_for=config.brakes.absence_for,
            vanish_share=config.brakes.vanish_share,
            vanish_at_least=config.brakes.vanish_at_least,
        ),
    )


def _open_all(
    config: Config, clock: Clock, transport: httpx.BaseTransport | None, chance: random.Random
) -> Mapping[str, Vendor]:
    seams = Seams(
        clock=clock,
        pacers=SharedPacers(clock),
        random=chance,
        request_timeout=float(config.worker.request_timeout),
        zone=config.worker.timezone,
        transport=transport,
        trust_env=config.worker.trust_env,
    )
    return {
        id_: VENDORS[settings.vendor].open(id_, settings, seams)
        for id_, settings in config.accounts.items()
    }
