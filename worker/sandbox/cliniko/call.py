"""One authenticated request on its way to an endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from worker.sandbox.cliniko.diary import Diary
from worker.sandbox.cliniko.errors import bad_request, not_found, said
from worker.sandbox.cliniko.listing import Listing, Resource
from worker.sandbox.cliniko.model import Booking, Key, Kind
from worker.sandbox.cliniko.render import Renderer
from worker.sandbox.exchange import Request, Response


@dataclass(frozen=True, slots=True)
class Call:
    """A request with the key that speaks, the ids out of its path, and all there is to answer."""

    diary: Diary
    request: Request
    path_ids: tuple[str, ...]
    key: Key
    render: Renderer
    resources: Mapping[str, Resource]

    @property
    def listing(self) -> Listing:
        """The request as one for a list, or for a row of it."""
        return Listing(self.request, self.render, self.diary.quirks)

    def allow(self, resource: str) -> None:
        """Refuse what the role of the key may not touch."""
        if resource in self.key.forbidden:
            raise said("You are not authorized to perform this action", 403)

    def body(self) -> Mapping[str, Any]:
        """Return the body, which must be a JSON object and say so."""
        if not self.request.body:
            return {}
        if "application/json" not in self.request.headers.get("content-type", ""):
            raise said("Content-Type must be application/json", 415)
        try:
            document = self.request.json()
        except ValueError:
            raise bad_request("The body could not be parsed as JSON") from None
        if not isinstance(document, dict):
            raise bad_request("The body must be an object")
        return document

    def bookings(self, kind: Kind | None = None) -> list[Booking]:
        """Return the bookings of a kind (or of all) that the key's role shows."""
        mine = self.key.practitioner_id
        return [
            row
            for row in self.diary.bookings.values()
            if kind in (None, row.kind) and mine in (None, row.practitioner_id)
        ]

    def booking(self, kind: Kind) -> Booking:
        """Return the booking of the path for a change; 404 if it is not there or not shown."""
        row = self.diary.bookings.get((kind, self.path_ids[0]))
        if row is None or self.key.practitioner_id not in (None, row.practitioner_id):
            raise not_found()
        return row

    def created(self, collection: str, row_id: str, document: dict[str, Any]) -> Response:
        """Answer 201; the Location lacks the version, as it always did."""
        address = f"{self.request.base}/{collection}/{row_id}"
        return Response.of(document, 201, ("Location", address))


NO_CONTENT = Response(204)
