"""TIMIFY: appointments, courses and denied times of one company.

Public documentation:

- https://timify-dev-api.redocly.app/apis/openapi/appointments (appointments)
- https://docs2.timify.com/apis/openapi (the newer home: timeshifts, companies, booker services)
- https://docs.timify.dev (apps, their id and secret, scopes)

What is peculiar, each with a test of that name in `tests/vendors/timify/`:

Times and records
- the day with a stray z is not the start; answers are utc whatever the companys zone
- recurring bookings are named by their day; a moved occurrence keeps the day it was planned for
- work pause work is two events named by booking id; resources of one stretch are one event
- records of a chain are single events of one series
- an occurrence has the same name whether its list shows the others or not
- paddings are never part of the span whether the interval has them or not
- a course is a group with room and people; a reservation is held until it runs out
- a record that awaits deletion is still there; secrets and people never survive

Lists
- no slice is longer than thirty days and together they cover the window
- days are asked for in the companys zone with days around them
- page and limit are always sent together; pages smaller than asked for are no end
- lists of any length end with or without totals; a total that contradicts the rows is a gap
- rows that shift from page to page are caught by a second walk
- a deleted record is gone; a record moved out of the window is present with its new time

Access
- the token is sent bare and asked for in a body; the other scheme is tried once and remembered
- expires is a length or an instant or absent; a token that dies in mid run is refreshed
- the companys header goes with every read
- success without status one is a failure and the next walk takes a new token

Writing
- an import that takes long is left open and found later
- an import that is sent again makes no second one
- a hold is made moved and deleted in every reading
- a company that takes wall times for utc is not written to
- a late import at a wrong time is taken back when it is found
- times that the clocks show twice are moved to ones that they show once
- the flags of a deletion go where either reading finds them
- a write whose token is refused is not repeated and the next one works
- combined services are one event as long as their origin
- a slot is won first where the rule says so and the reservation is let go
- what became a series is read only; timeshifts are read only
- a mark lasts in the external id where notes are edited

Denied times
- the wall clock rules across a change of the clocks; a window may end at twenty four hours
- an account without the list of timeshifts is whole without it
- a refused list of timeshifts is a gap and appointments go on
- resources are named one by one where the vendor demands it
"""

from __future__ import annotations

from worker.domain.conflict.suggestions import Manners
from worker.vendors.base import Entry
from worker.vendors.timify.client import Timify
from worker.vendors.timify.settings import Settings, native_id, scope

# It tells people where a change says so: two flags, which are sent with each, off unless approved.
MANNERS = Manners(
    removal="delete",
    hold="an appointment without a customer",
    tells=frozenset({"withdraw", "move", "delete"}),
    notes={"delete": "it is gone for good"},
)

ENTRY = Entry(
    settings=Settings,
    open=Timify,
    bindings={"resource": native_id, "external": native_id},
    scope=scope,
    manners=MANNERS,
)
