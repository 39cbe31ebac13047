"""The registry: the one table that says which vendors there are."""

from __future__ import annotations

from collections.abc import Mapping

from worker.vendors.acuity import ENTRY as ACUITY
from worker.vendors.appointment_one import ENTRY as APPOINTMENT_ONE
from worker.vendors.base import Entry
from worker.vendors.canvas import ENTRY as CANVAS
from worker.vendors.cliniko import ENTRY as CLINIKO
from worker.vendors.timify import ENTRY as TIMIFY

VENDORS: Mapping[str, Entry] = {
    "canvas": CANVAS,
    "cliniko": CLINIKO,
    "timify": TIMIFY,
    "acuity": ACUITY,
    "appointment_one": APPOINTMENT_ONE,
}
