"""A small Acuity in the documented shapes, with a switch for each thing that is not documented."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from pydantic import SecretStr

from tests.builders import seams
from worker.domain.event import Event
from worker.domain.listing import Batch
from worker.domain.span import Span
from worker.vendors.acuity import ENTRY
from worker.vendors.acuity.client import Acuity
from worker.vendors.acuity.settings import AcuitySettings

Row = dict[str, Any]
Answer = Callable[[httpx.Request], httpx.Response]


def written(start: str | int, zone: str) -> str:
    """Acuity's way: an offset without a colon, that of the calendar's zone. Text is UTC."""
    moment = datetime.fromtimestamp(start, UTC) if isinstance(start, int) else None
    moment = moment or datetime.fromisoformat(str(start)).replace(tzinfo=UTC)
    return moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H:%M:%S%z")


def row(
    id_: object = 1722092210,
    start: str | int = "2026-03-03T10:00",
    *,
    zone: str = "Europe/Athens",
    **changes: Any,
) -> Row:
    """A list row with its 36 members; `start` is UTC."""
    return {
        "id": id_,
        "firstName": "Ida",
        "lastName": "Example",
        "phone": "1235559999",
        "email": "ida@example.org",
        "date": "March 3, 2026",
        "time": "12:00pm",
        "endTime": "12:50pm",
        "dateCreated": "February 15, 2026",
        "datetimeCreated": "2026-02-15T09:42:06-0500",
        "datetime": written(start, zone),
        "price": "45.00",
        "priceSold": "45.00",
        "paid": "yes",
        "amountPaid": "0.00",
        "type": "Consultation ",
        "appointmentTypeID": 7,
        "classID": None,
        "addonIDs": [],
        "category": "",
        "duration": "50",
        "calendar": "Amy Ng",
        "calendarID": 42,
        "certificate": None,
        "confirmationPage": "https://app.acuityscheduling.com/schedule.php?id[]=deadbeef",
        "confirmationPagePaymentLink": "https://app.acuityscheduling.com/schedule.php?pay=deadbeef",
        "location": "Room 3",
        "notes": "",
        "timezone": "America/New_York",
        "calendarTimezone": zone,
        "canceled": False,
        "canClientCancel": False,
        "canClientReschedule": False,
        "labels": None,
        "formsText": "Name: Ida Example",
        **changes,
    }


def block_row(
    id_: object = 9990961446,
    start: str | int = "2026-03-03T14:00",
    end: str | int = "2026-03-03T15:00",
    *,
    zone: str = "Europe/Athens",
    **changes: Any,
) -> Row:
    """A block; `start` and `end` are UTC."""
    return {
        "id": id_,
        "calendarID": 42,
        "serviceGroupID": 42,
        "calendarTimezone": zone,
        "start": written(start, zone),
        "end": written(end, zone),
        "notes": "Dentist",
        "managed": False,
        "recurring": None,
        "until": None,
        "description": "Tuesday, March 3, 2026 4:00pm - 5:00pm",
        **changes,
    }


def type_row(id_: int = 7, **changes: Any) -> Row:
    return {
        "id": id_,
        "name": "Consultation ",
        "active": True,
        "description": "",
        "duration": 50,
        "price": "45.00",
        "category": "",
        "color": "#ED7087",
        "private": False,
        "type": "service",
        "image": False,
        "classSize": None,
        "paddingAfter": 10,
        "paddingBefore": 5,
        "calendarIDs": [42],
        "addonIDs": [],
        "formIDs": [],
        "schedulingUrl": "https://app.acuityscheduling.com/schedule.php?owner=1",
        **changes,
    }


def calendar_row(id_: int = 42, **changes: Any) -> Row:
    return {
        "id": id_,
        "name": "Amy Ng",
        "email": "amy@example.org",
        "replyTo": "amy@example.org",
        "description": "",
        "location": "",
        "timezone": "Europe/Athens",
        "thumbnail": False,
        "image": False,
        "isValid": True,
        **changes,
    }


def refusal(status: int, code: str, **headers: str) -> httpx.Response:
    body = {"status_code": status, "message": 'Something about "Ida Example".', "error": code}
    return told(body, status, **headers)


def told(document: object, status: int = 200, **headers: str) -> httpx.Response:
    """An answer as it comes from a socket: a stream, not yet read."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, stream=httpx.ByteStream(body), headers=named)


@dataclass
class Studio:
    """The vendor. `answers` replaces the answer of a path; `asked` is what it was asked."""

    rows: list[Row] = field(default_factory=list)
    blocks: list[Row] = field(default_factory=list)
    types: list[Row] = field(default_factory=lambda: [type_row()])
    calendars: list[Row] = field(default_factory=lambda: [calendar_row()])
    ceiling: int = 1000
    directions: tuple[str, ...] = ("ASC", "DESC")
    zone: str = "UTC"  # in which it cuts days
    last_day: int = 1  # 0: maxDate is not included
    unlisted: set[object] = field(default_factory=set)  # ids that only unfiltered lists show
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path.removeprefix("/api/v1")
        if path in self.answers:
            return self.answers[path](request)
        match path.split("/"):
            case ["", "appointments"]:
                return told(self._appointments(request.url.params))
            case ["", "blocks"]:
                return told(self._blocks(request.url.params))
            case ["", "appointment-types"]:
                return told(self.types)
            case ["", "calendars"]:
                return told(self.calendars)
            case ["", "me"]:
                plan = {"can_use_api": False}
                body = {"id": 12345, "timezone": "Europe/Athens", "planCapabilities": plan}
                return told({**body, "plan": "Emerging"})
            case ["", "appointments", id_]:
                return self._one(self.rows, id_, {"isVerified": False, "scheduledBy": None})
            case ["", "blocks", id_]:
                return self._one(self.blocks, id_, {})
        return refusal(404, "not_found")

    def calls(self, path: str) -> list[httpx.QueryParams]:
        return [r.url.params for r in self.asked if r.url.path == f"/api/v1/{path}"]

    def _one(self, rows: list[Row], id_: str, more: Row) -> httpx.Response:
        for each in rows:
            if str(each["id"]) == id_:
                return told({**each, **more})
        return refusal(404, "not_found")

    def _appointments(self, given: httpx.QueryParams) -> list[Row]:
        found = [one for one in self.rows if self._wanted(one, given, "datetime", "datetime")]
        if given.get("showall") != "true":
            found = [one for one in found if not one["canceled"]]
        found.sort(key=lambda one: datetime.fromisoformat(one["datetime"]).timestamp())
        asked = given.get("direction", "DESC")
        backwards = (asked if asked in self.directions else self.directions[0]) == "DESC"
        return self._cut(found[::-1] if backwards else found, given)

    def _blocks(self, given: httpx.QueryParams) -> list[Row]:
        found = [one for one in self.blocks if self._wanted(one, given, "start", "end")]
        found.sort(key=lambda one: one["start"], reverse=True)
        return self._cut(found, given)

    def _cut(self, rows: list[Row], given: httpx.QueryParams) -> list[Row]:
        return rows[: min(int(given.get("max", 100)), self.ceiling)]

    def _wanted(self, one: Row, given: httpx.QueryParams, start: str, end: str) -> bool:
        for name in ("calendarID", "appointmentTypeID"):
            if name in given and (str(one[name]) != given[name] or one["id"] in self.unlisted):
                return False
        if "minDate" not in given:
            return True
        first = date.fromisoformat(given["minDate"])
        last = date.fromisoformat(given["maxDate"]) + timedelta(days=self.last_day - 1)
        return self._day(one[end]) >= first and self._day(one[start]) <= last

    def _day(self, text: str) -> date:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo is None else moment.astimezone(ZoneInfo(self.zone))).date()


def settings(**changes: Any) -> AcuitySettings:
    given = {"vendor": "acuity", "user_id": "12345", "api_key": SecretStr("k3y"), **changes}
    return AcuitySettings(**given)


def account(studio: Studio, **changes: Any) -> Acuity:
    vendor = ENTRY.open("coaching", settings(**changes), seams(studio.handle))
    assert isinstance(vendor, Acuity)
    return vendor


@dataclass
class Seen:
    """A walk put together: the last of each event wins, as it does in the store."""

    events: dict[tuple[str, str], Event]
    answers: dict[tuple[str, str], bytes]
    quarantined: list[tuple[str, str, str]]
    gaps: list[str]

    @property
    def only(self) -> Event:
        (event,) = self.events.values()
        return event

    @property
    def ids(self) -> list[str]:
        return sorted(native_id for _, native_id in self.events)


def walk(vendor: Acuity, window: Span) -> Seen:
    batches: list[Batch] = list(vendor.fetch(window, None).batches)
    sightings = [one for batch in batches for one in batch.sightings]
    return Seen(
        {(one.event.key.kind, one.event.key.native_id): one.event for one in sightings},
        {(one.event.key.kind, one.event.key.native_id): one.answer for one in sightings},
        [
            (str(one.kind), one.native_id, one.reason)
            for batch in batches
            for one in batch.quarantined
        ],
        [gap for batch in batches for gap in batch.gaps],
    )
