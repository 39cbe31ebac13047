"""ORPHAN: what still stands although that which it belongs to is gone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from worker.domain.conflict.double import member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.conflict.standing import standing
from worker.domain.event import Kind, Status
from worker.domain.stored import Stored
from worker.domain.subject import EVERYTHING, Resource, folded

_SHARED = (Kind.GROUP, Kind.SLOT)  # what people attend without it being theirs


def cancelled_groups(events: Iterable[Stored]) -> Iterator[Finding]:
    """Groups and slots that the vendor shows as cancelled, and still with somebody on the roster.

    They were never told, or may come all the same. What is gone altogether (`gone_at`) keeps its
    last roster here only.
    """
    for stored in events:
        event = stored.event
        stands = event.status is Status.CANCELLED and stored.gone_at is None and not event.ours
        if stands and event.key.kind in _SHARED and event.attendees > 0:
            yield Finding(
                kind=FindingKind.ORPHAN,
                subject=Subject("event", event.key.id, event.title),
                span=event.span,
                members=(member(event),),
                flags=("attendees",),
                evidence=(("attendees", event.attendees),),
            )


def idle_bindings(
    resources: Iterable[Resource], shown: Mapping[str, Collection[str]]
) -> Iterator[Finding]:
    """Bindings by which a resource means something that its account does not show.

    `shown` holds all that accounts name their calendars and pages by, for those accounts only
    whose newest listing is fresh and complete. One that shows nothing at all proves nothing.
    """
    names = {account: {folded(name) for name in named} for account, named in shown.items()}
    for resource in resources:
        idle = [
            (account, name)
            for account, name in resource.bindings
            if name != EVERYTHING and names.get(account) and folded(name) not in names[account]
        ]
        for account in sorted({account for account, _ in idle}):
            yield _idle(resource, account, [name for where, name in idle if where == account])


def _idle(resource: Resource, account: str, bindings: Collection[str]) -> Finding:
    """Addresses are people's, and are counted only."""
    plain = sorted(name for name in bindings if "@" not in name)
    return standing(
        FindingKind.ORPHAN,
        Subject("binding", f"{account}/{resource.id}", resource.name),
        ("binding",),
        (
            ("account", account),
            ("resource", resource.id),
            ("bindings", plain),
            ("more_bindings", len(bindings) - len(plain)),
        ),
    )
