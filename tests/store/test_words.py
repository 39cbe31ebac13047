"""What vendors said is kept by event, the last word only."""

from __future__ import annotations

from tests.builders import NOW
from worker.domain.conflict.testimony import Word


def test_words_come_back_as_they_went_in_and_only_for_those_asked_for(store):
    words = {
        1: Word(1, NOW, says=True, sees=2),
        -(2**62): Word(7, NOW, says=False),
        3: Word(1, NOW, says=None, why="an event with this id cannot be asked for"),
    }
    store.words.keep(words)
    assert store.words.of([1, -(2**62), 3, 4]) == words
    assert store.words.of([3]) == {3: words[3]}
    assert store.words.of([]) == {}


def test_a_later_word_takes_the_place_of_the_one_before(store):
    store.words.keep({1: Word(1, NOW, says=True), 2: Word(1, NOW, says=True)})
    later = Word(2, NOW + 60, says=False, sees=1)
    store.words.keep({1: later})
    store.words.keep({})
    assert store.words.of([1, 2]) == {1: later, 2: Word(1, NOW, says=True)}
