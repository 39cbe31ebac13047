"""From what is stored to a plan: what is wanted, what is there, and what brakes make of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from worker.domain.conflict.finding import Finding
from worker.domain.event import Event
from worker.domain.reconcile.brakes import Situation, braked
from worker.domain.reconcile.copies import CopyPolicy, equal, wanted_copies
from worker.domain.reconcile.differences import Change, Do, Outstanding, Picture, differences
from worker.domain.reconcile.holds import Stay, held
from worker.domain.reconcile.intent import Intent, Purpose, echo
from worker.domain.reconcile.links import (
    STANDING,
    UNSETTLED,
    Identity,
    Link,
    LinkState,
    Shown,
    Still,
    Want,
)
from worker.domain.reconcile.plan import Action, Plan
from worker.domain.span import DAY, Span
from worker.domain.stored import Stored
from worker.engine.poll import Source
from worker.engine.push_rules import PushRules
from worker.engine.resolving import resolved
from worker.engine.spelling import Speller
from worker.engine.suspicions import suspicions
from worker.engine.withdrawing import toggled, withdrawals
from worker.store.events import Wanted
from worker.store.links import Agreed
from worker.store.outbox import Progress
from worker.store.plans import AGREED, BASELINE
from worker.store.store import Store
from worker.vendors.writer import Settling, Withdrawing, Writer

RECENT = DAY  # how long brakes remember what was written


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan, and what is to be remembered or told because of the picture it was made from.

    `seen` are revisions at which links are known to be as agreed, `over` the approvals (by id) that
    mean nothing any more, with why. `whole`: every account was fresh, complete and read since it
    was written to. `progress` is how far the outbox was before the picture was taken.
    """

    plan: Plan
    now: int
    progress: Progress
    adopted: tuple[tuple[Link, Agreed], ...] = ()
    forgotten: tuple[str, ...] = ()
    seen: Mapping[str, int] = field(default_factory=dict)
    over: tuple[tuple[int, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    unread: frozenset[str] = frozenset()
    whole: bool = False


_Copies = Mapping[Identity, tuple[CopyPolicy, Event]]


class Planner:
    """Makes plans over one store. `plan` reads only; `take_over` keeps what it has learnt."""

    def __init__(self, store: Store, sources: Sequence[Source], rules: PushRules) -> None:
        self._store = store
        self._vendors = {source.id: source.vendor for source in sources}
        self._rules = rules

    @property
    def idle(self) -> bool:
        """Whether no rule asks for anything, and no person did."""
        rules = self._rules
        return not (rules.holds or rules.copies or self._store.plans.resolutions())

    def plan(self, now: int, trusted: Collection[str]) -> Planned:
        """What would be written now; `trusted` are the accounts that are fresh and complete."""
        progress = self._store.outbox.progress()
        window = Span(now, now + self._rules.future)
        unread = self._store.outbox.unread()
        writable = self._writable(trusted, unread)
        still, links = self._store.links.standing()
        live = _live(still, links)
        stays = self._stays(window, links)
        speller = Speller(self._store, self._vendors, self._rules, now)
        wanted, copies = self._wishes(stays, speller, window)
        links += self._store.links.some(wanted.settle(still, now, window.end))
        settled = {one.id for one in still} - {link.id for link in links}
        picture, seen = self._picture(wanted, links, settled, writable, window)
        changes = list(differences(picture))
        spelt = speller.spell(changes, copies, trusted)
        withdrawn = withdrawals(
            self._rules, self._vendors, self._store, stays, links, writable, window
        )
        approved = resolved(self._store, self._vendors, writable)
        actions = [*spelt.actions, *withdrawn.actions, *approved.actions]
        situation = self._situation(links, live, withdrawn.actions, approved.doubts, now)
        plan = braked(actions, situation)
        return Planned(
            plan=plan,
            now=now,
            progress=progress,
            adopted=(
                *self._adopted(changes, speller, copies),
                *((one.link, one.agreed) for one in spelt.settled),
            ),
            forgotten=tuple(_forgotten(changes, links, still, now)),
            seen=seen,
            over=tuple(approved.over),
            findings=tuple(
                suspicions(self._store, picture, links, spelt.conflicts, withdrawn.kept, plan)
            ),
            unread=unread & frozenset(self._vendors),
            whole=frozenset(self._vendors) <= frozenset(trusted) - unread,
        )

    def _writable(self, trusted: Collection[str], unread: Collection[str]) -> frozenset[str]:
        """The accounts that can be written to, whose picture is fresh, whole and not overtaken."""
        return frozenset(
            id_
            for id_, vendor in self._vendors.items()
            if id_ in trusted
            and id_ not in unread
            and isinstance(vendor, Writer | Withdrawing | Settling)
        )

    def _picture(
        self,
        wanted: Outstanding,
        links: Sequence[Link],
        settled: Collection[str],
        writable: frozenset[str],
        window: Span,
    ) -> tuple[Picture, dict[str, int]]:
        """What is known; and the links of which it is known again that they are as agreed."""
        shown = self._store.links.shown([link.number for link in links if link.number])
        edited, seen = self._edited(links, shown)
        picture = Picture(
            wants=wanted.left(),
            links=[link for link in links if link.purpose != Purpose.WITHDRAWAL],
            shown=shown,
            writable=writable,
            now=window.start,
            until=window.end,
            edited=edited,
            strays=self._store.links.strays(),
            settled=settled,
        )
        return picture, seen

    def take_over(self, planned: Planned) -> None:
        """Remember what a picture showed: what stands there already, and what is over.

        A change of the configuration is agreed to once a plan over all accounts keeps nothing
        back for it: what an account that cannot be read now would lose is not in sight yet.
        """
        self._store.links.seen(planned.seen)
        for id_, why in planned.over:
            self._store.plans.drop(id_, why)
        for link, agreed in planned.adopted:
            self._store.links.keep(link, agreed)
        self._store.links.forget(planned.forgotten)
        known = self._store.plans.fact(BASELINE)
        held = any(refusal.brake == "B10" for refusal in planned.plan.refused)
        if known is None or (planned.whole and not held):
            baseline = self.baseline()
            if known != baseline:
                self._store.plans.remember(BASELINE, baseline)

    def baseline(self) -> dict[str, object]:
        """Where the accounts point, and what the rules say, now."""
        known = self._store.accounts.all()
        zones = {id_: vendor.zone for id_, vendor in self._vendors.items()}
        scopes = {id_: f"{known[id_].vendor}\n{known[id_].scope}" for id_ in zones if id_ in known}
        return {"scopes": scopes, "rules": self._rules.digest(zones)}

    def _stays(self, window: Span, links: Sequence[Link]) -> dict[str, list[Stay]]:
        """What occupies resources, without what a lost answer may have left behind.

        A write that is not settled may stand at its target without its mark. What looks just like
        it is no origin until that is known, or a copy of ours would spawn copies.
        """
        stays = self._store.routing.stays(window)
        unsettled = {link.id: link for link in links if link.state in UNSETTLED}
        doubtful = {
            (link.target, link.span.start, link.span.end) for link in unsettled.values()
        } | {
            (action.target, action.span.start, action.span.end)
            for action in self._store.outbox.doubtful(unsettled)
        }
        if not doubtful:
            return stays
        return {
            resource: [one for one in some if not _like(one, doubtful)]
            for resource, some in stays.items()
        }

    def _wishes(
        self, stays: Mapping[str, Sequence[Stay]], speller: Speller, window: Span
    ) -> tuple[Outstanding, _Copies]:
        """What should stand; and of each copy its rule and origin."""
        resources = self._rules.resources
        copies: dict[Identity, tuple[CopyPolicy, Event]] = {}
        wants: list[Want] = []
        events = self._published(window)
        for want, policy, origin in wanted_copies(
            self._rules.copies, resources, events, speller.can_copy
        ):
            wants.append(want)
            copies[want.identity] = (policy, origin)
        holds = held(self._rules.holds, resources.values(), stays, speller.can_hold)
        return Outstanding(holds, wants), copies

    def _published(self, window: Span) -> Callable[[CopyPolicy], Iterator[Stored]]:
        def events(policy: CopyPolicy) -> Iterator[Stored]:
            yield from self._store.events.list(Wanted(accounts=(policy.source,), window=window))

        return events

    def _edited(
        self, links: Sequence[Link], shown: Mapping[int, Shown]
    ) -> tuple[set[str], dict[str, int]]:
        """The links whose target shows something else than we last saw there; and the others."""
        doubtful = {
            link.number: link
            for link in links
            if (there := shown.get(link.number))
            and not there.gone
            and there.revision != link.revision
            and link.state is not LinkState.WITHDRAWN
        }
        edited: set[str] = set()
        seen: dict[str, int] = {}
        for number, stored in self._store.events.by_number(doubtful).items():
            link = doubtful[number]
            if echo(stored.event) == link.echo:
                seen[link.id] = stored.revision
            else:
                edited.add(link.id)
        return edited, seen

    def _situation(
        self,
        links: Sequence[Link],
        live: Mapping[str, int],
        slots: Sequence[Action],
        doubts: Mapping[str, str],
        now: int,
    ) -> Situation:
        accounts = self._store.accounts.all()
        plans = self._store.plans
        moved, narrowed = self._moved()
        return Situation(
            now=now,
            limits=self._rules.limits,
            live=live,
            removed=self._store.outbox.removed_since(now - RECENT),
            writes={
                **{
                    link.id: sum(at > now - RECENT for at in link.writes)
                    for link in links
                    if link.writes
                },
                **toggled(self._store, slots, now - RECENT),
            },
            failing={
                id_: accounts[id_].health.failures for id_ in self._vendors if id_ in accounts
            },
            agreed=self._store.outbox.written() | frozenset(plans.fact(AGREED) or ()),
            moved=moved,
            narrowed=narrowed,
            aside={
                **{
                    link.id: (_ASIDE[link.state], link.trouble or "a person must look")
                    for link in links
                    if link.state in _ASIDE
                },
                **{link: ("VENDOR", words) for link, words in doubts.items()},
            },
            approvals=plans.approvals(now),
        )

    def _moved(self) -> tuple[frozenset[str], str]:
        """The accounts that point elsewhere than agreed, and whether rules changed since."""
        agreed = self._store.plans.fact(BASELINE)
        if agreed is None:
            return frozenset(), ""
        current = self.baseline()
        scopes = current["scopes"]
        before = agreed["scopes"]
        moved = frozenset(
            id_
            for id_, scope in (scopes.items() if isinstance(scopes, dict) else ())
            if before.get(id_, scope) != scope
        )
        if current["rules"] == agreed["rules"] and not moved:
            return moved, ""
        return moved, "accounts, bindings, rules or the window were changed since the last plan"

    def _adopted(
        self, changes: Sequence[Change], speller: Speller, copies: _Copies
    ) -> Iterator[tuple[Link, Agreed]]:
        """Links for what stands there already with our mark."""
        there = {
            change.shown.number: change
            for change in changes
            if change.do is Do.ADOPT and change.shown
        }
        for number, stored in self._store.events.by_number(there).items():
            want = there[number].want
            if want is not None:
                intent = speller.intended(want, copies)
                yield _taken_over(want, stored.event, intent)


_ASIDE = {LinkState.UNDONE: "UNDONE", LinkState.NEEDS_REVIEW: "REVIEW"}


def _like(stay: Stay, doubtful: Collection[tuple[str, int, int]]) -> bool:
    """Whether something looks like what a lost answer may have left, rounded outward or not."""
    return any(
        stay.account == account
        and abs(stay.start - start) <= _ROUNDING
        and abs(stay.end - end) <= _ROUNDING
        for account, start, end in doubtful
    )


_ROUNDING = 300  # seconds: the coarsest grid that a vendor rounds to


def _taken_over(want: Want, event: Event, shaped: Intent) -> tuple[Link, Agreed]:
    """What stands there, as known. A copy that says something else counts as changed there."""
    foreign = want.purpose == Purpose.COPY and not equal(shaped, event)
    moved = want.purpose != Purpose.COPY and shaped.span != event.span
    link = Link(
        id=want.link,
        purpose=want.purpose,
        target=want.target,
        calendar=want.calendar,
        resource=want.resource,
        origin=want.origin,
        span=event.span if moved else want.span,
        digest=want.digest,
        key=event.key,
        number=event.key.number,
        echo=b"" if foreign else echo(event),
    )
    return link, Agreed() if foreign else Agreed(replace(shaped, span=event.span), event)


def _forgotten(
    changes: Sequence[Change], links: Sequence[Link], still: Sequence[Still], now: int
) -> Iterator[str]:
    """What is over: it is not wanted and not there, or its time has long passed."""
    for change in changes:
        if change.do is Do.FORGET and change.link:
            yield change.link.id
    long_ago = now - 30 * DAY
    yield from (link.id for link in links if link.span.end < long_ago)
    yield from (one.id for one in still if one.end < long_ago)


def _live(still: Sequence[Still], links: Sequence[Link]) -> Counter[str]:
    """How many holds and copies of ours stand at each account, as far as we know."""
    found = Counter(one.target for one in still)
    found.update(link.target for link in links if link.state in STANDING)
    return found
