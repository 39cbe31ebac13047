"""The work: a year of appointments on many calendars, some of which overlap.

Working days have ten hours, starts lie on a grid of five minutes. On each calendar events are laid
out without touching the one before; then two of a hundred are pulled back into it. The same number
of events gives the same world, everywhere.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SEED = 20260101
OVERLAPPING = 0.02
YEAR_START = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
YEAR_END = int(datetime(2027, 1, 1, tzinfo=UTC).timestamp())
DAY_OPENS, DAY_LASTS = 8 * 60, 10 * 60  # minutes
GRID = 5
LENGTHS, SHARES = (15, 30, 45, 60, 90, 120), (15, 35, 20, 20, 7, 3)
WORKING_DAYS = tuple(
    day
    for day in range(365)
    if datetime.fromtimestamp(YEAR_START + day * 86_400, UTC).weekday() < 5
)
PER_PAGE = 100

NAMES = (
    *("Ada Brandt", "Bo Castellanos", "Chiara Dvořák", "Dmitri Eze", "Esmé Fontaine"),
    *("Farah Grünwald", "Gil Hayashi", "Hana Ibsen", "Ivo Jónsdóttir", "June Kaplan"),
)
REMARKS = (
    "Bring the letter of the family doctor and the last report. ",
    "Second door on the left; the bell is out of order. ",
    "Pain is down to three of ten, exercises go on twice a day. ",
    "Call before coming – the lift may be closed. ",
)


@dataclass(frozen=True, slots=True)
class Appointment:
    """One stretch of time on one calendar; instants in epoch seconds."""

    id: str
    calendar: int
    start: int
    end: int
    person: str
    remark: str
    cancelled: bool
    changed: int


def calendars(count: int) -> int:
    """How many calendars carry so many events: about a thousand on each."""
    return max(5, count // 1000)


def appointments(count: int, seed: int = SEED) -> list[Appointment]:
    """The whole world, in the order in which a vendor would list it: none in particular."""
    chance = random.Random(seed)
    places = [
        place for number in range(calendars(count)) for place in _laid_out(count, number, chance)
    ]
    chance.shuffle(places)
    return [_appointment(index, place, chance) for index, place in enumerate(places)]


def _laid_out(count: int, number: int, chance: random.Random) -> Iterator[tuple[int, int, int]]:
    """(calendar, start, end) of one calendar's events."""
    total = calendars(count)
    share = count // total + (number < count % total)
    lengths = chance.choices(LENGTHS, SHARES, k=share)
    free = (len(WORKING_DAYS) * DAY_LASTS - sum(lengths)) // GRID
    if free < 0:
        raise ValueError("so many events do not fit into a year")
    gaps = sorted(chance.randrange(free + 1) for _ in range(share))
    taken = 0
    end_before = 0
    for index, (gap, length) in enumerate(zip(gaps, lengths, strict=True)):
        minute = gap * GRID + taken
        if index and chance.random() < OVERLAPPING:
            longest = lengths[index - 1]
            minute = end_before - min(longest, GRID + GRID * chance.randrange(longest // GRID))
        taken += length
        end_before = minute + length
        start = _instant(minute)
        yield number, start, start + length * 60


def _instant(minute: int) -> int:
    """The instant of a minute of working time."""
    day, rest = divmod(minute, DAY_LASTS)
    return (
        YEAR_START
        + WORKING_DAYS[min(day, len(WORKING_DAYS) - 1)] * 86_400
        + (DAY_OPENS + rest) * 60
    )


def _appointment(index: int, place: tuple[int, int, int], chance: random.Random) -> Appointment:
    number, start, end = place
    return Appointment(
        id=str(1_410_000_000_000_000_000 + index * 41 + 7),
        calendar=number,
        start=start,
        end=end,
        person=chance.choice(NAMES),
        remark=chance.choice(REMARKS) * chance.randrange(1, 5) if chance.random() < 0.4 else "",
        cancelled=chance.random() < 0.1,
        changed=YEAR_START - chance.randrange(25 * 86_400),
    )


def iso(seconds: int) -> str:
    """An instant as vendors write it."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )


def cliniko_row(one: Appointment, base: str) -> dict[str, object]:
    """An individual appointment as Cliniko's documentation shows one."""

    def linked(path: str) -> dict[str, object]:
        return {"links": {"self": f"{base}/{path}"}}

    own = f"individual_appointments/{one.id}"
    return {
        "appointment_type": linked(f"appointment_types/{int(one.id) % 17 + 1}"),
        "archived_at": None,
        "attendees": linked(f"{own}/attendees"),
        "booking_ip_address": None,
        "business": linked("businesses/1"),
        "cancellation_note": None,
        "cancellation_reason": 50 if one.cancelled else None,
        "cancellation_reason_description": "Feeling better" if one.cancelled else None,
        "cancelled_at": iso(one.changed) if one.cancelled else None,
        "conflicts": linked(f"{own}/conflicts"),
        "created_at": iso(one.changed - 86_400),
        "deleted_at": None,
        "did_not_arrive": False,
        "email_reminder_sent": False,
        "ends_at": iso(one.end),
        "has_patient_appointment_notes": bool(one.remark),
        "id": one.id,
        "invoice_status": None,
        "links": {"self": f"{base}/{own}"},
        "notes": one.remark or None,
        "online_booking_policy_accepted": None,
        "patient": linked(f"patients/{int(one.id) % 9_973 + 1}"),
        "patient_arrived": False,
        "patient_case": None,
        "patient_name": one.person,
        "practitioner": linked(f"practitioners/{5_000 + one.calendar}"),
        "repeat_rule": None,
        "repeats": None,
        "sms_reminder_sent": False,
        "starts_at": iso(one.start),
        "telehealth_url": None,
        "treatment_note_status": None,
        "updated_at": iso(one.changed),
    }


def cliniko_pages(
    world: Sequence[Appointment], base: str, per_page: int = PER_PAGE
) -> Iterator[bytes]:
    """The whole world as pages of the list of bookings, each linked to the next."""
    pages = max(1, -(-len(world) // per_page))
    for page in range(1, pages + 1):
        rows = world[(page - 1) * per_page : page * per_page]
        links = {"self": f"{base}/bookings?page={page}"}
        if page < pages:
            links["next"] = f"{base}/bookings?page={page + 1}"
        answer = {
            "bookings": [cliniko_row(one, base) for one in rows],
            "total_entries": len(world),
            "links": links,
        }
        yield json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
