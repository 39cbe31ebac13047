"""What surrounds every page that an admin opens."""

from __future__ import annotations

from worker.publish.pages.template import Frame
from worker.web.call import Call


def frame(call: Call, prefix: str) -> Frame:
    """The frame for a reader: only a session gets buttons, and what there is to tell it once."""
    if call.session is None:
        return Frame(prefix)
    session = call.session
    return Frame(prefix, session.csrf, session.take_notice(), session.name)
