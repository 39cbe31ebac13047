"""One walk over the appointment groups that a token manages, with what the list hides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import msgspec

from worker.domain.event import Kind
from worker.domain.instants import instant
from worker.domain.listing import Batch, Quarantined, Sighting
from worker.domain.span import Span
from worker.vendors.answers import Reply
from worker.vendors.base import Clock, Nonsense, Rejected, Vanished
from worker.vendors.canvas import mapping
from worker.vendors.canvas.mapping import Roster, Sheet, Unreadable
from worker.vendors.canvas.memory import Memory
from worker.vendors.canvas.paging import pages
from worker.vendors.canvas.refusals import NoRight
from worker.vendors.canvas.wire import Group, Named, Slot
from worker.vendors.http import Outlet
from worker.vendors.rows import BadRow, Page, Row, page, rows_of

GROUPS = "/appointment_groups"
BATCH = 500  # sightings
_INCLUDED = ("appointments", "child_events", "all_context_codes")
INCLUDE = tuple(("include[]", name) for name in _INCLUDED)
# Without it an instructor sees an empty list: the default are groups to sign up for.
MANAGEABLE = (("scope", "manageable"), ("include_past_appointments", "true"))


@dataclass(frozen=True, slots=True)
class Shown:
    """One group as one answer showed it; `piece` is its JSON without the slots."""

    group: Group
    slots: Page[Slot]
    piece: bytes

    @property
    def live(self) -> int:
        """How many different slots there are, unreadable ones included."""
        return mapping.live(row.value for row in self.slots.rows) + len(self.slots.bad)


@dataclass(slots=True)
class Reading:
    """Reads all groups once. `batches` may be asked for once; it raises VendorError."""

    account: str
    outlet: Outlet
    clock: Clock
    memory: Memory
    window: Span
    context_codes: tuple[str, ...]
    per_page: int
    _gaps: list[str] = field(default_factory=list)
    _sightings: list[Sighting] = field(default_factory=list)
    _quarantined: list[Quarantined] = field(default_factory=list)

    def batches(self) -> Iterator[Batch]:
        """The walk, in parts of some hundred slots."""
        self.memory.begin()
        params = (
            *MANAGEABLE,
            *INCLUDE,
            *(("context_codes[]", code) for code in self.context_codes),
            ("per_page", str(self.per_page)),
        )
        for reply, found in pages(self.outlet, GROUPS, params, Group, self._gaps):
            now = vendor_now(reply, self.clock)
            for row in found.rows:
                self._take(row, now)
                if len(self._sightings) >= BATCH:
                    yield self._batch()
            for bad in found.bad:
                self._set_group_aside(bad)
            yield self._batch()
        self.memory.end()
        yield self._batch()

    def _batch(self) -> Batch:
        batch = Batch(tuple(self._sightings), tuple(self._quarantined), gaps=tuple(self._gaps))
        self._sightings.clear()
        self._quarantined.clear()
        self._gaps.clear()
        return batch

    def _take(self, row: Row[Group], now: int) -> None:
        shown = listed(row)
        try:
            of = mapping.sheet(self.account, row.value)
            if self._hides_past(shown, now) or _lacks_reservations(shown):
                shown = self._whole(of.id, shown, now)
                of = mapping.sheet(self.account, shown.group)
        except Unreadable as error:
            self._set_group_aside(BadRow(str(error), {"id": row.value.id}, row.answer))
            return
        self._keep(of, shown)

    def _hides_past(self, shown: Shown, now: int) -> bool:
        """Whether slots that the list leaves out, because they have ended, may be in the window.

        `start_at` may be stale (moving a slot does not mend it), so the count is asked first.
        """
        if shown.group.appointments is None:
            return True
        # Whichever clock is wrong, theirs or ours: asking once too often does no harm.
        now = max(now, int(self.clock.now()))
        if self.window.start >= now or self.memory.settled(shown.group, shown.live, self.window):
            return False
        count = shown.group.appointments_count
        if count is not None and count > shown.live:
            return True
        first = _instant(shown.group.start_at)
        if first is None:
            return count is None
        starts = (_instant(row.value.start_at) for row in shown.slots.rows)
        return first < now and all(start is None or start > first for start in starts)

    def _whole(self, number: str, shown: Shown, now: int) -> Shown:
        """The group by itself: with all of its slots. What was listed where that fails."""
        called = f"appointment group {number}"
        try:
            whole = single(self.outlet, number)
        except (Vanished, Rejected, NoRight, Nonsense) as error:
            self._gaps.append(f"{called}: its past slots are not known: {error}")
            return shown
        if str(whole.group.id) != number:
            self._gaps.append(f"GET {GROUPS}/{number} answered with another group")
            return shown
        count = whole.group.appointments_count
        if count is not None and count > whole.live:
            self._gaps.append(f"{called} counts {count} slots, but showed {whole.live}")
        self._settle(whole, shown, now)
        return whole

    def _settle(self, whole: Shown, listing: Shown, now: int) -> None:
        listed_ids = {str(row.value.id) for row in listing.slots.rows}
        ends = [
            _instant(row.value.end_at)
            for row in whole.slots.rows
            if str(row.value.id) not in listed_ids and row.value.workflow_state != "deleted"
        ]
        changed = _instant(whole.group.updated_at)
        # A second later the stamp could not tell another change in the same second from this one.
        settling = min(now, int(self.clock.now())) - 2
        if None in ends or whole.slots.bad or changed is None or changed > settling:
            self.memory.unsettle(whole.group)
            return
        latest = max((end for end in ends if end is not None), default=0)
        self.memory.settle(whole.group, whole.live - listing.live, latest)

    def _keep(self, of: Sheet, shown: Shown) -> None:
        rosters = [mapping.roster(self.account, row.value) for row in shown.slots.rows]
        names = self._second_source(of, shown, rosters)
        seen: list[str] = []
        for row, on_it in zip(shown.slots.rows, rosters, strict=True):
            try:
                event = mapping.event(of, row.value, names.get(str(row.value.id), on_it))
            except Unreadable as error:
                reason = str(error)
                self._set_slot_aside(BadRow(reason, {"id": row.value.id}, row.answer))
                continue
            seen.append(event.key.native_id)
            if event.status == "cancelled" or self.window.shows(event.span):
                self._sightings.append(Sighting(event, joined(shown.piece, row.answer)))
        for bad in shown.slots.bad:
            self._set_slot_aside(bad)
        if of.state != "deleted":
            self.memory.saw(of, seen)

    def _second_source(self, of: Sheet, shown: Shown, rosters: list[Roster]) -> dict[str, Roster]:
        """Rosters that child events do not show, from the list of registered participants.

        That list is one for the whole group: it tells whose slot it is where only one is in doubt.
        """
        ids = [str(row.value.id) for row in shown.slots.rows]
        veiled = [index for index, on_it in enumerate(rosters) if on_it.hidden]
        if not veiled:
            return {}
        try:
            everybody = registered(self.account, self.outlet, of.id, shown.group, self._gaps)
        except (Vanished, Rejected, NoRight, Nonsense) as error:
            self._gaps.append(f"appointment group {of.id}: participants are not shown: {error}")
            return {}
        if len(veiled) > 1:
            return {}
        elsewhere = {ref for on_it in rosters for ref in on_it.people}
        on_it = rosters[veiled[0]]
        people = sorted({*on_it.people, *(set(everybody) - elsewhere)})
        # More people than places taken: somebody came or went between the two answers.
        if len(people) > on_it.count:
            return {}
        return {ids[veiled[0]]: replace(on_it, people=tuple(people))}

    def _set_group_aside(self, bad: BadRow) -> None:
        number = bad.text("id")
        called = f"appointment group {number}" if number else "an appointment group"
        self._gaps.append(f"{called} cannot be read: {bad.reason}")
        reason = f"the appointment group cannot be read: {bad.reason}"
        self._quarantined.append(Quarantined(None, "", reason, bad.answer))

    def _set_slot_aside(self, bad: BadRow) -> None:
        try:
            number = mapping.identifier(bad.text("id"))
        except Unreadable:
            number = ""
            self._gaps.append(f"a slot without a readable id: {bad.reason}")
        self._quarantined.append(Quarantined(Kind.SLOT, number, bad.reason, bad.answer))


def listed(row: Row[Group]) -> Shown:
    """A row of the list."""
    slots = rows_of((bytes(raw) for raw in row.value.appointments or ()), Slot)
    members = msgspec.json.decode(row.answer, type=dict[str, msgspec.Raw])
    members.pop("appointments", None)
    return Shown(row.value, slots, msgspec.json.encode(members))


def single(outlet: Outlet, group: str) -> Shown:
    """One group by its id, with all of its slots: past ones, too. Raises VendorError."""
    reply = outlet.get(f"{GROUPS}/{quote(group, safe='~')}", INCLUDE)
    slots = page(reply, Slot, "appointments")
    try:
        value = msgspec.convert(dict(slots.rest), Group, strict=False)
    except msgspec.ValidationError as error:
        raise Nonsense(f"{reply.where} answered something unexpected: {error}") from None
    return Shown(
        msgspec.structs.replace(value, appointments=[]), slots, msgspec.json.encode(slots.rest)
    )


def registered(
    account: str, outlet: Outlet, number: str, group: Group, gaps: list[str]
) -> tuple[str, ...]:
    """Everybody who has reserved a slot of a group, as people are referred to."""
    kind = "group" if group.participant_type == "Group" else "user"
    path = f"{GROUPS}/{quote(number, safe='~')}/{kind}s"
    params = (("registration_status", "registered"), ("per_page", "100"))
    return tuple(
        sorted(
            f"{account}/{kind}:{row.value.id}"
            for _, found in pages(outlet, path, params, Named, gaps)
            for row in found.rows
        )
    )


def joined(*pieces: bytes) -> bytes:
    """Pieces of JSON as one array."""
    return b"[" + b",".join(pieces) + b"]"


def vendor_now(reply: Reply, clock: Clock) -> int:
    """The vendor's own time, by which it decides what has ended; ours where it tells none."""
    try:
        return int(parsedate_to_datetime(reply.headers["date"]).timestamp())
    except (KeyError, ValueError, TypeError, IndexError, OverflowError):
        return int(clock.now())


def _lacks_reservations(shown: Shown) -> bool:
    slots: Iterable[Slot] = (row.value for row in shown.slots.rows)
    return any(slot.child_events is None and slot.child_events_count for slot in slots)


def _instant(text: str | None) -> int | None:
    try:
        return instant(text) if text else None
    except ValueError:
        return None
