"""What an Appointment.one key shows, found out by reads, in words for the account's owner."""

from __future__ import annotations

from worker.domain.listing import Quarantined
from worker.vendors.appointment_one.reading import Reading
from worker.vendors.appointment_one.records import Calendars
from worker.vendors.base import Access
from worker.vendors.http import Outlet

_NO_LIST = (
    "Appointment.one has no list of appointments: only those are read whose ids stand under "
    "`appointments`"
)


def access(outlet: Outlet, pages: tuple[str, ...], appointments: tuple[str, ...]) -> Access:
    """Read the calendars, the pages and the configured appointments once. Raises VendorError."""
    problems: list[str] = []
    calendars = Calendars(outlet)
    calendars.load(problems)
    states = calendars.states()
    reading = Reading("", outlet)
    batch = reading.templates(pages)
    problems += [gap for gap in batch.gaps if gap not in problems]
    problems += [f"booking page {row.native_id}: {row.reason}" for row in batch.quarantined]
    for template in batch.templates:
        if template.blind and template.active:
            problems.append(
                f"booking page {template.native_id} relies on calendars that Appointment.one "
                f"cannot read, and can be booked over taken time: {', '.join(template.blind)}"
            )
        if not template.active and template.native_id in pages:
            problems.append(f"booking page {template.native_id} does not exist or is not active")
    problems += _missing(reading, appointments)
    active = sum(template.active for template in batch.templates)
    notes = (
        f"{len(batch.templates)} booking pages, {active} of them active",
        f"{len(states)} calendars: " + ", ".join(f"calendar:{one}" for one in sorted(states)),
        _NO_LIST,
    )
    return Access("the user of an API key", notes, tuple(problems))


def _missing(reading: Reading, appointments: tuple[str, ...]) -> list[str]:
    problems: list[str] = []
    for number in appointments:
        match reading.readable(number):
            case None:
                problems.append(f"appointment {number} does not exist, or does no more")
            case Quarantined(reason=reason):
                problems.append(f"appointment {number} cannot be read: {reason}")
    return problems
