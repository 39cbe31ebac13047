"""What could be done about a finding: the least harmful first. Nothing of it is done by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from worker.domain.conflict.finding import Finding, FindingKind, Member
from worker.domain.conflict.openings import UNHEARD, Heard, free_times, places
from worker.domain.event import Key, Kind
from worker.domain.span import Span


@dataclass(frozen=True, slots=True)
class Manners:
    """How an account's vendor goes about changes, as data of its adapter.

    `removal` is its word for taking an event away (archive, cancel, delete). `hold` is what a hold
    looks like there, with an article; empty where it knows none. `tells` are the actions of which
    the vendor tells the people concerned, or may do so: without knowledge, all of them. `notes`
    say what else an action does there (`{"withdraw": "the last slot takes its group along"}`).
    """

    removal: str = "cancel"
    hold: str = ""
    tells: frozenset[str] = frozenset({"withdraw", "move", "archive", "cancel", "delete"})
    notes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Target:
    """What a suggestion would change: an event, or an account as a whole (no `native_id`)."""

    account: str
    native_id: str = ""
    occurrence: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One way out. `effect` is a sentence; `notifies`: somebody else may be told of it."""

    action: str
    target: Target
    effect: str
    notifies: bool = False


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What suggestions depend on besides the finding.

    `others` are the accounts that could sell the subject's time, too. `free` are the stretches to
    which a member could move, shown in `zone`; `heard` is what its own vendor says of that.
    """

    manners: Mapping[str, Manners] = field(default_factory=lambda: MappingProxyType({}))
    others: Sequence[str] = ()
    free: Mapping[Key, Sequence[Span]] = field(default_factory=lambda: MappingProxyType({}))
    heard: Mapping[Key, Heard] = field(default_factory=lambda: MappingProxyType({}))
    zone: str = "UTC"

    def of(self, account: str) -> Manners:
        """The manners of an account; the most careful ones for one that is not known."""
        return self.manners.get(account, _CAREFUL)


_OF_TIME = frozenset(
    {
        FindingKind.RESOURCE_DOUBLE,
        FindingKind.LOCATION_DOUBLE,
        FindingKind.PERSON_DOUBLE,
        FindingKind.BUFFER,
        FindingKind.TRAVEL,
    }
)
_CAREFUL = Manners()
UNKNOWN = Circumstances()


def suggestions(finding: Finding, about: Circumstances = UNKNOWN) -> tuple[Suggestion, ...]:
    """The ways out of a finding, the least harmful first."""
    found = _WAYS.get(finding.kind, _look)(finding, about)
    return tuple(dict.fromkeys(found))


def movable(finding: Finding) -> tuple[Member, ...]:
    """The members for which another time would help, those with the fewest people first."""
    match finding.kind:
        case kind if kind in _OF_TIME:
            return _lightest(member for member in finding.members if not member.is_open)
        case FindingKind.OUTSIDE_AVAILABILITY:
            return _lightest(m for m in finding.members if m.key.kind is not Kind.BLOCK)
        case _:
            return ()


def _clash(finding: Finding, about: Circumstances) -> Iterator[Suggestion]:
    yield from _holds(finding, about)
    offers = [member for member in finding.members if member.is_open]
    for member in offers:
        yield _withdrawal(member, about)
    if offers and len(offers) == len(finding.members):
        return
    yield from _moves(finding, about)
    for member in movable(finding):
        yield _removal(member, about, "its time is free again")


def _holds(finding: Finding, about: Circumstances) -> Iterator[Suggestion]:
    """Placeholders where the time can still be sold: over open slots, and in other accounts."""
    selling = {member.key.account for member in finding.members if member.is_open}
    busy = {member.key.account for member in finding.members if not member.is_open}
    if not busy:
        return
    for account in sorted(selling | (set(about.others) - busy)):
        if hold := about.of(account).hold:
            effect = f"Put {hold} into {account} for that time, so that it is not sold there again."
            yield Suggestion("hold", Target(account), effect, "hold" in about.of(account).tells)


def _withdrawal(member: Member, about: Circumstances) -> Suggestion:
    effect = f"Take {called(member)} off {member.key.account}: nobody can book it any more"
    return _event_action("withdraw", member, effect, about)


def _moves(finding: Finding, about: Circumstances) -> Iterator[Suggestion]:
    """Another time for each member, or for its people where another event has room for them."""
    for member in movable(finding):
        yield _move(member, about)
        heard = about.heard.get(member.key, UNHEARD)
        if heard.places:
            yield _transfer(finding, member, heard, about.zone)


def _move(member: Member, about: Circumstances) -> Suggestion:
    free = about.free.get(member.key)
    heard = about.heard.get(member.key, UNHEARD)
    if free or heard.free:
        times = free_times(member.key.account, heard, free or (), about.zone)
        where = f"to {times}, when everything that it needs is free"
    elif free is None:
        where = "to a free time"
    else:
        where = "to another time; none is free in the next two weeks"
    effect = f"Move {called(member)} in {member.key.account} {where}{_people(member)}"
    return _event_action("move", member, f"{effect}; {heard.note}" if heard.note else effect, about)


def _transfer(finding: Finding, member: Member, heard: Heard, zone: str) -> Suggestion:
    account = member.key.account
    alone = finding.kind is FindingKind.PERSON_DOUBLE or member.attendees == 1
    people = "the person" if alone else f"the {member.attendees} people"
    effect = (
        f"Offer {people} of {called(member)} in {account} a place in another of its kind, on "
        f"{places(heard, zone)}: there is room by {account}'s own calendar, too."
    )
    return Suggestion("move_people", _target(member), effect, notifies=True)


def _removal(member: Member, about: Circumstances, gain: str) -> Suggestion:
    word = about.of(member.key.account).removal
    effect = f"{word.capitalize()} {called(member)} in {member.key.account}: {gain}"
    return _event_action(word, member, f"{effect}{_people(member)}", about)


def _event_action(action: str, member: Member, effect: str, about: Circumstances) -> Suggestion:
    manners = about.of(member.key.account)
    note = manners.notes.get(action, "")
    key = member.key
    return Suggestion(
        action,
        Target(key.account, key.native_id, key.occurrence),
        f"{effect}; {note}." if note else f"{effect}.",
        # Of an open slot that nobody has taken, vendors may still tell those who could take it.
        notifies=action in manners.tells,
    )


def _too_close(finding: Finding, about: Circumstances) -> Iterator[Suggestion]:
    for member in (one for one in finding.members if one.is_open):
        yield _withdrawal(member, about)
    yield from _moves(finding, about)
    yield _acceptance(finding, "If the time between is enough: accept it with a note.")


def _outside(finding: Finding, about: Circumstances) -> Iterator[Suggestion]:
    for member in finding.members:
        if member.key.kind is Kind.BLOCK:
            effect = f"If the booking is meant: lift {called(member)} in {member.key.account}."
            yield Suggestion("lift", _target(member), effect)
    yield from _moves(finding, about)
    for member in movable(finding):
        yield _removal(member, about, "nothing is left outside the hours")


def _duplicate(finding: Finding, about: Circumstances) -> Iterator[Suggestion]:
    yield _acceptance(finding, "If both are one thing that belongs in both systems: accept it.")
    for member in _lightest(iter(finding.members)):
        others = [m.key.account for m in finding.members if m is not member]
        yield _removal(member, about, f"{' and '.join(sorted(others))} keeps the other one")


def _too_many_people(finding: Finding, _about: Circumstances) -> Iterator[Suggestion]:
    extra = max(1, finding.peak - finding.limit)
    words = "1 person" if extra == 1 else f"{extra} people"
    for member in finding.members:
        target, place = _target(member), member.key.account
        effect = f"If there is room: raise the places of {called(member)} to {finding.peak}."
        yield Suggestion("raise_capacity", target, effect)
        effect = f"Offer {words} of {called(member)} a place in another event of {place}."
        yield Suggestion("move_people", target, effect, notifies=True)


def _places_differ(finding: Finding, _about: Circumstances) -> Iterator[Suggestion]:
    fewest = finding.limit
    if "room" in finding.flags:
        for member in finding.members:
            effect = f"Give {called(member)} a room with at least {finding.peak} seats."
            yield Suggestion("change_room", _target(member), effect, notifies=True)
    for member in finding.members:
        if member.attendees <= fewest:
            effect = f"Limit {called(member)} in {member.key.account} to {fewest} places."
            yield Suggestion("limit_capacity", _target(member), effect)


def _limit(finding: Finding, about: Circumstances) -> Iterator[Suggestion]:
    if "too_few" in finding.flags:
        account = finding.members[0].key.account if finding.members else ""
        effect = f"Ask the person to book more: {finding.limit} are expected."
        yield Suggestion("remind", Target(account), effect, notifies=True)
        return
    for member in finding.members:
        effect = f"Free the person's place in {called(member)}; {finding.limit} may be kept."
        removal = about.of(member.key.account).removal
        notifies = removal in about.of(member.key.account).tells
        yield Suggestion("free_place", _target(member), effect, notifies)


def _orphan(finding: Finding, about: Circumstances) -> Iterator[Suggestion]:
    if "binding" in finding.flags:
        effect = "Correct the binding in the configuration, or take it out: it points to nothing."
        yield Suggestion("bind", _whole(finding), effect)
        return
    yield Suggestion(
        "check", _whole(finding), "See whether what it belongs to was taken away by mistake."
    )
    for member in finding.members:
        yield _removal(member, about, "it belongs to nothing any more")


def _drift(finding: Finding, _about: Circumstances) -> Iterator[Suggestion]:
    told = (_OF_DRIFT[flag] for flag in _OF_DRIFT if flag in finding.flags)
    action, effect = next(
        told, ("check", "See whether the vendor's value will do; a rule can say so.")
    )
    yield Suggestion(action, _whole(finding), effect)


# By the flag that `worker.engine.suspicions` gives: what is not as it was written, and why.
_OF_DRIFT: Mapping[str, tuple[str, str]] = {
    "refused": (
        "correct",
        "Correct at the vendor what it objects to, or take the rule out; it is tried again.",
    ),
    "needs_review": (
        "check",
        "Look at the vendor's own screen, and approve the plan once it is clear.",
    ),
    "restless": (
        "check",
        "See who or what keeps changing it; nothing more is written to it today.",
    ),
    "open": (
        "check",
        "Take the slot off on the vendor's own screen: its time is taken elsewhere.",
    ),
}


def _page(finding: Finding, _about: Circumstances) -> Iterator[Suggestion]:
    page = _whole(finding)
    if "unbound" in finding.flags:
        effect = "Let the page look into a calendar of the resource that it is for."
        yield Suggestion("connect", page, effect)
    if "blind" in finding.flags or "unbound" not in finding.flags:
        effect = "Connect the page's calendar again, so that it sees what is taken."
        yield Suggestion("reconnect", page, effect)
    effect = "Switch the page off until then: it can be booked over taken time."
    yield Suggestion("switch_off", page, effect)


def _look(finding: Finding, _about: Circumstances) -> Iterator[Suggestion]:
    """For what no event has to give way to: a person looks, and corrects."""
    for action, effect in _STEPS.get(finding.kind, ()):
        for target in [_target(member) for member in finding.members] or [_whole(finding)]:
            yield Suggestion(action, target, effect)


_STEPS: Mapping[FindingKind, tuple[tuple[str, str], ...]] = {
    FindingKind.STALE_SOURCE: (
        ("check", "Ask `calsync check` whether the login works, and `calsync accounts` for why."),
    ),
    FindingKind.DATA_INVALID: (("correct", "Correct the entry on the vendor's own screen."),),
    FindingKind.DATA_AMBIGUOUS_TIME: (
        ("check", "See which of the two times is meant: the clocks change around it."),
    ),
    FindingKind.DATA_NAIVE_TIME: (
        ("configure", "Set `timezone` of the account: its times come without a zone."),
    ),
    FindingKind.DATA_SELF_OVERLAP: (
        ("correct", "Shorten the series' events, or space them out: they run into each other."),
    ),
    FindingKind.DATA_UNMAPPED: (
        ("bind", "Bind the calendars to a resource in the configuration, or leave them out."),
    ),
    FindingKind.WITNESS_DISAGREES: (
        ("check", "Compare the bindings: the vendor counts something that they leave out."),
    ),
    FindingKind.SYNC_EDIT_EDIT: (("decide", "Say which side is right; the other is written."),),
    FindingKind.SYNC_DELETE_EDIT: (
        ("decide", "Say whether it is to stay: one side took it away, the other changed it."),
    ),
    FindingKind.SYNC_CREATE_CREATE: (("decide", "Say which of both is to stay."),),
}

_WAYS: Mapping[FindingKind, Callable[[Finding, Circumstances], Iterator[Suggestion]]] = {
    FindingKind.RESOURCE_DOUBLE: _clash,
    FindingKind.LOCATION_DOUBLE: _clash,
    FindingKind.PERSON_DOUBLE: _clash,
    FindingKind.BUFFER: _too_close,
    FindingKind.TRAVEL: _too_close,
    FindingKind.OUTSIDE_AVAILABILITY: _outside,
    FindingKind.DUPLICATE: _duplicate,
    FindingKind.DRIFT: _drift,
    FindingKind.OVER_CAPACITY: _too_many_people,
    FindingKind.CAPACITY_MISMATCH: _places_differ,
    FindingKind.LIMIT: _limit,
    FindingKind.ORPHAN: _orphan,
    FindingKind.UNGUARDED_PAGE: _page,
}


def called(member: Member) -> str:
    """An event as people would name it: by its title, else by what and which it is."""
    return f"“{member.title}”" if member.title else f"{member.key.kind} {member.key.native_id}"


def _acceptance(finding: Finding, effect: str) -> Suggestion:
    return Suggestion("accept", _whole(finding), effect)


def _whole(finding: Finding) -> Target:
    """A finding as a whole: the page, row or account it is about, else its first source."""
    kind, id_ = finding.subject.type, finding.subject.id
    if kind in ("page", "series"):
        return Target(id_.partition("/")[0], id_.rpartition("/")[2])
    if kind in ("account", "binding"):
        return Target(id_.partition("/")[0])
    evidence = dict(finding.evidence)
    account = evidence.get("account") or next(iter(finding.accounts), "")
    return Target(str(account), str(evidence.get("native_id", "")))


def _target(member: Member) -> Target:
    return Target(member.key.account, member.key.native_id, member.key.occurrence)


def _lightest(members: Iterator[Member]) -> tuple[Member, ...]:
    """Those whom a change would harm least first: tentative, then by how many people are in it."""
    return tuple(sorted(members, key=lambda m: (not m.tentative, m.attendees, m.span, m.key)))


def _people(member: Member) -> str:
    match member.attendees:
        case 0:
            return ""
        case 1:
            return " (1 person in it)"
        case count:
            return f" ({count} people in it)"
