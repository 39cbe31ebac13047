"""A Canvas site that can be written to, with answers that get lost on their way."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.builders import NOW
from tests.vendors.canvas.test_against_sandbox import World
from worker.domain.event import Event, Key, Kind
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.span import DAY, HOUR, Span

LINK = "0123456789abcdef01234567"
TOMORROW = Span(NOW + DAY, NOW + DAY + HOUR)
Spoil = Callable[[httpx.Request, httpx.Response], httpx.Response]


def intact(_request: httpx.Request, answer: httpx.Response) -> httpx.Response:
    return answer


def answering(status: int, body: bytes = b"") -> Spoil:
    """The write is carried out, and then answered like this."""
    return lambda _request, _answer: httpx.Response(status, stream=httpx.ByteStream(body))


def breaking(request: httpx.Request, _answer: httpx.Response) -> httpx.Response:
    """The write is carried out, and its answer lost."""
    raise httpx.ReadError("gone", request=request)


def edited(edit: Callable[[Any], None]) -> Spoil:
    """The answer with its JSON changed."""

    def edit_it(_request: httpx.Request, answer: httpx.Response) -> httpx.Response:
        document = json.loads(answer.read())
        edit(document)
        return httpx.Response(200, stream=httpx.ByteStream(json.dumps(document).encode()))

    return edit_it


@dataclass
class Desk(World):
    """As `World`, with one course of two students; `spoil` sees what a write was answered."""

    spoil: Spoil = intact
    listing: Spoil = intact  # what a page of the list of groups becomes
    single: Spoil = intact  # what a slot by itself becomes
    whole: Spoil = intact  # what a group by itself becomes
    unsent: tuple[str, ...] = ()  # methods that never reach the site
    writes: list[tuple[str, str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.course = self.site.add_course("Algebra")
        self.students = [self.site.add_student(f"Student {n}", courses=[self.course]) for n in "12"]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method in self.unsent:
            raise httpx.ReadError("gone", request=request)
        answer = super()._answer(request)
        if request.method == "GET":
            hook = next(h for part, h in self._hooks() if part in f"{request.url.path}//")
            return hook(request, answer)
        path = request.url.raw_path.decode().removeprefix("/api/v1")
        self.writes.append((request.method, path, json.loads(request.content)))
        return self.spoil(request, answer)

    def _hooks(self) -> list[tuple[str, Spoil]]:
        # The list's path ends where that of a group goes on.
        return [
            ("/calendar_events/", self.single),
            ("/appointment_groups//", self.listing),
            ("/appointment_groups/", self.whole),
            ("", intact),
        ]

    def copy(self, **changes: Any) -> Intent:
        """A copy of an hour tomorrow, as an unpublished group."""
        said: dict[str, Any] = {
            "link": LINK,
            "purpose": Purpose.COPY,
            "target": "campus",
            "calendar": f"course:{self.course}",
            "resource": "amy",
            "span": TOMORROW,
            "origin": Key("clinic", Kind.GROUP, "7"),
            "title": "Evening class",
            "location": "Hall",
            "capacity": 3,
            "details": self.details(),
        }
        return Intent(**said | changes)

    def details(self, **more: Any) -> Mapping[str, Any]:
        """A rule's `create` table."""
        return {"context_codes": [f"course_{self.course}"], **more}

    def sheet(self, *starts: int, state: str = "active", **settings: Any) -> int:
        """Somebody's own group with hours that begin at these seconds from now."""
        slots = [(NOW + start, NOW + start + HOUR) for start in starts]
        group = self.site.add_group("Office hours", [self.course], slots=slots, **settings)
        if state == "pending":
            self.site.groups[group].workflow_state = "pending"
        self.quiet()
        return group

    def quiet(self) -> None:
        """Forget who was told so far."""
        self.site.notifications.clear()

    def seen(self) -> dict[Key, Event]:
        """All that a full reading shows."""
        found = self.read()
        assert not found.gaps
        assert not found.quarantined
        return {one.event.key: one.event for one in found.sightings}

    def slot(self, group: int, at: int = 0) -> Event:
        """One of a group's live slots, as a poll shows it."""
        number = str(self.site.slots(group)[at].id)
        return self.seen()[Key("campus", Kind.SLOT, number)]

    @property
    def groups(self) -> list[Any]:
        """The groups that are not deleted."""
        return [one for one in self.site.groups.values() if one.workflow_state != "deleted"]
