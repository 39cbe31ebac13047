"""The list of timeshifts, whose denials are blocks: not every account has or may read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from worker.domain.event import Event, Key, Kind
from worker.domain.instants import local
from worker.domain.listing import Batch, Confirmation, Presence, Sighting
from worker.domain.span import Span
from worker.vendors.base import NeedsPerson, Nonsense
from worker.vendors.http import Params
from worker.vendors.rows import Page
from worker.vendors.timify.denials import Denial, blocks, denial
from worker.vendors.timify.directory import Directory
from worker.vendors.timify.harvest import Harvest
from worker.vendors.timify.mapping import Setting, Unreadable
from worker.vendors.timify.paging import Budget, ListRefused, PagedList, by_content
from worker.vendors.timify.session import Session
from worker.vendors.timify.wire import Timeshift

PATH = "/timeshifts"
EVENTS_PER_BATCH = 500
_AROUND = 12 * 86_400  # seconds on each side of a block that is looked for again

Days = tuple[date, date]  # first and last, both inclusive


@dataclass(slots=True)
class _Shift:
    """One timeshift: its rows, since nothing says that an id comes in one row only."""

    denials: dict[Denial, bytes]
    is_odd: bool = False

    @property
    def answer(self) -> bytes:
        rows = tuple(dict.fromkeys(self.denials.values()))
        return rows[0] if len(rows) == 1 else b"[" + b",".join(rows) + b"]"


class Timeshifts:
    """Asks for all resources at once, or for one after the other where the vendor demands it."""

    def __init__(self, session: Session, directory: Directory) -> None:
        self._session = session
        self._directory = directory
        self._was_seen = False
        self._by_resource = False

    def walk(
        self, window: Span, slices: Sequence[Days], setting: Setting, budget: Budget
    ) -> Iterator[Batch]:
        """The blocks in `window`. A list that is refused is a gap; one that never was is none."""
        harvest = Harvest(f"GET {PATH}")
        found: dict[str, _Shift] = {}
        try:
            for days in slices:
                self._gather(days, budget, found, harvest)
        except ListRefused as error:
            if not self.is_absent(error):
                harvest.gaps.append(str(error))
        except (NeedsPerson, Nonsense) as error:
            harvest.gaps.append(str(error))
        for shift in found.values():
            if not shift.is_odd:
                harvest.add(_events(shift, setting, window, window.shows), shift.answer)
            if len(harvest.sightings) >= EVENTS_PER_BATCH:
                yield harvest.batch()
                harvest = Harvest(harvest.where)
        yield harvest.batch()

    def confirm(self, key: Key, last: Span, setting: Setting) -> Confirmation:
        """Read the days around a block again: it cannot be asked for by id.

        An answer without any row is the very emptiness in doubt, and proves nothing.
        """
        near = last.widened(_AROUND, _AROUND)
        days = local(near.start, setting.zone).date(), local(near.end, setting.zone).date()
        harvest = Harvest(f"GET {PATH}")
        found: dict[str, _Shift] = {}
        try:
            rows = self._gather(days, Budget(), found, harvest)
        except Nonsense:
            return Confirmation(key, Presence.UNKNOWN)
        shift = found.get(key.native_id)
        is_odd = any(row.native_id == key.native_id for row in harvest.quarantined)
        if harvest.gaps or is_odd or not rows:
            return Confirmation(key, Presence.UNKNOWN)
        shown = () if shift is None else _events(shift, setting, near, lambda _span: True)
        for event in shown:
            if event.key == key:
                answer = shift.answer if shift else b""
                return Confirmation(key, Presence.PRESENT, Sighting(event, answer))
        return Confirmation(key, Presence.GONE)

    def probe(self, days: Days) -> None:
        """Read a few days for nothing but the errors. Raises VendorError."""
        self._gather(days, Budget(), {}, Harvest(f"GET {PATH}"))

    def is_absent(self, error: ListRefused) -> bool:
        """Whether that refusal means that there is no such list here, and never was."""
        return error.is_missing and not self._was_seen

    def _gather(
        self, days: Days, budget: Budget, found: dict[str, _Shift], harvest: Harvest
    ) -> int:
        """Take in the timeshifts of these days; returns how many rows of any sort there were."""
        count = 0
        for page in self._pages(days, budget, harvest.gaps):
            count += len(page.rows) + len(page.bad)
            for bad in page.bad:
                harvest.set_aside(Kind.BLOCK, bad.text("id") or None, bad.reason, bad.answer)
            for row in page.rows:
                try:
                    one = denial(row.value)
                except Unreadable as error:
                    harvest.set_aside(Kind.BLOCK, row.value.id, str(error), row.answer)
                    found.setdefault(str(row.value.id), _Shift({})).is_odd = True
                    continue
                if one is not None:
                    found.setdefault(one.native_id, _Shift({})).denials[one] = row.answer
        return count

    def _pages(self, days: Days, budget: Budget, gaps: list[str]) -> Iterator[Page[Timeshift]]:
        between = (("from", days[0].isoformat()), ("to", days[1].isoformat()))
        if not self._by_resource:
            try:
                yield from self._list(between, budget, gaps)
            except ListRefused as error:
                if error.is_missing:
                    raise
            else:
                return
        yield from self._one_by_one(between, budget, gaps)

    def _one_by_one(
        self, between: Params, budget: Budget, gaps: list[str]
    ) -> Iterator[Page[Timeshift]]:
        self._directory.refresh()
        resources = self._directory.resources
        if not resources:
            gaps.append(f"GET {PATH} was refused for all resources at once, and none is known")
        for resource in resources:
            yield from self._list((*between, ("resource_ids", resource)), budget, gaps)
            self._by_resource = True

    def _list(self, params: Params, budget: Budget, gaps: list[str]) -> Iterator[Page[Timeshift]]:
        found = PagedList(self._session.get, PATH, params, Timeshift, budget, by_content)
        for page in found.pages():
            self._was_seen = True
            yield page
        self._was_seen = True
        gaps.extend(found.gaps)


def _events(
    shift: _Shift, setting: Setting, near: Span, wanted: Callable[[Span], bool]
) -> Iterator[Event]:
    return blocks(tuple(shift.denials), setting, near, wanted)
