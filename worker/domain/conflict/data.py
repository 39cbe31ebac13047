"""DATA_*: what a vendor shows that makes no sense, may be read twice, or belongs to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from worker.domain.conflict.double import in_order, member, record
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.conflict.standing import standing
from worker.domain.conflict.sweep import Run, runs
from worker.domain.event import Event, Key, Kind, Role, Trait, role
from worker.domain.listing import Quarantined
from worker.domain.span import Span

MOST_NAMED = 20  # how many examples a finding names

_TAKES_TIME = (Role.TAKEN, Role.OFFERED, Role.BLOCK)


def data_findings(events: Iterable[Event]) -> Iterator[Finding]:
    """What the events of one account tell of themselves: ambiguous, naive, self-overlapping."""
    known = {event.key: event for event in events if role(event) in _ALIVE}
    ordered = sorted(known.values(), key=in_order)
    for event in ordered:
        if Trait.AMBIGUOUS_TIME in event.traits:
            yield _of_event(FindingKind.DATA_AMBIGUOUS_TIME, event)
    yield from naive_times(ordered)
    yield from self_overlaps(ordered)


def naive_times(events: Iterable[Event]) -> Iterator[Finding]:
    """One finding for each account that tells no zone: what is wrong is one thing, not each event.

    The evidence counts the events (`events`) and names some by their ids (`examples`).
    """
    counted: dict[str, list[str]] = {}
    for event in events:
        if role(event) in _ALIVE and Trait.NAIVE_TIME in event.traits:
            counted.setdefault(event.key.account, []).append(event.key.id)
    for account, ids in sorted(counted.items()):
        yield naive_account(account, len(ids), sorted(ids)[:MOST_NAMED])


def naive_account(account: str, events: int, examples: Iterable[str] = ()) -> Finding:
    """The finding for an account of whose events so many have a wall time without a zone."""
    evidence = (("events", events), ("examples", list(examples)))
    return standing(FindingKind.DATA_NAIVE_TIME, Subject("account", account), (), evidence)


def self_overlaps(events: Iterable[Event]) -> Iterator[Finding]:
    """Where stretches of one repeating record overlap each other, in one of its calendars.

    A series that lasts longer than its period does so, and a stretch that was moved onto another.
    Parts of one record for different calendars may be at once: that is what they are for.
    """
    records: dict[tuple[str, str, str], dict[Key, Event]] = {}
    for event in events:
        if event.key.occurrence and role(event) in _TAKES_TIME:
            records.setdefault(record(event), {})[event.key] = event
    for parts in records.values():
        if len(parts) > 1:
            yield from _overlapping(sorted(parts.values(), key=in_order))


def invalid(account: str, rows: Iterable[Quarantined]) -> Iterator[Finding]:
    """One finding for each row of `account` that had to be set aside.

    The subject's id is that of the event that the row would be, as far as the row says whose it
    is. `reason` names fields and quotes nothing.
    """
    for row in rows:
        key = Key(account, row.kind or Kind.SINGLE, row.native_id)
        yield standing(
            FindingKind.DATA_INVALID,
            Subject("event", key.id),
            () if row.native_id else ("nameless",),
            (
                ("account", account),
                ("kind", row.kind),
                ("native_id", row.native_id),
                ("reason", row.reason),
            ),
        )


def unmapped(account: str, unbound: Mapping[tuple[str, ...], int]) -> Iterator[Finding]:
    """The calendars of `account` that hold events and are bound to no resource: one finding.

    `unbound` counts the events that occupy no resource, by their subjects. Calendars that are
    named by an address are counted only, since it is a person's.
    """
    if not any(unbound.values()):
        return
    names = {name for subjects, count in unbound.items() if count for name in subjects}
    plain = sorted(name for name in names if "@" not in name)
    yield standing(
        FindingKind.DATA_UNMAPPED,
        Subject("account", account),
        (),
        (
            ("events", sum(unbound.values())),
            ("calendars", plain[:MOST_NAMED]),
            ("more_calendars", len(names) - len(plain[:MOST_NAMED])),
            ("without_calendar", unbound.get((), 0)),
        ),
    )


def _overlapping(parts: list[Event]) -> Iterator[Finding]:
    told: set[tuple[Key, ...]] = set()
    for calendar in sorted({name for event in parts for name in event.subjects or ("",)}):
        mine = [event for event in parts if calendar in (event.subjects or ("",))]
        for run in runs((event.span.start, event.span.end, event) for event in mine):
            keys = tuple(event.key for event in run.members)
            if keys not in told:
                told.add(keys)
                yield _self_overlap(run)


def _self_overlap(run: Run[Event]) -> Finding:
    first = run.members[0]
    account, kind, native_id = record(first)
    return Finding(
        kind=FindingKind.DATA_SELF_OVERLAP,
        subject=Subject("series", f"{account}/{kind}/{native_id}", first.title),
        span=Span(run.start, run.end),
        members=tuple(member(event) for event in run.members),
        peak=run.peak,
        evidence=(("peak_start", run.peak_start), ("peak_end", run.peak_end)),
    )


def _of_event(kind: FindingKind, event: Event) -> Finding:
    return Finding(
        kind=kind,
        subject=Subject("event", event.key.id, event.title),
        span=event.span,
        members=(member(event),),
        evidence=(("timezone", event.timezone),),
    )


_ALIVE = frozenset(Role) - {Role.NONE, Role.OURS}
