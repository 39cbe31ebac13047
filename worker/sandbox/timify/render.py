"""How TIMIFY writes its records: camelCase, true UTC, and a few notations nobody expects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from worker.sandbox.timify import times
from worker.sandbox.timify.state import (
    Appointment,
    Company,
    Customer,
    Recurring,
    Resource,
    Service,
    Site,
    Timeshift,
)
from worker.sandbox.timify.stretches import Stretch, stretches

_USER_ID = "65f95e4428d1042df88046fc"


def appointment(
    site: Site, one: Appointment, pieces: Sequence[Stretch] | None = None
) -> dict[str, Any]:
    """The record as an answer; `pieces` limits its bookings (default: all)."""
    company = site.companies[one.company_id]
    shown = stretches(one) if pieces is None else pieces
    return {
        "id": one.id,
        "externalId": one.external_id,
        "type": "booking",
        "title": one.title,
        "notes": one.notes,
        "color": one.color,
        "price": one.price,
        **_timing(one, company),
        **_history(one),
        "reschedulingSecret": one.rescheduling_secret,
        "companyName": company.name,
        "timestamp": str(round(one.updated_at * 1000)),
        **_flags(one),
        "customers": [_customer(person) for person in one.customers],
        "singleCustomers": [],
        "customfields": [],
        "resources": [_bound(company.resources[id_]) for id_ in one.resource_ids],
        **_service_of(one, company),
        "recurring": None if one.recurring is None else _recurring(one.recurring),
        **_chain(site, one, company),
        "bookings": [row for piece in shown for row in _bookings(site, piece)],
        "tagIds": [],
        "tags": [],
        "combination": one.combination,
        "reservedUntil": _maybe_utc(one.reserved_until),
        "metadata": {} if one.secret is None else {"secret": one.secret},
        "scheduledForDeletionAt": _maybe_utc(one.deletion_at),
        "enterpriseId": company.enterprise_id,
    }


def _timing(one: Appointment, company: Company) -> dict[str, Any]:
    # `date` is a day with a stray Z: not ISO 8601, and not the field to read a start from.
    return {
        "date": f"{times.local(one.start, company.zone).date().isoformat()}Z",
        "duration": one.duration,
        "durationBefore": one.before,
        "durationAfter": one.after,
        "durationsPattern": _pattern(one),
        "startDate": times.utc(one.start),
        "rescheduleUntil": times.utc(one.start - 86_400),
    }


def _pattern(one: Appointment) -> list[int]:
    """Work, pause, work: the entries add up to the duration."""
    pattern: list[int] = []
    reached = 0
    for batch in one.batches:
        if batch.offset > reached:
            pattern.append(batch.offset - reached)
        pattern.append(batch.minutes)
        reached = batch.offset + batch.minutes
    return pattern


def _history(one: Appointment) -> dict[str, Any]:
    edited = one.updated_by is not None
    return {
        "createdAt": times.utc(one.created_at),
        "createdBy": "Sandbox Owner",
        "createdByUserId": _USER_ID,
        "createdByScope": "COMPANY",
        "updatedAt": times.utc(one.updated_at),
        "updatedBy": one.updated_by,
        "updatedByUserId": _USER_ID if edited else None,
        "updatedByScope": "COMPANY" if edited else None,
    }


def _flags(one: Appointment) -> dict[str, Any]:
    return {
        "isOnlineBooking": one.is_online,
        "isBookable": one.is_course,
        "isCourse": one.is_course,
        "isPaidOnlineWithStripe": False,
        "isPaidOnlineWithPaypal": False,
        "hasNotifyCustomers": one.notify_customers,
        "hasNotifyResources": one.notify_resources,
        "maxParticipants": one.max_participants,
        "participants": one.participants,
    }


def _service_of(one: Appointment, company: Company) -> dict[str, Any]:
    service = company.services.get(one.service_id or "")
    if service is None:
        return {"serviceId": None, "service": None}
    keys = ("id", "name", "externalId", "duration", "color")
    shown = service_row(service)
    return {"serviceId": service.id, "service": {key: shown[key] for key in keys}}


def _recurring(rule: Recurring) -> dict[str, Any]:
    return {
        "timezone": rule.timezone,
        "frequency": rule.frequency,
        "period": rule.period,
        "weekDays": list(rule.week_days),
        "monthDays": list(rule.month_days),
        "yearMonths": list(rule.year_months),
        "repeatTimes": rule.repeat_times,
        "repeatLastDay": None if rule.repeat_last_day is None else rule.repeat_last_day.isoformat(),
        "maxDay": None if rule.max_day is None else rule.max_day.isoformat(),
        "isFixedByRecurringDay": False,
    }


def _chain(site: Site, one: Appointment, company: Company) -> dict[str, Any]:
    if one.chain_id is None:
        return {"chainId": None, "chainedEvents": [], "isLastInTheChain": None}
    links = [other for other in site.of_company(company) if other.chain_id == one.chain_id]
    newest_first = sorted(links, key=lambda link: (link.start, link.id), reverse=True)
    return {
        "chainId": one.chain_id,
        "chainedEvents": [_link(other, company) for other in newest_first],
        "isLastInTheChain": newest_first[0] is one,
    }


def _link(one: Appointment, company: Company) -> dict[str, Any]:
    # Here an unset external id is null, while the record itself says "".
    return {
        "id": one.id,
        "externalId": one.external_id or None,
        "type": "booking",
        "title": one.title,
        "notes": one.notes,
        "date": f"{times.local(one.start, company.zone).date().isoformat()}Z",
        "startDate": times.utc(one.start),
    }


def _bookings(site: Site, piece: Stretch) -> list[dict[str, Any]]:
    padded = site.quirks.interval == "padded"
    begin = piece.begin - piece.before * 60 if padded else piece.begin
    end = piece.end + piece.after * 60 if padded else piece.end
    minutes = (piece.end - piece.begin) // 60
    return [
        {
            "id": piece.booking_id(resource_id),
            "startDate": times.utc(piece.begin),
            "interval": {"begin": times.utc(begin), "end": times.utc(end)},
            "batchNumber": piece.batch,
            "isFirstBatch": piece.batch == 0,
            "isLastBatch": piece.batch == piece.last_batch,
            "recurringDay": None if piece.day is None else piece.day.isoformat(),
            "duration": minutes,
            "durationBefore": piece.before,
            "durationAfter": piece.after,
            "durationTotal": piece.before + minutes + piece.after,
            "resourceId": resource_id,
        }
        for resource_id in piece.resource_ids or (None,)
    ]


def _customer(person: Customer) -> dict[str, Any]:
    # No body with customers was ever published; this shape is a guess that carries personal data.
    return {
        "id": person.id,
        "externalId": person.external_id or "",
        "fullName": person.name,
        "email": person.email,
        "phone": person.phone,
    }


def _bound(resource: Resource) -> dict[str, Any]:
    return {
        "id": resource.id,
        "externalId": resource.external_id or "",
        "name": resource.name,
        "email": resource.email,
        "category": {
            "id": _category_id(resource),
            "externalId": resource.category.lower(),
            "internalId": _category_id(resource),
            "orderIndex": 1,
            "name": resource.category,
            "isDefault": True,
            "isDependency": False,
        },
    }


def _category_id(resource: Resource) -> str:
    return resource.category.encode().hex().ljust(24, "0")[:24]


def _maybe_utc(seconds: int | None) -> str | None:
    return None if seconds is None else times.utc(seconds)


def resource_row(resource: Resource, index: int) -> dict[str, Any]:
    """A resource as the booking widget shows it."""
    return {
        "id": resource.id,
        "externalId": resource.external_id,
        "orderIndex": index,
        "name": resource.name,
        "color": "#6882b0",
        "avatarUrl": None,
        "categoryId": _category_id(resource),
    }


def service_row(service: Service) -> dict[str, Any]:
    """A service as the booking widget shows it."""
    return {
        "id": service.id,
        "name": service.name,
        "color": service.color,
        "duration": service.duration,
        "price": service.price,
        "externalId": service.external_id,
        "categoryId": None,
    }


def timeshift(shift: Timeshift) -> dict[str, Any]:
    """A timeshift; the shape of its rows is not public, this mirrors the request in camelCase."""
    return {
        "id": shift.id,
        "resourceId": shift.resource_id,
        "from": shift.first.isoformat(),
        "to": shift.last.isoformat(),
        "denialReason": shift.denial_reason,
        "denialTimes": _windows(shift.denial_times),
        "workingTimes": _windows(shift.working_times),
        "bookingTimes": _windows(shift.booking_times),
    }


def _windows(windows: tuple[tuple[int, int], ...]) -> list[dict[str, str]]:
    return [{"begin": _clock(begin), "end": _clock(end)} for begin, end in windows]


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
