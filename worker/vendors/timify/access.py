"""What `calsync check` tells a TIMIFY administrator, by reads only."""

from __future__ import annotations

from datetime import timedelta

from worker.domain.instants import local
from worker.vendors.base import Access, EventError, NeedsPerson, Nonsense, VendorError
from worker.vendors.rows import page
from worker.vendors.timify.directory import Directory
from worker.vendors.timify.paging import ListRefused
from worker.vendors.timify.session import Session
from worker.vendors.timify.settings import Settings
from worker.vendors.timify.timeshifts import Timeshifts
from worker.vendors.timify.wire import Appointment

MOST_NAMED = 20


def look_around(
    session: Session,
    directory: Directory,
    timeshifts: Timeshifts,
    settings: Settings,
    zone: str,
    now: float,
) -> Access:
    """Ask for today's appointments and timeshifts. Raises VendorError where nothing works."""
    today = local(int(now), zone).date()
    days = (today, today + timedelta(days=1))
    problems: list[str] = []
    notes = [_appointments(session, days[0].isoformat(), days[1].isoformat(), zone)]
    notes += _zone(directory.zone(), settings, zone, problems)
    try:
        timeshifts.probe(days)
        notes.append("timeshifts can be read: blockers, vacation and sick days are seen")
    except ListRefused as error:
        if timeshifts.is_absent(error):
            notes.append("there is no list of timeshifts here: blockers and vacation stay unseen")
        else:
            problems.append(f"{error}: blockers and vacation stay unseen")
    except (NeedsPerson, Nonsense) as error:
        problems.append(f"{error}: blockers and vacation stay unseen")
    notes.append(_resources(directory))
    who = f"app {settings.app_id} at company {settings.company_id}"
    return Access(who, tuple(notes), tuple(problems))


def _appointments(session: Session, first: str, last: str, zone: str) -> str:
    params = (("from_date", first), ("to_date", last), ("timezone", zone))
    try:
        reply = session.get("/appointments", (*params, ("page", "1"), ("limit", "1")))
    except EventError as error:
        raise _refused(error) from None
    rest = page(reply, Appointment, "data").rest
    if "total" in rest or "meta" in rest:
        return "appointments can be read, and their number is told: a cut would be noticed"
    return "appointments can be read; their number is not told, so each list is read to its end"


def _refused(error: EventError) -> VendorError:
    return NeedsPerson(f"{error}: the list of appointments is refused; check company_id")


def _zone(learnt: str, settings: Settings, zone: str, problems: list[str]) -> list[str]:
    if not learnt and settings.timezone is None:
        problems.append(
            f"the company's time zone cannot be learnt, {zone} is assumed: set `timezone`"
        )
        return []
    if learnt and learnt != zone:
        problems.append(f"the company's time zone is {learnt}, but `timezone` says {zone}")
    return [f"days and blocks are read in {zone}"]


def _resources(directory: Directory) -> str:
    directory.refresh()
    known = directory.resources
    if not known:
        return "the company's resources are not published: take their ids from TIMIFY"
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"resources that may be bound: {', '.join(known[:MOST_NAMED])}{more}"
