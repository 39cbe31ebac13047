"""A list that does not exist is no empty list."""

from __future__ import annotations

import pytest

from tests.vendors.canvas.campus import Campus, reply
from worker.vendors.base import Nonsense
from worker.vendors.canvas.reading import GROUPS


@pytest.mark.parametrize("status", [404, 410, 400, 422])
def test_a_site_without_the_list_is_nonsense_and_shows_nothing(status: int) -> None:
    campus = Campus({GROUPS: reply({"errors": []}, status)})
    with pytest.raises(Nonsense, match="is base_url"):
        campus.read()
