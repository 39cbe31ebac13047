"""The records of an Appointment.one account, asked for by id, and the lists that name the ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from worker.vendors.answers import Reply
from worker.vendors.appointment_one.mapping import fold
from worker.vendors.appointment_one.wire import BookingPage, Calendar, Listed
from worker.vendors.base import Nonsense, Rejected, Vanished
from worker.vendors.http import Outlet
from worker.vendors.rows import BadRow, Page, Row, document, page, rows_of

T = TypeVar("T")


def record(outlet: Outlet, kind: str, number: str, model: type[T]) -> Row[T] | BadRow:
    """One record by its id, read from the API's own address of it and never from a link.

    Raises Vanished where there is none, and Nonsense where the answer is no JSON object.
    """
    reply = outlet.get(f"/{kind}/{quote(number, safe='')}")
    value = document(reply, dict[str, Any])
    found = rows_of((msgspec.json.encode(value),), model)
    return found.rows[0] if found.rows else found.bad[0]


def listed(outlet: Outlet, kind: str, gaps: list[str]) -> tuple[str, ...]:
    """The ids that a list shows. Raises Vanished where there is no such list."""
    reply = outlet.get(f"/{kind}")
    # The vendor's own page calls the array of booking pages `calendars` in one place.
    found = _rows(reply, (f"{kind}s", "calendars"), Listed)
    _check_totals(reply, found, gaps)
    if found.bad:
        gaps.append(f"{reply.where}: {len(found.bad)} rows without a readable id")
    return tuple(dict.fromkeys(str(row.value.id) for row in found.rows))


def _rows(reply: Reply, keys: tuple[str, ...], model: type[T]) -> Page[T]:
    members = document(reply, dict[str, Any])
    key = next((each for each in keys if isinstance(members.get(each), list)), keys[0])
    return page(reply, model, key)


def _check_totals(reply: Reply, found: Page[Any], gaps: list[str]) -> None:
    # No paging parameter is public: what a list leaves out cannot be asked for.
    shown = len(found.rows) + len(found.bad)
    totals = [_number(found.rest.get(name)) for name in ("count", "total_count")]
    if any(total is not None and total > shown for total in totals):
        gaps.append(f"{reply.where} showed {shown} rows, but counts more: the rest is hidden")


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal() and len(value) < 10:
        return int(value)
    return value if isinstance(value, int) else None


@dataclass(slots=True)
class Calendars:
    """Which calendars the vendor can read. `load` first."""

    outlet: Outlet
    _states: dict[str, str] = field(default_factory=dict)
    _exhaustive: bool = True

    def load(self, gaps: list[str]) -> None:
        """Read the list, or note in `gaps` what is not known. Raises VendorError."""
        try:
            reply = self.outlet.get("/calendar")
        except (Vanished, Rejected) as error:
            gaps.append(f"{error}: the state of the calendars is not known")
            self._exhaustive = False
            return
        found = page(reply, Calendar, "calendars")
        before = len(gaps)
        _check_totals(reply, found, gaps)
        if found.bad:
            gaps.append(f"{reply.where}: {len(found.bad)} rows cannot be read")
        self._exhaustive = len(gaps) == before
        self._states = {fold(row.value.id): row.value.state or "ok" for row in found.rows}

    def blind(self, address: str) -> bool:
        """Whether the vendor cannot read a calendar, so that its time is sold over.

        One that is not connected at all cannot be read either; one about which nothing can be
        learnt is not accused.
        """
        known = fold(address)
        if known not in self._states and not self._exhaustive:
            self._states[known] = self._asked(address)
        return self._states.get(known, "not connected") != "ok"

    def states(self) -> dict[str, str]:
        """Each known calendar's state, by its address."""
        return dict(self._states)

    def _asked(self, address: str) -> str:
        try:
            found = record(self.outlet, "calendar", address, Calendar)
        except (Vanished, Rejected, Nonsense):
            return "ok"
        return (found.value.state or "ok") if isinstance(found, Row) else "ok"


@dataclass(slots=True)
class Pages:
    """The booking pages, each asked for once; None for one that does not exist."""

    outlet: Outlet
    _known: dict[str, Row[BookingPage] | BadRow | None] = field(default_factory=dict)

    def get(self, slug: str) -> Row[BookingPage] | BadRow | None:
        """A page by its id. Raises VendorError, but not Vanished."""
        if slug not in self._known:
            try:
                self._known[slug] = record(self.outlet, "event", slug, BookingPage)
            except Vanished:
                self._known[slug] = None
            except (Nonsense, Rejected) as error:
                self._known[slug] = BadRow(str(error), {}, b"null")
        return self._known[slug]
