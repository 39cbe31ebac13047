"""What is kept of an answer: by a list of what may stay."""

from __future__ import annotations

import json
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.vendors.redaction import DEEPEST, HIDDEN, LARGEST, redacted

KEEP = frozenset({"id", "starts_at"})
NAMES = st.sampled_from(["id", "starts_at", "name", "notes", "links", "Zoë's field", "a b", ""])
# Everything that might be somebody's: marked, so that it can be searched for.
OURS = (
    st.integers(0, 10**6).map(lambda n: f"canary{n}")
    | st.integers(10**9, 10**12)
    | st.floats(1e9, 1e12)
)
VALUES = st.recursive(
    OURS | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=15,
)


def loose(value: object, is_kept: bool) -> list[object]:
    """The texts and numbers that stand under a name which is not to be kept."""
    match value:
        case dict():
            return [one for name, item in value.items() for one in loose(item, name in KEEP)]
        case list():
            return [one for item in value for one in loose(item, is_kept)]
        case None | bool():
            return []
        case _:
            return [] if is_kept else [value]


@settings(max_examples=500)
@given(VALUES)
def test_no_text_or_number_survives_under_a_name_that_is_not_kept(value):
    shown = json.loads(redacted(json.dumps(value).encode(), KEEP))
    assert set(loose(shown, False)) <= {HIDDEN}


@settings(max_examples=300)
@given(VALUES)
def test_what_is_kept_is_kept_as_it_was_and_twice_is_once(value):
    once = redacted(json.dumps(value).encode(), KEEP)
    assert redacted(once, KEEP) == once
    row = {"id": value if not isinstance(value, dict | list) else "x", "name": "Amy"}
    assert json.loads(redacted(json.dumps(row).encode(), KEEP)) == {"id": row["id"], "name": HIDDEN}


@settings(max_examples=300)
@given(st.binary(max_size=80) | st.text(st.sampled_from('[]{},:"\\ud8id canary9'), max_size=80))
def test_any_bytes_become_json_that_can_be_shown(answer):
    data = answer if isinstance(answer, bytes) else answer.encode()
    shown = redacted(data, KEEP)
    assert shown.isascii()
    json.dumps(json.loads(shown, parse_constant=pytest.fail)).encode()


def test_names_that_are_free_text_are_hidden():
    said = redacted(b'{"Is Amy Ng pregnant?": true, "amy@example.org": null, "ok_name": 1}', KEEP)
    assert json.loads(said) == {HIDDEN: None, "ok_name": HIDDEN}
    assert json.loads(redacted(json.dumps({"x" * 61: 1}).encode(), KEEP)) == {HIDDEN: HIDDEN}


@pytest.mark.parametrize("text", ["canary", "", '{"id": "canary"', '{"id": ' + "9" * 5000 + "}"])
def test_what_is_no_json_is_hidden_as_a_whole(text):
    assert redacted(text.encode(), KEEP) == b'"[redacted]"'


def test_what_is_nested_deeper_than_anybody_nests_is_hidden_as_a_whole():
    def nested(levels: int) -> bytes:
        return b'{"id":' * levels + b"1" + b"}" * levels

    assert redacted(nested(DEEPEST - 1), KEEP) == nested(DEEPEST - 1)
    for levels in (DEEPEST, 900, 100_000):
        assert redacted(nested(levels), KEEP) == b'"[redacted]"'


def test_what_is_larger_than_can_be_kept_is_hidden_without_being_unfolded():
    bomb = b"[" + b"{}," * 5_000_000 + b"{}]"
    tracemalloc.start()
    try:
        assert redacted(bomb, KEEP) == b'"[redacted]"'
        assert tracemalloc.get_traced_memory()[1] < LARGEST
    finally:
        tracemalloc.stop()


def test_numbers_that_json_has_no_word_for_are_texts():
    said = json.loads(redacted(b'{"id": [NaN, 1e400, -Infinity], "name": NaN}', KEEP))
    assert said == {"id": ["NaN", "1e400", "-Infinity"], "name": HIDDEN}


def test_half_a_character_is_replaced():
    assert json.loads(redacted(rb'{"id": "a\ud83d"}', KEEP)) == {"id": "a\ufffd"}
