"""What a written booking must hold, and what Cliniko says where it does not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from worker.sandbox.cliniko.diary import MINUTE, Diary
from worker.sandbox.cliniko.errors import BLANK, said, unprocessable
from worker.sandbox.cliniko.model import Booking, Kind, RepeatRule, Row
from worker.sandbox.cliniko.times import instant

REPEAT_TYPES = ("Daily", "Weekly", "Monthly")
MOST_REPEATS = 51
MOST_INTERVAL = 100
# The key in the body, the word in complaints, the column of the row.
RELATED = {
    "appointment_type_id": ("appointment_type", "appointment_type_id"),
    "business_id": ("business", "business_id"),
    "practitioner_id": ("practitioner", "practitioner_id"),
    "patient_id": ("patient", "patient_id"),
    "unavailable_block_type_id": ("unavailable_block_type", "block_type_id"),
}
KEYS: dict[Kind, tuple[str, ...]] = {
    "group": ("appointment_type_id", "business_id", "practitioner_id"),
    "individual": ("appointment_type_id", "business_id", "practitioner_id", "patient_id"),
    "block": ("business_id", "practitioner_id", "unavailable_block_type_id"),
}
OPTIONAL = frozenset({"unavailable_block_type_id"})


@dataclass(slots=True)
class Draft:
    """A body on its way to a row of one kind; complaints are gathered, then raised at once."""

    diary: Diary
    kind: Kind
    body: Mapping[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)

    def create(self) -> Booking:
        """Return a new booking, not entered yet; raises Refused (422)."""
        for key in KEYS[self.kind]:
            self._relate(key)
        self._read_common()
        if "starts_at" not in self.values:
            self.errors.setdefault("starts_at", BLANK)
        self._raise()
        self._default_end(self.values["starts_at"], self.values.get("appointment_type_id"))
        self._default_places()
        self._raise()
        row = self.diary.draft(self.kind, self.values)
        self._check_order(row.starts_at, row.ends_at)
        return row

    def update(self, row: Booking) -> None:
        """Change the given columns of a booking, and no other; raises Refused (422)."""
        for key in KEYS[self.kind]:
            if key in self.body:
                self._relate(key)
        self._read_common()
        self._raise()
        start = self.values.get("starts_at", row.starts_at)
        if "ends_at" in self.body and self.body["ends_at"] is None:
            kind = self.values.get("appointment_type_id", row.appointment_type_id)
            self._default_end(start, kind)
        elif "ends_at" not in self.body and self.diary.quirks.patch_keeps == "duration":
            self.values["ends_at"] = start + row.ends_at - row.starts_at
        self._raise()
        changed = {name: getattr(row, name) for name in ("starts_at", "ends_at")} | self.values
        self._check_order(changed["starts_at"], changed["ends_at"])
        for name, value in self.values.items():
            setattr(row, name, value)
        row.updated_at = self.diary.now()

    def _relate(self, key: str) -> None:
        """Read a related id: blank, unknown and archived ones each fail in their own way."""
        word, column = RELATED[key]
        given = self.body.get(key)
        if given is None:
            if key in OPTIONAL:
                self.values[column] = None
            else:
                self.errors[word] = BLANK
            return
        row = self._table(key).get(str(given))
        if row is None:
            self._unknown(word)
        elif row.is_gone:
            self.errors["base"] = f"The {word.replace('_', ' ')} is archived"
        else:
            self.values[column] = row.id

    def _table(self, key: str) -> Mapping[str, Row]:
        match key:
            case "appointment_type_id":
                return self.diary.appointment_types
            case "business_id":
                return self.diary.businesses
            case "practitioner_id":
                return self.diary.practitioners
            case "patient_id":
                return self.diary.patients
            case _:
                return self.diary.block_types

    def _unknown(self, word: str) -> None:
        if self.diary.quirks.unknown_related_status == 500:
            raise said("Internal Server Error", 500)
        if word == "appointment_type" and "max_attendees" not in self.body:
            # The misleading complaint about a type id that lost its last digits.
            self.errors["max_attendees"] = "is not a number"
        else:
            self.errors[word] = BLANK

    def _read_common(self) -> None:
        for key in ("starts_at", "ends_at"):
            if self.body.get(key) is not None:
                self._moment(key)
        if self.body.get("starts_at", "") is None:
            self.errors["starts_at"] = BLANK
        if "notes" in self.body:
            self.values["notes"] = self.body["notes"]
        if self.kind == "group" and self.body.get("max_attendees") is not None:
            self._places()
        if self.body.get("repeat_rule"):
            self._rule(self.body["repeat_rule"])

    def _moment(self, key: str) -> None:
        try:
            self.values[key] = instant(self.body[key])
        except ValueError:
            self.errors[key] = "is invalid"

    def _places(self) -> None:
        try:
            places = int(str(self.body["max_attendees"]))
        except ValueError:
            self.errors["max_attendees"] = "is not a number"
            return
        self._check_places(places)
        self.values["max_attendees"] = places

    def _check_places(self, places: int) -> None:
        least, most = self.diary.quirks.max_attendees_bounds
        if places < least:
            self.errors["max_attendees"] = f"must be greater than {least - 1}"
        if places > most:
            self.errors["max_attendees"] = f"must be less than {most + 1}"

    def _rule(self, rule: Any) -> None:
        match rule:
            case {"repeat_type": str(kind), "number_of_repeats": int(count)}:
                interval = rule.get("repeating_interval") or 1
            case _:
                self.errors["repeat_rule"] = "is invalid"
                return
        in_range = 1 <= count <= MOST_REPEATS and 1 <= interval <= MOST_INTERVAL
        if kind not in REPEAT_TYPES or not in_range:
            self.errors["repeat_rule"] = "is invalid"
            return
        self.values["repeat_rule"] = RepeatRule(kind, count, interval)  # type: ignore[arg-type]

    def _default_end(self, start: int, appointment_type: str | None) -> None:
        if self.body.get("ends_at") is not None:
            return
        if appointment_type is None:
            self.errors["ends_at"] = BLANK
            return
        minutes = self.diary.appointment_types[appointment_type].minutes
        self.values["ends_at"] = start + minutes * MINUTE

    def _default_places(self) -> None:
        if self.kind == "group" and "max_attendees" not in self.values:
            kind = self.diary.appointment_types[self.values["appointment_type_id"]]
            self._check_places(kind.max_attendees)
            self.values["max_attendees"] = kind.max_attendees

    def _check_order(self, start: int, end: int) -> None:
        if end <= start:
            raise unprocessable({"ends_at": "must be after the start"})

    def _raise(self) -> None:
        if self.errors:
            raise unprocessable(self.errors)
