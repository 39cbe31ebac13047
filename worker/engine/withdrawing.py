"""Open slots that are taken off while their time is taken elsewhere, and offered again later."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from worker.domain.event import Event, shown
from worker.domain.reconcile.holds import HoldPolicy, Stay, merged, overlapping, taken
from worker.domain.reconcile.intent import Purpose, echo, link_of
from worker.domain.reconcile.links import Link, LinkState
from worker.domain.reconcile.plan import Action, Verb
from worker.domain.span import Span
from worker.domain.subject import Resource
from worker.engine.push_rules import PushRules
from worker.store.store import Store
from worker.vendors.base import Vendor
from worker.vendors.writer import Withdrawing

SLOTS = frozenset({Verb.WITHDRAW, Verb.OFFER})
Stays = Mapping[str, Sequence[Stay]]


@dataclass(slots=True)
class Withdrawn:
    """What to take off and to offer again; and what its vendor will not let go, though it should.

    `kept` are the links of those, each with the slot as it stands.
    """

    actions: list[Action] = field(default_factory=list)
    kept: list[tuple[Link, Event]] = field(default_factory=list)


def withdrawals(
    rules: PushRules,
    vendors: Mapping[str, Vendor],
    store: Store,
    stays: Stays,
    links: Sequence[Link],
    writable: Collection[str],
    window: Span,
) -> Withdrawn:
    """What follows where a rule says `withdraw_open_slots`."""
    found = Withdrawn()
    able = {id_ for id_, vendor in vendors.items() if isinstance(vendor, Withdrawing)}
    policies = [one for one in rules.holds if one.withdraw_open_slots]
    targets = able & set(writable) & {t for policy in policies for t in policy.targets}
    if not targets:
        return found
    offers = store.routing.offers(targets, window)
    known = {link.id: link for link in links if link.purpose == Purpose.WITHDRAWAL}
    under_way = {entry.action.link for entry in store.outbox.open()}
    for resource, target, some in _each(policies, rules, targets):
        there = stays.get(resource.id, ())
        busy = merged(span for policy in some for span in taken(policy, resource, there, target))
        open_slots = [one for one in offers.get(resource.id, ()) if one.account == target]
        _off(found, store, resource, open_slots, busy, known, window.start)
        off = [one for one in known.values() if (one.target, one.resource) == (target, resource.id)]
        found.actions += _on(store, resource, off, busy, window.start, under_way)
    return found


def toggled(store: Store, actions: Iterable[Action], since: int) -> dict[str, int]:
    """By link, how often the time of each of these slots was taken off or offered since then.

    A slot that is offered again is another one to its vendor, and its link another: what stays is
    where and when it is.
    """
    asked = {action.link: _place(action) for action in actions}
    if not asked:
        return {}
    done = Counter(map(_place, store.outbox.carried_out(SLOTS, since)))
    return {link: done[place] for link, place in asked.items() if place in done}


def _place(action: Action) -> tuple[str, str, int, int]:
    return (action.target, action.resource, action.span.start, action.span.end)


def withdrawal_link(target: str, resource: str, slot: int) -> str:
    """The link of a slot that is taken off."""
    return link_of(Purpose.WITHDRAWAL, target, "", resource, shown(slot))


def _each(
    policies: Sequence[HoldPolicy], rules: PushRules, targets: Collection[str]
) -> Iterator[tuple[Resource, str, list[HoldPolicy]]]:
    """Each resource and target with all of their rules: what one frees another may still take."""
    for resource in rules.resources.values():
        for target in sorted(targets):
            some = [one for one in policies if one.covers(resource) and target in one.targets]
            if some:
                yield resource, target, some


def _off(
    found: Withdrawn,
    store: Store,
    resource: Resource,
    open_slots: Sequence[Stay],
    busy: Sequence[Span],
    known: Mapping[str, Link],
    now: int,
) -> None:
    clashing = {
        one.number: one for one in open_slots if overlapping(busy, Span(one.start, one.end))
    }
    for number, stored in store.events.by_number(clashing).items():
        event = stored.event
        link = withdrawal_link(event.key.account, resource.id, number)
        before = known.get(link)
        if before and before.state is LinkState.REFUSED:
            found.kept.append((before, event))
        waits = before and before.state is LinkState.REFUSED and now < before.retry_at
        if waits or (before and before.state is LinkState.AMBIGUOUS) or event.ours:
            continue
        found.actions.append(_withdraw(event, link, resource))


def _withdraw(event: Event, link: str, resource: Resource) -> Action:
    return Action(
        verb=Verb.WITHDRAW,
        target=event.key.account,
        link=link,
        why="an open slot overlaps time that is taken elsewhere",
        span=event.span,
        key=event.key,
        basis=echo(event),
        event=event,
        resource=resource.id,
    )


def _on(
    store: Store,
    resource: Resource,
    off: Iterable[Link],
    busy: Sequence[Span],
    now: int,
    under_way: Collection[str],
) -> Iterator[Action]:
    """What to offer again. One that a person's undo took off is offered if a person says so."""
    free = [
        link
        for link in off
        if link.state in (LinkState.WITHDRAWN, LinkState.UNDONE)
        and link.span.start > now
        and link.retry_at <= now
        and link.id not in under_way
        and not overlapping(busy, link.span)
    ]
    agreed = store.links.agreed([link.id for link in free])
    for link in free:
        if slot := agreed[link.id].base:
            yield Action(
                verb=Verb.OFFER,
                target=link.target,
                link=link.id,
                why="the time that this slot overlapped is free again",
                span=link.span,
                event=slot,
                resource=resource.id,
            )
