"""The rules of appointment groups: what may overlap, what flips state, what touches which row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from worker.sandbox.canvas.directory import Directory, atomic
from worker.sandbox.canvas.model import AppointmentGroup, CalendarEvent, Notification, Participant
from worker.sandbox.canvas.quirks import Quirks
from worker.sandbox.exchange import Clock

Pair = tuple[int, int]
COPIED_TO_EVENTS = ("title", "description", "location_name", "location_address")
SETTABLE = (
    *COPIED_TO_EVENTS,
    "participants_per_appointment",
    "min_appointments_per_participant",
    "max_appointments_per_participant",
    "participant_visibility",
    "allow_observer_signup",
)


class Invalid(Exception):
    """A row does not validate; `attribute` is where Canvas attaches the complaint."""

    def __init__(self, attribute: str, message: str) -> None:
        super().__init__(f"{attribute}: {message}")
        self.attribute = attribute
        self.message = message


class Unreservable(Exception):
    """A slot cannot be reserved; `standing` are the participant's reservations in the group."""

    def __init__(self, message: str, standing: Sequence[CalendarEvent] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.standing = tuple(standing)


class Scheduler(Directory):
    """Appointment groups with their slots and reservations, which share one table of events."""

    def __init__(self, clock: Clock, seed: int, token: str, quirks: Quirks) -> None:
        super().__init__(clock, seed, token, quirks)
        self.groups: dict[int, AppointmentGroup] = {}
        self.events: dict[int, CalendarEvent] = {}
        self.notifications: list[Notification] = []
        self._slots: defaultdict[int, list[int]] = defaultdict(list)
        self._children: defaultdict[int, list[int]] = defaultdict(list)

    # reading

    def all_slots(self, group_id: int) -> list[CalendarEvent]:
        """Return a group's slots by start, deleted ones included."""
        slots = [self.events[event] for event in self._slots[group_id]]
        return sorted(slots, key=lambda slot: (slot.start_at, slot.id))

    def slots(self, group_id: int) -> list[CalendarEvent]:
        """Return a group's live slots by start."""
        return [slot for slot in self.all_slots(group_id) if slot.workflow_state != "deleted"]

    def reservations(self, slot_id: int) -> list[CalendarEvent]:
        """Return a slot's live reservations in the order in which they were made."""
        children = (self.events[child] for child in self._children[slot_id])
        return [child for child in children if child.workflow_state != "deleted"]

    def reservations_of(self, group_id: int, who: Participant) -> list[CalendarEvent]:
        """Return a participant's live reservations in a whole group, by start."""
        return [
            child
            for slot in self.slots(group_id)
            for child in self.reservations(slot.id)
            if child.participant == who
        ]

    def limit(self, slot: CalendarEvent) -> int | None:
        """Return how many places a slot has; None for no limit."""
        if slot.own_limit:
            return slot.limit
        return self.groups[slot.group_id].participants_per_appointment

    def possible(self, group: AppointmentGroup) -> set[Participant]:
        """Return everyone who may sign up."""
        if group.category_id is None:
            return {
                Participant("User", user)
                for user in self.users
                if self.studies(user, group.course_ids, group.section_ids)
            }
        return {
            Participant("Group", row.id)
            for row in self.student_groups.values()
            if row.category_id == group.category_id
        }

    def participant_for(self, user_id: int, group: AppointmentGroup) -> Participant | None:
        """Return as whom a user would sign up: as themselves, or as their student group."""
        if group.category_id is None:
            studies = self.studies(user_id, group.course_ids, group.section_ids)
            return Participant("User", user_id) if studies else None
        mine = (who for who in self.possible(group) if user_id in self.people(who))
        return next(mine, None)

    def people(self, who: Participant) -> tuple[int, ...]:
        """Return the users behind a participant."""
        return (who.id,) if who.type == "User" else self.student_groups[who.id].members

    # groups

    @atomic
    def add_group(
        self,
        /,
        title: str | None,
        courses: Iterable[int],
        *,
        slots: Iterable[Pair] = (),
        state: str = "active",
        sections: Iterable[int] = (),
        category: int | None = None,
        **settings: Any,
    ) -> int:
        """Create a group with slots, `active` (published) or `pending`; returns its id.

        `settings` are the API's own names, e.g. `participants_per_appointment=1`.
        Raises Invalid if slots overlap, TypeError on a setting that Canvas does not know.
        """
        now = self.now()
        group = AppointmentGroup(self.new_id("groups"), title, list(courses), now, now)
        group.section_ids, group.category_id = list(sections), category
        self._assign(group, settings)
        pairs = list(slots)
        self._check_overlaps(pairs, "appointments")
        self.groups[group.id] = group
        self._append_slots(group, pairs)
        if state == "active":
            self._publish(group)
        self._save(group)
        return group.id

    @atomic
    def update_group(
        self,
        /,
        group_id: int,
        *,
        slots: Iterable[Pair] = (),
        courses: Iterable[int] = (),
        sections: Iterable[int] = (),
        **settings: Any,
    ) -> list[CalendarEvent]:
        """Edit a group and add slots, which is all that a PUT can do; returns the new slots."""
        group = self.groups[group_id]
        pairs = list(slots)
        if pairs:
            self._check_overlaps([*self._spans(group_id), *pairs], "appointments")
        attached = set(group.course_ids)
        added = [course for course in dict.fromkeys(courses) if course not in attached]
        group.course_ids += added
        # Sections of a course that was attached before cannot be changed any more.
        group.section_ids += [s for s in sections if self.sections[s].course_id in added]
        self._assign(group, settings)
        self._copy_down(group, settings)
        created = self._append_slots(group, pairs)
        if created and group.workflow_state == "active":
            self._tell(self.possible(group), "appointment group updated", group.id)
        self._save(group)
        return created

    @atomic
    def publish(self, group_id: int) -> None:
        """Make a pending group visible to its students, and tell them."""
        group = self.groups[group_id]
        if group.workflow_state == "pending":
            self._publish(group)
            self._save(group)

    @atomic
    def delete_group(self, group_id: int) -> None:
        """Delete a group with all that hangs on it, and tell its people if they could see it."""
        group = self.groups[group_id]
        for slot in self.slots(group_id):
            self._cancel_slot(slot)
        if group.workflow_state == "active" or self.quirks.deletion_tells == "always":
            self._tell(self.possible(group), "appointment group deleted", group.id)
        group.workflow_state = "deleted"
        self._save(group)

    def _publish(self, group: AppointmentGroup) -> None:
        group.workflow_state = "active"
        self._tell(self.possible(group), "appointment group published", group.id)

    def _assign(self, group: AppointmentGroup, settings: dict[str, Any]) -> None:
        for name, value in settings.items():
            if name not in SETTABLE:
                raise TypeError(f"an appointment group has no setting {name!r}")
            setattr(group, name, value)

    def _copy_down(self, group: AppointmentGroup, settings: dict[str, Any]) -> None:
        """Spread title and place over the events as bulk SQL does: no `updated_at` moves."""
        changed = [name for name in COPIED_TO_EVENTS if name in settings]
        for slot in self.slots(group.id):
            for event in (slot, *self.reservations(slot.id)):
                for name in changed:
                    setattr(event, name, getattr(group, name))

    def _save(self, group: AppointmentGroup) -> None:
        """Save the group itself: the only moment (besides a deletion) that mends its range."""
        spans = self._spans(group.id)
        group.start_at = min((start for start, _ in spans), default=None)
        group.end_at = max((end for _, end in spans), default=None)
        group.updated_at = self.now()

    def _spans(self, group_id: int) -> list[Pair]:
        return [(slot.start_at, slot.end_at) for slot in self.slots(group_id)]

    def _check_overlaps(self, spans: Iterable[Pair], attribute: str) -> None:
        """Refuse slots of one group that overlap; shared edges are legal, other groups unseen."""
        previous: int | None = None
        for start, end in sorted(spans):
            if end < start or (previous is not None and start < previous):
                raise Invalid(attribute, "appointments can't overlap")
            previous = end

    # slots

    @atomic
    def add_slot(self, group_id: int, start: int, end: int) -> int:
        """Add one slot to a group; returns its event id. Raises Invalid on an overlap."""
        return self.update_group(group_id, slots=[(start, end)])[0].id

    def _append_slots(self, group: AppointmentGroup, pairs: Iterable[Pair]) -> list[CalendarEvent]:
        now = self.now()
        created = []
        for start, end in pairs:
            slot = CalendarEvent(self.new_id("events"), group.id, start, end, None, now, now)
            for name in COPIED_TO_EVENTS:
                setattr(slot, name, getattr(group, name))
            self.events[slot.id] = slot
            self._slots[group.id].append(slot.id)
            created.append(slot)
        return created

    @atomic
    def move(self, slot_id: int, start: int, end: int) -> None:
        """Move a slot; its reservations follow silently, the group's range goes stale.

        Raises Invalid if it would overlap another slot of its group.
        """
        slot = self.events[slot_id]
        others = [
            (other.start_at, other.end_at)
            for other in self.slots(slot.group_id)
            if other.id != slot_id
        ]
        self._check_overlaps([*others, (start, end)], "context")
        slot.start_at, slot.end_at = start, end
        for child in self.reservations(slot_id):
            child.start_at, child.end_at = start, end
        self._save_slot(slot)

    @atomic
    def edit_slot(self, /, slot_id: int, **fields: Any) -> None:
        """Set `description` or `participants_per_appointment` of one slot."""
        slot = self.events[slot_id]
        if "description" in fields:
            slot.description = fields["description"]
        if "participants_per_appointment" in fields:
            limit = fields["participants_per_appointment"]
            slot.own_limit = limit != self.groups[slot.group_id].participants_per_appointment
            slot.limit = limit
        self._save_slot(slot)

    @atomic
    def delete_slot(self, slot_id: int) -> None:
        """Delete a slot and its reservations; the last one takes the whole group along."""
        slot = self.events[slot_id]
        if slot.workflow_state == "deleted":
            return
        self._cancel_slot(slot)
        if self.slots(slot.group_id):
            self._save(self.groups[slot.group_id])
        else:
            self.delete_group(slot.group_id)

    def _cancel_slot(self, slot: CalendarEvent) -> None:
        now = self.now()
        for child in self.reservations(slot.id):
            child.workflow_state, child.updated_at = "deleted", now
            self._tell_one(child.participant, "appointment deleted for user", child.id)
        slot.workflow_state, slot.updated_at = "deleted", now

    def _save_slot(self, slot: CalendarEvent) -> None:
        slot.updated_at = self.now()
        self.groups[slot.group_id].updated_at = slot.updated_at

    # reservations

    @atomic
    def reserve(
        self,
        slot_id: int,
        participant_id: int,
        *,
        comments: str | None = None,
        replacing: Sequence[CalendarEvent] = (),
    ) -> int:
        """Take a place for a user (or student group); returns the reservation's event id.

        `replacing` are other reservations that are given up for it. Raises Unreservable.
        """
        slot = self.events[slot_id]
        group = self.groups[slot.group_id]
        who = Participant(group.participant_type, participant_id)
        self._check_reservable(slot, group, who, replacing)
        for old in replacing:
            self.cancel(old.id)
        now = self.now()
        child = CalendarEvent(
            self.new_id("events"), group.id, slot.start_at, slot.end_at, group.title, now, now
        )
        for name in COPIED_TO_EVENTS:
            setattr(child, name, getattr(slot, name))
        child.workflow_state, child.comments = "locked", comments
        child.parent_id, child.participant = slot_id, who
        self.events[child.id] = child
        self._children[slot_id].append(child.id)
        if slot.workflow_state == "active":
            slot.workflow_state = "locked"
            self._save_slot(slot)
        self._tell_one(who, "appointment reserved for user", child.id)
        return child.id

    def _check_reservable(
        self,
        slot: CalendarEvent,
        group: AppointmentGroup,
        who: Participant,
        replacing: Sequence[CalendarEvent],
    ) -> None:
        if slot.parent_id is not None:
            raise Unreservable("not an appointment")
        if who not in self.possible(group):
            raise Unreservable("ineligible participant")
        standing = self.reservations_of(group.id, who)
        if any(old.start_at < self.now() for old in replacing):
            raise Unreservable("cannot cancel past reservation", standing)
        kept = [row for row in standing if row not in replacing]
        most = group.max_appointments_per_participant
        if most is not None and len(kept) >= most:
            raise Unreservable("participant has met per-participant limit", standing)
        taken = [row for row in self.reservations(slot.id) if row not in replacing]
        limit = self.limit(slot)
        if limit is not None and len(taken) >= limit:
            raise Unreservable("all slots filled", standing)
        if any(row.participant == who for row in taken):
            raise Unreservable("participant has already reserved this appointment", standing)

    @atomic
    def cancel(self, reservation_id: int) -> None:
        """Give up a place; the slot opens again with its last reservation."""
        child = self.events[reservation_id]
        if child.workflow_state == "deleted" or child.parent_id is None:
            return
        child.workflow_state, child.updated_at = "deleted", self.now()
        self._tell_one(child.participant, "appointment canceled by user", child.id)
        if not self.reservations(child.parent_id):
            slot = self.events[child.parent_id]
            slot.workflow_state = "active"
            self._save_slot(slot)

    # messages

    def _tell(self, audience: Iterable[Participant], kind: str, about: int) -> None:
        for who in sorted(audience):
            self._tell_one(who, kind, about)

    def _tell_one(self, who: Participant | None, kind: str, about: int) -> None:
        if who is None:
            return
        now = self.now()
        self.notifications += [Notification(now, kind, about, user) for user in self.people(who)]
