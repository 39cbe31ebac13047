"""What surrounds every page that an admin opens."""

from __future__ import annotations

from dataclasses import replace

from worker.publish.pages.template import Frame
from worker.web.call import Call
from worker.web.clocks import ZONE, Clocks


def frame(call: Call, prefix: str, clocks: Clocks | None = None) -> Frame:
    """The frame for a reader: only a session gets buttons, and what there is to tell it once.

    With `clocks`, the page tells times, and its reader may choose by whose.
    """
    bare = Frame(prefix)
    if clocks:
        kept = tuple((name, one) for name, one in call.query.multi_items() if name != ZONE)
        bare = Frame(
            prefix, zone=clocks.chosen(call), zones=clocks.known, place=call.path, kept=kept
        )
    if call.session is None:
        return bare
    session = call.session
    return replace(bare, csrf=session.csrf, notice=session.take_notice(), reader=session.name)
