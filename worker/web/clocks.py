"""By whose clocks times are told: each resource's own, or those of a zone that the reader chose."""

from __future__ import annotations

from worker.app import Calsync
from worker.domain.instants import is_zone
from worker.publish.pages.words import Zones
from worker.web.call import Call
from worker.web.refusal import Refusal

ZONE = "zone"
LONGEST_ZONE = 64


class Clocks:
    """Reads `zone`. A session keeps the choice; `zone=` (empty) goes back to the own zones."""

    def __init__(self, app: Calsync) -> None:
        self._own = Zones(
            app.config.worker.timezone,
            {one.id: one.timezone for one in app.config.resources if one.timezone},
        )

    @property
    def known(self) -> tuple[str, ...]:
        """The zones of the configuration, and UTC: what is offered."""
        return tuple(sorted({self._own.default, *self._own.by_resource.values(), "UTC"}))

    def zones(self, call: Call) -> Zones:
        """What a page is told in. Raises Refusal (400) for what is no zone."""
        chosen = self.chosen(call)
        return Zones(chosen) if chosen else self._own

    def chosen(self, call: Call) -> str:
        """The zone of the address, else that of the session; empty for each resource's own."""
        values = call.query.getlist(ZONE)
        if not values:
            return call.session.zone if call.session else ""
        zone = values[-1].strip()
        if len(values) > 1 or len(zone) > LONGEST_ZONE or (zone and not is_zone(zone)):
            raise Refusal(400, "zone: the name of one time zone (Europe/Berlin) is needed")
        if call.session:
            call.session.zone = zone
        return zone
