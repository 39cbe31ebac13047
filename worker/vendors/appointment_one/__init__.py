"""Appointment.one: booking pages, the calendars behind them, and appointments known by their id.

Documentation: https://www.appointment.one/faq/P-api_event_list_get,
https://www.appointment.one/faq/P-api_event_details_get,
https://www.appointment.one/faq/P-api_appointment_details_get,
https://www.appointment.one/faq/P-api_calendar_list_get,
https://www.appointment.one/faq/P-api_calendar_details_get,
https://www.appointment.one/faq/P-api_key_management

What is handled, each by a test of the same name (`test_a_booking_page_is_a_template_and_…`):

- a booking page is a template and never an event
- attendees may be json within a text
- an empty list within a text is no two characters
- numbers may be text
- the end is computed from duration mins and not from the pages duration
- the key is sent without a scheme word
- links may be relative or absolute
- no link of an answer is ever followed (one of them would delete the page)
- no zone is made up
- a page that is shown is not therefore alive
- a deleted page is inactive whichever way it is told
- a deleted appointment is gone or cancelled by the vendors word
- an appointment that does not exist is no gap but the vendors word
- a list that counts more than it shows is not complete
- the array of pages may be labelled as calendars
- a page is blind where a calendar does not answer
- a list of appointments is used where it is wanted and exists
- error bodies are not read
- a login page with 200 is nonsense
- what cannot be made is refused with the way that remains
- nothing is deleted that its own link does not offer
- a page is deleted only by its own method
- a key that may only read is no broken account (401 where others say 403)
- an appointment is not deleted where nobody may be told (there is no switch)
"""

from __future__ import annotations

from worker.domain.conflict.suggestions import Manners
from worker.vendors.appointment_one.client import AppointmentOne
from worker.vendors.appointment_one.settings import (
    AppointmentOneSettings,
    check_calendar,
    check_page,
    scope,
)
from worker.vendors.base import Entry

__all__ = ["ENTRY", "AppointmentOne", "AppointmentOneSettings"]

# Appointments are moved by the people who have them; the interface can only take them away.
MANNERS = Manners(
    removal="delete",
    tells=frozenset({"withdraw", "move", "delete"}),
    notes={"move": "only those who booked it can do so"},
)

ENTRY = Entry(
    settings=AppointmentOneSettings,
    open=AppointmentOne,
    bindings={"calendar": check_calendar, "event": check_page},
    scope=scope,
    manners=MANNERS,
)
