"""Appointment.one: booking pages, the calendars behind them, and appointments known by their id.

Documentation: https://www.appointment.one/faq/P-api_event_list_get,
https://www.appointment.one/faq/P-api_event_details_get,
https://www.appointment.one/faq/P-api_appointment_details_get,
https://www.appointment.one/faq/P-api_calendar_list_get,
https://www.appointment.one/faq/P-api_calendar_details_get,
https://www.appointment.one/faq/P-api_key_management
"""

from __future__ import annotations

from worker.vendors.appointment_one.client import AppointmentOne
from worker.vendors.appointment_one.settings import (
    AppointmentOneSettings,
    check_calendar,
    check_page,
    scope,
)
from worker.vendors.base import Entry

__all__ = ["ENTRY", "AppointmentOne", "AppointmentOneSettings"]

ENTRY = Entry(
    settings=AppointmentOneSettings,
    open=AppointmentOne,
    bindings={"calendar": check_calendar, "event": check_page},
    scope=scope,
)
