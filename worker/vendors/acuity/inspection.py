"""What `calsync check` asks an Acuity account, and how it says what it found."""

from __future__ import annotations

from worker.vendors.acuity import wire
from worker.vendors.acuity.catalogue import Catalogue
from worker.vendors.acuity.errors import Refused
from worker.vendors.acuity.settings import AcuitySettings
from worker.vendors.acuity.wire import text_of
from worker.vendors.base import Access, EventError
from worker.vendors.http import Outlet
from worker.vendors.rows import document, page
from worker.vendors.text import line

MOST_NAMED = 20


def inspect(outlet: Outlet, settings: AcuitySettings, catalogue: Catalogue) -> Access:
    """Ask for the login and one row of each list. Raises VendorError if credentials are wrong."""
    notes: list[str] = []
    problems: list[str] = []
    me = _me(outlet, notes)
    problems.extend(catalogue.refresh())
    calendars = sorted(catalogue.zones())
    if refusal := catalogue.refusal():
        problems.append(refusal)
    _read(outlet, "/appointments", problems)
    _read(outlet, "/blocks", problems)
    if me.plan:
        notes.append(f"plan: {line(me.plan, 60)}")
    if me.timezone:
        notes.append(f"time zone of the account: {line(me.timezone, 60)}")
        if settings.timezone and settings.timezone != me.timezone:
            notes.append("the configured timezone is another one; it matters to wall times only")
    notes.append(_named(calendars))
    notes.append(f"{len(catalogue.types)} appointment types, deleted ones included")
    return Access(_who(me, settings), tuple(notes), tuple(problems))


def _me(outlet: Outlet, notes: list[str]) -> wire.Me:
    # Its can_use_api is not looked at: it was seen false on accounts whose calls all worked.
    try:
        return document(outlet.get("/me"), wire.Me)
    except (EventError, Refused) as error:
        notes.append(f"{error}: the login tells nothing about itself")
        return wire.Me()


def _read(outlet: Outlet, path: str, problems: list[str]) -> None:
    try:
        page(outlet.get(path, [("max", "1")]), wire.Calendar)
    except (EventError, Refused) as error:
        problems.append(f"{error}: this cannot be read")


def _who(me: wire.Me, settings: AcuitySettings) -> str:
    return f"user {line(text_of(me.id), 40) or settings.user_id or 'behind the access token'}"


def _named(calendars: list[str]) -> str:
    if not calendars:
        return "no calendar is listed"
    names = ", ".join(f"calendar:{each}" for each in calendars[:MOST_NAMED])
    more = f" and {len(calendars) - MOST_NAMED} more" if len(calendars) > MOST_NAMED else ""
    return f"calendars that resources may bind: {names}{more}"
