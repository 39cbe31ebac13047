"""What appointments refer to and do not say themselves: their types, and the calendars."""

from __future__ import annotations

from worker.vendors.acuity import wire
from worker.vendors.acuity.errors import Refused
from worker.vendors.acuity.wire import text_of
from worker.vendors.base import EventError, Vanished
from worker.vendors.http import Outlet
from worker.vendors.rows import page


class Catalogue:
    """Types are read once per walk, calendars only when something needs them.

    What one walk learnt stays for the next, in case that one cannot read it: paddings that come
    and go would look like changes of every event.
    """

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self.types: dict[str, wire.AppointmentType] = {}
        self.known: dict[str, str] = {}
        self._calendars_read = False
        self._refusal = ""
        self._split_blindly = False

    def refresh(self) -> tuple[str, ...]:
        """Read the types anew, and the calendars when next asked for. Returns gaps."""
        self._calendars_read = self._split_blindly = False
        self._refusal = ""
        try:
            # Deleted types still stand on appointments made before.
            reply = self._outlet.get("/appointment-types", [("includeDeleted", "true")])
        except Vanished:
            # Not every stand-in for the vendor has this list. Times, people and identities do not
            # depend on it: nothing can seem to vanish, and paddings stay what they were.
            return ()
        except (EventError, Refused) as error:
            return (f"{error}: paddings and class sizes were not read",)
        rows = page(reply, wire.AppointmentType).rows
        self.types.update({text_of(row.value.id): row.value for row in rows})
        return ()

    def zones(self) -> dict[str, str]:
        """The calendars' zones by id, as far as they may be read."""
        if self._calendars_read:
            return self.known
        self._calendars_read = True
        try:
            reply = self._outlet.get("/calendars")
        except (EventError, Refused) as error:
            self._refusal = f"{error}: it is not known which calendars there are"
            return self.known
        for row in page(reply, wire.Calendar).rows:
            self.known[text_of(row.value.id)] = row.value.timezone or ""
        return self.known

    def calendar_ids(self) -> set[str]:
        """Every calendar that is listed or that a type names, to ask for one after the other."""
        listed = self.zones()
        self._split_blindly = bool(self._refusal)
        named = (text_of(each) for kind in self.types.values() for each in kind.calendar_ids or ())
        return {*named, *listed}

    def type_ids(self) -> set[str]:
        """Every type, deleted ones included."""
        return set(self.types)

    def trouble(self) -> tuple[str, ...]:
        """Why a split by calendar in this walk may have left some out."""
        return (self._refusal,) if self._split_blindly else ()

    def refusal(self) -> str:
        """Why the calendars could not be read, if they were asked for and could not."""
        return self._refusal

    def longest_days(self) -> int:
        """The whole days that the longest type lasts: what began so long ago may still go on."""
        minutes = max((kind.duration or 0 for kind in self.types.values()), default=0)
        return min(max(0, minutes) // (24 * 60), 366)
