"""A vendor's text as one line."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.vendors.text import LONGEST, line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (None, ""),
        ("", ""),
        (" \n ", ""),
        ("Yoga", "Yoga"),
        ("  Yoga  for   two ", "Yoga for two"),
        ("Yoga\r\nBEGIN:VALARM\x85x\u2028y\u2029z\tq", "Yoga BEGIN:VALARM x y z q"),
        ("a\x00b\x1b[31mc\x7f", "ab[31mc"),
        ("half \ud83d", "half"),
        ("Zoë Čapek — 東京", "Zoë Čapek — 東京"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("abc\u202edcba", "abcdcba"),
        ("\u2066left\u2069 open\u2067", "left open"),
        ("\ufffe\U0001ffffx", "x"),
        ("new \U0001fae9", "new \U0001fae9"),
    ],
)  # fmt: skip
def test_a_text_becomes_one_line(text, shown):
    assert line(text) == shown


def test_a_long_text_is_cut_and_says_so():
    assert line("x" * LONGEST) == "x" * LONGEST
    assert line("x" * (LONGEST + 1)) == "x" * (LONGEST - 1) + "…"
    assert line("ä" * 10**6, 5) == "ääää…"
    assert line("one two three", 9) == "one two…"
    assert line(" " * 5000 + "Yoga") == "Yoga"
    assert line("Yoga" + " " * 3000 + "for two") == "Yoga…"


@given(st.text(), st.integers(2, 40))
def test_any_text_is_one_short_line_that_stays_as_it_is(text, longest):
    shown = line(text, longest)
    assert len(shown) <= longest
    assert len(shown.splitlines()) <= 1
    assert shown == shown.strip() == line(shown, longest)
    assert not {unicodedata.category(one) for one in shown} & {"Cc", "Cs", "Zl", "Zp"}
    shown.encode()
