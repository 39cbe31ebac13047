"""How a fault spoils one row: draws it, changes it, and leaves its neighbours as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from worker.sandbox.exchange import Response
from worker.sandbox.faults.catalogue import Alter, Incident, alter
from worker.sandbox.faults.envelope import Page, Row, pick

Change = Callable[[Incident, Page, Row], bool]

STARTS = ("start_at", "starts_at", "startDate", "datetime", "start", "time_start")
ENDS = ("end_at", "ends_at", "end")


def row_fault(name: str, title: str, *variants: str) -> Callable[[Change], Alter]:
    """Register a change of one row; a change that returns False did not apply."""

    def wrap(change: Change) -> Alter:
        @alter(name, title, *variants)
        def effect(incident: Incident, response: Response) -> Response | None:
            page = Page.read(response)
            if page is None:
                return None
            return next(_attempts(change, incident, page), None)

        return effect

    return wrap


def _attempts(change: Change, incident: Incident, page: Page) -> Iterator[Response]:
    """The first row drawn may lack the field in question: then the others are tried in order."""
    first = pick(incident.random, page)
    for row in [] if first is None else [first, *page.targets()]:
        if change(incident, page, row):
            yield page.answer()


def put(row: Row, names: tuple[str, ...], value: Any) -> bool:
    """Set the first of these fields that the row has; False if it has none."""
    for name in names:
        if name in row:
            row[name] = value
            return True
    return False
