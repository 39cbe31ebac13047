"""An account at a Canvas whose answers a test writes itself, in Canvas's documented shapes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import httpx

from tests.builders import NOW, StillClock, seams
from worker.domain.event import Event
from worker.domain.instants import iso
from worker.domain.listing import Batch
from worker.domain.span import DAY, HOUR, Span
from worker.vendors.canvas import Canvas, CanvasSettings

BASE = "https://canvas.example.edu"
API = "/api/v1"
GROUPS = "/appointment_groups"
WINDOW = Span(NOW - DAY, NOW + 90 * DAY)


def settings(**keys: Any) -> CanvasSettings:
    """Settings with a site and a token, and what else a test says."""
    return CanvasSettings.model_validate(
        {"vendor": "canvas", "base_url": BASE, "token": "t0ken", **keys}
    )


def reply(
    document: Any = b"", status: int = 200, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    """An answer: a document as JSON, or bytes as they are."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


def linked(document: Any, **links: str) -> httpx.Response:
    """A page of a list with a Link header as Canvas writes it."""
    header = ",".join(f'<{address}>; rel="{rel}"' for rel, address in links.items())
    return reply(document, headers={"Link": header} if header else None)


Answer = httpx.Response | list[httpx.Response]


class Campus:
    """Answers by path below the API; a list of answers is given out one after the other.

    What is not there is 404. `asked` are the requests so far.
    """

    def __init__(self, answers: Mapping[str, Answer], **keys: Any) -> None:
        self.answers = dict(answers)
        self.asked: list[httpx.Request] = []
        self.clock = StillClock()
        self.account = Canvas("campus", settings(**keys), seams(self._answered, self.clock))

    def _answered(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path.removeprefix(API)
        answer = self.answers.get(path)
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return reply({"errors": []}, 404) if answer is None else _fresh(answer)

    @property
    def paths(self) -> list[str]:
        """Which paths below the API were asked for, in order."""
        return [request.url.path.removeprefix(API) for request in self.asked]

    def read(self, window: Span = WINDOW) -> Batch:
        """The whole walk in one batch."""
        return merged(self.account.fetch(window, None).batches)


def merged(batches: Iterable[Batch]) -> Batch:
    """Batches as one."""
    every = list(batches)
    return Batch(
        tuple(s for batch in every for s in batch.sightings),
        tuple(q for batch in every for q in batch.quarantined),
        gaps=tuple(gap for batch in every for gap in batch.gaps),
    )


def _fresh(answer: httpx.Response) -> httpx.Response:
    # A response can be read once only.
    body = b"".join(answer.stream) if isinstance(answer.stream, httpx.ByteStream) else b""
    return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(body))


def slot(number: int | str = 9, start: int = NOW + DAY, end: int | None = None, **fields: Any):
    """A slot of an hour in full shape, without limit and reservations."""
    return {
        "id": number,
        "title": "Office hours",
        "start_at": iso(start),
        "end_at": iso(start + HOUR if end is None else end),
        "workflow_state": "active",
        "comments": None,
        "location_name": "Room 5",
        "description": None,
        "child_events_count": 0,
        "child_events": [],
        "context_code": "course_123",
        "all_context_codes": "course_123",
        "effective_context_code": "course_123",
        "parent_event_id": None,
        "html_url": f"{BASE}/calendar?event_id={number}",
        "appointment_group_id": 543,
        "reserve_url": f"{BASE}/api/v1/calendar_events/{number}/reservations/%7B%7B%20id%20%7D%7D",
        **fields,
    }


def child(number: int = 77, user: int = 5, **fields: Any) -> dict[str, Any]:
    """A reservation as it stands in its slot."""
    return {
        "id": number,
        "parent_event_id": 9,
        "workflow_state": "locked",
        "context_code": f"user_{user}",
        "comments": "my knee hurts",
        "title": "Amy Ng",
        "child_events_count": 0,
        "user": {"id": user, "name": "Amy Ng", "sortable_name": "Ng, Amy", "short_name": "Amy"},
        **fields,
    }


def group(number: int | str = 543, *slots: Any, **fields: Any) -> dict[str, Any]:
    """An active appointment group of course 123 with these slots."""
    return {
        "id": number,
        "title": "Office hours",
        "description": None,
        "location_name": "Room 5",
        "start_at": iso(NOW + DAY),
        "end_at": iso(NOW + DAY + HOUR),
        "context_codes": ["course_123"],
        "sub_context_codes": [],
        "workflow_state": "active",
        "appointments_count": len(slots),
        "participants_per_appointment": None,
        "min_appointments_per_participant": None,
        "max_appointments_per_participant": None,
        "participant_type": "User",
        "updated_at": iso(NOW - DAY),
        "appointments": list(slots),
        **fields,
    }


def listing(*groups: Any, **answers: Answer) -> Campus:
    """A site whose list is one page of these groups."""
    paths = {f"/{name}": answer for name, answer in answers.items()}
    return Campus({GROUPS: linked(list(groups), current=f"{BASE}/x"), **paths})


def one(campus: Campus) -> Event:
    """The one event that a site shows, and nothing else."""
    found = campus.read()
    assert (found.gaps, found.quarantined) == ((), ())
    (sighting,) = found.sightings
    return sighting.event
