"""What the writing side finds wrong: kinds `SYNC_*`, `DRIFT`, and holds that belong to nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from worker.domain.conflict.finding import Finding, FindingKind, Member, Subject
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
    undecided: Sequence[Undecided],
    kept: Sequence[tuple[Link, Event]],
    plan: Plan,
) -> Iterator[Finding]:
    """Everything about our holds and copies that a person should know.

    `kept` are open slots that overlap taken time, and that their vendor does not let us take off.
    """
    yield from _undecided(undecided)
    for link, slot in kept:
        why = f"an open slot overlaps time that is taken, and cannot be taken off: {link.trouble}"
        yield _finding(FindingKind.DRIFT, link, [slot], why, "open")
    yield from _strays(store, picture)
    yield from _doubtful(picture.links)
    yield from _restless(store, picture.links, plan)


def _undecided(undecided: Iterable[Undecided]) -> Iterator[Finding]:
    """C8: the same copy changed on both sides, or gone on one and changed on the other."""
    for one in undecided:
        both = [event for event in (one.origin, one.theirs) if event is not None]
        alive = [event for event in both if event.status is not Status.CANCELLED]
        kind = FindingKind.SYNC_EDIT_EDIT if len(alive) == 2 else FindingKind.SYNC_DELETE_EDIT
        yield _finding(kind, one.link, both, one.why)


def _strays(store: Store, picture: Picture) -> Iterator[Finding]:
    """What carries our mark, and is not what we wrote: copied by somebody, or left behind."""
    wanted = {want.link for want in picture.wants.values()}
    known = {link.id: link for link in picture.links}
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
            members=(_member(event),),
            flags=("ours",),
            evidence=(("account", event.key.account), ("reason", why), ("mark", mark)),
        )


def _doubtful(links: Iterable[Link]) -> Iterator[Finding]:
    """Writes of which nobody can tell whether they were carried out."""
    review = [link for link in links if link.state is LinkState.NEEDS_REVIEW]
    for link in review:
        yield _finding(FindingKind.DRIFT, link, [], link.trouble, "needs_review")


def _restless(store: Store, links: Iterable[Link], plan: Plan) -> Iterator[Finding]:
    """B7: written again and again, because its target keeps showing something else."""
    held = {
        action.link: refusal.reason
        for refusal in plan.refused
        if refusal.brake == "B7"
        for action in refusal.actions
    }
    for link in links:
        if link.id in held:
            there = store.events.by_number([link.number]).get(link.number)
            events = [there.event] if there else []
            yield _finding(FindingKind.DRIFT, link, events, held[link.id], "restless")


def _finding(
    kind: FindingKind, link: Link, events: Sequence[Event], why: str, *flags: str
) -> Finding:
    return Finding(
        kind=kind,
        subject=Subject(SUBJECT, f"{link.target}/{link.id}"),
        span=Span(link.span.start, link.span.end),
        members=tuple(_member(event) for event in events),
        flags=tuple(sorted(("ours", *flags))),
        evidence=(("account", link.target), ("reason", why), ("mark", link.id)),
    )


def _member(event: Event) -> Member:
    return Member(
        key=event.key,
        title=event.title,
        status=event.status,
        span=event.span,
        url=event.url,
        attendees=event.attendees,
    )
