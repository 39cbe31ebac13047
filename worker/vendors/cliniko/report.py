"""What `calsync check` tells an administrator of a Cliniko account; ids only, never names."""

from __future__ import annotations

from worker.domain.instants import is_zone
from worker.vendors.base import Access, Rejected, Vanished
from worker.vendors.cliniko.listing import (
    Listing,
    Missing,
    NotAllowed,
    Question,
    Reader,
    Refused,
)
from worker.vendors.cliniko.settings import ClinikoSettings
from worker.vendors.cliniko.wire import Business, Record, User, text_of
from worker.vendors.rows import document

MOST_SHOWN = 30

# What each list is for, in an administrator's words; the first two must be readable.
LISTS = (
    ("/group_appointments", "group appointments"),
    ("/bookings", "individual appointments and unavailable blocks"),
    ("/attendees", "who attends group appointments"),
    ("/appointment_types", "the names of appointments"),
)


def access(reader: Reader, settings: ClinikoSettings) -> Access:
    """By reads only: the login, the lists, and which businesses and practitioners there are.

    Raises VendorError where the key is not accepted or the vendor is out of reach.
    """
    user = _user(reader)
    notes: list[str] = []
    problems: list[str] = []
    if user.role == "practitioner":
        problems.append(
            "the API key's user is a practitioner: Cliniko may show it nobody else's calendar"
        )
    for path, meaning in LISTS:
        trouble = _trouble(reader, path)
        if trouble:
            problems.append(f"{trouble} ({meaning})")
        else:
            notes.append(f"may read {meaning}")
    if settings.match_patients:
        trouble = _trouble(reader, "/patients")
        notes.append(
            f"{trouble}: patients are known within this account only"
            if trouble
            else "may read the e-mail addresses by which patients are matched (match_patients)"
        )
    for path, word in (("/practitioners", "practitioner"), ("/businesses", "business")):
        _bindable(reader, path, word, notes, problems)
    _home(reader, settings, problems)
    return Access(_who(user), tuple(notes), tuple(problems))


def _user(reader: Reader) -> User:
    try:
        return document(reader.one("/user"), User)
    except (Vanished, Rejected, NotAllowed):
        return User()


def _who(user: User) -> str:
    if user.id is None:
        return "a user who may not be told"
    role = user.role if user.role and user.role.replace("_", "").isalpha() else "of unknown role"
    return f"user {text_of(user.id)} ({role[:40]})"


def _trouble(reader: Reader, path: str) -> str:
    try:
        reader.first(Question(path), per_page=1)
    except (Missing, NotAllowed, Refused) as error:
        return str(error)
    return ""


def _bindable(reader: Reader, path: str, word: str, notes: list[str], problems: list[str]) -> None:
    listing = Listing(reader, Question(path), Record)
    ids: list[str] = []
    try:
        for page in listing:
            ids += [f"{word}:{text_of(row.value.id)}" for row in page.rows]
    except (Missing, NotAllowed, Refused) as error:
        problems.append(str(error))
        return
    shown = ", ".join(ids[:MOST_SHOWN]) + (", …" if len(ids) > MOST_SHOWN else "")
    notes.append(f"can be bound: {shown}" if ids else f"there is no {word} to bind")


def _home(reader: Reader, settings: ClinikoSettings, problems: list[str]) -> None:
    """The business that holds go to, where one is configured."""
    if settings.business_id is None:
        return
    try:
        business = document(reader.one(f"/businesses/{settings.business_id}"), Business)
    except (Vanished, Rejected, NotAllowed) as error:
        problems.append(f"{error}: the configured business_id is not there or archived")
        return
    if not is_zone(business.time_zone_identifier or ""):
        problems.append("the configured business_id tells no time zone that is known")
