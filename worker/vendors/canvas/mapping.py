"""How a Canvas slot becomes an event: pure, and the same for a list, a single read and a check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from worker.domain import marker
from worker.domain.event import Event, Key, Kind, Status
from worker.domain.instants import instant
from worker.domain.span import Span
from worker.vendors.canvas.wire import Group, Reservation, Slot
from worker.vendors.text import line

LONGEST_ID = 300
_GROUP_STATES = {"active", "pending", "deleted"}
_SLOT_STATES = {"active", "locked", "deleted"}


class Unreadable(ValueError):
    """A row that makes no sense; the message names the field and quotes nothing."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all slots of one appointment group have in common, worked out once."""

    account: str
    id: str
    state: str
    courses: tuple[str, ...]  # sorted, as resources bind to them (`course:123`)
    subjects: tuple[str, ...]
    title: str
    location: str
    mark: str
    limit: int | None
    least: int | None
    most: int | None


@dataclass(frozen=True, slots=True)
class Roster:
    """Who is on a slot: `count` holds even where not all `people` are shown."""

    count: int
    people: tuple[str, ...]

    @property
    def hidden(self) -> bool:
        """Whether there are more reservations than were shown."""
        return self.count > len(self.people)


def sheet(account: str, group: Group) -> Sheet:
    """Read what a group says about all of its slots. Raises Unreadable."""
    number = identifier(group.id)
    state = group.workflow_state or "active"
    if state not in _GROUP_STATES:
        raise Unreadable("workflow_state is none that Canvas documents for a group")
    courses = _courses(group)
    return Sheet(
        account=account,
        id=number,
        state=state,
        courses=courses,
        subjects=tuple(sorted((*courses, f"group:{number}"))),
        title=line(group.title),
        location=line(group.location_name),
        mark=marker.find(group.description) or marker.find(group.title),
        limit=_limit(group.participants_per_appointment),
        least=group.min_appointments_per_participant,
        most=group.max_appointments_per_participant,
    )


def lone_sheet(account: str, slot: Slot) -> Sheet:
    """The same from a slot alone, where its group cannot be read any more. Raises Unreadable."""
    codes = slot.all_context_codes or slot.effective_context_code or ""
    return sheet(
        account,
        Group(
            id=slot.appointment_group_id if slot.appointment_group_id is not None else "",
            title=slot.title,
            location_name=slot.location_name,
            context_codes=codes,
        ),
    )


def roster(account: str, slot: Slot) -> Roster:
    """Who has reserved a slot.

    The count is that of the child events that are shown and not deleted; where Canvas shows fewer
    than it counts (it hides other people's reservations), its own count; where it shows and counts
    none, what its places tell. A locked slot has at least one reservation.
    """
    children = slot.child_events or []
    live = [child for child in children if child.workflow_state != "deleted"]
    people = tuple(sorted({ref for child in live if (ref := _person(account, child))}))
    return Roster(_reservations(slot, len(children), _distinct(live)), people)


def event(of: Sheet, slot: Slot, on_it: Roster) -> Event:
    """The event of a slot. Raises Unreadable where its id, times, state or limit make no sense."""
    url = slot.html_url or ""
    return Event(
        key=Key(of.account, Kind.SLOT, identifier(slot.id)),
        status=_status(of, slot, on_it.count),
        span=span(slot),
        title=of.title or line(slot.title),
        location=of.location or line(slot.location_name),
        subjects=of.subjects,
        capacity=_capacity(of, slot),
        attendees=on_it.count,
        people=on_it.people,
        url=url if url.startswith(("https://", "http://")) else None,
        series=f"group:{of.id}",
        min_per_person=of.least,
        max_per_person=of.most,
        mark=of.mark or marker.find(slot.description) or marker.find(slot.title),
    )


def live(slots: Iterable[Slot]) -> int:
    """How many different slots there are that are not deleted."""
    return len({str(slot.id) for slot in slots if slot.workflow_state != "deleted"})


def identifier(value: int | str) -> str:
    """An id as text. Raises Unreadable for what cannot be one."""
    text = str(value)
    if not text or len(text) > LONGEST_ID or not text.isprintable():
        raise Unreadable("the id is empty, too long or not printable")
    return text


def _courses(group: Group) -> tuple[str, ...]:
    # Older sites show in context_codes only what the caller may see; the other one has all.
    codes = {*_codes(group.context_codes), *_codes(group.all_context_codes)}
    return tuple(sorted(f"course:{c.removeprefix('course_')}" for c in codes if _is_course(c)))


def _codes(value: list[str] | str | None) -> list[str]:
    return value.split(",") if isinstance(value, str) else value or []


def _is_course(code: str) -> bool:
    return code.startswith("course_") and code.removeprefix("course_")[:1].isdigit()


def _person(account: str, child: Reservation) -> str:
    if child.user:
        return f"{account}/user:{child.user.id}"
    if child.group:
        return f"{account}/group:{child.group.id}"
    kind, _, number = (child.context_code or "").rpartition("_")
    return f"{account}/{kind}:{number}" if kind in ("user", "group") and number else ""


def _distinct(children: Sequence[Reservation]) -> int:
    ids = {str(child.id) for child in children if child.id is not None}
    return len(ids) + sum(child.id is None for child in children)


def _reservations(slot: Slot, shown: int, alive: int) -> int:
    if slot.workflow_state == "deleted":
        return 0
    counted = slot.child_events_count
    if counted is not None and counted > shown:
        return counted - (shown - alive)
    if slot.child_events is not None or counted is not None:
        return alive
    limit, left = slot.participants_per_appointment, slot.available_slots
    taken = max(limit - left, 0) if limit is not None and left is not None else 0
    return max(taken, 1) if slot.workflow_state == "locked" else taken


def _status(of: Sheet, slot: Slot, reservations: int) -> Status:
    state = slot.workflow_state or "active"
    if state not in _SLOT_STATES:
        raise Unreadable("workflow_state is none that Canvas documents for a slot")
    if "deleted" in (state, of.state):
        return Status.CANCELLED
    if reservations:
        return Status.BOOKED
    return Status.HELD if of.state == "pending" else Status.OFFERED


def span(slot: Slot) -> Span:
    """When a slot is. Raises Unreadable."""
    start = _instant(slot.start_at, "start_at")
    end = _instant(slot.end_at, "end_at")
    if end < start:
        raise Unreadable("end_at lies before start_at")
    return Span(start, end)


def _instant(text: str | None, name: str) -> int:
    if not text:
        raise Unreadable(f"{name} is missing")
    try:
        return instant(text)
    except ValueError as error:
        raise Unreadable(f"{name} cannot be read as a time with an offset") from error


def _capacity(of: Sheet, slot: Slot) -> int | None:
    if slot.participants_per_appointment is not None:
        return _limit(slot.participants_per_appointment)
    # A full answer leaves both members out where this slot was given no limit of its own accord,
    # whatever the group says; a brief one just does not have them.
    unlimited = slot.reserve_url is not None and slot.available_slots is None
    return None if unlimited else of.limit


def _limit(value: int | None) -> int | None:
    if value is not None and not 0 <= value < 2**31:
        raise Unreadable("participants_per_appointment makes no sense")
    return value
