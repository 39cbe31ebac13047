"""The second witness: what a vendor's own check said of each member, or why it was not asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import NOW, event
from worker.domain.conflict.double import doubles
from worker.domain.conflict.finding import FindingKind, FindingState
from worker.domain.conflict.testimony import Word, asked_about, opinions
from worker.domain.event import Status
from worker.domain.span import HOUR
from worker.domain.subject import Resource

(CLASH,) = doubles(Resource("amy", "Amy Ng"), [event("1"), event("2", account="studio")])
ONE, TWO = (member.key.number for member in CLASH.members)
OPEN = FindingState.OPEN


def told(finding=CLASH, state=OPEN, words=None, revisions=None, opinionated=("clinic",), now=NOW):
    return opinions(finding, state, words or {}, revisions or {}, opinionated, now)


@pytest.mark.parametrize(
    ("says", "sees", "agrees"),
    [(True, 1, True), (True, 0, False), (False, 0, True), (False, 2, False), (None, 2, None)],
)
def test_both_agree_where_both_count_something_or_both_nothing(says, sees, agrees):
    assert Word(1, NOW, says, sees).agrees is agrees


def test_each_member_has_its_vendors_word_or_why_there_is_none():
    word = Word(3, NOW, says=True, sees=1)
    first, second = told(words={ONE: word}, revisions={ONE: 3})
    assert (first.word, first.unasked, first.outdated) == (word, "", False)
    assert second.word is None
    assert "no check of its own" in second.unasked


def test_a_word_on_a_former_state_of_the_event_is_outdated():
    first, _ = told(words={ONE: Word(3, NOW, says=False)}, revisions={ONE: 4})
    assert first.outdated
    gone, _ = told(words={ONE: Word(3, NOW, says=False)})
    assert not gone.outdated


def test_the_word_of_a_vendor_that_is_no_longer_asked_counts_no_more():
    first, _ = told(words={ONE: Word(3, NOW, says=True)}, opinionated=())
    assert first.word is None


@pytest.mark.parametrize(
    ("finding", "state", "now", "words"),
    [
        (CLASH, OPEN, NOW, "its turn has not come"),
        (replace(CLASH, kind=FindingKind.DRIFT), OPEN, NOW, "in two places only"),
        (CLASH, FindingState.SNOOZED, NOW, "ask for somebody only"),
        (CLASH, OPEN, NOW + HOUR, "it is over"),
        (
            replace(
                CLASH,
                members=tuple(replace(m, status=Status.CANCELLED) for m in CLASH.members),
            ),
            OPEN,
            NOW,
            "cancelled",
        ),
    ],
    ids=["not yet", "of no schedule", "snoozed", "over", "cancelled"],
)
def test_why_nobody_was_asked_is_told(finding, state, now, words):
    first, _ = told(finding, state, now=now)
    assert words in first.unasked
    assert bool(asked_about(finding, state, "clinic", now)) is (words == "its turn has not come")
