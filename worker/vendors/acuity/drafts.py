"""What a copy says to Acuity: the `create` table of its rule as a request's body. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.domain import marker
from worker.domain.reconcile.intent import Intent
from worker.domain.span import MINUTE
from worker.vendors.acuity import wire
from worker.vendors.acuity.mapping import unmarked
from worker.vendors.acuity.sending import AS_ADMIN, QUIETLY, calendar_of
from worker.vendors.text import line

# Ours are `admin` (as whom to book; true unless said otherwise) and `duration` (minutes of the
# type). The others are Acuity's own. smsOptIn is left out on purpose: it is about telling people.
KNOWN = frozenset({
    "admin", "duration", "appointmentTypeID", "firstName", "lastName", "email", "phone",
    "certificate", "addonIDs", "labels", "fields",
})  # fmt: skip
_TEXTS = ("firstName", "lastName", "email", "phone", "certificate")
_NOTES = "Copied by calsync"
_FIRST_NAME = "calsync"


@dataclass(frozen=True, slots=True)
class Draft:
    """A shaped copy, ready to be written."""

    intent: Intent

    @property
    def is_admin(self) -> bool:
        """Whether we decided, and not the vendor's availability."""
        return self.intent.details.get("admin", True) is True

    @property
    def type(self) -> str:
        """The appointment type's id."""
        return str(self.intent.details.get("appointmentTypeID", ""))

    @property
    def addons(self) -> tuple[int, ...]:
        """Ids of what makes it longer."""
        return tuple(int(each) for each in self.intent.details.get("addonIDs", ()))

    @property
    def minutes(self) -> int:
        """Its length."""
        return self.intent.span.seconds // MINUTE

    def query(self) -> list[tuple[str, str]]:
        """As whom, and telling nobody: in a body, both would be ignored."""
        return [*(AS_ADMIN if self.is_admin else ()), *QUIETLY]

    def body(self, datetime: str) -> dict[str, Any]:
        """All of it. Only administrators may write notes; the name carries the mark for both."""
        return {
            "datetime": datetime,
            "appointmentTypeID": int(self.type),
            "calendarID": int(calendar_of(self.intent.calendar)),
            "firstName": _FIRST_NAME,
            **self._editable(),
            **({"addonIDs": list(self.addons)} if self.addons else {}),
            **({"notes": self._notes()} if self.is_admin else {}),
        }

    def changes(self, there: Mapping[str, Any]) -> dict[str, Any]:
        """What of it can be edited, and is not as it should be. People's own notes stay."""
        found = {
            name: value
            for name, value in self._editable().items()
            if not _same(name, value, there)
            # A certificate is checked and counted as an administrator only.
            and (name != "certificate" or self.is_admin)
        }
        notes = str(there.get("notes") or "")
        if self.is_admin and marker.find(notes) != self.intent.link:
            found["notes"] = f"{unmarked(notes)}\n{self._notes()}".strip()
        return found

    def _editable(self) -> dict[str, Any]:
        details = self.intent.details
        said: dict[str, Any] = {name: details[name] for name in _TEXTS if name in details}
        said["lastName"] = f"{self.intent.title} {marker.mark(self.intent.link)}"
        if "labels" in details:
            said["labels"] = [{"id": each} for each in _ids(details["labels"])]
        if "fields" in details:
            said["fields"] = [{"id": id_, "value": text} for id_, text in _fields(details)]
        return said

    def _notes(self) -> str:
        return f"{_NOTES} {marker.mark(self.intent.link)}"


def trouble(details: Mapping[str, Any]) -> str:
    """Why these details make no appointment, as a sentence; empty where they do."""
    if unknown := sorted(set(details) - KNOWN):
        return f"Acuity's copies know no {', '.join(unknown)} in `create`."
    if not _is_id(details.get("appointmentTypeID")):
        return "Acuity needs an `appointmentTypeID` (a number) in `create` for its appointments."
    if not isinstance(details.get("admin", True), bool):
        return "`admin` in `create` must be true or false."
    if details.get("admin") is False and not details.get("email"):
        return "Without `admin`, Acuity books as a client, who needs an `email` in `create`."
    if "duration" in details and not minutes(details):
        return "`duration` in `create` must be a number of minutes."
    if any(not isinstance(details.get(name, ""), str) for name in _TEXTS):
        return f"{', '.join(_TEXTS)} in `create` must be texts."
    if len(_ids(details.get("labels", ()))) > 1:
        return "Acuity takes one of `labels` only."
    return _lists(details)


def _lists(details: Mapping[str, Any]) -> str:
    for name in ("labels", "addonIDs"):
        given = details.get(name, ())
        if not isinstance(given, list | tuple) or len(_ids(given)) != len(given):
            return f"`{name}` in `create` must be a list of numbers."
    given = details.get("fields", {})
    if not isinstance(given, Mapping) or not all(map(_is_id, given)):
        return "`fields` in `create` must be a table of field ids and their values."
    return ""


def minutes(details: Mapping[str, Any]) -> int:
    """The length that the rule states; 0 where it states none that makes sense."""
    value = details.get("duration")
    if not isinstance(value, int) or isinstance(value, bool):
        return 0
    return value if 0 < value <= 24 * 60 else 0


def title(intent: Intent, longest: int) -> str:
    """What stands for the client's name: never anything that looks like a mark."""
    named = intent.details.get("lastName")
    text = line(unmarked(named if isinstance(named, str) else intent.title), longest)
    return line(unmarked(text), longest) or "Copy"


def link_in(row: wire.Appointment) -> str:
    """The link whose mark a row carries."""
    return marker.find(row.notes) or marker.find(row.last_name)


def _fields(details: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Field ids and texts; several choices are one text with commas."""
    return [
        (int(id_), ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value))
        for id_, value in details["fields"].items()
    ]


def _ids(given: Any) -> list[int]:
    return [int(each) for each in given if _is_id(each)] if isinstance(given, list | tuple) else []


def _is_id(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, int | str) and bool(re.fullmatch(r"[0-9]{1,18}", str(value)))


def _same(name: str, wanted: Any, there: Mapping[str, Any]) -> bool:
    """Whether a member is as wanted, in the forms in which Acuity rewrites it."""
    shown = there.get(name)
    match name:
        case "phone":
            return re.sub(r"\D", "", str(shown or "")) == re.sub(r"\D", "", wanted)
        case "email":
            return str(shown or "").strip().lower() == str(wanted).strip().lower()
        case "labels":
            return [each.get("id") for each in shown or []] == [each["id"] for each in wanted]
        case "fields":
            return _answers(there) >= {(each["id"], each["value"]) for each in wanted}
        case _:
            return str(shown or "").strip() == str(wanted).strip()


def _answers(there: Mapping[str, Any]) -> set[tuple[Any, str]]:
    forms = [form for form in there.get("forms") or [] if isinstance(form, Mapping)]
    return {
        (each.get("fieldID"), str(each.get("value") or ""))
        for form in forms
        for each in form.get("values") or []
    }
