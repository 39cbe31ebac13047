"""CSV that spreadsheets read and never run."""

from __future__ import annotations

import csv as library
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.publish.csv import cell, table

ACTIVE = "=+-@\t\r\n\0＝＋－＠"


@pytest.mark.parametrize("first", list(ACTIVE))
@pytest.mark.parametrize("before", ["", " ", "   "])
def test_no_text_begins_a_formula(first, before):
    assert cell(f"{before}{first}cmd|' /C calc'!A0").startswith("'")


def test_numbers_stay_numbers_also_negative_ones():
    assert [cell(value) for value in (-3, 2.5, True, None, ["-1", 2])] == [
        "-3",
        "2.5",
        "true",
        "",
        "'-1 2",
    ]


@given(st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_any_text_survives_as_its_own_cell(rows):
    text = table(("a", "b"), [{"a": a, "b": b} for a, b in rows])
    if any("\0" in a + b for a, b in rows):
        return  # Python's own reader refuses it
    read = list(library.reader(io.StringIO(text, newline="")))
    assert read[0] == ["a", "b"]
    assert len(read) == len(rows) + 1
    for (a, b), (shown_a, shown_b) in zip(rows, read[1:], strict=True):
        assert shown_a in (a, f"'{a}")
        assert shown_b in (b, f"'{b}")
        assert not shown_a.lstrip(" ").startswith(tuple(ACTIVE))
