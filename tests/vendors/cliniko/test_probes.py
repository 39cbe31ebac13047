"""What a probe makes of lists that show too much or not enough."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.vendors.cliniko.written import WritablePractice
from worker.sandbox.exchange import Request, Response
from worker.vendors.base import Nonsense

BLOCKS = "unavailable_blocks"


def telling(place: WritablePractice, change: Callable[[dict[str, Any]], None]) -> None:
    """From now on, lists of blocks come changed."""
    plain = place.sim.handle

    def handle(request: Request) -> Response:
        reply = plain(request)
        document = json.loads(reply.body) if request.method == "GET" else {}
        if BLOCKS not in document:
            return reply
        change(document)
        return replace(reply, body=json.dumps(document).encode())

    place.sim.handle = handle  # type: ignore[method-assign]


@pytest.mark.parametrize("column", ["archived_at", "deleted_at"])
def test_a_hold_that_a_list_shows_as_archived_is_not_there(column: str) -> None:
    place = WritablePractice()
    place.account.create(place.hold())

    def archive(document: dict[str, Any]) -> None:
        for row in document[BLOCKS]:
            row[column] = "2026-01-01T00:00:00Z"

    telling(place, archive)
    assert place.account.probe(place.hold()) is None


def test_a_list_that_is_not_all_of_it_never_says_that_a_hold_is_not_there() -> None:
    place = WritablePractice()
    telling(place, lambda document: document.update(total_entries=3))
    with pytest.raises(Nonsense, match="says that there are 3"):
        place.account.probe(place.hold())
