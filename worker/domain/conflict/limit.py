"""LIMIT: somebody who takes more, or fewer, events of one series than its vendor asks for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from worker.domain.conflict.double import COUNTED, member
from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.event import Event, role
from worker.domain.span import Span


def limits(series: str, events: Iterable[Event]) -> Iterator[Finding]:
    """Who is in too many or too few events of `series`, sorted by account and person.

    `events` are all events of the series; those of other series are passed over, and equal names
    of series at different accounts mean nothing. Where events of one series state different
    numbers, the strictest counts. `flags` say `too_many` or `too_few`; the latter only of people
    who are in one event at least, since nobody else is known to be expected. `peak` is how many
    events the person is in, `limit` the number that is not kept.
    """
    by_account: dict[str, dict[object, Event]] = defaultdict(dict)
    for event in events:
        if event.series == series and role(event) in COUNTED:
            by_account[event.key.account][event.key] = event
    for account in sorted(by_account):
        yield from _of_account(series, list(by_account[account].values()))


def _of_account(series: str, events: Sequence[Event]) -> Iterator[Finding]:
    most = min((e.max_per_person for e in events if e.max_per_person is not None), default=None)
    least = max((e.min_per_person for e in events if e.min_per_person is not None), default=0)
    if most is None and least < 2:
        return
    taken: dict[str, list[Event]] = defaultdict(list)
    for event in sorted(events, key=lambda event: (event.span, event.key)):
        for person in set(event.people):
            taken[person].append(event)
    for person in sorted(taken):
        if most is not None and len(taken[person]) > most:
            yield _finding(series, person, taken[person], most, "too_many")
        elif len(taken[person]) < least:
            yield _finding(series, person, taken[person], least, "too_few")


def _finding(series: str, person: str, events: Sequence[Event], limit: int, flag: str) -> Finding:
    return Finding(
        kind=FindingKind.LIMIT,
        # The person alone: whoever looks at a person again finds all that is known of them. The
        # members tell series apart, since no event is in two of them.
        subject=Subject("person", person),
        span=Span(events[0].span.start, max(event.span.end for event in events)),
        members=tuple(member(event) for event in events),
        peak=len(events),
        limit=limit,
        flags=(flag,),
        evidence=(("account", events[0].key.account), ("series", series)),
    )
