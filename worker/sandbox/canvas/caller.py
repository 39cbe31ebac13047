"""What one caller may see and do."""

from __future__ import annotations

from dataclasses import dataclass

from worker.sandbox.canvas.model import AppointmentGroup, CalendarEvent, Participant, User
from worker.sandbox.canvas.scheduler import Scheduler


@dataclass(frozen=True, slots=True)
class Caller:
    """The user behind a token; every right on a group ends when the group is deleted."""

    site: Scheduler
    user: User

    def manages(self, group: AppointmentGroup) -> bool:
        """Tell whether the caller may edit the group and see all of it."""
        if group.workflow_state == "deleted":
            return False
        return self.site.teaches(self.user.id, group.course_ids)

    def may_reserve(self, group: AppointmentGroup) -> bool:
        """Tell whether the caller may sign up as a student."""
        return group.workflow_state == "active" and self.participant(group) is not None

    def reads(self, group: AppointmentGroup) -> bool:
        """Tell whether the group exists for the caller."""
        return self.manages(group) or self.may_reserve(group)

    def participant(self, group: AppointmentGroup) -> Participant | None:
        """Return as whom the caller would sign up."""
        return self.site.participant_for(self.user.id, group)

    def owns(self, reservation: CalendarEvent) -> bool:
        """Tell whether a reservation is the caller's, alone or with a student group."""
        who = reservation.participant
        return who is not None and self.user.id in self.site.people(who)

    def own(self, slot: CalendarEvent) -> CalendarEvent | None:
        """Return the caller's reservation of a slot."""
        return next((row for row in self.site.reservations(slot.id) if self.owns(row)), None)

    def visible(self, slot: CalendarEvent) -> list[CalendarEvent]:
        """Return the reservations of a slot that the caller may see."""
        group = self.site.groups[slot.group_id]
        rows = self.site.reservations(slot.id)
        if self.manages(group) or group.participant_visibility == "protected":
            return rows
        return [row for row in rows if self.owns(row)]

    def requires_action(self, group: AppointmentGroup) -> bool:
        """Tell whether the caller still has to sign up for more."""
        least = group.min_appointments_per_participant
        who = self.participant(group)
        if least is None or who is None or not self.may_reserve(group):
            return False
        return len(self.site.reservations_of(group.id, who)) < least
