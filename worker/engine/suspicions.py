"""What the writing side finds wrong: kinds `SYNC_*`, `DRIFT`, and holds that belong to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from worker.domain.conflict.double import member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.event import Event, Status
from worker.domain.reconcile.differences import Picture
from worker.domain.reconcile.links import Link, LinkState
from worker.domain.reconcile.plan import Plan
from worker.domain.span import Span
from worker.engine.spelling import Undecided
from worker.store.store import Store

KINDS = (
    FindingKind.SYNC_EDIT_EDIT,
    FindingKind.SYNC_DELETE_EDIT,
    FindingKind.SYNC_CREATE_CREATE,
    FindingKind.DRIFT,
    FindingKind.ORPHAN,
)
SUBJECT = "link"  # findings of this sort of subject are the writing side's own


def suspicions(
    store: Store,
    picture: Picture,
    links: Sequence[Link],
    undecided: Sequence[Undecided],
    kept: Sequence[tuple[Link, Event]],
    plan: Plan,
) -> Iterator[Finding]:
    """Everything about our holds and copies that a person should know.

    `links` are all of them; `kept` are open slots that overlap taken time, and that their vendor
    does not let us take off.
    """
    yield from _undecided(undecided)
    for link, slot in kept:
        why = f"an open slot overlaps time that is taken, and cannot be taken off: {link.trouble}"
        yield _finding(FindingKind.DRIFT, link, [slot], why, "open")
    yield from _strays(store, picture)
    yield from _doubtful(store, links, picture.now)
    yield from _unwritten(picture)
    yield from _restless(store, links, plan)


def _undecided(undecided: Iterable[Undecided]) -> Iterator[Finding]:
    """C8: the same copy changed on both sides, or gone on one and changed on the other."""
    for one in undecided:
        both = [event for event in (one.origin, one.theirs) if event is not None]
        alive = [event for event in both if event.status is not Status.CANCELLED]
        kind = FindingKind.SYNC_EDIT_EDIT if len(alive) == 2 else FindingKind.SYNC_DELETE_EDIT
        yield _finding(kind, one.link, both, one.why)


def _strays(store: Store, picture: Picture) -> Iterator[Finding]:
    """What carries our mark, and is not what we wrote: copied by somebody, or left behind."""
    if not picture.strays:
        return
    wanted = {want.link for want in picture.wants.values()}
    known = {*picture.settled, *(link.id for link in picture.links)}
    marked = {
        one.number: mark
        for mark, some in picture.strays.items()
        for one in some
        if not one.gone and (mark in known or mark not in wanted or len(some) > 1)
    }
    for number, stored in store.events.by_number(marked).items():
        event, mark = stored.event, marked[number]
        if event.span.end <= picture.now:
            continue
        subject = Subject(SUBJECT, f"{event.key.account}/{event.key.id}")
        if mark in known or mark in wanted:
            why = "it carries the mark of a hold of ours, and is another entry"
            kind = FindingKind.SYNC_CREATE_CREATE
        else:
            why = "it carries our mark, and nothing that is known asks for it"
            kind = FindingKind.ORPHAN
        yield Finding(
            kind=kind,
            subject=subject,
            span=event.span,
            members=(member(event),),
            flags=("ours",),
            evidence=(("account", event.key.account), ("reason", why), ("mark", mark)),
        )


def _doubtful(store: Store, links: Iterable[Link], now: int) -> Iterator[Finding]:
    """Writes of which nobody can tell whether they were carried out."""
    review = {link.id: link for link in links if link.state is LinkState.NEEDS_REVIEW}
    for link in review.values():
        yield _finding(FindingKind.DRIFT, link, [], link.trouble, "needs_review")
    # What a person approved, and a slot that was to be offered again, have no link to say so.
    for entry in store.outbox.unresolvable():
        action = entry.action
        if action.link not in review and not entry.taken_back and action.span.end > now:
            about = _Item(action.target, action.link, action.span)
            why = f"nobody can tell whether it was carried out: {action.why} ({entry.detail})"
            yield _finding(FindingKind.DRIFT, about, [], why, "needs_review")


def _unwritten(picture: Picture) -> Iterator[Finding]:
    """What a vendor said no to: until it is written, others can sell the time."""
    for link in picture.links:
        said_no = link.state is LinkState.REFUSED and link.retry_at > link.since
        if said_no and link.identity in picture.wants and link.span.end > picture.now:
            why = f"{link.target} does not take it: {link.trouble}"
            yield _finding(FindingKind.DRIFT, link, [], why, "refused")


def _restless(store: Store, links: Iterable[Link], plan: Plan) -> Iterator[Finding]:
    """B7: written again and again, because its target keeps showing something else."""
    known = {link.id: link for link in links}
    for refusal in plan.refused:
        if refusal.brake != "B7":
            continue
        for action in refusal.actions:
            link = known.get(action.link)
            number = link.number if link else 0  # a slot that was taken off is shown nowhere
            there = store.events.by_number([number]).get(number)
            events = [there.event] if there else []
            about = link or _Item(action.target, action.link, action.span)
            yield _finding(FindingKind.DRIFT, about, events, refusal.reason, "restless")


class _Item(NamedTuple):
    """Something of ours of which nothing is remembered but what was to become of it."""

    target: str
    id: str
    span: Span


def _finding(
    kind: FindingKind, about: Link | _Item, events: Sequence[Event], why: str, *flags: str
) -> Finding:
    return Finding(
        kind=kind,
        subject=Subject(SUBJECT, f"{about.target}/{about.id}"),
        span=Span(about.span.start, about.span.end),
        members=tuple(member(event) for event in events),
        flags=tuple(sorted(("ours", *flags))),
        evidence=(("account", about.target), ("reason", why), ("mark", about.id)),
    )
