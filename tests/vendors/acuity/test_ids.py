"""Ids are text, exactly as Acuity gave them."""

from __future__ import annotations

import pytest

from worker.vendors.acuity.mapping import Unreadable, native_id


@pytest.mark.parametrize("given", ["42", "0042", "9990961446123456789012", "a1", "A1", "1e3", "-7"])
def test_an_id_stays_the_text_that_it_was(given: str) -> None:
    assert native_id(given) == given


@pytest.mark.parametrize("given", ["", "NaN", "4\n2", "x" * 301])
def test_what_can_be_no_id_is_unreadable(given: str) -> None:
    with pytest.raises(Unreadable):
        native_id(given)
