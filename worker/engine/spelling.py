"""Changes spelt out as actions: with origins, words, and what exactly is to be written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from worker.domain.event import Event
from worker.domain.instants import on_the_wall
from worker.domain.reconcile.copies import (
    FIELDS,
    CopyPolicy,
    Decision,
    Deletions,
    Edits,
    Sides,
    decided,
    equal,
    spelt,
    with_theirs,
)
from worker.domain.reconcile.differences import Change, Do, surely_over
from worker.domain.reconcile.holds import TITLE
from worker.domain.reconcile.intent import Intent, Purpose, echo
from worker.domain.reconcile.links import Identity, Link, LinkState, Want
from worker.domain.reconcile.plan import Action, Verb
from worker.domain.span import HOUR, Span
from worker.domain.stored import Stored
from worker.engine.push_rules import PushRules
from worker.store.links import Agreed
from worker.store.store import Store
from worker.vendors.base import Vendor
from worker.vendors.writer import Writer


@dataclass(frozen=True, slots=True)
class Undecided:
    """A copy that was changed on both sides, or taken away on one: a person decides.

    `theirs` is the copy as its target shows it, None where it is gone.
    """

    link: Link
    why: str
    origin: Event | None
    theirs: Event | None


@dataclass(frozen=True, slots=True)
class Settled:
    """A copy whose two sides are agreed on as they stand: it is remembered so, nothing is sent."""

    link: Link
    agreed: Agreed


@dataclass(frozen=True, slots=True)
class Spelt:
    """Actions, what a person must decide first, and what is only to be remembered."""

    actions: tuple[Action, ...]
    conflicts: tuple[Undecided, ...]
    settled: tuple[Settled, ...] = ()


@dataclass(slots=True)
class _Known:
    """What was looked up for all changes at once."""

    events: Mapping[int, Stored] = field(default_factory=dict)
    agreed: Mapping[str, Agreed] = field(default_factory=dict)


class Speller:
    """Spells out what one plan wants; made anew for each plan."""

    def __init__(
        self, store: Store, vendors: Mapping[str, Vendor], rules: PushRules, now: int
    ) -> None:
        self._store = store
        self._vendors = vendors
        self._rules = rules
        self._now = now
        self._companions: Mapping[tuple[str, str], tuple[str, ...]] | None = None
        self._usable: dict[tuple[str, str], bool] = {}
        # A look at a protocol costs more than the rest of an action.
        self._writers = {id_: one for id_, one in vendors.items() if isinstance(one, Writer)}
        self._known = _Known()

    def can_hold(self, target: str, calendar: str) -> bool:
        """Whether a hold can stand in this calendar at all."""
        where = (target, calendar)
        if where not in self._usable:
            writer = self._writer(target)
            able = writer is not None and self._vendors[target].capabilities.hold
            self._usable[where] = bool(
                able and writer and not writer.refuses(self._sample(target, calendar))
            )
        return self._usable[where]

    def can_copy(self, policy: CopyPolicy, calendar: str) -> bool:
        """Whether a copy by this rule can stand in this calendar at all."""
        writer = self._writer(policy.target)
        sample = replace(
            self._sample(policy.target, calendar), purpose=Purpose.COPY, details=policy.create
        )
        return writer is not None and not writer.refuses(sample)

    def hold(self, want: Want) -> Intent:
        """What a hold says: its time, and that it is ours. Nothing of what it protects."""
        origin = self._known.events.get(want.origin)
        resource = self._rules.resources.get(want.resource)
        vendor = self._vendors.get(want.target)
        zone = vendor.zone if vendor else self._rules.zone
        return Intent(
            link=want.link,
            purpose=Purpose(want.purpose),
            target=want.target,
            calendar=want.calendar,
            resource=want.resource,
            span=want.span,
            origin=origin.event.key if origin else None,
            title=TITLE,
            timezone=(resource.timezone if resource else "") or zone,
            beside=self._beside(want.target, want.calendar),
        )

    def intended(self, want: Want, copies: Mapping[Identity, tuple[CopyPolicy, Event]]) -> Intent:
        """What a hold or copy is to say, as its target can keep it."""
        return self.shaped(self._intent(want, copies))

    def shaped(self, intent: Intent) -> Intent:
        """The same as its target can keep it."""
        writer = self._writer(intent.target)
        return writer.shape(intent) if writer else intent

    def spell(
        self,
        changes: Sequence[Change],
        copies: Mapping[Identity, tuple[CopyPolicy, Event]],
        trusted: Collection[str],
    ) -> Spelt:
        """The writes that follow from these changes."""
        self._look_up(changes)
        found = [one for change in changes for one in self._of(change, copies, trusted)]
        return Spelt(
            tuple(one for one in found if isinstance(one, Action)),
            tuple(one for one in found if isinstance(one, Undecided)),
            tuple(one for one in found if isinstance(one, Settled)),
        )

    def _writer(self, account: str) -> Writer | None:
        return self._writers.get(account)

    def _look_up(self, changes: Sequence[Change]) -> None:
        numbers: set[int] = set()
        ids: set[str] = set()
        for change in changes:
            if change.want:
                numbers.add(change.want.origin)
            if change.link:
                numbers |= {change.link.origin, change.link.number}
                ids.add(change.link.id)
            if change.shown:
                numbers.add(change.shown.number)
        numbers.discard(0)
        self._known = _Known(self._store.events.by_number(numbers), self._store.links.agreed(ids))

    def _of(
        self,
        change: Change,
        copies: Mapping[Identity, tuple[CopyPolicy, Event]],
        trusted: Collection[str],
    ) -> Iterator[Action | Undecided | Settled]:
        match change.do:
            case Do.CREATE if change.want:
                yield from self._created(change, change.want, copies)
            case Do.UPDATE if change.want and change.link:
                yield from self._updated(change, change.want, change.link, copies)
            case Do.DELETE if change.link:
                yield from self._deleted(change, change.link, trusted)
            case _:
                return

    def _created(
        self, change: Change, want: Want, copies: Mapping[Identity, tuple[CopyPolicy, Event]]
    ) -> Iterator[Action | Undecided]:
        link = change.link
        copy = copies.get(want.identity)
        if copy and link and link.state is LinkState.ABSENT:
            policy, origin = copy
            changed = want.digest != link.digest or want.span != link.span
            if policy.deletions is Deletions.KEEP_DELETE and not changed:
                return
            if policy.deletions is Deletions.HOLD:
                yield Undecided(link, "it was taken away at its target", origin, None)
                return
        intent = self._intent(want, copies)
        yield self._action(Verb.CREATE, want, intent, f"{change.why}: {self._when(want)}")

    def _updated(
        self,
        change: Change,
        want: Want,
        link: Link,
        copies: Mapping[Identity, tuple[CopyPolicy, Event]],
    ) -> Iterator[Action | Undecided | Settled]:
        there = self._known.events.get(link.number)
        if there is None:
            return
        intent = self._intent(want, copies)
        why = f"{change.why}: {self._when(want)}"
        if copy := copies.get(want.identity):
            yield from self._rendered(change, link, (*copy, intent), there)
        else:
            yield self._action(Verb.UPDATE, want, intent, why, there.event, link)

    def _rendered(
        self,
        change: Change,
        link: Link,
        copy: tuple[CopyPolicy, Event, Intent],
        there: Stored,
    ) -> Iterator[Action | Undecided | Settled]:
        """What becomes of a copy that differs from its origin, by the policy of its rule."""
        policy, origin, intent = copy
        want = change.want
        if want is None:
            return
        wanted = with_theirs(self.shaped(intent), there.event, set(FIELDS) - set(policy.fields))
        decision = Decision(wanted, change.why)
        if change.edited or policy.edits is Edits.FIELD_MERGE:
            decision = self._decide(policy, link, wanted, there)
        if decision.conflict:
            yield Undecided(link, decision.why, origin, there.event)
        elif decision.intent is None or equal(decision.intent, there.event):
            yield _settled(link, want, wanted, there)
        else:
            why = f"{decision.why}: {self._when(decision.intent)}"
            action = self._action(Verb.UPDATE, want, decision.intent, why, there.event, link)
            moved = decision.intent.span.start - there.event.span.start
            yield replace(action, wanted=wanted, moved=moved)

    def _decide(self, policy: CopyPolicy, link: Link, wanted: Intent, there: Stored) -> Decision:
        before = self._known.agreed.get(link.id, Agreed())
        origin = self._known.events.get(link.origin)
        sides = Sides(
            base=before.base,
            wanted=wanted,
            before=before.intent,
            theirs=there.event,
            wanted_at=origin.updated_at if origin else None,
            theirs_at=there.updated_at,
            fields=policy.fields,
        )
        return decided(policy.edits, sides)

    def _deleted(
        self, change: Change, link: Link, trusted: Collection[str]
    ) -> Iterator[Action | Undecided]:
        there = self._known.events.get(link.number)
        origin = self._known.events.get(link.origin)
        if there is None:
            return
        why = surely_over(origin, trusted) if link.origin else self._freed(link, trusted)
        if not why:
            return
        words = _needed(link, there.event, edited=change.edited)
        if words:
            yield Undecided(link, words, origin.event if origin else None, there.event)
            return
        yield Action(
            verb=Verb.DELETE,
            target=link.target,
            link=link.id,
            why=f"{why}: {self._when(link)}",
            span=link.span,
            key=link.key,
            intent=self._known.agreed.get(link.id, Agreed()).intent,
            basis=echo(there.event),
            origin=origin.event.key if origin else None,
            resource=link.resource,
        )

    def _freed(self, link: Link, trusted: Collection[str]) -> str:
        """A hold for a full stretch goes once all accounts of its resource say it is not full."""
        resource = self._rules.resources.get(link.resource)
        if resource is None or not {account for account, _ in resource.bindings} <= set(trusted):
            return ""
        return "not all places are taken any more"

    def _when(self, what: Want | Intent | Link) -> str:
        """Its time, as the people whose it is read it from their walls."""
        resource = self._rules.resources.get(what.resource)
        zone = (resource.timezone if resource else "") or self._rules.zone
        return on_the_wall(what.span.start, what.span.end, zone)

    def _intent(self, want: Want, copies: Mapping[Identity, tuple[CopyPolicy, Event]]) -> Intent:
        copy = copies.get(want.identity)
        if copy is None:
            return self.hold(want)
        vendor = self._vendors.get(want.target)
        zone = vendor.zone if vendor else self._rules.zone
        beside = self._beside(want.target, want.calendar)
        return replace(spelt(want, *copy, zone), beside=beside)

    def _action(
        self,
        verb: Verb,
        want: Want,
        intent: Intent,
        why: str,
        there: Event | None = None,
        link: Link | None = None,
    ) -> Action:
        return Action(
            verb=verb,
            target=want.target,
            link=intent.link,
            why=why,
            span=want.span,
            key=there.key if there else None,
            intent=self.shaped(intent),
            basis=echo(there) if there else b"",
            origin=intent.origin,
            moved=want.start - link.span.start if link else 0,
            digest=want.digest,
            resource=want.resource,
        )

    def _sample(self, target: str, calendar: str) -> Intent:
        vendor = self._vendors.get(target)
        start = self._now - self._now % HOUR + 48 * HOUR
        return Intent(
            link="0" * 24,
            purpose=Purpose.HOLD,
            target=target,
            calendar=calendar,
            resource="",
            span=Span(start, start + HOUR),
            title=TITLE,
            timezone=vendor.zone if vendor else self._rules.zone,
            beside=self._beside(target, calendar),
        )

    def _beside(self, target: str, calendar: str) -> tuple[str, ...]:
        if self._companions is None:
            self._companions = self._store.routing.companions(tuple(self._vendors))
        return self._companions.get((target, calendar), ())


def _needed(link: Link, there: Event, *, edited: bool) -> str:
    """Why a copy is not taken away without a person's word, though its origin is gone."""
    if link.purpose != Purpose.COPY:
        return ""
    if there.attendees:
        return f"its origin is gone, and {there.attendees} have a place in it"
    return "its origin is gone, and it was changed at its target" if edited else ""


def _settled(link: Link, want: Want, wanted: Intent, there: Stored) -> Settled:
    agreed = replace(
        link,
        span=want.span,
        digest=want.digest,
        state=LinkState.AGREED,
        echo=echo(there.event),
        revision=there.revision,
        trouble="",
    )
    return Settled(agreed, Agreed(wanted, there.event))
