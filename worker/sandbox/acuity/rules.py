"""What a create or a move must bring along, and the documented error for each lack of it.

https://developers.acuityscheduling.com/reference/post-appointments
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from worker.sandbox.acuity import availability, times
from worker.sandbox.acuity.queries import Caller
from worker.sandbox.acuity.refusals import refused
from worker.sandbox.acuity.state import (
    AppointmentType,
    Calendar,
    Certificate,
    Field,
    Session,
    Site,
    as_id,
)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_ATTRIBUTES = {
    "firstName": "required_first_name",
    "lastName": "required_last_name",
    "email": "required_email",
}


def required(site: Site, given: Mapping[str, Any], caller: Caller) -> None:
    """Who the client is; admins are asked for less."""
    names = site.quirks.admin_required if caller == "admin" else frozenset(_ATTRIBUTES)
    for name, code in _ATTRIBUTES.items():
        if name in names and not given.get(name):
            raise refused(code)


def check_email(given: Mapping[str, Any]) -> None:
    """A well-formed address, if one is given."""
    if given.get("email") and not _EMAIL.fullmatch(str(given["email"])):
        raise refused("invalid_email")


def client_zone(given: Mapping[str, Any], default: str) -> str:
    """The client's zone: an IANA name."""
    name = given.get("timezone")
    if name is None:
        return default
    found = times.zone(name)
    if found is None:
        raise refused("invalid_timezone", name)
    return found.key


def start(site: Site, given: Mapping[str, Any], calendar: Calendar) -> int:
    """The instant that `datetime` names; one without an offset is read by the quirk's zone."""
    text = given.get("datetime")
    if text is None or text == "":
        raise refused("required_datetime")
    where: ZoneInfo = calendar.zone
    if site.quirks.naive_zone == "account":
        where = site.settings.zone
    seconds = times.read(text, where)
    if seconds is None:
        raise refused("invalid_datetime", text)
    return seconds


def answers(site: Site, kind: AppointmentType, given: Mapping[str, Any]) -> dict[int, str]:
    """The answers to the type's intake forms by field id; others drop out."""
    asked = {field.id for field in _fields(site, kind)}
    return {id_: value for id_, value in _sent(given) if id_ in asked}


def check_answers(site: Site, kind: AppointmentType, given: Mapping[str, Any]) -> None:
    """Refuses answers to questions that the type does not ask."""
    asked = {field.id for field in _fields(site, kind)}
    for id_, _ in _sent(given):
        if id_ not in asked:
            raise refused("invalid_fields", id_)


def check_complete(site: Site, kind: AppointmentType, given: Mapping[str, Any]) -> None:
    """Refuses a required question without an answer."""
    found = answers(site, kind, given)
    for field in _fields(site, kind):
        if field.required and not found.get(field.id):
            raise refused("required_field", field.id)


def _fields(site: Site, kind: AppointmentType) -> list[Field]:
    return [field for id_ in kind.form_ids for field in site.forms[id_].fields]


def _sent(given: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Field ids and texts; what is no id at all counts as field 0, which no form has."""
    sent = given.get("fields") or []
    pairs = [one for one in sent if isinstance(one, Mapping)]
    return [(as_id(one.get("id")) or 0, str(one.get("value") or "")) for one in pairs]


def certificate(site: Site, kind: AppointmentType, given: Mapping[str, Any]) -> Certificate | None:
    """The coupon to redeem; checked in the order in which the documentation lists its errors."""
    code = given.get("certificate")
    if not code:
        return None
    found = site.certificates.get(str(code))
    if found is None:
        raise refused("invalid_certificate", code)
    if _is_expired(site, found):
        raise refused("expired_certificate", code)
    if found.uses is not None and found.uses < 1:
        raise refused("certificate_uses", code, kind.id)
    if kind.id not in found.type_ids:
        raise refused("invalid_certificate_type", code, kind.id)
    return found


def _is_expired(site: Site, coupon: Certificate) -> bool:
    if coupon.expires is None:
        return False
    after = coupon.expires + timedelta(days=1)
    return times.midnight(after, site.settings.zone) <= site.clock.now()


def place(
    site: Site, kind: AppointmentType, given: Mapping[str, Any], caller: Caller
) -> tuple[Calendar, int, Session | None]:
    """Calendar, instant and class of a create.

    A client without `calendarID` is given a free calendar; an admin has to name one, and nothing
    is checked for him, so that two appointments in one place are possible.
    """
    wanted = given.get("calendarID")
    named = site.calendar(wanted) if caller == "admin" or wanted is not None else None
    if named is not None and caller == "client" and named.id not in kind.calendar_ids:
        raise refused("invalid_calendar", wanted)
    seconds = start(site, given, named or site.calendars[kind.calendar_ids[0]])
    if kind.kind != "service":
        return _class_place(site, kind, given, seconds, named, caller)
    if caller == "admin" and named is not None:
        return named, seconds, None
    availability.check_advance(site, seconds, given["datetime"])
    minutes = kind.duration + extra_minutes(site, given)
    if named is None:
        return _any_calendar(site, kind, seconds, minutes), seconds, None
    if not availability.is_free(site, kind, named, seconds, minutes):
        raise refused("not_available", given["datetime"])
    return named, seconds, None


def extra_minutes(site: Site, given: Mapping[str, Any]) -> int:
    """How much longer the add-ons make it."""
    chosen = (as_id(id_) for id_ in given.get("addonIDs") or [])
    return sum(site.addons[id_].minutes for id_ in chosen if id_ in site.addons)


def _any_calendar(site: Site, kind: AppointmentType, seconds: int, minutes: int) -> Calendar:
    for id_ in kind.calendar_ids:
        calendar = site.calendars[id_]
        if availability.is_free(site, kind, calendar, seconds, minutes):
            return calendar
    raise refused("no_available_calendar")


def _class_place(
    site: Site,
    kind: AppointmentType,
    given: Mapping[str, Any],
    seconds: int,
    named: Calendar | None,
    caller: Caller,
) -> tuple[Calendar, int, Session | None]:
    if caller == "client":
        availability.check_advance(site, seconds, given["datetime"])
    held = [
        one
        for one in site.sessions.values()
        if one.type_id == kind.id and one.start == seconds and named in (None, _of(site, one))
    ]
    if caller == "admin" and named is not None:
        # An admin may overfill a class, and may even book where there is none.
        return named, seconds, held[0] if held else None
    try:
        session = availability.joinable(site, kind, seconds, None if named is None else named.id)
    except LookupError as full:
        raise refused("not_available", given["datetime"]) from full
    return _of(site, session), seconds, session


def _of(site: Site, session: Session) -> Calendar:
    return site.calendars[session.calendar_id]
