"""Canvas's JSON: absent keys absent, nulls null, everything as this caller would see it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from worker.sandbox.canvas.caller import Caller
from worker.sandbox.canvas.model import AppointmentGroup, CalendarEvent, Participant, User
from worker.sandbox.canvas.params import stamp
from worker.sandbox.canvas.scheduler import Scheduler

Json = dict[str, Any]
ID_TEMPLATE = quote("{{ id }}")
SCRIPT = re.compile(r"<script\b.*?</script>", re.IGNORECASE | re.DOTALL)
RELATIVE = re.compile(r'(\b(?:href|src)=")/')


@dataclass(frozen=True, slots=True)
class Renderer:
    """Documents for one caller, with links below the address under which they reached the site."""

    site: Scheduler
    caller: Caller
    base: str

    def group(
        self,
        group: AppointmentGroup,
        include: Collection[str] = (),
        slots: Sequence[CalendarEvent] | None = None,
    ) -> Json:
        """Render a group; `slots` are its appointments, None leaves that key out."""
        live = self.site.slots(group.id)
        document: Json = {
            "id": group.id,
            "title": group.title,
            "description": self._html(group.description),
            "location_name": group.location_name,
            "location_address": group.location_address,
            "start_at": stamp(group.start_at),
            "end_at": stamp(group.end_at),
            "context_codes": self._context_codes(group),
            "sub_context_codes": _sub_context_codes(group),
            "workflow_state": group.workflow_state,
            "requiring_action": self.caller.requires_action(group),
            "appointments_count": len(live),
            "participants_per_appointment": group.participants_per_appointment,
            "min_appointments_per_participant": group.min_appointments_per_participant,
            "max_appointments_per_participant": group.max_appointments_per_participant,
            "participant_visibility": group.participant_visibility,
            "participant_type": group.participant_type,
            "url": self._group_url(group),
            "html_url": f"{self.base}/appointment_groups/{group.id}",
            "created_at": stamp(group.created_at),
            "updated_at": stamp(group.updated_at),
        }
        if self.site.quirks.observer_signup:
            document["allow_observer_signup"] = group.allow_observer_signup
        if slots is not None:
            document["appointments"] = [self.slot(slot, include) for slot in slots]
        return document | self._extras(group, live, include)

    def _extras(
        self, group: AppointmentGroup, live: Sequence[CalendarEvent], include: Collection[str]
    ) -> Json:
        extras: Json = {}
        if "participant_count" in include:
            extras["participant_count"] = sum(len(self.site.reservations(s.id)) for s in live)
        if "reserved_times" in include:
            own = [row for row in (self.caller.own(slot) for slot in live) if row is not None]
            extras["reserved_times"] = [
                {"id": row.id, "start_at": stamp(row.start_at), "end_at": stamp(row.end_at)}
                for row in own
            ]
        if "all_context_codes" in include and self.caller.manages(group):
            extras["all_context_codes"] = _course_codes(group)
        return extras

    def slot(self, slot: CalendarEvent, include: Collection[str] = ()) -> Json:
        """Render a slot; its reservations if `include` names `child_events`."""
        group = self.site.groups[slot.group_id]
        document = self._event(slot) | {
            "child_events_count": len(self.site.reservations(slot.id)),
            "context_code": f"appointment_group_{group.id}",
            "effective_context_code": ",".join(_course_codes(group)),
            "url": self._event_url(slot),
            "reserve_url": self._reserve_url(slot, group),
        }
        limit = self.site.limit(slot)
        if limit is not None:
            taken = len(self.site.reservations(slot.id))
            document["available_slots"] = max(limit - taken, 0)
            document["participants_per_appointment"] = limit
        own = self.caller.own(slot)
        if self.caller.may_reserve(group):
            document["reserved"] = own is not None
            document["reserve_comments"] = own.comments if own else None
        if "child_events" in include or own is not None:
            document["context_code"] = _course_codes(group)[0]
            document["child_events"] = [self.nested(row) for row in self.caller.visible(slot)]
        return document

    def reservation(self, row: CalendarEvent) -> Json:
        """Render a reservation that stands alone."""
        return self._reservation(row) | {"child_events": [], "url": self._event_url(row)}

    def nested(self, row: CalendarEvent) -> Json:
        """Render a reservation within its slot: with its person, with few rights without a URL."""
        document = self._reservation(row)
        if row.participant is not None:
            key = row.participant.type.lower()
            document[key] = self.participant(row.participant, self.site.groups[row.group_id])
        if self.caller.owns(row):
            document["own_reservation"] = True
        if self.caller.owns(row) or self.caller.manages(self.site.groups[row.group_id]):
            document["url"] = self._event_url(row)
        return document

    def _reservation(self, row: CalendarEvent) -> Json:
        group = self.site.groups[row.group_id]
        document = self._event(row) | {"child_events_count": 0}
        if row.participant is not None:
            document["context_code"] = row.participant.code
            if row.participant.type == "User":
                document["effective_context_code"] = ",".join(_course_codes(group))
        return document

    def _event(self, event: CalendarEvent) -> Json:
        group = self.site.groups[event.group_id]
        return {
            "id": event.id,
            "title": event.title,
            "start_at": stamp(event.start_at),
            "end_at": stamp(event.end_at),
            "all_day": False,
            "all_day_date": None,
            "workflow_state": event.workflow_state,
            "created_at": stamp(event.created_at),
            "updated_at": stamp(event.updated_at),
            "comments": event.comments,
            "series_uuid": None,
            "rrule": None,
            "blackout_date": False,
            "important_dates": False,
            "location_name": event.location_name,
            "location_address": event.location_address,
            "type": "event",
            "description": self._html(event.description),
            "context_name": None,
            "context_color": None,
            "all_context_codes": ",".join(_course_codes(group)),
            "parent_event_id": event.parent_id,
            "hidden": False,
            "html_url": f"{self.base}/calendar?event_id={event.id}",
            "duplicates": [],
            "appointment_group_id": group.id,
            "appointment_group_url": self._group_url(group),
            "can_manage_appointment_group": self.caller.manages(group),
            "participant_type": group.participant_type,
        }

    def participant(self, who: Participant, group: AppointmentGroup) -> Json:
        """Render a user or a student group as the caller may see them."""
        if who.type == "User":
            return self._user(self.site.users[who.id], group)
        row = self.site.student_groups[who.id]
        return {
            "id": row.id,
            "name": row.name,
            "group_category_id": row.category_id,
            "members_count": len(row.members),
            "context_type": "Course",
            "course_id": self.site.categories[row.category_id].course_id,
            "users": [self._user(self.site.users[member], group) for member in row.members],
        }

    def _user(self, user: User, group: AppointmentGroup) -> Json:
        document: Json = {
            "id": user.id,
            "name": user.name,
            "created_at": stamp(user.created_at),
            "sortable_name": user.sortable_name,
            "short_name": user.name.partition(" ")[0],
        }
        if self.caller.manages(group):
            document |= {
                "sis_user_id": None,
                "integration_id": None,
                "login_id": f"user{user.id}",
            }
        return document

    def display(self, user: User) -> Json:
        """Render a user as a name to show, as the participants of a slot are."""
        return {
            "id": user.id,
            "anonymous_id": f"{user.id:x}",
            "display_name": user.name,
            "avatar_image_url": f"{self.base}/images/messages/avatar-50.png",
            "html_url": f"{self.base}/about/{user.id}",
            "pronouns": None,
        }

    def _context_codes(self, group: AppointmentGroup) -> list[str]:
        if self.site.quirks.context_codes == "all":
            return _course_codes(group)
        seen = [c for c in group.course_ids if self.site.belongs(self.caller.user.id, c)]
        return [f"course_{course}" for course in seen]

    def _reserve_url(self, slot: CalendarEvent, group: AppointmentGroup) -> str:
        who = None if self.caller.manages(group) else self.caller.participant(group)
        tail = ID_TEMPLATE if who is None else str(who.id)
        return f"{self._event_url(slot)}/reservations/{tail}"

    def _group_url(self, group: AppointmentGroup) -> str:
        return f"{self.base}/api/v1/appointment_groups/{group.id}"

    def _event_url(self, event: CalendarEvent) -> str:
        return f"{self.base}/api/v1/calendar_events/{event.id}"

    def _html(self, text: str | None) -> str | None:
        """Sanitise and make links absolute: what comes back is not what was sent."""
        if text is None or not self.site.quirks.rewrites_description:
            return text
        return RELATIVE.sub(rf"\g<1>{self.base}/", SCRIPT.sub("", text))


def _course_codes(group: AppointmentGroup) -> list[str]:
    return [f"course_{course}" for course in group.course_ids]


def _sub_context_codes(group: AppointmentGroup) -> list[str]:
    if group.category_id is not None:
        return [f"group_category_{group.category_id}"]
    return [f"course_section_{section}" for section in group.section_ids]


def string_ids(value: Any) -> Any:
    """Turn ids into texts, recursively: `id`, `*_id`, `ids`, `*_ids`, and no other number."""
    match value:
        case dict():
            return {key: _string_id(key, entry) for key, entry in value.items()}
        case list():
            return [string_ids(entry) for entry in value]
        case _:
            return value


def _string_id(key: str, value: Any) -> Any:
    if (key == "id" or key.endswith("_id")) and isinstance(value, int):
        return str(value)
    if (key == "ids" or key.endswith("_ids")) and isinstance(value, list):
        return [str(entry) if isinstance(entry, int) else entry for entry in value]
    return string_ids(value)
