"""Which patients' e-mail addresses stand for them, so that other systems can know them, too."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from worker.domain.listing import Sighting
from worker.domain.span import HOUR
from worker.vendors.base import Clock, Nonsense, TryLater
from worker.vendors.cliniko.listing import (
    WITH_ARCHIVED,
    Listing,
    Missing,
    NotAllowed,
    Question,
    Reader,
    Refused,
    Unfilterable,
)
from worker.vendors.cliniko.wire import Patient

TOGETHER = 50  # ids of 19 digits in one address
KEPT_FOR = 12.0 * HOUR
PATIENCE = 2  # walks in a row that may break off because addresses cannot be read


@dataclass(frozen=True, slots=True)
class _Known:
    """What is remembered of a patient: no more than what stands for them, and until when."""

    address: str = field(repr=False)  # empty where there is none
    hidden: bool
    until: float


class Patients:
    """Replaces patients' numbers by `email:` references; addresses stay in memory only.

    An address stands for a patient unless somebody else of the account has it, too, as families
    do: both then keep their numbers (an archived record does not count, it is often a duplicate).
    Whoever was told by one reference keeps it until the vendor itself says otherwise: an answer
    that fails changes nothing.
    """

    def __init__(self, account: str, reader: Reader, clock: Clock) -> None:
        self._prefix = f"{account}/patient:"
        self._reader = reader
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._owners: dict[str, set[str]] = {}  # by address: who has it and is not archived
        self._told: dict[str, str] = {}  # the address that somebody was told by, or nothing
        self._turned: set[str] = set()
        self._closed = False
        self._failures = 0

    def start(self) -> None:
        """Begin a walk: what was not allowed is tried again, and who was not seen is forgotten."""
        self._closed = False
        for patient, known in list(self._known.items()):
            if self._clock.monotonic() >= known.until + KEPT_FOR:
                self._forget(patient)

    def start_over(self) -> None:
        """Begin a walk that shows everything anew: nobody is renamed by what was told before."""
        self.start()
        self._told.clear()
        self._turned.clear()

    def matched(self, sightings: Iterable[Sighting]) -> list[Sighting]:
        """The same events with their people's references. Raises VendorError."""
        shown = list(sightings)
        self._learn({name for one in shown for name in self._numbers(one)})
        return [self._referred(one) for one in shown]

    def _numbers(self, sighting: Sighting) -> list[str]:
        people = sighting.event.people
        return [one.removeprefix(self._prefix) for one in people if one.startswith(self._prefix)]

    def renamed(self) -> list[str]:
        """Who was told by another reference than the present one since this was last asked."""
        turned, self._turned = self._turned, set()
        return sorted(turned)

    def _referred(self, sighting: Sighting) -> Sighting:
        people = tuple(sorted({self._reference(one) for one in self._numbers(sighting)}))
        if people == sighting.event.people:
            return sighting
        return replace(sighting, event=replace(sighting.event, people=people))

    def _reference(self, patient: str) -> str:
        self._told[patient] = address = self._standing(patient)
        return f"email:{address}" if address else self._prefix + patient

    def _standing(self, patient: str) -> str:
        """The address that stands for a patient, or an empty string."""
        known = self._known.get(patient)
        if known is None or len(self._owners.get(known.address, ())) > 1:
            return ""
        return known.address

    def _learn(self, patients: set[str]) -> None:
        now = self._clock.monotonic()
        due = sorted(
            patient
            for patient in patients
            if (known := self._known.get(patient)) is None or now >= known.until
        )
        for start in range(0, len(due), TOGETHER):
            if self._closed:
                return
            self._ask(due[start : start + TOGETHER])

    def _ask(self, chunk: Sequence[str]) -> None:
        try:
            found = self._read(chunk)
        except (Missing, NotAllowed, Refused, Unfilterable):
            self._closed = True
            return
        except (TryLater, Nonsense) as error:
            self._endure(error, chunk)
            return
        self._failures = 0
        for patient in chunk:
            self._keep(patient, found.get(patient))

    def _endure(self, error: TryLater | Nonsense, chunk: Sequence[str]) -> None:
        """Go on without the answer, if nobody is renamed by that; else break the walk off.

        Patients of whom nothing is known may have been told by their addresses before a restart.
        Only where the answer fails again and again their numbers are better than no calendar.
        """
        if isinstance(error, TryLater) and error.throttled:
            raise error
        if any(patient not in self._known for patient in chunk):
            self._failures += 1
            if self._failures <= PATIENCE:
                raise error
        self._closed = True

    def _read(self, chunk: Sequence[str]) -> dict[str, Patient]:
        """Those of the patients that the vendor shows, archived ones among them."""
        filters = (("id", "=" + ",".join(chunk)), *WITH_ARCHIVED)
        listing = Listing(self._reader, Question("/patients", filters, frozenset({"id"})), Patient)
        found: dict[str, Patient] = {}
        for page in listing:
            found |= {str(row.value.id): row.value for row in page.rows}
            if not found.keys() <= set(chunk):
                # Reading on could mean reading all patients of the practice.
                raise Unfilterable("GET …/patients ignores the filter on id")
        if listing.gaps:
            raise Nonsense(listing.gaps[0])
        return found

    def _keep(self, patient: str, shown: Patient | None) -> None:
        before = self._known.get(patient, _NOBODY)
        until = self._clock.monotonic() + KEPT_FOR
        # One who is not shown was merged or deleted for good: that says nothing of an address.
        kept = replace(before, until=until) if shown is None else _known(shown, until)
        self._known[patient] = kept
        if (kept.address, kept.hidden) == (before.address, before.hidden):
            return
        affected = {patient, *self._disowned(patient, before.address)}
        if kept.address and not kept.hidden:
            owners = self._owners.setdefault(kept.address, set())
            owners.add(patient)
            affected |= owners
        self._turned |= {
            one for one in affected & self._told.keys() if self._told[one] != self._standing(one)
        }

    def _forget(self, patient: str) -> None:
        self._disowned(patient, self._known.pop(patient, _NOBODY).address)
        self._told.pop(patient, None)

    def _disowned(self, patient: str, address: str) -> set[str]:
        """Who is left with an address that is not the patient's any more."""
        owners = self._owners.get(address, set())
        owners.discard(patient)
        if not owners:
            self._owners.pop(address, None)
        return owners


_NOBODY = _Known("", hidden=False, until=0.0)


def _known(shown: Patient, until: float) -> _Known:
    return _Known(_address(shown.email), shown.hidden, until)


def _address(text: str | None) -> str:
    address = (text or "").strip().lower()
    return address if "@" in address and " " not in address else ""
