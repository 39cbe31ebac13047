"""Which holds are wanted: what is taken in one account shall not be sold in another."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from worker.domain.conflict.sweep import runs
from worker.domain.reconcile.intent import Purpose
from worker.domain.reconcile.links import Want
from worker.domain.span import Span
from worker.domain.subject import EVERYTHING, Resource

TITLE = "Held by calsync"

Place = tuple[str, str, str]  # (target, calendar, resource)
Stretch = tuple[int, int, int]  # (start, end, origin): see `Want`
Usable = Callable[[str, str], bool]  # (account, calendar): whether a hold can stand there


@dataclass(frozen=True, slots=True)
class HoldPolicy:
    """A `[[holds]]` rule: `resource` is an id or `*`; accounts are written out."""

    resource: str
    sources: frozenset[str]
    targets: frozenset[str]
    statuses: frozenset[str] = frozenset({"booked", "held"})
    withdraw_open_slots: bool = False

    def covers(self, resource: Resource) -> bool:
        """Whether the rule is about this resource."""
        return self.resource in (EVERYTHING, resource.id)


class Stay(NamedTuple):
    """What occupies a resource, and is none of ours. Plain: there are many of them."""

    number: int
    account: str
    start: int
    end: int
    status: str


def wanted_holds(
    policies: Iterable[HoldPolicy],
    resources: Iterable[Resource],
    stays: Mapping[str, Sequence[Stay]],
    usable: Usable,
) -> Iterator[Want]:
    """Every hold that should stand; `stays` by resource, in order of start.

    One for each origin event and calendar of a target, also where the target has something already
    (contract, "hold"). For a resource with several places, one for each stretch in which all of
    them are taken. A hold that two rules want comes twice.
    """
    for (target, calendar, resource), some in held(policies, resources, stays, usable):
        for start, end, origin in some:
            yield Want(Purpose.HOLD, target, calendar, resource, origin, start, end)


def held(
    policies: Iterable[HoldPolicy],
    resources: Iterable[Resource],
    stays: Mapping[str, Sequence[Stay]],
    usable: Usable,
) -> Iterator[tuple[Place, list[Stretch]]]:
    """The same by place, as plain tuples: in most stores, nearly all of them stand already."""
    known = list(resources)
    for policy in policies:
        for resource in known:
            if policy.covers(resource) and (there := stays.get(resource.id)):
                yield from _held(policy, resource, there, usable)


def calendars(resource: Resource, target: str, usable: Usable) -> tuple[str, ...]:
    """The calendars of `target` in which a hold for `resource` stands.

    An account may know one calendar by words of different sorts (an id of its own and a foreign
    one): only those of the first sort that can be held count, or there would be two holds.
    """
    by_word: dict[str, list[str]] = {}
    for account, calendar in resource.bindings:
        if account == target and calendar != EVERYTHING and usable(target, calendar):
            by_word.setdefault(calendar.partition(":")[0], []).append(calendar)
    return tuple(next(iter(by_word.values()), ()))


def taken(policy: HoldPolicy, resource: Resource, stays: Iterable[Stay], target: str) -> list[Span]:
    """The stretches, merged and in order, in which a rule's origins take `resource` elsewhere."""
    return merged(Span(start, end) for start, end, _ in _stretches(policy, resource, stays, target))


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time as stretches that neither touch nor overlap, in order."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def overlapping(stretches: Sequence[Span], span: Span) -> bool:
    """Whether `span` shares time with any of these merged, sorted stretches."""
    at = bisect_right(stretches, span.start, key=lambda one: one.start)
    around = stretches[max(0, at - 1) : at + 1]
    return any(one.overlaps(span) for one in around)


def _held(
    policy: HoldPolicy, resource: Resource, stays: Sequence[Stay], usable: Usable
) -> Iterator[tuple[Place, list[Stretch]]]:
    for target in sorted(policy.targets):
        places = calendars(resource, target, usable)
        if not places:
            continue
        stretches = list(_stretches(policy, resource, stays, target))
        for calendar in places:
            yield (target, calendar, resource.id), stretches


def _stretches(
    policy: HoldPolicy, resource: Resource, stays: Iterable[Stay], target: str
) -> Iterator[Stretch]:
    """What to hold at `target`, in order of start."""
    origins = (
        stay
        for stay in stays
        if stay.account in policy.sources
        and stay.status in policy.statuses
        and stay.end > stay.start
    )
    if resource.parallel == 1:
        for stay in origins:
            if stay.account != target:
                yield stay.start, stay.end, stay.number
        return
    entries = ((stay.start, stay.end, stay.account) for stay in origins)
    for run in runs(entries, resource.parallel - 1):
        if any(account != target for account in run.members):
            yield run.start, run.end, 0
