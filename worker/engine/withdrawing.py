"""Open slots that are taken off while their time is taken elsewhere, and offered again later."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from worker.domain.event import shown
from worker.domain.reconcile.holds import HoldPolicy, Stay, overlapping, taken
from worker.domain.reconcile.intent import Purpose, echo, link_of
from worker.domain.reconcile.links import Link, LinkState
from worker.domain.reconcile.plan import Action, Verb
from worker.domain.span import Span
from worker.domain.subject import Resource
from worker.engine.push_rules import PushRules
from worker.store.store import Store
from worker.vendors.base import Vendor
from worker.vendors.writer import Withdrawing

Stays = Mapping[str, Sequence[Stay]]


def withdrawals(
    rules: PushRules,
    vendors: Mapping[str, Vendor],
    store: Store,
    stays: Stays,
    links: Sequence[Link],
    writable: Collection[str],
    window: Span,
) -> Iterator[Action]:
    """What to take off and what to offer again, where a rule says `withdraw_open_slots`."""
    able = {id_ for id_, vendor in vendors.items() if isinstance(vendor, Withdrawing)}
    policies = [one for one in rules.holds if one.withdraw_open_slots]
    targets = able & set(writable) & {t for policy in policies for t in policy.targets}
    if not targets:
        return
    offers = store.routing.offers(targets, window)
    known = {link.id: link for link in links if link.purpose == Purpose.WITHDRAWAL}
    for policy, resource, target in _each(policies, rules, targets):
        busy = taken(policy, resource, stays.get(resource.id, ()), target)
        open_slots = [one for one in offers.get(resource.id, ()) if one.account == target]
        yield from _off(store, resource, open_slots, busy, known, window.start)
        yield from _on(store, resource, target, busy, known.values(), window.start)


def withdrawal_link(target: str, resource: str, slot: int) -> str:
    """The link of a slot that is taken off."""
    return link_of(Purpose.WITHDRAWAL, target, "", resource, shown(slot))


def _each(
    policies: Sequence[HoldPolicy], rules: PushRules, targets: Collection[str]
) -> Iterator[tuple[HoldPolicy, Resource, str]]:
    for policy in policies:
        for resource in rules.resources.values():
            if policy.covers(resource):
                for target in sorted(policy.targets & set(targets)):
                    yield policy, resource, target


def _off(
    store: Store,
    resource: Resource,
    open_slots: Sequence[Stay],
    busy: Sequence[Span],
    known: Mapping[str, Link],
    now: int,
) -> Iterator[Action]:
    clashing = {
        one.number: one for one in open_slots if overlapping(busy, Span(one.start, one.end))
    }
    for number, stored in store.events.by_number(clashing).items():
        event = stored.event
        link = withdrawal_link(event.key.account, resource.id, number)
        before = known.get(link)
        if before and before.state is LinkState.REFUSED and now < before.retry_at:
            continue
        if event.ours:
            continue
        yield Action(
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
    target: str,
    busy: Sequence[Span],
    known: Collection[Link],
    now: int,
) -> Iterator[Action]:
    free = [
        link
        for link in known
        if link.state is LinkState.WITHDRAWN
        and (link.target, link.resource) == (target, resource.id)
        and link.span.start > now
        and link.retry_at <= now
        and not overlapping(busy, link.span)
    ]
    agreed = store.links.agreed([link.id for link in free])
    for link in free:
        if slot := agreed[link.id].base:
            yield Action(
                verb=Verb.OFFER,
                target=target,
                link=link.id,
                why="the time that this slot overlapped is free again",
                span=link.span,
                event=slot,
                resource=resource.id,
            )
