"""Cliniko's JSON: text ids, links in the place of related rows, nulls where nothing is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from worker.sandbox.cliniko.diary import Diary
from worker.sandbox.cliniko.model import (
    COLLECTIONS,
    AppointmentType,
    Attendee,
    BlockType,
    Booking,
    Business,
    Hours,
    Patient,
    Practitioner,
    RepeatRule,
    Row,
)
from worker.sandbox.cliniko.times import stamp

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Renderer:
    """Documents with links below the address under which the caller reached the account."""

    diary: Diary
    base: str

    def url(self, path: str) -> str:
        """Return the address of a path below the version."""
        return f"{self.base}/v1/{path}"

    def link(self, path: str) -> Json:
        """Return a related row as Cliniko shows it: as a link."""
        return {"links": {"self": self.url(path)}}

    def id(self, text: str) -> str | int:
        """Return an id as this version writes it."""
        return text if self.diary.quirks.id_type == "string" else int(text)

    def _row(self, row: Row) -> Json:
        return {
            "id": self.id(row.id),
            "created_at": stamp(row.created_at),
            "updated_at": stamp(self.diary.shown_updated_at(row)),
            "archived_at": stamp(row.archived_at),
            "deleted_at": stamp(row.deleted_at),
        }

    def booking(self, row: Booking) -> Json:
        """Render a booking under its own kind."""
        return self._booking(row, COLLECTIONS[row.kind])

    def in_union(self, row: Booking) -> Json:
        """Render a booking as /bookings shows it: nothing in it names its kind but its keys."""
        return self._booking(row, "bookings")

    def _booking(self, row: Booking, collection: str) -> Json:
        document = self._row(row) | {
            "starts_at": stamp(row.starts_at),
            "ends_at": stamp(row.ends_at),
            "notes": row.notes,
            "repeat_rule": self._rule(row.repeat_rule),
            "business": self.link(f"businesses/{row.business_id}"),
            "practitioner": self.link(f"practitioners/{row.practitioner_id}"),
            "conflicts": self._conflicts(row),
            "repeats": self._repeats(row),
            "links": {"self": self.url(f"{collection}/{row.id}")},
        }
        document |= self._repeated_from(row)
        match row.kind:
            case "group":
                return document | self._group(row)
            case "individual":
                return document | self._individual(row)
            case "block":
                return document | self._block(row)

    def _group(self, row: Booking) -> Json:
        stays = self.diary.quirks.cancelled_patients_listed
        places = [p for p in self.diary.places(row) if p.is_active or (stays and not p.is_gone)]
        return {
            "max_attendees": row.max_attendees,
            "patient_ids": [self.id(place.patient_id) for place in places],
            "telehealth_url": self._telehealth(row),
            "appointment_type": self.link(f"appointment_types/{row.appointment_type_id}"),
            "attendees": self._attendees(row),
        }

    def _individual(self, row: Booking) -> Json:
        patient = self.diary.patients[row.patient_id or ""]
        return {
            "appointment_type": self.link(f"appointment_types/{row.appointment_type_id}"),
            "attendees": self._attendees(row),
            "booking_ip_address": None,
            "cancellation_note": row.cancellation_note,
            "cancellation_reason": row.cancellation_reason,
            "cancellation_reason_description": "Other" if row.cancellation_reason else None,
            "cancelled_at": stamp(row.cancelled_at),
            "did_not_arrive": False,
            "email_reminder_sent": False,
            "has_patient_appointment_notes": False,
            "invoice_status": None,
            "online_booking_policy_accepted": None,
            "patient": self.link(f"patients/{patient.id}"),
            "patient_arrived": False,
            "patient_case": None,
            "patient_name": f"{patient.first_name} {patient.last_name}",
            "sms_reminder_sent": False,
            "telehealth_url": self._telehealth(row),
            "treatment_note_status": None,
        }

    def _block(self, row: Booking) -> Json:
        kind = row.block_type_id
        link = None if kind is None else self.link(f"unavailable_block_types/{kind}")
        return {"unavailable_block_type": link}

    def _telehealth(self, row: Booking) -> str:
        return f"{self.base}/telehealth/{row.practitioner_id}"  # filled even where it is off

    def _attendees(self, row: Booking) -> Json:
        if self.diary.quirks.attendees_link == "list":
            return self.link(f"attendees?{_filter('booking_id', row.id)}")
        return self.link(f"{COLLECTIONS[row.kind]}/{row.id}/attendees")

    def _conflicts(self, row: Booking) -> Json | None:
        if self.diary.quirks.conflicts_link == "null":
            return None
        return self.link(f"{COLLECTIONS[row.kind]}/{row.id}/conflicts")

    def _repeats(self, row: Booking) -> Json | None:
        if row.repeat_rule is None:
            return None
        root = row.repeated_from_id or row.id
        return self.link(f"{COLLECTIONS[row.kind]}?{_filter('repeated_from_id', root)}")

    def _repeated_from(self, row: Booking) -> Json:
        if row.repeated_from_id is not None:
            link = self.link(f"{COLLECTIONS[row.kind]}/{row.repeated_from_id}")
            return {"repeated_from": link}
        return {"repeated_from": None} if self.diary.quirks.root_repeated_from == "null" else {}

    def _rule(self, rule: RepeatRule | None) -> Json | None:
        if rule is None:
            return None if self.diary.quirks.no_repeat_rule == "null" else {}
        return {
            "number_of_repeats": rule.count,
            "repeat_type": rule.type,
            "repeating_interval": rule.interval,
        }

    def attendee(self, row: Attendee) -> Json:
        """Render a patient's place."""
        case = row.patient_case_id
        return self._row(row) | {
            "arrived": row.arrived,
            "booking": self.link(f"bookings/{row.booking_id}"),
            "booking_ip_address": None,
            "cancellation_note": row.cancellation_note,
            "cancellation_reason": row.cancellation_reason,
            "cancelled_at": stamp(row.cancelled_at),
            "email_reminder_sent": False,
            "invoices": self.link(f"attendees/{row.id}/invoices"),
            "notes": row.notes,
            "patient": self.link(f"patients/{row.patient_id}"),
            "patient_case": None if case is None else self.link(f"patient_cases/{case}"),
            "sms_reminder_sent": False,
            "telehealth_url": f"{self.base}/telehealth/secret/{row.id}",
            "links": {"self": self.url(f"attendees/{row.id}")},
        }

    def business(self, row: Business) -> Json:
        """Render a location; both forms of its zone may be null."""
        label = None if row.zone is None else row.zone.rpartition("/")[2].replace("_", " ")
        return self._row(row) | {
            "business_name": row.name,
            "label": row.name,
            "display_name": row.name,
            "time_zone": label,
            "time_zone_identifier": row.zone,
            "address_1": None,
            "city": None,
            "post_code": None,
            "country": None,
            "show_in_online_bookings": True,
            "practitioners": self.link(f"businesses/{row.id}/practitioners"),
            "links": {"self": self.url(f"businesses/{row.id}")},
        }

    def practitioner(self, row: Practitioner) -> Json:
        """Render somebody who treats."""
        name = f"{row.first_name} {row.last_name}"
        return self._row(row) | {
            "first_name": row.first_name,
            "last_name": row.last_name,
            "display_name": name,
            "label": name,
            "title": None,
            "designation": None,
            "description": None,
            "active": row.active,
            "show_in_online_bookings": True,
            "appointment_types": self.link(f"practitioners/{row.id}/appointment_types"),
            "links": {"self": self.url(f"practitioners/{row.id}")},
        }

    def appointment_type(self, row: AppointmentType) -> Json:
        """Render what can be booked."""
        return self._row(row) | {
            "name": row.name,
            "description": None,
            "category": None,
            "color": "#3b82f6",
            "duration_in_minutes": row.minutes,
            "max_attendees": row.max_attendees,
            "show_in_online_bookings": True,
            "telehealth_enabled": False,
            "practitioners": self.link(f"appointment_types/{row.id}/practitioners"),
            "links": {"self": self.url(f"appointment_types/{row.id}")},
        }

    def patient(self, row: Patient) -> Json:
        """Render a patient."""
        return self._row(row) | {
            "first_name": row.first_name,
            "last_name": row.last_name,
            "email": row.email,
            "date_of_birth": row.date_of_birth,
            "links": {"self": self.url(f"patients/{row.id}")},
        }

    def block_type(self, row: BlockType) -> Json:
        """Render a reason to be unavailable."""
        links = {"self": self.url(f"unavailable_block_types/{row.id}")}
        return self._row(row) | {"name": row.name, "links": links}

    def hours(self, row: Hours) -> Json:
        """Render one weekday of somebody's hours, in local time of day."""
        return {
            "day_of_week": row.weekday,
            "availabilities": [{"starts_at": _clock(row.opens), "ends_at": _clock(row.closes)}],
            "business": self.link(f"businesses/{row.business_id}"),
            "practitioner": self.link(f"practitioners/{row.practitioner_id}"),
        }


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _filter(name: str, value: str) -> str:
    return f"{quote('q[]')}={quote(f'{name}:={value}', safe='')}"
