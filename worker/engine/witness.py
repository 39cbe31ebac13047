"""Asks vendors that check for conflicts themselves what they think of the members of findings."""

from __future__ import annotations

from collections.abc import Iterator

from worker.domain.conflict.finding import GROUP_OF, PRESSING, FindingKind, Group, Member
from worker.domain.conflict.register import Known
from worker.domain.conflict.witness import Testimony, disagreements
from worker.domain.event import Status
from worker.engine.detect import Look
from worker.engine.rules import Moment
from worker.store.store import Store
from worker.vendors.base import EventError, Opinionated

MOST_QUESTIONS = 20  # in one poll: the question is one call for each event
ASK_AGAIN = 3600  # seconds


class Witnesses:
    """Remembers what was asked, so that an unchanged event is not asked for again at each poll."""

    def __init__(self) -> None:
        self._answers: dict[int, tuple[int, int, bool]] = {}  # number: revision, when, answer

    def look(self, store: Store, account: str, vendor: Opinionated, moment: Moment) -> Look:
        """What there is to say of this account's members of findings. Raises TryLater and others.

        An EventError says that there is no such question for an event: it is passed over.
        """
        members = {member.key.number: member for member in _asked(store, account, moment)}
        loaded = store.events.by_number(members)
        testimonies: list[Testimony] = []
        questions = 0
        for number, one in loaded.items():
            known = self._answers.get(number)
            if known is None or known[0] != one.revision or moment.now - known[1] > ASK_AGAIN:
                if questions == MOST_QUESTIONS:
                    continue
                questions += 1
                try:
                    answer = vendor.conflicts(one.event.key)
                except EventError:
                    continue
                known = (one.revision, moment.now, answer)
                self._answers[number] = known
            around = tuple(other.event for other in store.survey.around(one))
            testimonies.append(Testimony(one.event, known[2], around))
        heard = {testimony.event.key.id for testimony in testimonies}
        return Look(
            _settled(store, account, heard, {members[n].key.id for n in members}),
            list(disagreements(testimonies, vendor.compares)),
        )


def _asked(store: Store, account: str, moment: Moment) -> Iterator[Member]:
    """The members of pressing schedule findings that are this account's, and not over."""
    kinds = [kind for kind in FindingKind if GROUP_OF[kind] is Group.SCHEDULE]
    for one in store.findings.about(kinds).values():
        if one.life.state not in PRESSING:
            continue
        for member in one.finding.members:
            mine = member.key.account == account and member.status is not Status.CANCELLED
            if mine and member.span.end > moment.now:
                yield member


def _settled(store: Store, account: str, heard: set[str], asked: set[str]) -> dict[str, Known]:
    """The disagreements that are judged anew: those heard of now, and those no longer asked for."""
    known = store.findings.about([FindingKind.WITNESS_DISAGREES])
    return {
        id_: one
        for id_, one in known.items()
        if account in one.finding.accounts
        and (one.finding.subject.id in heard or one.finding.subject.id not in asked)
    }
