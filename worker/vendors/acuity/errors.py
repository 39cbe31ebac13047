"""What Acuity's own error codes mean. Answers look like `{status_code, message, error}`.

The message is never repeated: it quotes what was sent, such as a person's name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from worker.vendors.answers import Explain, Reply, stated_wait
from worker.vendors.base import NeedsPerson, Rejected, TryLater, VendorError


class Refused(NeedsPerson):
    """403: the login is known, but not allowed to do this one thing."""


class Meaning(StrEnum):
    """What to make of a code."""

    CREDENTIALS = "credentials"  # a person must correct the login
    RIGHTS = "rights"  # a person must give the login more rights
    MISSING = "missing"  # there is no such thing
    SLOW_DOWN = "slow_down"  # later, and less often
    OUR_FAULT = "our_fault"  # a call that the interface does not know
    SLOT_LOST = "slot_lost"  # somebody else has the time: the only code for a lost race
    PERMANENT = "permanent"  # will be refused again for this very time or person
    CONFIGURATION = "configuration"  # a type, calendar, form or coupon is set up differently


# The general codes, then the twenty of "Create an appointment".
MEANINGS: Mapping[str, Meaning] = {
    "bad_request": Meaning.OUR_FAULT,
    "unauthorized": Meaning.CREDENTIALS,
    "forbidden": Meaning.RIGHTS,
    "not_found": Meaning.MISSING,
    "method_not_allowed": Meaning.OUR_FAULT,
    "too_many_requests": Meaning.SLOW_DOWN,
    "required_first_name": Meaning.PERMANENT,
    "required_last_name": Meaning.PERMANENT,
    "required_email": Meaning.PERMANENT,
    "invalid_email": Meaning.PERMANENT,
    "invalid_fields": Meaning.CONFIGURATION,
    "required_field": Meaning.CONFIGURATION,
    "required_appointment_type_id": Meaning.CONFIGURATION,
    "invalid_appointment_type": Meaning.CONFIGURATION,
    "invalid_calendar": Meaning.CONFIGURATION,
    "required_datetime": Meaning.PERMANENT,
    "invalid_timezone": Meaning.PERMANENT,
    "invalid_datetime": Meaning.PERMANENT,
    "no_available_calendar": Meaning.PERMANENT,
    "not_available_min_hours_in_advance": Meaning.PERMANENT,
    "not_available_max_days_in_advance": Meaning.PERMANENT,
    "not_available": Meaning.SLOT_LOST,
    "invalid_certificate": Meaning.CONFIGURATION,
    "expired_certificate": Meaning.CONFIGURATION,
    "certificate_uses": Meaning.CONFIGURATION,
    "invalid_certificate_type": Meaning.CONFIGURATION,
    # Those of a move and of a cancellation.
    "reschedule_not_allowed": Meaning.PERMANENT,
    "reschedule_too_close": Meaning.PERMANENT,
    "reschedule_series": Meaning.PERMANENT,
    "reschedule_canceled": Meaning.PERMANENT,
    "cancel_not_allowed": Meaning.PERMANENT,
    "cancel_too_close": Meaning.PERMANENT,
}

_MEANT: Mapping[Meaning, str] = {
    Meaning.SLOT_LOST: "somebody else has that time, or it lies outside the hours",
    Meaning.PERMANENT: "it will be refused again as it stands",
    Meaning.CONFIGURATION: "a type, calendar, form or certificate is set up differently at Acuity",
}

_BY_STATUS: Mapping[int, Meaning] = {
    401: Meaning.CREDENTIALS,
    403: Meaning.RIGHTS,
    404: Meaning.MISSING,
    429: Meaning.SLOW_DOWN,
}


class _Body(msgspec.Struct):
    error: str = ""


def explaining(login: str, now: Callable[[], float]) -> Explain:
    """The reader of error answers for an account whose credentials are called `login`."""

    def explain(reply: Reply) -> VendorError | None:
        if not 400 <= reply.status < 500:
            return None
        code = _code(reply.body)
        text = f"{reply.where} answered {reply.status}"
        match _BY_STATUS.get(reply.status) or MEANINGS.get(code):
            case Meaning.CREDENTIALS:
                return NeedsPerson(
                    f"{text}: Acuity does not accept {login}; "
                    "its page Integrations > API shows what is right"
                )
            case Meaning.RIGHTS:
                return Refused(
                    f"{text}: Acuity does not let this login do this; does the plan "
                    "include the API, and is it an administrator's login?"
                )
            case Meaning.SLOW_DOWN:
                # The limit counts per IP address, and no wait is promised with it.
                wait = stated_wait(reply.headers, now())
                return TryLater(f"{text}: too many requests", wait=wait, throttled=True)
            case Meaning.MISSING if reply.status in (404, 410):
                return None  # gone: the general rules say so
            case _:
                told = [text, code, _MEANT.get(MEANINGS.get(code, Meaning.OUR_FAULT), "")]
                return Rejected(": ".join(filter(None, told)), code)

    return explain


def _code(body: bytes) -> str:
    """The answer's error code, or nothing where it has none that looks like one."""
    try:
        code = msgspec.json.decode(body, type=_Body).error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    return code if code in MEANINGS or (code.isidentifier() and len(code) <= 60) else ""
