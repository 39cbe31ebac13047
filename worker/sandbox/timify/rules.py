"""What TIMIFY accepts in a write: the five-minute grid, the palette, the exclusive pairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from worker.sandbox.timify import times
from worker.sandbox.timify.refusals import Refused
from worker.sandbox.timify.state import (
    PALETTE,
    Batch,
    Company,
    Customer,
    Recurring,
    Service,
    Site,
)

_START_NAMES = ("datetime", "start_date", "date")
_FREQUENCIES = ("DAYS", "WEEKS", "MONTHS", "YEARS")


def fields(site: Site, company: Company, body: Mapping[str, Any]) -> dict[str, Any]:
    """The sent keys as attributes of an Appointment, checked; keys not sent are absent.

    Unknown keys are ignored. Raises Refused where the vendor's documents name a rule.
    """
    read: dict[str, Any] = {}
    read.update(_texts(body))
    read.update(_lengths(body))
    read.update(_start(site, company, body))
    read.update(_resources(company, body))
    read.update(_service(company, body))
    read.update(_course(body))
    if body.get("recurring") is not None:
        read["recurring"] = recurring(body["recurring"])
    if "customers" in body:
        read["customers"] = _customers(site, body["customers"])
    if "reserve_for" in body:
        minutes = grid(body["reserve_for"], "reserve_for", least=5)
        read["reserved_until"] = int(site.clock.now()) + minutes * 60
    return read


def grid(value: object, name: str, *, least: int = 0) -> int:
    """A number of minutes that is divisible by 5."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise Refused(f"{name} must be a number of minutes")
    if value % 5:
        raise Refused(f"{name} must be divisible by 5")
    return value


def work(duration: int, pattern: object) -> tuple[Batch, ...]:
    """The batches of a duration; a pattern alternates work and pause."""
    if pattern is None:
        return (Batch(0, duration),)
    if not isinstance(pattern, list) or not pattern:
        raise Refused("duration_pattern must be a list")
    batches, reached = [], 0
    for index, entry in enumerate(pattern):
        minutes = grid(entry, "duration_pattern", least=5)
        if index % 2 == 0:
            batches.append(Batch(reached, minutes))
        reached += minutes
    return tuple(batches)


def service(company: Company, id_: object) -> Service:
    """A service of the branch by id."""
    found = company.services.get(id_) if isinstance(id_, str) else None
    if found is None:
        raise Refused("unknown service_id")
    return found


def recurring(given: object) -> Recurring:
    """A repetition rule; timezone and frequency are required."""
    if not isinstance(given, Mapping):
        raise Refused("recurring must be an object")
    if not given.get("timezone") or not given.get("frequency"):
        raise Refused("recurring needs timezone and frequency")
    if given["frequency"] not in _FREQUENCIES:
        raise Refused("frequency must be one of DAYS, WEEKS, MONTHS, YEARS")
    last, most = given.get("repeat_last_day"), given.get("max_day")
    return Recurring(
        timezone=times.zone(given["timezone"]).key,
        frequency=given["frequency"],
        period=_count(given.get("period", 1), "period"),
        week_days=_counts(given, "week_days"),
        month_days=_counts(given, "month_days"),
        year_months=_counts(given, "year_months"),
        repeat_times=_count(given["repeat_times"], "repeat_times")
        if given.get("repeat_times") is not None
        else None,
        repeat_last_day=None if last is None else times.day(last),
        max_day=None if most is None else times.day(most),
    )


def _texts(body: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name in ("title", "notes", "external_id"):
        if name in body:
            if not isinstance(body[name], str):
                raise Refused(f"{name} must be text")
            read[name] = body[name]
    if "color" in body:
        if body["color"] not in PALETTE:
            raise Refused("color must be one of the predefined colors")
        read["color"] = body["color"]
    if "price" in body:
        read["price"] = _count(body["price"], "price", least=0)
    return read


def _lengths(body: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    if "duration_before" in body:
        read["before"] = grid(body["duration_before"], "duration_before")
    if "duration_after" in body:
        read["after"] = grid(body["duration_after"], "duration_after")
    if "duration" in body or "duration_pattern" in body:
        pattern = body.get("duration_pattern")
        duration = grid(body.get("duration", 5), "duration", least=5)
        read["batches"] = work(duration, pattern)
    return read


def _start(site: Site, company: Company, body: Mapping[str, Any]) -> dict[str, Any]:
    # The name of the start is not public; these are the three that clients have used.
    name = next((name for name in _START_NAMES if name in body), None)
    if name is None:
        return {}
    where = site.written_zone(company, body.get("timezone"))
    return {"start": times.instant(times.wall(body[name]), where)}


def _resources(company: Company, body: Mapping[str, Any]) -> dict[str, Any]:
    names = [name for name in ("resource_ids", "external_resource_ids") if name in body]
    if not names:
        return {}
    if len(names) > 1:
        raise Refused("resource_ids and external_resource_ids are mutually exclusive")
    wanted = body[names[0]]
    if not isinstance(wanted, list) or not wanted:
        raise Refused(f"{names[0]} must have at least one item")
    by_key = {
        (one.id if names[0] == "resource_ids" else one.external_id): one.id
        for one in company.resources.values()
    }
    if any(not isinstance(key, str) or key not in by_key for key in wanted):
        raise Refused(f"{names[0]} names an unknown resource")
    return {"resource_ids": tuple(dict.fromkeys(by_key[key] for key in wanted))}


def _service(company: Company, body: Mapping[str, Any]) -> dict[str, Any]:
    if body.get("service_id") is not None and body.get("external_service_id") is not None:
        raise Refused("service_id and external_service_id are mutually exclusive")
    if body.get("service_id") is not None:
        return {"service_id": service(company, body["service_id"]).id}
    external = body.get("external_service_id")
    if external is None:
        return {}
    for one in company.services.values():
        if one.external_id == external:
            return {"service_id": one.id}
    raise Refused("unknown external_service_id")


def _course(body: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    if "is_course" in body:
        read["is_course"] = body["is_course"] is True
    if "max_participants" in body:
        read["max_participants"] = _count(body["max_participants"], "max_participants")
    if "participants" in body:
        read["participants"] = _count(body["participants"], "participants", least=0)
    return read


def _customers(site: Site, given: object) -> list[Customer]:
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise Refused("customers must be a list of objects")
    return [
        Customer(
            id=str(one.get("id") or site.mongo_id()),
            name=str(one.get("full_name", "")),
            email=str(one.get("email", "")),
            phone=str(one.get("phone", "")),
        )
        for one in given
    ]


def _count(value: object, name: str, *, least: int = 1) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise Refused(f"{name} must be a number of at least {least}")
    return value


def _counts(given: Mapping[str, Any], name: str) -> tuple[int, ...]:
    values = given.get(name) or []
    if not isinstance(values, list):
        raise Refused(f"{name} must be a list")
    return tuple(_count(value, name) for value in values)
