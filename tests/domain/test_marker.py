"""The mark of what is ours: found whatever a vendor does to its letters, and nowhere else."""

from __future__ import annotations

import pytest

from worker.domain.marker import find, mark

LINK = "0123456789abcdef01234567"


def test_a_mark_is_found_in_the_text_around_it():
    assert find(f"Held by calsync {mark(LINK)}, please leave it") == LINK


@pytest.mark.parametrize("change", [str.upper, str.title, lambda text: text.replace(" ", ":")])
def test_a_mark_survives_what_vendors_do_to_its_letters(change):
    assert find(change(mark(LINK))) == LINK


def test_a_mark_is_found_where_a_vendor_keeps_text_as_html():
    assert find(f"Held by calsync &#91;calsync {LINK}&#93;") == LINK


@pytest.mark.parametrize(
    "text", [None, "", "calsync", LINK, f"[calsync {LINK[:15]}]", "[calsync zzzzzzzzzzzzzzzzzz]"]
)
def test_what_is_no_mark_is_none(text):
    assert find(text) == ""
