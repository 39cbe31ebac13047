"""A finding in one plain sentence, for people who have never seen calsync."""

from __future__ import annotations

from worker.domain.conflict.finding import Finding, FindingKind, Member

_VERBS = {
    FindingKind.RESOURCE_DOUBLE: "is",
    FindingKind.LOCATION_DOUBLE: "is",
}


def sentence(finding: Finding) -> str:
    """What is wrong, in words: who, how often at once, between what, for how long."""
    name = finding.subject.name or finding.subject.id
    minutes = finding.overlap_minutes
    length = "1 minute" if minutes == 1 else f"{minutes} minutes"
    between = listed([_called(member) for member in finding.members])
    room = "only one is possible" if finding.limit == 1 else f"{finding.limit} are possible"
    if "offered_only" in finding.flags:
        return (
            f"{name} is offered {finding.peak} times at once for {length}: {between}. "
            "Nothing is booked yet, but only one of them can be taken safely."
        )
    if "preventable" in finding.flags:
        return (
            f"{name} is taken and still on offer for {length}: {between}. "
            "Nobody is double-booked yet; closing the open one prevents it."
        )
    verb = _VERBS[finding.kind]
    return f"{name} {verb} booked {finding.peak} times at once for {length} ({room}): {between}."


def listed(items: list[str]) -> str:
    """`a, b and c`."""
    if len(items) < 2:
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def _called(member: Member) -> str:
    title = f"“{member.title}”" if member.title else f"{member.key.kind} {member.key.native_id}"
    return f"{title} ({member.key.account}, {member.status})"
