"""calsync: finds double bookings across booking systems, and keeps calendars in step."""

__version__ = "0.1.0"
