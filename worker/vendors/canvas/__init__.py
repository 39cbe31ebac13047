"""Canvas LMS: the slots of appointment groups, with who has reserved them.

Documentation: https://canvas.instructure.com/doc/api/appointment_groups.html,
https://canvas.instructure.com/doc/api/calendar_events.html,
https://canvas.instructure.com/doc/api/file.pagination.html,
https://canvas.instructure.com/doc/api/file.throttling.html,
https://canvas.instructure.com/doc/api/file.object_ids.html
"""

from __future__ import annotations

from worker.vendors.base import Entry
from worker.vendors.canvas.client import Canvas
from worker.vendors.canvas.settings import CanvasSettings, check_id, check_nothing, scope

__all__ = ["ENTRY", "Canvas", "CanvasSettings"]

ENTRY = Entry(
    settings=CanvasSettings,
    open=Canvas,
    bindings={"group": check_id, "course": check_id, "*": check_nothing},
    scope=scope,
)
