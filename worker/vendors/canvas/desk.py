"""Slots and groups as Canvas shows them right now, and requests that change them, sent once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from worker.domain.event import Event, Key, Kind, Status
from worker.domain.reconcile.intent import Written
from worker.domain.span import Span
from worker.vendors.answers import Reply
from worker.vendors.base import Ambiguous, Nonsense, Rejected, TryLater, Vanished, VendorError
from worker.vendors.canvas import mapping
from worker.vendors.canvas.mapping import Sheet, Unreadable
from worker.vendors.canvas.memory import Memory
from worker.vendors.canvas.reading import GROUPS, single
from worker.vendors.canvas.refusals import NoRight, NoScope
from worker.vendors.canvas.settings import ASKABLE
from worker.vendors.canvas.wire import Group, Slot
from worker.vendors.http import Outlet
from worker.vendors.rows import document
from worker.vendors.text import line

EVENTS = "/calendar_events"
LONGEST_REASON = 255
_RIGHTS = (
    "either it was deleted together with its group, or the token's user may not manage it any more"
)


@dataclass(frozen=True, slots=True)
class Whole:
    """A group by itself, past slots included; `events` are the live slots by id."""

    of: Sheet
    group: Group
    events: Mapping[str, Event]
    unread: int  # slots that make no sense: whether they live is not known

    @property
    def alone(self) -> bool:
        """Whether at most one slot is surely alive: Canvas deletes a group with its last slot."""
        count = self.group.appointments_count
        return min(len(self.events), len(self.events) if count is None else count) <= 1

    def at(self, span: Span) -> Event | None:
        """The live slot at exactly this time."""
        return next((one for one in self.events.values() if one.span == span), None)


@dataclass(frozen=True, slots=True)
class Place:
    """A live slot in its group."""

    event: Event
    whole: Whole
    locked: bool

    @property
    def reserved(self) -> bool:
        """Whether anybody has a place in it."""
        return self.locked or self.event.attendees > 0


class Desk:
    """The calls of one account. What Canvas refuses is about one record, never about the account.

    Canvas answers "not allowed" for what was deleted together with its group, and a token may read
    what it may not write.
    """

    def __init__(self, account: str, outlet: Outlet, memory: Memory) -> None:
        self.account = account
        self.outlet = outlet
        self._memory = memory

    def place(self, key: Key) -> Place:
        """A slot and its group. Raises Vanished where it is deleted, Rejected for what is none."""
        slot = self.row(key)
        if slot.parent_event_id is not None or slot.appointment_group_id is None:
            raise Rejected("it is no slot of an appointment group", "kind")
        whole = self.whole(str(slot.appointment_group_id))
        event = whole.events.get(key.native_id)
        if event is None:
            raise Vanished("the slot is no longer among those of its group")
        return Place(event, whole, slot.workflow_state == "locked")

    def row(self, key: Key) -> Slot:
        """A slot or a reservation by itself. Raises Vanished where it is deleted."""
        if key.kind is not Kind.SLOT or key.occurrence or not ASKABLE.fullmatch(key.native_id):
            raise Rejected("Canvas has slots only, and none with this id", "kind")
        try:
            reply = self.outlet.get(f"{EVENTS}/{key.native_id}")
            slot = document(reply, Slot)
        except NoRight as error:
            if self._memory.was_ended(key.native_id):
                raise Vanished("its group was deleted by an earlier request") from None
            raise Rejected(f"{error}: {_RIGHTS}", "rights") from None
        except Nonsense as error:
            raise TryLater(str(error), untouched=True) from None
        if str(slot.id) != key.native_id:
            raise TryLater(f"{reply.where} answered with another record", untouched=True)
        if slot.workflow_state == "deleted":
            raise Vanished("it was deleted")
        return slot

    def whole(self, group: str) -> Whole:
        """A group with all of its slots. Raises Vanished where it is deleted."""
        if not ASKABLE.fullmatch(group):
            raise Rejected("it belongs to no appointment group", "kind")
        try:
            return self._whole(group)
        except (NoRight, NoScope) as error:
            raise Rejected(f"{error}: {_RIGHTS}", "rights") from None
        except (Nonsense, Unreadable) as error:
            raise TryLater(f"appointment group {group}: {error}", untouched=True) from None

    def _whole(self, group: str) -> Whole:
        shown = single(self.outlet, group)
        of = mapping.sheet(self.account, shown.group)
        if of.id != group:
            raise Nonsense("another one was shown")
        if of.state == "deleted":
            raise Vanished(f"appointment group {group} was deleted")
        events: dict[str, Event] = {}
        unread = len(shown.slots.bad)
        for row in shown.slots.rows:
            try:
                event = mapping.event(of, row.value, mapping.roster(self.account, row.value))
            except Unreadable:
                unread += 1
                continue
            if event.status is not Status.CANCELLED:
                events[event.key.native_id] = event
        return Whole(of, shown.group, events, unread)

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Reply:
        """Send a write, once."""
        try:
            return self.outlet.write(method, path, json=body)
        except NoScope as error:
            raise Rejected(str(error), "scopes") from None
        except NoRight as error:
            raise Rejected(f"{error}: {_RIGHTS}", "rights") from None

    def change_group(self, group: str, fields: Mapping[str, Any]) -> None:
        """PUT members of a group; new slots are added, never replaced."""
        self.send("PUT", group_path(group), {"appointment_group": dict(fields)})

    def change_slot(self, key: Key, fields: Mapping[str, Any]) -> None:
        """PUT members of a slot: its times are the only ones that calsync writes."""
        self.send("PUT", f"{EVENTS}/{key.native_id}", {"calendar_event": dict(fields)})

    def delete_slot(self, key: Key, reason: str) -> None:
        """DELETE a slot with its reservations, or a reservation; gone already is fine."""
        self._delete(f"{EVENTS}/{key.native_id}", reason, Slot)

    def delete_group(self, whole: Whole, reason: str) -> None:
        """DELETE a group with all that hangs on it; gone already is fine."""
        self._delete(group_path(whole.of.id), reason, Group)
        # Canvas answers "not allowed" for it from now on, as it does where a right was lost.
        self._memory.ended(whole.events)

    def _delete(self, path: str, reason: str, model: type[Slot] | type[Group]) -> None:
        try:
            reply = self.send("DELETE", path, {"cancel_reason": line(reason, LONGEST_REASON)})
        except Vanished:
            return
        if _answered(reply, model).workflow_state != "deleted":
            raise Ambiguous(f"{reply.where} did not say that it is deleted")

    def made(self, reply: Reply) -> str:
        """The id of the group that an answer shows. Raises Ambiguous where it shows none."""
        try:
            return mapping.identifier(_answered(reply, Group).id)
        except Unreadable:
            raise Ambiguous(f"{reply.where} answered without an id") from None

    def afterwards(self, group: str, native_id: str = "", span: Span | None = None) -> Written:
        """What stands there after a write, read as every poll reads it: by its id or its time.

        Raises Ambiguous where that cannot be told: the write itself was carried out.
        """
        try:
            whole = self.whole(group)
        except VendorError as error:
            wait = error.wait if isinstance(error, TryLater) else None
            raise Ambiguous(f"it could not be read back: {error}", wait=wait) from None
        event = whole.at(span) if span else whole.events.get(native_id)
        if event is None:
            raise Ambiguous(f"appointment group {group} does not show the slot that was written")
        return Written(event.key, event)


def group_path(group: str) -> str:
    """Where a group is."""
    return f"{GROUPS}/{quote(group, safe='~')}"


def _answered(reply: Reply, model: type[Any]) -> Any:
    try:
        return document(reply, model)
    except (Nonsense, msgspec.MsgspecError) as error:
        raise Ambiguous(str(error)) from None
