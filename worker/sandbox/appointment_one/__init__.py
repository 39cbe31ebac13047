"""A simulated Appointment.one account: booking pages, calendars, and appointments known by id."""

from worker.sandbox.appointment_one.model import BookingPage, Key, Notification, Quirks
from worker.sandbox.appointment_one.simulator import AppointmentOne

__all__ = ["AppointmentOne", "BookingPage", "Key", "Notification", "Quirks"]
