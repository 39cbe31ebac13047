"""The second witness and what a finding rests on, in the words of its page."""

from __future__ import annotations

import pytest

from tests.builders import NOW
from tests.publish.test_documents import CLASH
from worker.domain.conflict.explanation import Explained, PollWord
from worker.domain.conflict.testimony import Opinion, Word
from worker.publish.pages.standpoint import rests_on, second_witness, silence

ONE, TWO = CLASH.members


def said(*opinions: Opinion):
    return second_witness(opinions, "UTC")


@pytest.mark.parametrize(
    ("word", "says", "sees", "manner"),
    [
        (Word(1, NOW, True, 2), "it conflicts with something", "2 events over it there", "agrees"),
        (Word(1, NOW, True, 0), "it conflicts with something", "nothing over it", "disagrees"),
        (Word(1, NOW, False, 0), "it conflicts with nothing", "nothing over it", "agrees"),
        (Word(1, NOW, None, why="no such question"), "no answer: no such question", "", "silent"),
    ],
)
def test_what_the_vendor_says_stands_beside_what_is_seen(word, says, sees, manner):
    (line,) = said(Opinion(ONE, word))
    assert (line.says, line.manner) == (says, manner)
    assert line.sees.startswith(sees)
    assert line.asked.startswith("Mon")


def test_a_word_on_a_former_state_says_so():
    (line,) = said(Opinion(ONE, Word(1, NOW, True, 1), outdated=True))
    assert line.asked.endswith(", before its last change")


def test_one_reason_for_all_is_told_once():
    both = said(Opinion(ONE, None, "it is over"), Opinion(TWO, None, "it is over"))
    assert silence(both) == "it is over"
    assert silence(said(Opinion(ONE, None, "it is over"), Opinion(TWO, None, "another"))) == ""
    assert silence(said(Opinion(ONE, Word(1, NOW, None, why="x")))) == ""
    assert silence([]) == ""


def test_hostile_words_of_a_vendor_stay_on_their_line():
    (line,) = said(Opinion(ONE, Word(1, NOW, None, why="a\r\nb\u202e" + "x" * 5000)))
    assert "\n" not in line.says
    assert "\u202e" not in line.says
    assert len(line.says) < 300


def test_polls_and_editions_are_told_and_many_polls_are_cut():
    def poll(number: int, zones: str) -> PollWord:
        return PollWord(number, "clinic", NOW, NOW, True, "full", "", zones)

    newest = tuple(poll(number, "2026f" if number % 2 else "2026e") for number in range(1, 12))
    facts = {one.name: one.words for one in rests_on(Explained("0" * 16, None, (), newest=newest))}
    assert facts["Polls"].endswith("8 (clinic) and 3 more")
    assert facts["Zone rules (tzdata)"] == "2026e, 2026f"
    nothing = {one.name: one.words for one in rests_on(Explained("0" * 16, None, ()))}
    assert nothing["Polls"] == "none is kept"
