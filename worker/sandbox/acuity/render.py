"""How Acuity writes its records: numbers as text, display texts, offsets without a colon."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import ZoneInfo

from worker.sandbox.acuity import times
from worker.sandbox.acuity.state import (
    Addon,
    Appointment,
    AppointmentType,
    Block,
    Calendar,
    Certificate,
    Form,
    Label,
    Session,
    Site,
)

# Creation is stamped in the vendor's own zone, whatever the account's is.
_VENDOR_ZONE = ZoneInfo("America/Chicago")
_PUBLIC = "https://app.acuityscheduling.com/schedule.php"


def row(site: Site, one: Appointment) -> dict[str, Any]:
    """An appointment as in a listing: 36 keys, `noShow` as the 37th once it is cancelled."""
    kind, calendar = site.types[one.type_id], site.calendars[one.calendar_id]
    shown = {
        "id": one.id,
        "firstName": one.first_name,
        "lastName": one.last_name,
        "phone": re.sub(r"[^0-9+]", "", one.phone),
        "email": one.email,
        **_moments(site, one, calendar),
        **_money(one),
        "type": kind.name,
        "appointmentTypeID": kind.id,
        "classID": _class_id(site, one),
        "addonIDs": one.addon_ids,
        "category": kind.category,
        "duration": str(one.minutes),
        "calendar": calendar.name,
        "calendarID": calendar.id,
        "certificate": one.certificate,
        **_pages(site, one),
        "location": one.location,
        "notes": one.notes,
        "timezone": one.timezone,
        "calendarTimezone": calendar.timezone,
        "canceled": one.canceled,
        **_permissions(site, one),
        "labels": _labels(site, one),
        "forms": _answers(site, one),
        "formsText": _forms_text(site, one),
    }
    if one.canceled:
        shown["noShow"] = one.no_show
    return shown


def single(site: Site, one: Appointment) -> dict[str, Any]:
    """An appointment as the answer to a read or write of it alone: two more keys."""
    return {**row(site, one), "isVerified": False, "scheduledBy": one.scheduled_by}


def _moments(site: Site, one: Appointment, calendar: Calendar) -> dict[str, str]:
    style = site.settings.time_format
    return {
        "date": times.day_text(one.start, calendar.zone),
        "time": times.clock_text(one.start, calendar.zone, style),
        "endTime": times.clock_text(one.end, calendar.zone, style),
        "dateCreated": times.day_text(one.created_at, _VENDOR_ZONE),
        "datetimeCreated": times.written(one.created_at, _VENDOR_ZONE),
        "datetime": times.written(one.start, calendar.zone),
    }


def _money(one: Appointment) -> dict[str, str]:
    return {
        "price": one.price,
        "priceSold": one.price,
        "paid": "yes" if one.amount_paid != "0.00" else "no",
        "amountPaid": one.amount_paid,
    }


def _class_id(site: Site, one: Appointment) -> int | str | None:
    if one.class_id is None or site.quirks.class_id == "number":
        return one.class_id
    return str(one.class_id)


def _pages(site: Site, one: Appointment) -> dict[str, str]:
    owner = site.settings.user_id
    page = f"{_PUBLIC}?owner={owner}&action=appt&id%5B%5D={one.token}"
    pay = f"https://app.acuityscheduling.com/schedule/sandbox/pay/{one.token}/?owner={owner}"
    return {"confirmationPage": page, "confirmationPagePaymentLink": pay}


def _permissions(site: Site, one: Appointment) -> dict[str, bool]:
    # Both flip when time passes and nothing else happened.
    early = one.start - site.clock.now() >= site.settings.change_hours * 3600
    open_ = early and not one.canceled
    return {
        "canClientCancel": open_ and site.settings.clients_may_cancel,
        "canClientReschedule": open_ and site.settings.clients_may_reschedule,
    }


def _labels(site: Site, one: Appointment) -> list[dict[str, Any]] | None:
    return None if one.label_id is None else [label(site.labels[one.label_id])]


def _answers(site: Site, one: Appointment) -> list[dict[str, Any]]:
    shown = []
    for form_id in site.types[one.type_id].form_ids:
        filled = site.forms[form_id]
        values = [
            {"id": one.id * 10 + index, "fieldID": asked.id, "name": asked.name, "value": answer}
            for index, asked in enumerate(filled.fields)
            if (answer := one.answers.get(asked.id)) is not None
        ]
        shown.append({"id": filled.id, "name": filled.name, "values": values})
    return shown


def _forms_text(site: Site, one: Appointment) -> str:
    lines = [
        f"Name: {one.first_name} {one.last_name}",
        f"Phone: {one.phone}",
        f"Email: {one.email}",
        f"Price: ${one.price}",
    ]
    names = {
        asked.id: asked.name
        for form_id in site.types[one.type_id].form_ids
        for asked in site.forms[form_id].fields
    }
    lines += [f"{names[id_]}: {value}" for id_, value in one.answers.items() if id_ in names]
    return "\n".join(lines) + "\n"


def block(site: Site, one: Block) -> dict[str, Any]:
    """A block; its description is English text in the account's style."""
    calendar = site.calendars[one.calendar_id]
    style = site.settings.time_format
    first = times.clock_text(one.start, calendar.zone, style)
    last = times.clock_text(one.end, calendar.zone, style)
    return {
        "id": one.id,
        "calendarID": calendar.id,
        "serviceGroupID": calendar.id,
        "calendarTimezone": calendar.timezone,
        "start": times.written(one.start, calendar.zone),
        "end": times.written(one.end, calendar.zone),
        "notes": one.notes,
        "managed": False,
        "recurring": None,
        "until": None,
        "description": f"{times.long_day_text(one.start, calendar.zone)} {first} - {last}",
    }


def calendar(one: Calendar) -> dict[str, Any]:
    """A calendar; pictures it lacks are `false`, not null."""
    return {
        "id": one.id,
        "name": one.name,
        "email": one.email,
        "replyTo": one.email,
        "description": "",
        "location": one.location,
        "timezone": one.timezone,
        "thumbnail": False,
        "image": False,
        "isValid": True,
    }


def appointment_type(site: Site, one: AppointmentType) -> dict[str, Any]:
    """A type; here the duration is a number."""
    return {
        "id": one.id,
        "name": one.name,
        "active": not one.deleted,
        "description": "",
        "duration": one.duration,
        "price": one.price,
        "category": one.category,
        "color": "#ED7087",
        "private": False,
        "type": one.kind,
        "image": "",
        "classSize": one.class_size,
        "paddingAfter": one.after,
        "paddingBefore": one.before,
        "calendarIDs": one.calendar_ids,
        "addonIDs": one.addon_ids,
        "formIDs": one.form_ids,
        "schedulingUrl": f"{_PUBLIC}?owner={site.settings.user_id}&appointmentType={one.id}",
    }


def session(site: Site, one: Session, where: ZoneInfo) -> dict[str, Any]:
    """A class that can be joined."""
    kind, owner = site.types[one.type_id], site.calendars[one.calendar_id]
    size = kind.class_size or 1
    return {
        "id": one.id,
        "appointmentTypeID": kind.id,
        "calendarID": owner.id,
        "name": kind.name,
        "description": "",
        "time": times.written(one.start, where),
        "calendar": owner.name,
        "duration": one.minutes,
        "isSeries": kind.kind == "series",
        "slots": size,
        "slotsAvailable": size - sum(1 for _ in site.rows_of(one)),
    }


def label(one: Label) -> dict[str, Any]:
    """A label; its colour is a word."""
    return {"id": one.id, "name": one.name, "color": one.color}


def addon(one: Addon) -> dict[str, Any]:
    """An add-on."""
    return {
        "id": one.id,
        "name": one.name,
        "duration": one.minutes,
        "price": one.price,
        "private": False,
    }


def form(one: Form) -> dict[str, Any]:
    """An intake form with its questions."""
    fields = [
        {"id": asked.id, "name": asked.name, "required": asked.required, "type": "textbox"}
        for asked in one.fields
    ]
    return {"id": one.id, "name": one.name, "description": "", "fields": fields}


def certificate(one: Certificate) -> dict[str, Any]:
    """A coupon or package code."""
    return {
        "certificate": one.code,
        "appointmentTypeIDs": one.type_ids,
        "expiration": None if one.expires is None else one.expires.isoformat(),
        "remainingCounts": {str(id_): one.uses for id_ in one.type_ids},
        "type": "counts" if one.uses is not None else "discount",
    }
