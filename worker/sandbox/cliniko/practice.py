"""Who works where and treats whom: the rows that bookings refer to, and the API keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import wraps
from random import Random
from threading import RLock
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from worker.sandbox.cliniko.model import (
    AppointmentType,
    BlockType,
    Business,
    Hours,
    Key,
    Notification,
    Patient,
    Practitioner,
    Row,
)
from worker.sandbox.cliniko.quirks import Quirks
from worker.sandbox.exchange import Clock

P = ParamSpec("P")
R = TypeVar("R")
FIRST_ID = 1_412_000_000_000_000_001  # an id that a float cannot hold


class Lockable(Protocol):
    """Something with one lock around all of its state."""

    lock: RLock


L = TypeVar("L", bound=Lockable)


def atomic(method: Callable[Concatenate[L, P], R]) -> Callable[Concatenate[L, P], R]:
    """Run a method under its object's lock: the world changes while requests are served."""

    @wraps(method)
    def locked(self: L, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    return locked


class Practice:
    """Businesses, practitioners, types and patients of one account."""

    def __init__(
        self, clock: Clock, seed: int, api_key: str, account_zone: str, quirks: Quirks
    ) -> None:
        self.lock = RLock()
        self.quirks = quirks
        self.account_zone = account_zone
        self._clock = clock
        self._random = Random(seed)
        self._last_ids: defaultdict[str, int] = defaultdict(lambda: FIRST_ID)
        self.businesses: dict[str, Business] = {}
        self.practitioners: dict[str, Practitioner] = {}
        self.appointment_types: dict[str, AppointmentType] = {}
        self.block_types: dict[str, BlockType] = {}
        self.patients: dict[str, Patient] = {}
        self.hours: list[Hours] = []
        self.notifications: list[Notification] = []
        self.keys: dict[str, Key] = {}
        self.shard = "au1"
        body, dash, shard = api_key.rpartition("-")
        if dash:
            api_key, self.shard = body, shard
        self.keys[api_key] = Key(self.new_id("users"))

    def new_id(self, table: str) -> str:
        """Take the next id: one sequence for all tables, or one each where ids collide."""
        if self.quirks.colliding_ids:
            self._last_ids[table] += 1
            return str(self._last_ids[table])
        self._last_ids[""] += self._random.randrange(1, 1000)
        return str(self._last_ids[""])

    def now(self) -> int:
        """Return the account's clock in whole seconds."""
        return int(self._clock.now())

    def shown_updated_at(self, row: Row) -> int:
        """Return when a row changed, as it is shown: background jobs may have moved it since."""
        due = row.updated_at + self.quirks.async_bump_after
        return due if due <= self.now() else row.updated_at

    @atomic
    def add_business(
        self, name: str, zone: str | None = "Australia/Melbourne", *, native_id: str | None = None
    ) -> str:
        """Add a location with its IANA zone; returns its id."""
        now = self.now()
        row = Business(native_id or self.new_id("businesses"), now, now, name, zone)
        self.businesses[row.id] = row
        return row.id

    @atomic
    def add_practitioner(
        self, first_name: str, last_name: str, *, native_id: str | None = None
    ) -> str:
        """Add somebody who treats; returns their id."""
        now = self.now()
        row_id = native_id or self.new_id("practitioners")
        self.practitioners[row_id] = Practitioner(row_id, now, now, first_name, last_name)
        return row_id

    @atomic
    def add_appointment_type(
        self, name: str, minutes: int, *, max_attendees: int = 1, native_id: str | None = None
    ) -> str:
        """Add a type with its duration and (above one) its places; returns its id."""
        now = self.now()
        row_id = native_id or self.new_id("appointment_types")
        row = AppointmentType(row_id, now, now, name, minutes, max_attendees)
        self.appointment_types[row_id] = row
        return row_id

    @atomic
    def add_block_type(self, name: str) -> str:
        """Add a reason to be unavailable; returns its id."""
        now = self.now()
        row = BlockType(self.new_id("unavailable_block_types"), now, now, name)
        self.block_types[row.id] = row
        return row.id

    @atomic
    def add_patient(self, first_name: str, last_name: str, email: str | None = None) -> str:
        """Add a patient; returns their id."""
        now = self.now()
        row = Patient(self.new_id("patients"), now, now, first_name, last_name, email)
        self.patients[row.id] = row
        return row.id

    @atomic
    def add_key(
        self,
        api_key: str,
        *,
        practitioner_id: str | None = None,
        forbidden: Iterable[str] = (),
    ) -> None:
        """Let another user in, limited to one practitioner's bookings or kept out of resources."""
        body = api_key.removesuffix(f"-{self.shard}")
        self.keys[body] = Key(self.new_id("users"), practitioner_id, frozenset(forbidden))

    @atomic
    def revoke_key(self, api_key: str) -> None:
        """Make a key useless."""
        del self.keys[api_key.removesuffix(f"-{self.shard}")]

    @atomic
    def set_hours(
        self,
        practitioner_id: str,
        business_id: str,
        weekdays: Iterable[int],
        opens: int,
        closes: int,
    ) -> None:
        """Give weekly hours: ISO weekdays (Monday is 1), local minutes of the day."""
        self.hours += [Hours(business_id, practitioner_id, day, opens, closes) for day in weekdays]

    @atomic
    def rename_type(self, appointment_type_id: str, name: str) -> None:
        """Rename a type: every appointment of it shows another name, none of them is touched."""
        row = self.appointment_types[appointment_type_id]
        row.name, row.updated_at = name, self.now()

    @atomic
    def archive_row(self, row: Row) -> None:
        """Archive any row under the columns that this account uses."""
        now = self.now()
        if self.quirks.archiving != "deleted_at":
            row.archived_at = now
        if self.quirks.archiving != "archived_at":
            row.deleted_at = now
        if self.quirks.archiving_bumps_updated_at:
            row.updated_at = now

    @atomic
    def deactivate(self, practitioner_id: str) -> None:
        """Move a practitioner to the inactive ones."""
        row = self.practitioners[practitioner_id]
        row.active, row.updated_at = False, self.now()
