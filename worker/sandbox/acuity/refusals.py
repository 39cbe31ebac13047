"""Acuity's errors: `{status_code, message, error}`, the HTTP status equal to status_code.

https://developers.acuityscheduling.com/reference/errors
"""

from __future__ import annotations

from worker.sandbox.exchange import Response

_MESSAGES = {
    "required_first_name": 'Attribute "firstName" is required.',
    "required_last_name": 'Attribute "lastName" is required.',
    "required_email": 'Attribute "email" is required.',
    "invalid_email": 'Invalid "email" attribute value.',
    "invalid_fields": 'The field "{}" does not exist on this appointment.',
    "required_field": 'The field "{}" is required.',
    "required_appointment_type_id": 'The parameter "appointmentTypeID" is required.',
    "invalid_appointment_type": 'The appointment type "{}" does not exist.',
    "invalid_calendar": 'The calendar "{}" does not exist.',
    "required_datetime": 'The parameter "datetime" is required.',
    "invalid_timezone": 'Invalid timezone "{}".',
    "invalid_datetime": 'The datetime "{}" is invalid.',
    "no_available_calendar": "We could not find an available calendar.",
    "not_available_min_hours_in_advance": 'The time "{}" is not far enough in advance.',
    "not_available_max_days_in_advance": 'The time "{}" is too far in advance.',
    "not_available": 'The time "{}" is not an available time slot.',
    "invalid_certificate": 'The certificate "{}" is invalid.',
    "expired_certificate": 'The certificate "{}" is expired.',
    "certificate_uses": 'The certificate "{}" has no remaining uses for appointment type "{}".',
    "invalid_certificate_type": 'The certificate "{}" is invalid for appointment type "{}".',
}
"""The twenty errors of a create, in the words of the documentation."""


class Refused(Exception):
    """A request that the vendor turns down."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def answer(self, *headers: tuple[str, str]) -> Response:
        """The error as the vendor writes it."""
        document = {"status_code": self.status, "message": self.message, "error": self.code}
        return Response.of(document, self.status, *headers)


def refused(code: str, *values: object) -> Refused:
    """One of the documented errors of a create; `values` are what was sent."""
    return Refused(code, _MESSAGES[code].format(*values))


def bad_request(message: str) -> Refused:
    """A 400 that is not about an attribute."""
    return Refused("bad_request", message)


def unknown(what: str) -> Refused:
    """A 404."""
    return Refused("not_found", f"The {what} does not exist.", 404)
