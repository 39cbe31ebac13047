"""What the staff of a branch does in TIMIFY's own web pages: state that changes behind the API.

Starts may be aware datetimes or seconds since the epoch; lengths are minutes. Each method that
makes something returns its native id.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import wraps
from typing import Any, TypeVar, cast

from worker.sandbox.timify import times, writing
from worker.sandbox.timify.refusals import Refused
from worker.sandbox.timify.state import (
    Appointment,
    Batch,
    Company,
    Customer,
    Recurring,
    Resource,
    Service,
    Site,
    Timeshift,
)

Moment = datetime | int
_Method = TypeVar("_Method", bound=Callable[..., Any])


def _alone(method: _Method) -> _Method:
    """Run a desk method while no request is being answered."""

    @wraps(method)
    def guarded(desk: Desk, *given: Any, **named: Any) -> Any:
        with desk.lock:
            return method(desk, *given, **named)

    return cast("_Method", guarded)


class Desk:
    """The web pages of the simulated vendor; branch `company_id` unless another is named."""

    def __init__(self, site: Site, company_id: str) -> None:
        self.lock = threading.RLock()
        self.site = site
        self.company_id = company_id

    @_alone
    def add_company(
        self, name: str, timezone: str, *, id_: str | None = None, installed: bool = True
    ) -> str:
        """A branch; one that the app is not installed on is foreign to its token."""
        times.zone(timezone)
        company = Company(id_ or self.site.mongo_id(), name, timezone)
        company.enterprise_id = f"{1:024x}"
        self.site.companies[company.id] = company
        if installed:
            self.site.installed.add(company.id)
        return company.id

    @_alone
    def add_resource(
        self,
        name: str,
        *,
        external_id: str | None = None,
        email: str = "",
        company_id: str | None = None,
    ) -> str:
        """A person, room or device that can be busy."""
        resource = Resource(self.site.mongo_id(), name, external_id, email)
        self._company(company_id).resources[resource.id] = resource
        return resource.id

    @_alone
    def add_service(
        self, name: str, duration: int, *, company_id: str | None = None, **attributes: Any
    ) -> str:
        """Something to book; `attributes` are those of Service (before, after, is_course, ...)."""
        service = Service(self.site.mongo_id(), name, duration, **attributes)
        self._company(company_id).services[service.id] = service
        return service.id

    @_alone
    def book(
        self,
        title: str,
        start: Moment,
        duration: int,
        resource_ids: Sequence[str] = (),
        *,
        customers: Iterable[str] = (),
        company_id: str | None = None,
        **attributes: Any,
    ) -> str:
        """A plain appointment; `attributes` are those of Appointment (before, notes, ...)."""
        people = [self._person(name) for name in customers]
        read = {
            "batches": (Batch(0, duration),),
            **attributes,
            "title": title,
            "start": _seconds(start),
            "resource_ids": tuple(resource_ids),
            "customers": people,
            "secret": self.site.secret(),
        }
        return writing.add(self.site, self._company(company_id), read).id

    @_alone
    def add_course(
        self,
        title: str,
        start: Moment,
        duration: int,
        resource_ids: Sequence[str] = (),
        *,
        max_participants: int,
        participants: int = 0,
        **attributes: Any,
    ) -> str:
        """A group event."""
        attributes |= {"max_participants": max_participants, "participants": participants}
        return self.book(title, start, duration, resource_ids, is_course=True, **attributes)

    @_alone
    def add_series(
        self,
        title: str,
        start: Moment,
        duration: int,
        resource_ids: Sequence[str] = (),
        *,
        rule: Recurring,
        **attributes: Any,
    ) -> str:
        """One record with many bookings: the first of the two series models."""
        return self.book(title, start, duration, resource_ids, recurring=rule, **attributes)

    @_alone
    def add_chain(
        self,
        title: str,
        start: Moment,
        duration: int,
        resource_ids: Sequence[str] = (),
        *,
        rule: Recurring,
        company_id: str | None = None,
        **attributes: Any,
    ) -> list[str]:
        """Many records linked by a chain id: the other series model; their ids, in time order."""
        read = {
            "title": title,
            "start": _seconds(start),
            "batches": (Batch(0, duration),),
            "resource_ids": tuple(resource_ids),
            **attributes,
            "recurring": rule,
        }
        company = self._company(company_id)
        chain_id = writing.chain(self.site, company, read).chain_id
        links = [one for one in self.site.of_company(company) if one.chain_id == chain_id]
        return [one.id for one in sorted(links, key=lambda one: one.start)]

    @_alone
    def split(self, id_: str, *pieces: tuple[int, int] | Batch) -> None:
        """Turn a record into work, pause, work: pieces of (offset, length)."""
        one = self._one(id_)
        one.batches = tuple(
            piece if isinstance(piece, Batch) else Batch(*piece) for piece in pieces
        )
        writing.stamp(self.site, one)

    @_alone
    def reserve(
        self,
        title: str,
        start: Moment,
        duration: int,
        resource_ids: Sequence[str] = (),
        *,
        minutes: int = 15,
    ) -> str:
        """A slot that is held for so many minutes, and then vanishes."""
        until = int(self.site.clock.now()) + minutes * 60
        return self.book(title, start, duration, resource_ids, reserved_until=until)

    @_alone
    def join(self, id_: str, *names: str) -> None:
        """People sign up to a group event, or are added to an appointment."""
        one = self._one(id_)
        if one.is_course and one.participants + len(names) > one.max_participants:
            raise Refused("the group event is full", 409, "CONFLICT")
        one.customers.extend(self._person(name) for name in names)
        if one.is_course:
            one.participants += len(names)
        writing.stamp(self.site, one)
        self.site.notify("joined", one, {"customers"})

    @_alone
    def leave(self, id_: str, count: int = 1) -> None:
        """People cancel their place in a group event."""
        one = self._one(id_)
        one.participants = max(0, one.participants - count)
        del one.customers[one.participants :]
        writing.stamp(self.site, one)

    @_alone
    def move(self, id_: str, start: Moment) -> None:
        """Another start for the record; a series moves as a whole."""
        one = self._one(id_)
        writing.reschedule(self.site, one, _seconds(start))
        writing.stamp(self.site, one)
        self.site.notify("changed", one, {"customers"})

    @_alone
    def move_occurrence(self, id_: str, day: date, start: Moment) -> None:
        """Another start for one occurrence; its recurring day stays what it was."""
        one = self._one(id_)
        one.moved[self._day_of(one, day)] = _seconds(start)
        writing.stamp(self.site, one)

    @_alone
    def drop_occurrence(self, id_: str, day: date) -> None:
        """One occurrence less."""
        one = self._one(id_)
        one.dropped.add(self._day_of(one, day))
        writing.stamp(self.site, one)

    @_alone
    def edit(self, id_: str, **attributes: Any) -> None:
        """Change attributes of a record, such as title, notes, before, after, resource_ids."""
        one = self._one(id_)
        for name, value in attributes.items():
            setattr(one, name, tuple(value) if name == "resource_ids" else value)
        writing.stamp(self.site, one)

    @_alone
    def resize(self, id_: str, duration: int) -> None:
        """Another length, in one piece."""
        self.edit(id_, batches=(Batch(0, duration),))

    @_alone
    def remove(self, id_: str) -> None:
        """Delete for good: no tombstone is left."""
        one = self._one(id_)
        self.site.notify("cancelled", one, {"customers"})
        del self.site.appointments[one.id]

    @_alone
    def schedule_deletion(self, id_: str, at: Moment) -> None:
        """Mark a record so that it vanishes at that instant."""
        self.edit(id_, deletion_at=_seconds(at))

    @_alone
    def block(
        self,
        resource_id: str,
        first: date,
        last: date | None = None,
        *windows: tuple[str, str],
        reason: str = "BLOCKER",
        company_id: str | None = None,
    ) -> str:
        """Deny a resource's time on each day; windows are ("HH:mm", "HH:mm"), none: whole days."""
        company = self._company(company_id)
        shift = Timeshift(
            id=self.site.mongo_id(),
            company_id=company.id,
            resource_id=company.resources[resource_id].id,
            first=first,
            last=last or first,
            denial_reason=reason,
            denial_times=tuple(
                (times.clock_minutes(begin), times.clock_minutes(end)) for begin, end in windows
            ),
        )
        self.site.timeshifts[shift.id] = shift
        return shift.id

    @_alone
    def unblock(self, timeshift_id: str) -> None:
        """Take a timeshift away."""
        del self.site.timeshifts[timeshift_id]

    @_alone
    def rotate_secret(self, secret: str) -> None:
        """A new app secret; the old one is dead at once."""
        self.site.app_secret = secret

    @_alone
    def revoke_tokens(self) -> None:
        """Every access token answers 401 from now on, as in the middle of a run."""
        self.site.tokens = {
            key: replace(token, expires=0.0) for key, token in self.site.tokens.items()
        }

    @_alone
    def fail_next(
        self, status: int, message: str = "the vendor has trouble", *, times_: int = 1
    ) -> None:
        """Refuse the next calls with that status, whatever they ask."""
        self.site.failures.extend([Refused(message, status, "INTERNAL")] * times_)

    @_alone
    def publish_file(
        self, url: str, events: list[dict[str, Any]], secret: str | None = None
    ) -> None:
        """Put a file where a bulk import by URL will look for it."""
        self.site.files[url] = (secret, events)

    def _company(self, company_id: str | None) -> Company:
        return self.site.companies[company_id or self.company_id]

    def _one(self, id_: str) -> Appointment:
        return self.site.appointments[id_]

    def _day_of(self, one: Appointment, day: date) -> date:
        if day not in one.days:
            raise ValueError("the series has no occurrence on that day")
        return day

    def _person(self, name: str) -> Customer:
        address = f"{name.lower().replace(' ', '.')}@example.org"
        return Customer(self.site.mongo_id(), name, address)


def _seconds(moment: Moment) -> int:
    if isinstance(moment, int):
        return moment
    if moment.tzinfo is None:
        raise ValueError("a start needs a timezone")
    return int(moment.timestamp())
