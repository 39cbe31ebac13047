"""Builds everything from a configuration: the only file that knows every room."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import httpx
import structlog

from worker.config import Config
from worker.domain.conflict.explanation import Explained
from worker.domain.conflict.finding import Finding, FindingState
from worker.domain.conflict.register import Known, Verb, as_of, decided
from worker.domain.conflict.report import (
    Report,
    Reported,
    SourceState,
    reported,
    verdict,
    worst_first,
)
from worker.domain.conflict.severity import Weights
from worker.domain.conflict.suggestions import Suggestion
from worker.domain.health import State
from worker.domain.overview import AccountView, Rights
from worker.domain.span import Span
from worker.domain.stored import Stored
from worker.engine.advice import Adviser
from worker.engine.clock import SystemClock
from worker.engine.cycle import Cycle, source_states
from worker.engine.detect import vouched
from worker.engine.explain import Advise, Surroundings, explain, finding_id
from worker.engine.inquiry import Inquirer
from worker.engine.poll import PollReport, Source
from worker.engine.push import Hear, Turns, nobody
from worker.engine.reconciler import Reconciled, Reconciler
from worker.engine.turns import side_by_side
from worker.feeds.desk import FeedDesk
from worker.feeds.setting import Setting
from worker.notify.message import Voice
from worker.notify.teller import Pace, Teller
from worker.parts import Asked, channels, open_all, push_rules, settings, unasked
from worker.store.database import Busy
from worker.store.events import Wanted
from worker.store.store import Store
from worker.vendors.base import Access, Clock, Opinionated, VendorError
from worker.vendors.registry import VENDORS

log = structlog.get_logger()


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
        turns: Turns | None = None,
        asked: Asked = unasked,
    ) -> None:
        self.config = config
        self.reconciled: Reconciled | None = None
        self.clock: Clock = clock or SystemClock()
        chance = random.Random(seed)  # noqa: S311 - spreads polls, guards nothing
        self._vendors = open_all(config, self.clock, transport, chance, asked)
        self.store = Store.at(config.database)
        self.store.enrol(_logins(config))
        self.settings = settings(config)
        self.weights = Weights(**config.severity.model_dump())
        self.cycle = Cycle(self.store, self._sources(), self.settings, self.clock)
        self.store.attempt(self.cycle.prepare)
        self.writing = Reconciler(
            self.store,
            self._sources(),
            push_rules(config),
            self.clock,
            self.sources,
            turns or side_by_side,
        )
        self._prepare_to_tell(config)

    def _prepare_to_tell(self, config: Config) -> None:
        self._adviser = Adviser(
            self.store,
            config.resources,
            {id_: VENDORS[one.vendor].manners for id_, one in config.accounts.items()},
            config.worker.timezone,
        )
        self._inquirer = Inquirer(
            self.store, self._sources(), self.clock, float(config.worker.request_timeout)
        )
        self._teller = Teller(
            channels(config),
            self.store.database,
            Voice(config.server.address, config.notify.titles, self.zone_of),
            Pace(config.notify.at_most_every, config.notify.digest_every),
            self.report,
            self.accounts,
        )
        self.feeds = FeedDesk(self.store, self._feed_setting(), self.clock)

    @property
    def now(self) -> int:
        """Whole seconds since the epoch."""
        return int(self.clock.now())

    @property
    def vendor_names(self) -> dict[str, str]:
        """Each configured account's vendor."""
        return {id_: settings.vendor for id_, settings in self.config.accounts.items()}

    def sync(
        self,
        accounts: Sequence[str],
        told: Callable[[PollReport], None],
        wrote: Hear = nobody,
    ) -> list[PollReport]:
        """One cycle now over these accounts (all of them if empty); then people are told."""
        reports = self.cycle.poll_all(accounts or self.cycle.accounts, told)
        self.reconcile(wrote)
        self.tell()
        return reports

    def reconcile(self, wrote: Hear = nobody) -> Reconciled | None:
        """Plan, and write what `push` allows; what came of it stays in `reconciled`.

        Another process that writes at this moment is let do so.
        """
        try:
            self.reconciled = self.writing.cycle(self.config.worker.push, wrote)
        except Busy as busy:
            log.warning("push.busy", error=str(busy))
            self.reconciled = None
        return self.reconciled

    def tell(self) -> int:
        """Send the news that are due to whom they are due; returns how many messages were taken."""
        return self._teller.tell(self.now)

    def check(self) -> Iterator[Checked]:
        """Ask every account, by reads only, what the credentials may do."""
        for id_, vendor in self._vendors.items():
            name = self.config.accounts[id_].vendor
            try:
                yield Checked(id_, name, vendor.check())
            except VendorError as error:
                yield Checked(id_, name, None, str(error))

    def events(self, wanted: Wanted) -> Iterator[Stored]:
        """The stored events asked for, in order of start.

        Where a vendor tells no zone, the account's is told: the one that `timezone` names.
        """
        for stored in self.store.events.list(wanted):
            if stored.event.timezone:
                yield stored
                continue
            zone = self._zone_of_account(stored.event.key.account)
            yield replace(stored, event=replace(stored.event, timezone=zone))

    def accounts(self) -> list[AccountView]:
        """Every configured account, as reports show it."""
        now = self.now
        known = self.store.accounts.all()
        counts = self.store.events.count(self.settings.window(now))
        held_back: dict[str, int] = {}
        for row in self.store.quarantine():
            held_back[row.account] = held_back.get(row.account, 0) + 1
        writing = self.writing.brakes()
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
                    brakes=tuple(filter(None, (account.brake, *writing.get(id_, ())))),
                    brake_reason=account.brake_reason
                    or ("its writes wait for a person: see the plan" if id_ in writing else ""),
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
        wanted = set(states) or set(FindingState) - {FindingState.RESOLVED}
        findings = self.store.findings
        ended = FindingState.RESOLVED in wanted
        known = self._judged(list(findings.all().values()) if ended else findings.standing())
        events = sum(self.store.events.count(self.settings.window(now)).values())
        sources = self.sources()
        return Report(
            verdict=verdict(known, sources),
            checked_at=now,
            events=events,
            sources=sources,
            findings=tuple(worst_first(one for one in known if one.life.state in wanted)),
        )

    def standing(self, window: Span) -> list[Reported]:
        """The findings that are not resolved and share time with `window`, the worst first."""
        return worst_first(self._judged(self.store.findings.within(window)))

    def advice(self, report: Report) -> dict[str, tuple[Suggestion, ...]]:
        """What could be done about each finding of a report, by id, with free times."""
        return self._adviser.advice([one.finding for one in report.findings], self.now)

    def zone_of(self, finding: Finding) -> str:
        """The zone in which a finding's times are told: that of its resource, else the default."""
        subject = finding.subject
        return self.zone_at([subject.id] if subject.type == "resource" else ())

    def zone_at(self, resources: Sequence[str]) -> str:
        """The zone of the first of these resources, by id; the default where there is none."""
        return self._adviser.zone(next(iter(resources), ""))

    def explain(self, id_: str) -> Explained:
        """Everything about the finding or event with this id, or the only one it begins.

        From what is stored, so that it agrees with the report. Raises NoSuch.
        """
        return self._explained(
            id_, lambda finding: self._adviser.advice([finding], self.now)[finding.id]
        )

    def consult(self, id_: str) -> Explained:
        """The same, with the free times of the accounts that can be asked for their own.

        Each may take as long as one request; where one is silent, the suggestions say why. For
        somebody who reads about one finding, not for whoever walks through all. Raises NoSuch.
        """
        inquiry = self._inquirer.begin()
        return self._explained(
            id_, lambda finding: self._adviser.counsel(finding, self.now, inquiry)
        )

    def _explained(self, id_: str, advise: Advise) -> Explained:
        opinionated = {
            one for one, vendor in self._vendors.items() if isinstance(vendor, Opinionated)
        }
        rules = self.settings.detection.digest()
        about = Surroundings(self._judged, advise, opinionated, rules, self.now)
        return explain(self.store, id_, about)

    def acknowledge(self, id_: str, by: str, note: str = "", until: int | None = None) -> Known:
        """Somebody (`by`) is on it. Raises NoSuch, NotPossible, and Busy."""
        return self._decide(id_, Verb.ACKNOWLEDGE, by, note, until)

    def snooze(self, id_: str, by: str, note: str = "", until: int | None = None) -> Known:
        """Leave it until an instant (epoch seconds). Raises NoSuch, NotPossible, and Busy."""
        return self._decide(id_, Verb.SNOOZE, by, note, until)

    def accept(self, id_: str, by: str, note: str = "", until: int | None = None) -> Known:
        """It may stay, for good or until an instant. Raises NoSuch, NotPossible, and Busy."""
        return self._decide(id_, Verb.ACCEPT, by, note, until)

    def reopen(self, id_: str, by: str, note: str = "", until: int | None = None) -> Known:
        """It is a matter again. Raises NoSuch, NotPossible, and Busy."""
        return self._decide(id_, Verb.REOPEN, by, note, until)

    def close(self) -> None:
        """Drop connections and let go of the store."""
        for vendor in self._vendors.values():
            vendor.close()
        self.feeds.close()
        self.store.close()

    def _judged(self, known: Sequence[Known]) -> list[Reported]:
        """Findings with severity and verdict as of now."""
        now, sources = self.now, self.sources()
        quarantined = {(row.account, row.native_id) for row in self.store.quarantine()}
        # A brake means that a listing is not believed: its poll confirms nothing.
        complete_at = {
            id_: account.health.complete_at
            for id_, account in self.store.accounts.all().items()
            if account.health.complete_at is not None and not account.brake
        }
        as_known = (vouched(one, complete_at) for one in known)
        return [
            reported(
                replace(one, life=as_of(one.life, now)), sources, quarantined, now, self.weights
            )
            for one in as_known
        ]

    def _decide(self, id_: str, verb: Verb, by: str, note: str, until: int | None) -> Known:
        now = self.now
        return self.store.findings.change(
            finding_id(self.store, id_),
            lambda known: decided(known, verb, now=now, by=by, note=note, until=until),
            now,
        )

    def _feed_setting(self) -> Setting:
        return Setting(
            address=self.config.server.address,
            accounts=tuple(self.config.accounts),
            resources={one.id: one for one in self.config.resources},
            zone=self.config.worker.timezone,
            zone_of_account=self._zone_of_account,
            sources=self.sources,
        )

    def _zone_of_account(self, id_: str) -> str:
        vendor = self._vendors.get(id_)
        return vendor.zone if vendor else self.config.worker.timezone

    def _sources(self) -> list[Source]:
        interval = self.config.worker.poll_every
        return [Source(id_, vendor, interval) for id_, vendor in self._vendors.items()]


def _logins(config: Config) -> dict[str, tuple[str, str]]:
    """Each account's vendor, and what identifies the tenant and login there."""
    return {
        id_: (account.vendor, "\n".join(VENDORS[account.vendor].scope(account)))
        for id_, account in config.accounts.items()
    }
