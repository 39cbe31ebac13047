"""Gathers what the store knows about one finding or one event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from worker.domain.conflict.explanation import Explained, PollWord, Witness
from worker.domain.conflict.finding import Finding, Member
from worker.domain.conflict.register import Known, NoSuch
from worker.domain.conflict.report import Reported
from worker.domain.conflict.suggestions import Suggestion
from worker.domain.conflict.testimony import opinions
from worker.domain.event import Key, shown
from worker.domain.stored import Stored
from worker.store.evidence import Evidence, is_prefix
from worker.store.store import Store

Judge = Callable[[Sequence[Known]], list[Reported]]
Advise = Callable[[Finding], tuple[Suggestion, ...]]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an explanation needs besides the store.

    `opinionated` are the accounts whose vendors check for conflicts themselves, `rules` is the
    digest of what detection goes by.
    """

    judge: Judge
    advise: Advise
    opinionated: Collection[str]
    rules: str
    now: int


def finding_id(store: Store, text: str) -> str:
    """The id of the finding that `text` is, or begins. Raises NoSuch."""
    ids = Evidence(store.database).finding_ids(_prefix(text, "finding"))
    return _only(ids, text, "finding")


def explain(store: Store, text: str, about: Surroundings) -> Explained:
    """Everything about the finding or event whose id is, or begins with, `text`. Raises NoSuch."""
    evidence = Evidence(store.database)
    prefix = _prefix(text, "finding or event")
    findings = evidence.finding_ids(prefix)
    events = evidence.event_numbers(prefix)
    id_ = _only([*findings, *(shown(number) for number in events)], text, "finding or event")
    if findings:
        return _finding(store, evidence, id_, about)
    return _event(store, evidence, events[0], about)


def _finding(store: Store, evidence: Evidence, id_: str, about: Surroundings) -> Explained:
    known = store.findings.some([id_])[id_]
    finding = known.finding
    (reported,) = about.judge([known])
    near = [*filter(None, [known.life.predecessor]), *store.findings.successors(id_)]
    related = store.findings.some(near)
    newest = evidence.newest_polls()
    witnesses = _witnesses(store, evidence, finding.members, newest)
    numbers = [member.key.number for member in finding.members]
    stored = [one.stored for one in witnesses if one.stored]
    return Explained(
        id=id_,
        reported=reported,
        witnesses=witnesses,
        suggestions=about.advise(finding),
        history=store.findings.history(id_),
        related=tuple(about.judge([related[one] for one in near if one in related])),
        opinions=opinions(
            finding,
            known.life.state,
            store.words.of(numbers),
            {one.event.key.number: one.revision for one in stored},
            about.opinionated,
            about.now,
        ),
        newest=tuple(newest[one] for one in finding.accounts if one in newest),
        rules=about.rules,
    )


def _event(store: Store, evidence: Evidence, number: int, about: Surroundings) -> Explained:
    stored = store.events.by_number([number])[number]
    key = stored.event.key
    in_ = [one for one in _of_subjects(store, stored) if _is_about(one.finding, key)]
    return Explained(
        id=key.id,
        reported=None,
        witnesses=(_witness(store, evidence, None, stored, evidence.newest_polls()),),
        related=tuple(about.judge(sorted(in_, key=lambda one: (one.finding.span, one.finding.id)))),
    )


def _of_subjects(store: Store, stored: Stored) -> list[Known]:
    event = stored.event
    subjects = [
        *(f"resource:{id_}" for id_ in stored.resources),
        *(f"person:{person}" for person in event.people),
        f"event:{event.key.id}",
        f"account:{event.key.account}",
    ]
    return list(store.findings.of_subjects(subjects).values())


def _is_about(finding: Finding, key: Key) -> bool:
    if any(member.key == key for member in finding.members):
        return True
    return (finding.subject.type, finding.subject.id) == ("event", key.id)


def _witnesses(
    store: Store, evidence: Evidence, members: Sequence[Member], newest: Mapping[str, PollWord]
) -> tuple[Witness, ...]:
    stored = store.events.by_number({member.key.number for member in members})
    return tuple(
        _witness(store, evidence, member, stored.get(member.key.number), newest)
        for member in members
    )


def _witness(
    store: Store,
    evidence: Evidence,
    member: Member | None,
    stored: Stored | None,
    newest: Mapping[str, PollWord],
) -> Witness:
    if stored is None:
        return Witness(member, None, None)
    return Witness(
        member=member,
        stored=stored,
        answer=store.events.answer(stored.event.key.number),
        read_by=evidence.polls([stored.poll]).get(stored.poll),
        newest=newest.get(stored.event.key.account),
    )


def _prefix(text: str, what: str) -> str:
    prefix = text.strip().lower()
    if not is_prefix(prefix):
        raise NoSuch(f"a {what} is named by 6 to 16 of the hexadecimal digits of its id")
    return prefix


def _only(found: Sequence[str], text: str, what: str) -> str:
    if not found:
        raise NoSuch(f"there is no {what} {text.strip().lower()}")
    if len(found) > 1:
        raise NoSuch(f"{text.strip().lower()} stands for several: {', '.join(found)}")
    return found[0]
