"""Asks vendors that check for conflicts themselves what they think of the members of findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from worker.domain.conflict.finding import GROUP_OF, FindingKind, Group, Member
from worker.domain.conflict.register import Known
from worker.domain.conflict.testimony import ASK_AGAIN, MOST_QUESTIONS, Word, asked_about
from worker.domain.conflict.witness import Testimony, clashing, disagreements
from worker.domain.event import Key
from worker.domain.stored import Stored
from worker.engine.detect import Look
from worker.engine.rules import Moment
from worker.store.store import Store
from worker.vendors.base import EventError, Opinionated


def look(store: Store, account: str, vendor: Opinionated, moment: Moment) -> Look:
    """What there is to say of this account's members of findings. Raises TryLater and others.

    Answers are kept in the store, so that an unchanged event is not asked about at each poll. An
    EventError says that there is no such question for an event: that is kept, too.
    """
    members = {member.key.number: member for member in _asked(store, account, moment)}
    loaded = store.events.by_number(members)
    known = store.words.of(loaded)
    heard: dict[int, Word] = {}
    testimonies: list[Testimony] = []
    try:
        for number, (word, testimony) in _hear(store, vendor, loaded, known, moment.now):
            heard[number] = word
            if testimony:
                testimonies.append(testimony)
    finally:
        store.words.keep({n: word for n, word in heard.items() if word != known.get(n)})
    told = {testimony.event.key.id for testimony in testimonies}
    return Look(
        _settled(store, account, told, {members[n].key.id for n in members}),
        list(disagreements(testimonies, vendor.compares)),
    )


def _hear(
    store: Store,
    vendor: Opinionated,
    loaded: Mapping[int, Stored],
    known: Mapping[int, Word],
    now: int,
) -> Iterator[tuple[int, tuple[Word, Testimony | None]]]:
    questions = 0
    for number, one in loaded.items():
        word = known.get(number)
        if word is None or word.revision != one.revision or now - word.at > ASK_AGAIN:
            if questions == MOST_QUESTIONS:
                continue
            questions += 1
            word = _answer(vendor, one.event.key, one.revision, now)
        around = tuple(other.event for other in store.survey.around(one))
        word = replace(word, sees=len(clashing(one.event, around, vendor.compares)))
        said = None if word.says is None else Testimony(one.event, word.says, around)
        yield number, (word, said)


def _answer(vendor: Opinionated, key: Key, revision: int, now: int) -> Word:
    try:
        return Word(revision, now, vendor.conflicts(key))
    except EventError as error:
        return Word(revision, now, None, why=str(error))


def _asked(store: Store, account: str, moment: Moment) -> Iterator[Member]:
    """The members of findings that their vendor is asked about."""
    kinds = [kind for kind in FindingKind if GROUP_OF[kind] is Group.SCHEDULE]
    for one in store.findings.about(kinds).values():
        yield from asked_about(one.finding, one.life.state, account, moment.now)


def _settled(store: Store, account: str, heard: set[str], asked: set[str]) -> dict[str, Known]:
    """The disagreements that are judged anew: those heard of now, and those no longer asked for."""
    known = store.findings.about([FindingKind.WITNESS_DISAGREES])
    return {
        id_: one
        for id_, one in known.items()
        if account in one.finding.accounts
        and (one.finding.subject.id in heard or one.finding.subject.id not in asked)
    }
