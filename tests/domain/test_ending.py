"""When a snooze or an acceptance ends, as it is written."""

import pytest

from worker.domain.conflict.ending import SNOOZE, After, At, ending, until
from worker.domain.conflict.register import Verb
from worker.domain.span import DAY, HOUR

NOW = 1_795_000_000


def test_ends_may_be_written_as_lengths_dates_and_times():
    assert ending("3d") == After(3 * DAY)
    assert ending("12h") == After(12 * HOUR)
    assert ending("1970-01-03") == At(2 * DAY)
    assert ending("1970-01-03T02:00+02:00") == At(2 * DAY)
    assert ending("1970-01-03T01:00", "Europe/Berlin") == At(2 * DAY)


@pytest.mark.parametrize("text", ["soon", "", "59s", "3651d", "1970-01-03T01:00", "9999-12-31"])
def test_what_is_no_end_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        ending(text)


@pytest.mark.parametrize("verb", Verb)
def test_a_length_counts_from_now_and_an_instant_stays(verb):
    assert until(verb, After(HOUR), NOW) == NOW + HOUR
    assert until(verb, At(2 * DAY), NOW) == 2 * DAY


def test_only_a_snooze_ends_where_nothing_is_said():
    assert until(Verb.SNOOZE, None, NOW) == NOW + SNOOZE
    assert {until(verb, None, NOW) for verb in Verb if verb is not Verb.SNOOZE} == {None}
