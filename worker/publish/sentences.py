"""A finding in one plain sentence or two, for people who have never seen calsync."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from worker.domain.conflict.finding import Finding, FindingKind, Member, Subject
from worker.domain.event import Kind
from worker.domain.span import DAY, HOUR, MINUTE

MOST_NAMED = 6  # members in one sentence; the rest is counted


def sentence(finding: Finding) -> str:
    """What is wrong, in words: who, between what, how much or for how long."""
    evidence = dict(finding.evidence)
    if "ours" in finding.flags and finding.subject.type == "link":
        return _of_ours(finding, evidence)
    return _SENTENCES[finding.kind](finding, evidence)


def who(subject: Subject) -> str:
    """A subject as a sentence begins; a person is known by a hash only, and named by its start."""
    match subject.type:
        case "person":
            return f"A person ({short(subject.id)})"
        case "event" | "series" if subject.name:
            return f"“{subject.name}”"
        case "page":
            return f"The booking page “{subject.name or subject.id}”"
        case _:
            return subject.name or subject.id


def short(person: str) -> str:
    """A person's hash as it is shown: `7f3a…`."""
    return f"{person.rpartition(':')[2][:4]}…"


def listed(items: list[str]) -> str:
    """`a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def _double(finding: Finding, _evidence: Mapping[str, Any]) -> str:
    name, between = who(finding.subject), _between(finding)
    long = length(finding.span.seconds)
    if "offered_only" in finding.flags:
        return (
            f"{name} is offered {finding.peak} times at once for {long}: {between}. "
            "Nothing is booked yet, but only one of them can be taken safely."
        )
    if "preventable" in finding.flags:
        return (
            f"{name} is taken and still on offer for {long}: {between}. "
            "Nobody is double-booked yet; closing the open one prevents it."
        )
    room = "only one is possible" if finding.limit == 1 else f"{finding.limit} are possible"
    return f"{name} is booked {finding.peak} times at once for {long} ({room}): {between}."


def _person(finding: Finding, _evidence: Mapping[str, Any]) -> str:
    places = "two places" if finding.peak <= 2 else f"{finding.peak} places"
    long = length(finding.span.seconds)
    return (
        f"{who(finding.subject)} is expected in {places} at once for {long}: {_between(finding)}."
    )


def _over_capacity(finding: Finding, _evidence: Mapping[str, Any]) -> str:
    return (
        f"{_event(finding)} has {counted(finding.peak, 'person', 'people')} "
        f"for {counted(finding.limit, 'place')}."
    )


def _capacity_mismatch(finding: Finding, evidence: Mapping[str, Any]) -> str:
    if "room" not in finding.flags:
        return (
            f"The same thing has {counted(finding.peak, 'place')} in one system and "
            f"{finding.limit} in another: {_between(finding)}."
        )
    seats = f"{who(finding.subject)} has {counted(finding.limit, 'seat')}"
    if "overfull" in finding.flags:
        people = counted(evidence.get("people", finding.peak), "person", "people")
        return f"{seats}, and {people} are booked into it: {_between(finding)}."
    return f"{seats}, but {counted(finding.peak, 'place')} are offered in it: {_between(finding)}."


def _too_close(finding: Finding, evidence: Mapping[str, Any]) -> str:
    gap, need = evidence.get("gap_seconds", finding.span.seconds), evidence.get("need_seconds", 0)
    between = (
        f"no time between {_between(finding)}"
        if not gap
        else (f"{length(gap)} between {_between(finding)}")
    )
    parts = f"{who(finding.subject)} has {between}, and needs {length(need)}"
    if way := evidence.get("travel_seconds", 0):
        parts += f", {length(way)} of it to get there"
    return f"{parts}."


def _outside(finding: Finding, evidence: Mapping[str, Any]) -> str:
    booked = [_called(m) for m in finding.members if m.key.kind is not Kind.BLOCK]
    blocks = [_called(m) for m in finding.members if m.key.kind is Kind.BLOCK]
    parts = []
    if "blocked" in finding.flags or blocks:
        seconds = evidence.get("blocked_seconds", finding.span.seconds)
        parts.append(f"for {length(seconds)} in time that is blocked ({listed(blocks)})")
    if "hours" in finding.flags or not parts:
        seconds = evidence.get("outside_hours_seconds", finding.span.seconds)
        parts.append(f"for {length(seconds)} outside the opening hours")
    return f"{who(finding.subject)} is booked {listed(parts)}: {listed(booked)}."


def _unguarded(finding: Finding, evidence: Mapping[str, Any]) -> str:
    reasons = []
    if "blind" in finding.flags or "unbound" not in finding.flags:
        blind = counted(max(1, evidence.get("blind") or 1), "calendar")
        reasons.append(f"its system cannot read {blind} that it relies on")
    if "unbound" in finding.flags:
        unseen = listed([str(one) for one in evidence.get("unseen", ())])
        reasons.append(f"it looks into no calendar of {unseen or 'the resource it is for'}")
    return (
        f"{who(finding.subject)} can be booked over time that is taken: {', and '.join(reasons)}."
    )


def _duplicate(finding: Finding, evidence: Mapping[str, Any]) -> str:
    reasons = []
    if "same_id" in evidence:
        reasons.append("the same id")
    if shared := evidence.get("shared_people"):
        reasons.append(f"{counted(shared, 'person', 'people')} in both")
    if "same_title" in evidence:
        reasons.append("the same title")
    apart = evidence.get("starts_apart", 0)
    starts = "they start together" if not apart else f"they start {length(apart)} apart"
    share = f"share {evidence['share']} % of their time" if "share" in evidence else ""
    why = listed(
        [*filter(None, [starts, share]), *(["have " + listed(reasons)] if reasons else [])]
    )
    return (
        f"{who(finding.subject)} seems to have one thing entered twice: {_between(finding)}; {why}."
    )


def _limit(finding: Finding, _evidence: Mapping[str, Any]) -> str:
    taken = f"{who(finding.subject)} is in {finding.peak} of a series"
    if "too_few" in finding.flags:
        return f"{taken}, and should be in {finding.limit} at least: {_between(finding)}."
    return f"{taken}, and may be in {finding.limit} at most: {_between(finding)}."


def _orphan(finding: Finding, evidence: Mapping[str, Any]) -> str:
    if "binding" in finding.flags:
        names = [str(name) for name in evidence.get("bindings", ())]
        if more := evidence.get("more_bindings", 0):
            names.append(counted(more, "address", "addresses"))
        where = evidence.get("account", "its account")
        return f"{who(finding.subject)} is bound to what {where} does not show: {listed(names)}."
    people = evidence.get("attendees") or sum(m.attendees for m in finding.members)
    if people:
        return (
            f"{_event(finding)} is cancelled, and "
            f"{counted(people, 'person is', 'people are')} still booked into it."
        )
    return f"What {_between(finding) or who(finding.subject)} belongs to is gone."


def _stale(finding: Finding, evidence: Mapping[str, Any]) -> str:
    name = who(finding.subject)
    if (age := evidence.get("age_seconds")) is None:
        return f"{name} was never read completely: nothing is known of it for certain."
    return f"{name} was last read completely {length(age)} ago: what is told of it may be outdated."


def _invalid(finding: Finding, evidence: Mapping[str, Any]) -> str:
    row = " ".join(str(evidence[name]) for name in ("kind", "native_id") if evidence.get(name))
    where = evidence.get("account") or listed(list(finding.accounts))
    why = evidence.get("reason", "it makes no sense")
    what = f"{where or 'An account'} shows {row or 'a row'} that cannot be read"
    return f"{what}, and so is set aside: {why}."


def _ambiguous(finding: Finding, evidence: Mapping[str, Any]) -> str:
    zone = evidence.get("timezone") or "its zone"
    return (
        f"{_event(finding)} has a time that the clocks of {zone} show twice, or never, that day. "
        "The first of the two was assumed."
    )


def _naive(finding: Finding, evidence: Mapping[str, Any]) -> str:
    events = counted(evidence.get("events") or len(finding.members) or 1, "event")
    given = f"{who(finding.subject)} gives {events} a time without a zone"
    return f"{given}; the configured one is assumed."


def _self_overlap(finding: Finding, _evidence: Mapping[str, Any]) -> str:
    return (
        f"{who(finding.subject)} repeats before it is over: {finding.peak} of it are on at once "
        f"for {length(finding.span.seconds)}."
    )


def _unmapped(finding: Finding, evidence: Mapping[str, Any]) -> str:
    names = [str(name) for name in evidence.get("calendars", ())]
    if more := evidence.get("more_calendars", 0):
        names.append(f"{more} more")
    events = counted(evidence.get("events", 1), "event")
    which = f" ({listed(names)})" if names else ""
    return (
        f"{who(finding.subject)} has {events} in calendars{which} that are bound to no resource, "
        "so that nobody sees what clashes there."
    )


def _of_ours(finding: Finding, evidence: Mapping[str, Any]) -> str:
    """A hold or copy of calsync's own that a person should look at."""
    where = evidence.get("account") or listed(list(finding.accounts))
    names = _between(finding)
    if names and "open" in finding.flags:
        what = f"{names} can still be booked"
    else:
        what = (
            f"{names}, written by calsync" if names else f"A hold or copy of calsync's in {where}"
        )
    return f"{what}: {evidence.get('reason') or 'a person must look'}."


def _of_two_sides(words: str) -> Callable[[Finding, Mapping[str, Any]], str]:
    def said(finding: Finding, _evidence: Mapping[str, Any]) -> str:
        return f"{_between(finding) or who(finding.subject)} {words}."

    return said


_SENTENCES: Mapping[FindingKind, Callable[[Finding, Mapping[str, Any]], str]] = {
    FindingKind.RESOURCE_DOUBLE: _double,
    FindingKind.LOCATION_DOUBLE: _double,
    FindingKind.PERSON_DOUBLE: _person,
    FindingKind.OVER_CAPACITY: _over_capacity,
    FindingKind.CAPACITY_MISMATCH: _capacity_mismatch,
    FindingKind.BUFFER: _too_close,
    FindingKind.TRAVEL: _too_close,
    FindingKind.OUTSIDE_AVAILABILITY: _outside,
    FindingKind.UNGUARDED_PAGE: _unguarded,
    FindingKind.DUPLICATE: _duplicate,
    FindingKind.LIMIT: _limit,
    FindingKind.ORPHAN: _orphan,
    FindingKind.STALE_SOURCE: _stale,
    FindingKind.DATA_INVALID: _invalid,
    FindingKind.DATA_AMBIGUOUS_TIME: _ambiguous,
    FindingKind.DATA_NAIVE_TIME: _naive,
    FindingKind.DATA_SELF_OVERLAP: _self_overlap,
    FindingKind.DATA_UNMAPPED: _unmapped,
    FindingKind.WITNESS_DISAGREES: _of_two_sides(
        "is judged differently by the vendor's own check for conflicts"
    ),
    FindingKind.DRIFT: _of_two_sides("is kept by the vendor with another value than was written"),
    FindingKind.SYNC_EDIT_EDIT: _of_two_sides("was changed on both sides, and differently"),
    FindingKind.SYNC_DELETE_EDIT: _of_two_sides(
        "was taken away on one side and changed on the other"
    ),
    FindingKind.SYNC_CREATE_CREATE: _of_two_sides("was made on both sides"),
}


def length(seconds: int) -> str:
    """How long, as people say it: `1 minute`, `50 minutes`, `1 h 30 min`, `3 days`."""
    minutes = -(-seconds // MINUTE)
    if seconds < 0 or minutes <= 120:
        return counted(max(0, minutes), "minute")
    if seconds < 2 * DAY:
        hours, rest = divmod(minutes, HOUR // MINUTE)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return counted(seconds // DAY, "day")


def counted(count: int, one: str, many: str = "") -> str:
    """`1 place`, `3 places`."""
    return f"{count} {one if count == 1 else many or f'{one}s'}"


def _between(finding: Finding) -> str:
    names = [_called(member) for member in finding.members[:MOST_NAMED]]
    if more := len(finding.members) - len(names):
        names.append(f"{more} more")
    return listed(names)


def _event(finding: Finding) -> str:
    """The one event that a finding is about."""
    names: Iterable[str] = (_called(member) for member in finding.members)
    return next(iter(names), who(finding.subject))


def _called(member: Member) -> str:
    title = f"“{member.title}”" if member.title else f"{member.key.kind} {member.key.native_id}"
    return f"{title} ({member.key.account}, {member.status})"
