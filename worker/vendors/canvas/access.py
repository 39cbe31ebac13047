"""What a Canvas token may do, found out by reads, in words for the site's administrators."""

from __future__ import annotations

from worker.vendors.base import Access, Nonsense, Rejected, Vanished
from worker.vendors.canvas.mapping import Sheet, Unreadable, sheet
from worker.vendors.canvas.paging import pages
from worker.vendors.canvas.reading import GROUPS, MANAGEABLE, registered, single
from worker.vendors.canvas.refusals import NoRight
from worker.vendors.canvas.wire import Group
from worker.vendors.http import Outlet

MOST_NAMED = 20
_EMPTY = (
    "the token manages no appointment groups: if there should be some, it may be a student's, "
    "or of a role without the right to manage the course calendar"
)


def access(account: str, outlet: Outlet, codes: tuple[str, ...]) -> Access:
    """List what is managed, and try the reservations of one group. Raises VendorError."""
    problems: list[str] = []
    sheets: list[tuple[Sheet, Group]] = []
    params = (
        *MANAGEABLE,
        ("include[]", "all_context_codes"),
        *(("context_codes[]", code) for code in codes),
        ("per_page", "100"),
    )
    for _, found in pages(outlet, GROUPS, params, Group, problems):
        for row in found.rows:
            try:
                sheets.append((sheet(account, row.value), row.value))
            except Unreadable as error:
                problems.append(f"an appointment group cannot be read: {error}")
        problems += [f"an appointment group cannot be read: {bad.reason}" for bad in found.bad]
    if not sheets:
        return Access("a login that manages nothing", (_EMPTY,), tuple(problems))
    notes = [*_inventory([of for of, _ in sheets]), *_unanswered(codes, [of for of, _ in sheets])]
    _try_one(account, outlet, sheets[-1], notes, problems)
    return Access("a manager of course calendars", tuple(notes), tuple(problems))


def _inventory(sheets: list[Sheet]) -> list[str]:
    pending = sum(of.state == "pending" for of in sheets)
    courses = sorted({course for of in sheets for course in of.courses})
    return [
        f"manages {len(sheets)} appointment groups, {pending} of them not published: "
        + _some([f"group:{of.id}" for of in sheets]),
        "in the courses " + _some(courses),
    ]


def _some(names: list[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _unanswered(codes: tuple[str, ...], sheets: list[Sheet]) -> list[str]:
    # Canvas drops codes that it does not know without a word.
    courses = {course for of in sheets for course in of.courses}
    return [
        f"context_codes: {code} shows no appointment group; is the number right?"
        for code in codes
        if code.startswith("course_") and f"course:{code.removeprefix('course_')}" not in courses
    ]


def _try_one(
    account: str,
    outlet: Outlet,
    one: tuple[Sheet, Group],
    notes: list[str],
    problems: list[str],
) -> None:
    of, group = one
    try:
        slots = single(outlet, of.id).slots
        notes.append(f"the slots of group:{of.id} can be read: {len(slots.rows)}")
        people = registered(account, outlet, of.id, group, problems)
        notes.append(f"its registered participants can be read: {len(people)}")
    except (Vanished, Rejected, NoRight, Nonsense) as error:
        problems.append(str(error))
