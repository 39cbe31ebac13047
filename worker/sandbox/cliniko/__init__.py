"""A simulated Cliniko account: bookings of three kinds, attendees, and what they refer to."""

from worker.sandbox.cliniko.model import Notification, RepeatRule
from worker.sandbox.cliniko.quirks import Quirks
from worker.sandbox.cliniko.simulator import Cliniko

__all__ = ["Cliniko", "Notification", "Quirks", "RepeatRule"]
