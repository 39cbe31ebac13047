"""Values of the domain as JSON text, and back, where a whole one is kept in a column."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from worker.domain.event import Event, Key, Kind, Status, Trait
from worker.domain.reconcile.intent import Intent, Purpose
from worker.domain.reconcile.plan import Action, Resolution, Verb
from worker.domain.span import Span

Document = dict[str, Any]


def key_document(key: Key | None) -> list[str] | None:
    """An identity as a list of its parts."""
    return [key.account, key.kind.value, key.native_id, key.occurrence] if key else None


def key_of(parts: list[str] | None) -> Key | None:
    """The identity behind such a list."""
    if parts is None:
        return None
    account, kind, native_id, occurrence = parts
    return Key(account, Kind(kind), native_id, occurrence)


def event_document(event: Event | None) -> Document | None:
    """An event without its people: a pre-image needs none of them."""
    if event is None:
        return None
    return {
        "key": key_document(event.key),
        "status": event.status.value,
        "span": [event.span.start, event.span.end],
        "timezone": event.timezone,
        "title": event.title,
        "location": event.location,
        "subjects": list(event.subjects),
        "capacity": event.capacity,
        "attendees": event.attendees,
        "pads": [event.pad_before, event.pad_after],
        "url": event.url,
        "series": event.series,
        "limits": [event.min_per_person, event.max_per_person],
        "traits": [trait.value for trait in event.traits],
        "mark": event.mark,
    }


def event_of(document: Mapping[str, Any] | None) -> Event | None:
    """The event behind such a document."""
    if document is None:
        return None
    key = key_of(document["key"])
    if key is None:
        return None
    return Event(
        key=key,
        status=Status(document["status"]),
        span=Span(*document["span"]),
        timezone=document["timezone"],
        title=document["title"],
        location=document["location"],
        subjects=tuple(document["subjects"]),
        capacity=document["capacity"],
        attendees=document["attendees"],
        pad_before=document["pads"][0],
        pad_after=document["pads"][1],
        url=document["url"],
        series=document["series"],
        min_per_person=document["limits"][0],
        max_per_person=document["limits"][1],
        traits=tuple(Trait(one) for one in document["traits"]),
        mark=document["mark"],
    )


def intent_document(intent: Intent | None) -> Document | None:
    """What should stand somewhere."""
    if intent is None:
        return None
    return {
        "link": intent.link,
        "purpose": intent.purpose.value,
        "target": intent.target,
        "calendar": intent.calendar,
        "resource": intent.resource,
        "span": [intent.span.start, intent.span.end],
        "origin": key_document(intent.origin),
        "title": intent.title,
        "location": intent.location,
        "capacity": intent.capacity,
        "timezone": intent.timezone,
        "beside": list(intent.beside),
        "details": dict(intent.details),
    }


def intent_of(document: Mapping[str, Any] | None) -> Intent | None:
    """The intent behind such a document."""
    if document is None:
        return None
    return Intent(
        link=document["link"],
        purpose=Purpose(document["purpose"]),
        target=document["target"],
        calendar=document["calendar"],
        resource=document["resource"],
        span=Span(*document["span"]),
        origin=key_of(document["origin"]),
        title=document["title"],
        location=document["location"],
        capacity=document["capacity"],
        timezone=document["timezone"],
        beside=tuple(document["beside"]),
        details=document["details"],
    )


def action_document(action: Action) -> Document:
    """A whole write, as it is kept in the outbox before it is sent."""
    return {
        "verb": action.verb.value,
        "target": action.target,
        "link": action.link,
        "why": action.why,
        "span": [action.span.start, action.span.end],
        "key": key_document(action.key),
        "intent": intent_document(action.intent),
        "basis": action.basis.hex(),
        "origin": key_document(action.origin),
        "event": event_document(action.event),
        "resolution": _resolution_document(action.resolution),
        "reversible": action.reversible,
        "moved": action.moved,
        "digest": action.digest.hex(),
        "wanted": intent_document(action.wanted),
        "resource": action.resource,
    }


def action_of(document: Mapping[str, Any]) -> Action:
    """The write behind such a document."""
    return Action(
        verb=Verb(document["verb"]),
        target=document["target"],
        link=document["link"],
        why=document["why"],
        span=Span(*document["span"]),
        key=key_of(document["key"]),
        intent=intent_of(document["intent"]),
        basis=bytes.fromhex(document["basis"]),
        origin=key_of(document["origin"]),
        event=event_of(document["event"]),
        resolution=_resolution_of(document["resolution"]),
        reversible=document["reversible"],
        moved=document["moved"],
        digest=bytes.fromhex(document["digest"]),
        wanted=intent_of(document.get("wanted")),
        resource=document["resource"],
    )


def _resolution_document(one: Resolution | None) -> Document | None:
    if one is None:
        return None
    return {
        "id": one.id,
        "finding": one.finding,
        "key": key_document(one.key),
        "to": [one.to.start, one.to.end] if one.to else None,
        "withdraw": one.withdraw,
        "tells": one.tells,
        "by": one.by,
        "why": one.why,
        "basis": one.basis.hex(),
    }


def _resolution_of(document: Mapping[str, Any] | None) -> Resolution | None:
    if document is None:
        return None
    key = key_of(document["key"])
    if key is None:
        return None
    return Resolution(
        id=document["id"],
        finding=document["finding"],
        key=key,
        to=Span(*document["to"]) if document["to"] else None,
        withdraw=document["withdraw"],
        tells=document["tells"],
        by=document["by"],
        why=document["why"],
        basis=bytes.fromhex(document.get("basis", "")),
    )


def packed(document: object) -> str:
    """A document as it is stored; nothing is stored as empty text."""
    return "" if document is None else json.dumps(document, separators=(",", ":"))


def unpacked(text: str) -> Any:
    """What was packed."""
    return json.loads(text) if text else None
