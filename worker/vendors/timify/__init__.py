"""TIMIFY: appointments, courses and denied times of one company.

Public documentation:

- https://timify-dev-api.redocly.app/apis/openapi/appointments (appointments)
- https://docs2.timify.com/apis/openapi (the newer home: timeshifts, companies, booker services)
- https://docs.timify.dev (apps, their id and secret, scopes)
"""

from __future__ import annotations

from worker.vendors.base import Entry
from worker.vendors.timify.client import Timify
from worker.vendors.timify.settings import Settings, native_id, scope

ENTRY = Entry(
    settings=Settings,
    open=Timify,
    bindings={"resource": native_id, "external": native_id},
    scope=scope,
)
