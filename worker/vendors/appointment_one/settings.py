"""What an operator writes down for an Appointment.one account."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Literal

from pydantic import Field, field_validator

from worker.vendors.base import AccountSettings, Secret

ORIGIN = "https://www.appointment.one"
_SLUG = re.compile(r"[^\s/?#%]{1,300}")


class AppointmentOneSettings(AccountSettings):
    """`events` are booking pages (default: all that the list shows); `appointments` are ids.

    `list_appointments` asks for a list of appointments, too. None is documented: it may exist by
    symmetry with the other lists, and where it does not, nothing is lost.
    """

    vendor: Literal["appointment_one"]
    api_key: Secret
    events: list[str] = Field(default_factory=list)
    appointments: list[str] = Field(default_factory=list)
    list_appointments: bool = False

    @field_validator("events", "appointments")
    @classmethod
    def _ids(cls, ids: list[str]) -> list[str]:
        for each in ids:
            check_page(each)
        return ids


def is_id(native_id: str) -> bool:
    """Whether it can be asked for by its path without leading to another one."""
    return bool(_SLUG.fullmatch(native_id)) and native_id not in (".", "..")


def check_page(native_id: str) -> None:
    """Raises ValueError for what cannot be the id of a booking page or an appointment."""
    if not is_id(native_id):
        raise ValueError("must be an id as in the API (30min), not an address")


def check_calendar(native_id: str) -> None:
    """Raises ValueError for what cannot be the id of a calendar, which is an e-mail address."""
    name, at, host = native_id.partition("@")
    if not (name and at and host) or not _SLUG.fullmatch(native_id):
        raise ValueError("must be the e-mail address under which the calendar is connected")


def scope(settings: AppointmentOneSettings) -> tuple[str, ...]:
    """The site, and the login by a digest of its key: the API has no other word for it."""
    key = settings.api_key.get_secret_value().encode()
    origin = (settings.base_url or ORIGIN).rstrip("/").lower()
    return (origin, blake2b(key, digest_size=16).hexdigest())
