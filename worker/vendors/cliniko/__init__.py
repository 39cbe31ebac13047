"""Cliniko: group appointments, individual appointments and unavailable blocks."""

from __future__ import annotations

from worker.vendors.base import Entry
from worker.vendors.cliniko.client import Cliniko, Witness
from worker.vendors.cliniko.settings import ClinikoSettings, numeric, scope

__all__ = ["ENTRY", "Cliniko", "Witness"]

ENTRY = Entry(
    settings=ClinikoSettings,
    open=Cliniko,
    bindings={"practitioner": numeric, "business": numeric},
    scope=scope,
)
