"""What the owner does in Acuity's own web pages: state that changes behind the API.

Starts may be aware datetimes or seconds since the epoch; lengths are minutes. Each method that
makes something returns its native id.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime
from functools import wraps
from typing import Any, Literal, TypeVar, cast

from worker.sandbox.acuity import blocks, hooks, writing
from worker.sandbox.acuity.state import (
    Addon,
    Appointment,
    AppointmentType,
    Calendar,
    Certificate,
    Field,
    Form,
    Label,
    Session,
    Site,
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
    """The web pages of the simulated vendor."""

    def __init__(self, site: Site) -> None:
        self.lock = threading.RLock()
        self.site = site

    @_alone
    def add_calendar(self, name: str, *, timezone: str | None = None, **attributes: Any) -> int:
        """A person or a room; its zone is the account's unless another is named."""
        id_ = self.site.fresh_id("calendar", 14_209_000)
        zone = timezone or self.site.settings.timezone
        self.site.calendars[id_] = Calendar(id_, name, zone, **attributes)
        return id_

    @_alone
    def add_type(
        self, name: str, duration: int, calendar_ids: Sequence[int], **attributes: Any
    ) -> int:
        """Something to book; `attributes` are those of AppointmentType."""
        id_ = self.site.fresh_id("type", 94_517_000)
        self.site.types[id_] = AppointmentType(
            id_, name, duration, list(calendar_ids), **attributes
        )
        return id_

    @_alone
    def add_class_type(
        self,
        name: str,
        duration: int,
        calendar_ids: Sequence[int],
        size: int,
        *,
        kind: Literal["class", "series"] = "class",
        **attributes: Any,
    ) -> int:
        """A group service, or a series of meetings that are booked together."""
        attributes |= {"class_size": size, "kind": kind}
        return self.add_type(name, duration, calendar_ids, **attributes)

    @_alone
    def add_class(
        self, type_id: int, start: Moment, *, calendar_id: int | None = None, location: str = ""
    ) -> int:
        """One meeting of a class: the later `classID`."""
        kind = self.site.types[type_id]
        id_ = self.site.fresh_id("class", 5_500_000)
        owner = calendar_id or kind.calendar_ids[0]
        self.site.sessions[id_] = Session(
            id_, type_id, owner, _seconds(start), kind.duration, location
        )
        return id_

    @_alone
    def book(
        self,
        type_id: int,
        start: Moment,
        *,
        calendar_id: int | None = None,
        client: str = "Ida Example",
        **attributes: Any,
    ) -> int:
        """An appointment that the owner enters: nothing is checked, so it may clash."""
        kind = self.site.types[type_id]
        calendar = self.site.calendars[calendar_id or kind.calendar_ids[0]]
        given = {"minutes": kind.duration, **_person(client), **attributes}
        return self._add(kind, calendar, _seconds(start), None, given)

    @_alone
    def join(self, class_id: int, *clients: str) -> list[int]:
        """People sign up to a class: one appointment each."""
        session = self.site.sessions[class_id]
        kind = self.site.types[session.type_id]
        calendar = self.site.calendars[session.calendar_id]
        return [
            self._add(
                kind,
                calendar,
                session.start,
                session,
                {"minutes": session.minutes, **_person(name)},
            )
            for name in clients
        ]

    @_alone
    def move(self, id_: int, start: Moment, *, calendar_id: int | None = None) -> None:
        """Another time, maybe another calendar, for an appointment outside classes."""
        one = self.site.appointments[id_]
        one.start = _seconds(start)
        one.calendar_id = calendar_id or one.calendar_id
        writing.announce(self.site, "rescheduled", one, {})

    @_alone
    def move_class(self, class_id: int, start: Moment) -> None:
        """Another time for a class and all its rows, cancelled ones included."""
        session = self.site.sessions[class_id]
        session.start = _seconds(start)
        for one in self.site.appointments.values():
            if one.class_id == class_id:
                one.start = session.start
                writing.announce(self.site, "rescheduled", one, {})

    @_alone
    def cancel(self, id_: int, *, no_show: bool = False) -> None:
        """For good; the row can still be read."""
        one = self.site.appointments[id_]
        one.canceled, one.no_show = True, no_show
        writing.announce(self.site, "canceled", one, {})

    @_alone
    def edit(self, id_: int, **attributes: Any) -> None:
        """Change attributes of an appointment, such as notes, location, label_id."""
        one = self.site.appointments[id_]
        for name, value in attributes.items():
            setattr(one, name, value)
        hooks.fire(self.site, "changed", one)

    @_alone
    def rename_type(self, type_id: int, name: str) -> None:
        """Every row of that type shows the new name from now on."""
        self.site.types[type_id].name = name

    @_alone
    def delete_type(self, type_id: int) -> None:
        """Hidden from lists of types; its appointments stay."""
        self.site.types[type_id].deleted = True

    @_alone
    def block(self, calendar_id: int, start: Moment, end: Moment, notes: str = "") -> int:
        """Take time off."""
        calendar = self.site.calendars[calendar_id]
        return blocks.add(self.site, calendar, _seconds(start), _seconds(end), notes).id

    @_alone
    def unblock(self, block_id: int) -> None:
        """Give the time back."""
        del self.site.blocks[block_id]

    @_alone
    def add_certificate(
        self,
        code: str,
        type_ids: Sequence[int],
        *,
        expires: date | None = None,
        uses: int | None = None,
    ) -> str:
        """A coupon for some types."""
        self.site.certificates[code] = Certificate(code, list(type_ids), expires, uses)
        return code

    @_alone
    def add_form(self, name: str, *questions: str, required: Sequence[str] = ()) -> int:
        """An intake form; its fields are numbered from ten times its id on."""
        id_ = self.site.fresh_id("form", 2_000_000)
        fields = tuple(
            Field(id_ * 10 + index, text, text in required) for index, text in enumerate(questions)
        )
        self.site.forms[id_] = Form(id_, name, fields)
        return id_

    @_alone
    def add_label(self, name: str, color: str = "green") -> int:
        """A tag."""
        id_ = self.site.fresh_id("label", 10_000_000)
        self.site.labels[id_] = Label(id_, name, color)
        return id_

    @_alone
    def add_addon(self, name: str, minutes: int, price: str = "10.00") -> int:
        """Something that makes an appointment longer."""
        id_ = self.site.fresh_id("addon", 3_000_000)
        self.site.addons[id_] = Addon(id_, name, minutes, price)
        return id_

    @_alone
    def add_hook(self, event: str, target: str) -> int:
        """A static webhook, signed with the owner's key."""
        return hooks.subscribe(self.site, event, target).id

    @_alone
    def add_token(self) -> str:
        """An OAuth2 access token, as if the owner had agreed."""
        token = self.site.secret()
        self.site.tokens.add(token)
        return token

    @_alone
    def revoke_tokens(self) -> None:
        """Every OAuth2 token answers 401 from now on."""
        self.site.tokens.clear()

    @_alone
    def rotate_key(self, api_key: str) -> None:
        """Another API key; the old one is dead."""
        self.site.settings.api_key = api_key

    def _add(
        self,
        kind: AppointmentType,
        calendar: Calendar,
        start: int,
        session: Session | None,
        given: dict[str, Any],
    ) -> int:
        given.setdefault("timezone", calendar.timezone)
        location = given.pop("location", None)
        one: Appointment = writing.add(self.site, kind, calendar, start, session, **given)
        if location is not None:
            one.location = location
        writing.announce(self.site, "scheduled", one, {})
        return one.id


def _person(name: str) -> dict[str, str]:
    first, _, last = name.partition(" ")
    return {
        "first_name": first,
        "last_name": last,
        "email": f"{name.lower().replace(' ', '.')}@example.org",
        "phone": "(123) 555-0100",
    }


def _seconds(moment: Moment) -> int:
    if isinstance(moment, int):
        return moment
    if moment.tzinfo is None:
        raise ValueError("a start needs a timezone")
    return int(moment.timestamp())
