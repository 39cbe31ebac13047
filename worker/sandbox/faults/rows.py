"""Faults of one row's content (C…), except for its times: its neighbours stay as they are."""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random
from typing import Any

from worker.sandbox.exchange import Response
from worker.sandbox.faults.catalogue import Incident, alter
from worker.sandbox.faults.envelope import Page, Row
from worker.sandbox.faults.row_fault import STARTS, put, row_fault

_ENUMS = (
    *("workflow_state", "status", "state", "visibility", "participant_type"),
    *("participant_visibility", "type", "createdByScope", "repeat_type"),
)
_IDS = ("id", "calendarID", "appointmentTypeID", "parent_event_id", "classID", "resourceId")
_CAPACITIES = ("max_attendees", "participants_per_appointment", "maxParticipants", "classSize")


def _draw(random: Random, row: Row) -> str | None:
    names = [name for name in row if name != "id" and row[name] not in (None, "", [], {})]
    return random.choice(names) if names else None


@row_fault("C01", "null where a value is promised", "any", "id", "start")
def null(incident: Incident, _page: Page, row: Row) -> bool:
    """Any filled field, the id, or the start."""
    match incident.variant:
        case "id":
            return put(row, ("id",), None)
        case "start":
            return put(row, STARTS, None)
    name = _draw(incident.random, row)
    return name is not None and put(row, (name,), None)


@row_fault("C02", "a key is missing", "any", "id", "start")
def missing_key(incident: Incident, _page: Page, row: Row) -> bool:
    """Any key, the id, or the start."""
    names = {"any": tuple(row), "id": ("id",), "start": STARTS}[incident.variant]
    present = [name for name in names if name in row]
    if not present:
        return False
    del row[incident.random.choice(present)]
    return True


@row_fault("C03", "keys that nobody knows")
def extra_keys(_incident: Incident, _page: Page, row: Row) -> bool:
    """Of every JSON type, and with awkward names."""
    row |= {"new_field": 1, "": "empty", "__proto__": {}, "class": [None], "id ": "x"}
    return True


@row_fault("C04", "a state or type that nobody knows")
def unknown_enum(_incident: Incident, _page: Page, row: Row) -> bool:
    """In the first field that holds one."""
    return any(put(row, (name,), "quantum") for name in _ENUMS if isinstance(row.get(name), str))


@row_fault("C05", "a value of another type", "id", "flag", "number", "list", "object")
def other_type(incident: Incident, _page: Page, row: Row) -> bool:
    """Ids, flags and numbers change between number and text; lists become objects and back."""
    kinds: dict[str, tuple[type, Callable[[Any], Any]]] = {
        "flag": (bool, lambda value: str(value).lower()),
        "number": (int, str),
        "list": (list, lambda value: {str(index): item for index, item in enumerate(value)}),
        "object": (dict, lambda value: [value]),
    }
    if incident.variant == "id":
        value = row.get("id")
        swapped = str(value) if isinstance(value, int) else {"value": value}
        return put(row, ("id",), swapped)
    kind, swap = kinds[incident.variant]
    for name, value in row.items():
        if type(value) is kind and name != "id":
            row[name] = swap(value)
            return True
    return False


@row_fault("C06", "a number that is none", "NaN", "Infinity", "-Infinity", "-0", "1e400")
def no_number(incident: Incident, page: Page, row: Row) -> bool:
    """In the first numeric field, else in the id."""
    names = tuple(name for name, value in row.items() if type(value) is int and name != "id")
    return put(row, (*names, "id"), page.raw(incident.variant.encode()))


@row_fault("C07", "an integer that is too large", "2**53+1", "2**63", "5000 digits", "-2**63-1")
def huge_number(incident: Incident, page: Page, row: Row) -> bool:
    """As the id; quoted where ids are text."""
    digits = {
        "2**53+1": str(2**53 + 1),
        "2**63": str(2**63),
        "5000 digits": "9" * 5000,
        "-2**63-1": str(-(2**63) - 1),
    }[incident.variant]
    if isinstance(row.get("id"), str):
        return put(row, ("id",), digits)
    return put(row, _IDS, page.raw(digits.encode()))


@row_fault("C08", "a value nested 100,000 deep")
def deep_value(incident: Incident, page: Page, row: Row) -> bool:
    """Option `depth`: how deep."""
    depth = int(incident.number("depth", 100_000))
    row["nested"] = page.raw(b"[" * depth + b"]" * depth)
    return True


@row_fault("C09", "the same key twice")
def same_key_twice(_incident: Incident, page: Page, row: Row) -> bool:
    """The second `id` differs; readers that take the last one see another object."""
    if "id" not in row:
        return False
    text = json.dumps("0" if isinstance(row["id"], str) else 0)
    row["twice"] = page.raw(f'1,"id":{text}'.encode())
    return True


@row_fault("C10", "a lone surrogate in a text")
def surrogate(_incident: Incident, _page: Page, row: Row) -> bool:
    """Valid to most JSON readers, and not encodable as UTF-8."""
    return put(row, _texts(row), "half \ud800 of a pair")


@row_fault("C11", "bytes that are no UTF-8")
def bad_bytes(_incident: Incident, page: Page, row: Row) -> bool:
    """Within a quoted text."""
    return put(row, _texts(row), page.raw(b'"caf\xe9 \xff\xfe"'))


@row_fault("C12", "NUL and control characters in a text")
def controls(_incident: Incident, _page: Page, row: Row) -> bool:
    """Escaped, so that the JSON is valid; with an ANSI sequence and line breaks of every kind."""
    return put(row, _texts(row), "a\x00b\x1b[31m\r\nBEGIN:VEVENT\x0b\x85\u2028end")


@row_fault("C13", "texts and lists of enormous size", "text", "people")
def enormous(incident: Incident, _page: Page, row: Row) -> bool:
    """A text of 1 MiB, or 100,000 people. Option `people`."""
    if incident.variant == "text":
        return put(row, _texts(row), "x" * 1024 * 1024)
    for name in ("patient_ids", "child_events", "attendees", "customers", "resources", "forms"):
        if isinstance(row.get(name), list):
            row[name] = [str(number) for number in range(int(incident.number("people", 100_000)))]
            return True
    return False


@row_fault(
    "C14",
    "an odd id",
    *("of the neighbour", "leading zero", "space", "empty", "path", "long", "unicode", "case"),
)
def odd_id(incident: Incident, page: Page, row: Row) -> bool:
    """Also one that another row has already."""
    if "id" not in row:
        return False
    text = str(row["id"])
    others = [other["id"] for other in page.targets() if other is not row and "id" in other]
    row["id"] = {
        "of the neighbour": others[0] if others else row["id"],
        "leading zero": f"0{text}",
        "space": f"{text} ",
        "empty": "",
        "path": "../../user",
        "long": "9" * 300,
        "unicode": "e\u0301" + text,
        "case": text.swapcase() if text.swapcase() != text else f"{text}A",
    }[incident.variant]
    return True


@row_fault("C18", "an odd capacity", "null", "0", "-1", "overbooked")
def odd_capacity(incident: Incident, _page: Page, row: Row) -> bool:
    """Null, nothing, less than nothing, or less than there are people."""
    value = {"null": None, "0": 0, "-1": -1, "overbooked": 1}[incident.variant]
    return put(row, _CAPACITIES, value)


@row_fault("C21", "markup in a text", "script", "entities", "template", "ics", "csv")
def markup(incident: Incident, _page: Page, row: Row) -> bool:
    """What must be shown as text and never be obeyed."""
    value = {
        "script": "\"><img src=x onerror=alert(1)></title><script>alert('x')</script>",
        "entities": "Tom &amp;amp; Jerry &#x6a;avascript:",
        "template": "{{7*7}} ${7*7} {% raw %}",
        "ics": "Lunch\r\nEND:VEVENT\r\nBEGIN:VALARM",
        "csv": '=HYPERLINK("http://elsewhere.invalid","x")',
    }[incident.variant]
    return put(row, _texts(row), value)


@row_fault("C22", "marker lost or copied", "stripped", "cut", "upper", "escaped", "copied")
def marker(incident: Incident, page: Page, row: Row) -> bool:
    """A free text is emptied, cut to 255, upper-cased, escaped, or copied to another row."""
    name = next((name for name in ("notes", "comments", "description") if row.get(name)), None)
    if name is None:
        return False
    text = str(row[name])
    if incident.variant == "copied":
        others = [other for other in page.targets() if other is not row and name in other]
        for other in others[:1]:
            other[name] = text
        return bool(others)
    row[name] = {
        "stripped": "",
        "cut": text[: min(255, len(text) // 2)],
        "upper": text.upper(),
        "escaped": text.replace("<", "&lt;").replace("[", "&#91;").replace("-", "&#45;"),
    }[incident.variant]
    return True


@row_fault("C24", "a text trimmed and respaced by the vendor")
def respaced(_incident: Incident, _page: Page, row: Row) -> bool:
    """Cut to 20 characters, words joined by single blanks, with one blank at the end."""
    for name in _texts(row):
        row[name] = " ".join(str(row[name]).split())[:20] + " "
        return True
    return False


@row_fault("C25", "whom the row belongs to is gone")
def orphaned(_incident: Incident, _page: Page, row: Row) -> bool:
    """The practitioner, calendar, group or resource has an id that leads nowhere."""
    link = row.get("practitioner")
    if isinstance(link, dict) and isinstance(link.get("links"), dict):
        own = str(link["links"].get("self", ""))
        link["links"]["self"] = f"{own.rpartition('/')[0]}/999999999999"
        return True
    if isinstance(row.get("resources"), list):
        row["resources"] = []
        return True
    return put(row, ("calendarID", "appointment_group_id", "free_busy_calendars"), 999_999_999)


@alter("C26", "occurrences out of order")
def out_of_order(_incident: Incident, response: Response) -> Response | None:
    """The parts of a series, or the slots of a group, last one first."""
    page = Page.read(response)
    if page is None:
        return None
    struck = False
    for row in page.targets():
        for name in ("bookings", "chainedEvents", "appointments", "child_events"):
            if isinstance(row.get(name), list) and len(row[name]) > 1:
                row[name].reverse()
                struck = True
    return page.answer() if struck else None


def _texts(row: Row) -> tuple[str, ...]:
    names = ("title", "name", "notes", "description", "subject", "location", "firstName")
    return tuple(name for name in names if isinstance(row.get(name), str))
