"""Detection over the store: what was touched is looked at again, and the register follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.register import Known, Step, follow, passed, woken
from worker.domain.conflict.report import SourceState
from worker.domain.event import shown
from worker.engine import crowds, standing
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
        steps = _written(store, _at_resources(store, rules, touched.resources, moment), moment)
        steps += _written(store, _rest(store, rules, touched, moment, sources), moment)
        steps += _by_the_clock(store, moment)
    words = [step.what for step in steps]
    return Detected(words.count("found"), words.count("reopened"), words.count("resolved"))


def _written(store: Store, looks: Iterable[Look], moment: Moment) -> list[Step]:
    steps = [step for look in looks for step in _follow(look, moment)]
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


def _rest(
    store: Store,
    rules: DetectionRules,
    touched: Touched,
    moment: Moment,
    sources: Iterable[SourceState],
) -> Iterator[Look]:
    yield _at_people(store, touched.people, moment)
    yield from _at_events(store, touched.events, moment)
    for account in touched.accounts:
        yield _at_account(store, rules, account, moment)
    yield _of_sources(store, sources, moment)


def _at_resources(
    store: Store, rules: DetectionRules, ids: Collection[str] | None, moment: Moment
) -> Iterator[Look]:
    again = rules.affected(rules.resources if ids is None else ids)
    if not again:
        return
    subjects = None if ids is None else [f"resource:{one.id}" for one in again]
    known = store.findings.about(crowds.OF_RESOURCES, subjects)
    found = [
        finding
        for resource in again
        for finding in crowds.of_resource(store, rules, resource, moment.window)
    ]
    kept = {id_: one for id_, one in known.items() if one.finding.subject.type == "resource"}
    yield Look(kept, found)


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
    # Duplicates are known only once the resources were looked at; there are never many.
    pairs = store.findings.about([FindingKind.CAPACITY_MISMATCH])
    of_pairs = {id_: one for id_, one in pairs.items() if one.finding.subject.type == "event"}
    yield Look(of_pairs, crowds.mismatches(store))


def _at_records(store: Store, events: Collection[int] | None) -> Look:
    known = store.findings.about([FindingKind.DATA_SELF_OVERLAP])
    if events is None:
        events = store.survey.repeating()
    found = standing.of_records(store, events)
    asked = set(events)
    looked_at = {
        id_: one
        for id_, one in known.items()
        if any(member.key.number in asked for member in one.finding.members)
    }
    return Look(looked_at, found)


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
    known = store.findings.about([FindingKind.STALE_SOURCE])
    return Look(known, standing.of_sources(sources, moment.now))
