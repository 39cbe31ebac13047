"""Records of one company: one by its id or by ours, and all around a time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from worker.domain.event import Event
from worker.domain.instants import local
from worker.domain.span import DAY, Span
from worker.vendors.base import EventError, Nonsense
from worker.vendors.http import Params
from worker.vendors.rows import Row, document, rows_of
from worker.vendors.timify.directory import Directory
from worker.vendors.timify.mapping import Setting, events, marked, stretches
from worker.vendors.timify.paging import Budget, PagedList, by_id
from worker.vendors.timify.session import Session, Unsuccessful
from worker.vendors.timify.wire import Appointment, One

PATH = "/appointments"
MARGIN = 2 * DAY  # around the time of what is looked for: people may have moved it meanwhile
SLICE = timedelta(days=27)  # with the days around it 30: as much as every known client dares to ask
BEFORE, AFTER, ONE_DAY = timedelta(days=1), timedelta(days=2), timedelta(days=1)
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.~-]{0,299}")


def plain(native_id: str) -> bool:
    """Whether a path that ends in this id leads nowhere else."""
    return _PLAIN_ID.fullmatch(native_id) is not None


class Records:
    """Reads only. `setting` says against what records are read; errors are VendorErrors."""

    def __init__(
        self, session: Session, directory: Directory, setting: Callable[[], Setting]
    ) -> None:
        self._session = session
        self._directory = directory
        self._setting = setting

    def one(self, native_id: str) -> Row[Appointment] | None:
        """The record itself; None where the answer holds another, an unreadable or no record."""
        row = self._asked(native_id, ())
        # An id may be taken for an external one: what comes must be what was asked for.
        return row if row and str(row.value.id) == native_id else None

    def named(self, external_id: str) -> Row[Appointment] | None:
        """The record with this external id; None where there is none, or no such question."""
        try:
            row = self._asked(external_id, (("external", "1"),))
        except (EventError, Unsuccessful):
            return None
        return row if row and row.value.external_id == external_id else None

    def carriers(self, link: str, span: Span) -> list[Row[Appointment]]:
        """The records around `span` that carry this mark.

        Raises Nonsense where there is none among those that can be read, but not all can.
        """
        found: dict[str, Row[Appointment]] = {}
        trouble = ""
        budget = Budget()
        zone = self._setting().zone
        for days in slices(span.widened(MARGIN, MARGIN), zone):
            listed = PagedList(
                self._session.get, PATH, asked_for(days, zone), Appointment, budget, by_id
            )
            for page in listed.pages():
                if page.bad:
                    trouble = f"GET {PATH} shows {len(page.bad)} rows that cannot be read"
                found |= {str(one.value.id): one for one in page.rows if marked(one.value) == link}
            trouble = next(iter(listed.gaps), trouble)
        if trouble and not found:
            raise Nonsense(trouble)
        return list(found.values())

    def events(self, row: Row[Appointment]) -> list[Event]:
        """All that the record stands for, as every poll reads it. Raises Unreadable."""
        record = row.value
        pieces = stretches(record)
        self._directory.note(record.resources or ())
        return list(events(record, pieces, self._setting(), lambda _span: True, alone=True))

    def _asked(self, id_: str, params: Params) -> Row[Appointment] | None:
        answer = document(self._session.get(f"{PATH}/{id_}", params), One).data
        return next(iter(rows_of((bytes(answer),), Appointment).rows), None)


def asked_for(days: tuple[date, date], zone: str) -> Params:
    """The question for the appointments of these days, both inclusive."""
    return (
        ("from_date", days[0].isoformat()),
        ("to_date", days[1].isoformat()),
        ("timezone", zone),
    )


def slices(window: Span, zone: str) -> Iterator[tuple[date, date]]:
    """The days to ask for, first and last inclusive, so that together they show `window`.

    Nothing says whether the last day belongs to the answer, in whose zone days are meant, nor
    whether a row must begin in them or merely reach into them: days around each slice allow for
    all of it.
    """
    first = local(window.start, zone).date()
    end = local(max(window.start, window.end - 1), zone).date()
    while first <= end:
        last = min(first + SLICE - ONE_DAY, end)
        yield first - BEFORE, last + AFTER
        first = last + ONE_DAY
