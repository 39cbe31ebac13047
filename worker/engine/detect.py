"""Detection over the store: what was touched is looked at again, and the register follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from worker.domain.conflict.finding import Finding, FindingKind, FindingState
from worker.domain.conflict.register import Known, Step, follow, passed, sources_of, woken
from worker.domain.conflict.report import SourceState
from worker.domain.conflict.standing import STANDING
from worker.domain.event import shown
from worker.domain.subject import Resource
from worker.engine import crowds, standing
from worker.engine.nearby import FEW
from worker.engine.rules import DetectionRules, Moment, Touched
from worker.store.findings import REGISTER_LOCK, REGISTER_WAIT
from worker.store.store import Store


@dataclass(frozen=True, slots=True)
class Detected:
    """What a detection changed in the register, by the words of `register.Step`."""

    found: int = 0
    reopened: int = 0
    resolved: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """A part of the register (by finding id), and what is true of just that part now."""

    known: Mapping[str, Known]
    found: list[Finding]


def detect(
    store: Store,
    rules: DetectionRules,
    touched: Touched,
    moment: Moment,
    sources: Iterable[SourceState] = (),
) -> Detected:
    """Look at what was touched again, and bring the register in line, in one step.

    `sources` are all configured accounts: whether they are stale is told each time. Raises
    StoreError, among them Busy where another process detects for too long.
    """
    with store.database.locked(REGISTER_LOCK, REGISTER_WAIT):
        # What is entered twice explains clashes of people, so the register must know it first.
        steps = _written(store, _at_resources(store, rules, touched, moment), moment)
        steps += _written(store, _rest(store, rules, touched, moment, sources), moment)
        steps += _by_the_clock(store, moment)
    words = [step.what for step in steps]
    return Detected(words.count("found"), words.count("reopened"), words.count("resolved"))


def _written(store: Store, looks: Iterable[Look], moment: Moment) -> list[Step]:
    steps = [step for look in looks for step in _follow(look, moment) if _is_news(step, look.known)]
    store.findings.write(steps, moment.now)
    return steps


def _by_the_clock(store: Store, moment: Moment) -> list[Step]:
    """What time alone does: findings pass, and snoozes end."""
    steps = list(passed(store.findings.ended_before(moment.since), moment.now))
    over = {step.finding.id for step in steps}
    awake = woken(store.findings.lapsed(moment.now), moment.now)
    steps += [step for step in awake if step.finding.id not in over]
    store.findings.write(steps, moment.now)
    return steps


def take_in(store: Store, look: Look, moment: Moment) -> None:
    """Bring one part of the register in line. Raises StoreError."""
    with store.database.locked(REGISTER_LOCK, REGISTER_WAIT):
        store.findings.write(_follow(look, moment), moment.now)


def _follow(look: Look, moment: Moment) -> list[Step]:
    """The steps of one look; what ended before the look-back raises nothing any more."""
    found = [finding for finding in look.found if finding.span.end > moment.since]
    return list(
        follow(look.known, found, now=moment.now, trusted=moment.trusted, since=moment.since)
    )


def _is_news(step: Step, known: Mapping[str, Known]) -> bool:
    """Whether a step says anything that the register does not say already.

    A clash that is as it was needs no row: until when it held, `vouched` tells. What has no time
    of its own is written each time, for its time is that of its confirmations.
    """
    if step.what != "confirmed" or STANDING in step.finding.flags:
        return True
    return step.finding != known[step.finding.id].finding


def vouched(known: Known, complete_at: Mapping[str, int]) -> Known:
    """A finding as confirmed by the last complete polls of all its sources, by account.

    After each of them what it had changed was looked at: what still stands was true then.
    """
    sources = sources_of(known.finding)
    if known.life.state is FindingState.RESOLVED or not sources <= complete_at.keys():
        return known
    oldest = min((complete_at[account] for account in sources), default=0)
    confirmed = max(known.life.last_confirmed, oldest)
    return replace(known, life=replace(known.life, last_confirmed=confirmed))


def _rest(
    store: Store,
    rules: DetectionRules,
    touched: Touched,
    moment: Moment,
    sources: Iterable[SourceState],
) -> Iterator[Look]:
    yield _at_people(store, touched.people, moment)
    yield from _at_events(store, touched.events, moment)
    yield _at_pairs(store, touched.resources, touched.events)
    for account in touched.accounts:
        yield _at_account(store, rules, account, moment)
    yield _of_sources(store, sources, moment)


def _at_resources(
    store: Store, rules: DetectionRules, touched: Touched, moment: Moment
) -> Iterator[Look]:
    ids = touched.resources
    again = rules.affected(rules.resources if ids is None else ids)
    if not again:
        return
    if ids is not None and touched.events and len(touched.events) <= FEW:
        yield from _near_events(store, rules, again, set(touched.events), moment)
        return
    subjects = None if ids is None else [f"resource:{one.id}" for one in again]
    known = store.findings.about(crowds.OF_RESOURCES, subjects)
    kept = {id_: one for id_, one in known.items() if one.finding.subject.type == "resource"}
    yield Look(kept, list(crowds.of_resources(store, rules, again, moment.window)))


def _near_events(
    store: Store,
    rules: DetectionRules,
    resources: Iterable[Resource],
    events: Collection[int],
    moment: Moment,
) -> Iterator[Look]:
    """The same where few events were touched: only what they can have to do with."""
    places = store.events.places(events)
    changed = store.events.by_number(events)
    for resource in resources:
        near = crowds.near(store, rules, resource, places, moment.window)
        there = changed | store.events.by_number(near.numbers - changed.keys())
        found = crowds.of_resource(rules, resource, there.values())
        subject = f"resource:{resource.id}"
        standing_there = store.findings.touching(crowds.OF_RESOURCES, subject, near.stretches)
        known = _with_members(standing_there, there.keys())
        # What was resolved before may be back; of that there is ever more, so it is asked for.
        yield Look(known | store.findings.some({one.id for one in found} - known.keys()), found)


def _with_members(known: Mapping[str, Known], events: Collection[int]) -> dict[str, Known]:
    """Those of the findings that any of these events is a member of."""
    return {
        id_: one
        for id_, one in known.items()
        if any(member.key.number in events for member in one.finding.members)
    }


def _at_people(store: Store, people: Collection[str] | None, moment: Moment) -> Look:
    if people is not None and not people:
        return Look({}, [])
    subjects = None if people is None else [f"person:{person}" for person in people]
    known = store.findings.about(crowds.OF_PEOPLE, subjects)
    return Look(known, crowds.of_people(store, people, moment))


def _at_events(store: Store, events: Collection[int] | None, moment: Moment) -> Iterator[Look]:
    if events is not None and not events:
        return
    subjects = None if events is None else {f"event:{shown(number)}" for number in events}
    known = store.findings.about(standing.OF_EVENTS, subjects)
    kept = {id_: one for id_, one in known.items() if one.finding.subject.type == "event"}
    yield Look(kept, standing.of_events(store, events, moment))
    yield _at_records(store, events)


def _at_records(store: Store, events: Collection[int] | None) -> Look:
    numbers = store.survey.repeating() if events is None else events
    records = store.survey.records_of(numbers)
    subjects = None if events is None else {standing.series(one) for one in records}
    known = store.findings.about([FindingKind.DATA_SELF_OVERLAP], subjects)
    return Look(known, standing.of_records(records))


def _at_pairs(
    store: Store, resources: Collection[str] | None, events: Collection[int] | None
) -> Look:
    """What stands for one thing in two systems: known once the resources were looked at."""
    kinds = [FindingKind.CAPACITY_MISMATCH]
    if resources is None or events is None:
        known = store.findings.about(kinds)
        of_pairs = {id_: one for id_, one in known.items() if one.finding.subject.type == "event"}
        return Look(of_pairs, crowds.mismatches(store, store.findings.about(crowds.TWINS)))
    subjects = [f"resource:{one}" for one in resources]
    twins = _with_members(store.findings.about(crowds.TWINS, subjects), events)
    either = {f"event:{who.key.id}" for one in twins.values() for who in one.finding.members}
    known = _with_members(store.findings.about(kinds, either), events)
    return Look(known, crowds.mismatches(store, twins))


def _at_account(store: Store, rules: DetectionRules, account: str, moment: Moment) -> Look:
    known = store.findings.about(standing.OF_ACCOUNTS)
    mine = {id_: one for id_, one in known.items() if _belongs(one.finding, account)}
    return Look(mine, standing.of_account(store, rules, account, moment))


def _belongs(finding: Finding, account: str) -> bool:
    """Whether a standing finding is one of this account."""
    if finding.kind is FindingKind.DATA_INVALID:
        return dict(finding.evidence).get("account") == account
    match finding.subject.type:
        case "account":
            return finding.subject.id == account
        case "page" | "binding":
            return finding.subject.id.partition("/")[0] == account
        case _:
            return False


def _of_sources(store: Store, sources: Iterable[SourceState], moment: Moment) -> Look:
    states = list(sources)
    subjects = [f"account:{state.account}" for state in states]
    known = store.findings.about([FindingKind.STALE_SOURCE], subjects)
    return Look(known, standing.of_sources(states, moment.now))
