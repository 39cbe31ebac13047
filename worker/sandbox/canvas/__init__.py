"""A simulated Canvas LMS site: appointment groups, their slots and reservations."""

from worker.sandbox.canvas.model import Notification
from worker.sandbox.canvas.quirks import Quirks
from worker.sandbox.canvas.scheduler import Invalid, Unreservable
from worker.sandbox.canvas.simulator import Canvas

__all__ = ["Canvas", "Invalid", "Notification", "Quirks", "Unreservable"]
