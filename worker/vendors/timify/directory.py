"""What a company says of itself: its zone, and the external ids of its resources."""

from __future__ import annotations

from collections.abc import Iterable

from worker.domain.instants import is_zone
from worker.vendors.base import Clock, EventError, NeedsPerson, Nonsense
from worker.vendors.rows import document, page
from worker.vendors.timify.session import Session
from worker.vendors.timify.wire import Company, Published, Resource

FRESH = 3600.0  # seconds for which an answer, also a missing one, is good


class Directory:
    """Asked at most once an hour; what was once learnt outlives an answer that is missing.

    Raises TryLater only: a route that is refused or absent just leaves things unknown.
    """

    def __init__(self, session: Session, clock: Clock, company_id: str) -> None:
        self._session = session
        self._clock = clock
        self._company_id = company_id
        self._zone = ""
        self._zone_asked: float | None = None
        self._published_asked: float | None = None
        self._external: dict[str, str] = {}

    @property
    def resources(self) -> tuple[str, ...]:
        """The ids of all resources met so far, sorted."""
        return tuple(sorted(self._external))

    def zone(self) -> str:
        """The company's IANA zone, or an empty text where it cannot be learnt."""
        if self._is_due(self._zone_asked):
            self._zone = self._listed_zone() or self._published_zone() or self._zone
            self._zone_asked = self._clock.monotonic()
        return self._zone

    def note(self, resources: Iterable[Resource]) -> None:
        """Remember resources that an appointment showed."""
        for resource in resources:
            if resource.id is not None:
                external = "" if resource.external_id is None else str(resource.external_id)
                if external or str(resource.id) not in self._external:
                    self._external[str(resource.id)] = external

    def external(self, resource_id: str) -> str:
        """A resource's external id; empty where it has none or none is known."""
        if resource_id not in self._external:
            self.refresh()
        return self._external.get(resource_id, "")

    def refresh(self) -> Company | None:
        """Ask what the booking widget is told, unless that was done within the hour."""
        if not self._is_due(self._published_asked):
            return None
        self._published_asked = self._clock.monotonic()
        params = (("company_id", self._company_id), ("with_full_attributes", "true"))
        try:
            reply = self._session.get("/booker-services/companies", params)
            answer = document(reply, Published).data
        except (EventError, NeedsPerson, Nonsense):
            return None
        rows = (answer.companies if answer else None) or []
        for company in rows:
            if str(company.id) == self._company_id:
                self.note(company.resources or ())
                return company
        return None

    def _is_due(self, asked: float | None) -> bool:
        return asked is None or self._clock.monotonic() - asked >= FRESH

    def _listed_zone(self) -> str:
        try:
            rows = page(self._session.get("/companies"), Company, "data").rows
        except (EventError, NeedsPerson, Nonsense):
            return ""
        return next((_zone(row.value) for row in rows if self._is_ours(row.value)), "")

    def _published_zone(self) -> str:
        company = self.refresh()
        return _zone(company) if company else ""

    def _is_ours(self, company: Company) -> bool:
        return str(company.id) == self._company_id


def _zone(company: Company) -> str:
    name = company.timezone or ""
    return name if is_zone(name) else ""
