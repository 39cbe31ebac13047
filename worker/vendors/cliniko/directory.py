"""What Cliniko's ids are called, read once and kept for an hour: links are not chased per row."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from worker.vendors.base import Clock, Nonsense, Rejected, Vanished
from worker.vendors.cliniko.listing import (
    WITH_ARCHIVED,
    Listing,
    Missing,
    NotAllowed,
    Question,
    Reader,
    Refused,
)
from worker.vendors.cliniko.mapping import NOWHERE, Names, Place, place
from worker.vendors.cliniko.wire import Booking, Business, Named, Record, linked, text_or_nothing
from worker.vendors.rows import Row, document
from worker.vendors.text import line

KEPT_FOR = 3600.0  # seconds

R = TypeVar("R", bound=Record)
T = TypeVar("T")


class Register(Generic[R, T]):
    """One list of names: read whole, then single records that it does not hold, by their id.

    Archived ones are asked for, too: appointments outlive the types that they refer to.
    What may not be read, or is not there any more, is called `nameless`.
    """

    def __init__(
        self,
        reader: Reader,
        clock: Clock,
        path: str,
        model: type[R],
        read: Callable[[R], T],
        nameless: T,
    ) -> None:
        self.known: dict[str, T] = {}
        self._reader = reader
        self._clock = clock
        self._path = path
        self._model = model
        self._read = read
        self._nameless = nameless
        self._until = 0.0
        self._barred = False

    def learn(self, ids: Iterable[str]) -> None:
        """Make sure that all `ids` are known. Raises VendorError, but none for missing names."""
        wanted = set(ids) - {""}
        if wanted and self._clock.monotonic() >= self._until:
            self._list()
        for identifier in sorted(wanted - self.known.keys()):
            self.known[identifier] = self._one(identifier)

    def _list(self) -> None:
        listing = Listing(self._reader, Question(self._path, WITH_ARCHIVED), self._model)
        known: dict[str, T] = {}
        self._barred = False
        try:
            for page in listing:
                known |= {text_or_nothing(row.value.id): self._read(row.value) for row in page.rows}
        except NotAllowed:
            self._barred = True
        except (Missing, Refused):
            pass  # single records may still be readable
        self.known = known
        self._until = self._clock.monotonic() + KEPT_FOR

    def _one(self, identifier: str) -> T:
        if self._barred:
            return self._nameless
        try:
            reply = self._reader.one(f"{self._path}/{identifier}", WITH_ARCHIVED)
            return self._read(document(reply, self._model))
        except NotAllowed:
            self._barred = True
        except (Vanished, Rejected, Nonsense):
            pass  # archived for good, or unreadable: an event without a title is still an event
        return self._nameless


class Directory:
    """The names that one account's events need."""

    def __init__(self, reader: Reader, clock: Clock) -> None:
        self._types = Register(reader, clock, "/appointment_types", Named, _name, "")
        self._places = Register(reader, clock, "/businesses", Business, place, NOWHERE)
        self._block_types = Register(reader, clock, "/unavailable_block_types", Named, _name, "")

    def names(self, rows: Iterable[Row[Booking]]) -> Names:
        """What everything that `rows` refer to is called."""
        bookings = [row.value for row in rows]
        self._types.learn({linked(booking.appointment_type) for booking in bookings})
        self._places.learn({linked(booking.business) for booking in bookings})
        self._block_types.learn({linked(booking.unavailable_block_type) for booking in bookings})
        places: dict[str, Place] = self._places.known
        return Names(self._types.known, places, self._block_types.known)


def _name(named: Named) -> str:
    return line(named.name)
