"""What Appointment.one means by its refusals; their bodies are not specified, and never read."""

from __future__ import annotations

from worker.vendors.answers import Reply
from worker.vendors.base import NeedsPerson, VendorError


def explain(reply: Reply) -> VendorError | None:
    """401 on a read is about the key. On a DELETE it may only be a right that the key lacks."""
    if reply.status != 401:
        return None
    text = f"{reply.where} answered 401"
    if reply.method == "DELETE":
        return NeedsPerson(f"{text}: the API key may lack the right to write, or is not accepted")
    return NeedsPerson(
        f"{text}: the API key is not accepted; it may be misspelt or revoked, or its user or "
        "account is no longer active (see API keys in the settings of Appointment.one)"
    )
