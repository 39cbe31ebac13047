"""The shapes of the JSON documents, as JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from worker.domain.conflict.finding import FindingKind, FindingState
from worker.domain.conflict.register import LONGEST_NOTE
from worker.domain.conflict.report import Verdict
from worker.domain.conflict.severity import Band
from worker.domain.event import Kind, Status
from worker.domain.feed import NAME, Detail, Scope
from worker.domain.health import State
from worker.domain.reconcile.plan import Verb
from worker.domain.subject import ResourceKind
from worker.publish.agenda import View

Shape = dict[str, Any]

TEXT: Shape = {"type": "string"}
NUMBER: Shape = {"type": "integer"}
TRUTH: Shape = {"type": "boolean"}
TIME: Shape = {"type": "string", "format": "date-time"}
DATE: Shape = {"type": "string", "format": "date"}


def schemas() -> Shape:
    """Every named shape."""
    return {
        "Error": shape({"error": TEXT}),
        "Alive": shape({"alive": TRUTH}),
        "Ready": shape({"ready": TRUTH, "reasons": several(TEXT)}),
        "Description": {"type": "object"},
        "Events": shape({"schema": only("calsync/events/1"), "events": several(ref("Event"))}),
        "Event": shape(_EVENT),
        "Conflicts": shape(_CONFLICTS),
        "Source": shape({"account": TEXT, "polled_at": maybe(TIME), "complete": TRUTH} | _STALE),
        "Finding": shape(_finding()),
        "FindingDocument": shape({"schema": only("calsync/finding/1"), **_finding()}),
        "Said": {**shape(_SAID), "required": []},
        "Member": shape(_MEMBER),
        "Suggestion": shape(_SUGGESTION),
        "Calendar": shape(_CALENDAR),
        "Accounts": shape(
            {"schema": only("calsync/accounts/1"), "accounts": several(ref("Account"))}
        ),
        "Account": shape(_ACCOUNT),
        "Plan": shape(_PLAN),
        "Action": shape(_ACTION),
        "Refusal": shape(_REFUSAL),
        "Runs": shape({"schema": only("calsync/runs/1"), "runs": several(ref("Run"))}),
        "Run": shape(_RUN),
        "Write": shape(_WRITE),
        "RunsOrUndo": {"anyOf": [ref("Runs"), ref("Undo")]},
        "Undo": shape(_UNDO),
        "AccountDocument": shape({"schema": only("calsync/account/1"), **_ACCOUNT}),
        "Feeds": shape({"schema": only("calsync/feeds/1"), "feeds": several(ref("Feed"))}),
        "Feed": shape(_FEED),
        "FeedDocument": shape({"schema": only("calsync/feed/1"), **_FEED}),
        "FeedAddress": shape({"schema": only("calsync/feed-address/1"), **_FEED, **_ADDRESS}),
        "FeedWanted": {**shape(_FEED_WANTED), "required": ["name", "scope"]},
        "FeedEnd": {**shape({"gone": _GONE, "csrf": TEXT}), "required": []},
        "Csrf": {**shape({"csrf": TEXT}), "required": []},
    }


def shape(properties: Shape) -> Shape:
    """An object with exactly these properties, all of them there."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def several(items: Shape) -> Shape:
    """A list."""
    return {"type": "array", "items": items}


def maybe(of: Shape) -> Shape:
    """The same, or null."""
    return {**of, "type": [of["type"], "null"]}


def among(words: Iterable[str]) -> Shape:
    """One of these words."""
    return {"type": "string", "enum": [str(word) for word in words]}


def only(word: str) -> Shape:
    """This word."""
    return {"type": "string", "const": word}


def ref(name: str) -> Shape:
    """A named shape."""
    return {"$ref": f"#/components/schemas/{name}"}


_STALE: Shape = {"stale": TRUTH}

_EVENT: Shape = {
    **dict.fromkeys(("id", "account", "vendor", "native_id", "occurrence"), TEXT),
    "kind": among(Kind),
    "status": among(Status),
    "start": TIME,
    "end": TIME,
    **dict.fromkeys(("timezone", "title", "location"), TEXT),
    "resources": several(TEXT),
    "capacity": maybe(NUMBER),
    "attendees": NUMBER,
    "ours": TRUTH,
    "pad_before": NUMBER,
    "pad_after": NUMBER,
    "url": maybe(TEXT),
    "revision": NUMBER,
    "updated_at": TIME,
}

_MEMBER: Shape = {
    **dict.fromkeys(("event", "account", "vendor", "native_id", "occurrence", "title"), TEXT),
    "status": among(Status),
    "start": TIME,
    "end": TIME,
    "url": maybe(TEXT),
}

_SAID: Shape = {
    "by": TEXT | {"maxLength": 80, "description": "Who says so; admin where nobody is named."},
    "note": TEXT | {"maxLength": LONGEST_NOTE},
    "until": TEXT | {"examples": ["2026-03-02", "2026-03-02T09:00Z", "3d"]},
    "zone": TEXT | {"description": "Whose clocks a date, or a time without offset, is read by."},
    "csrf": TEXT,
}

_SUGGESTION: Shape = {
    "action": TEXT,
    "target": shape(dict.fromkeys(("account", "native_id", "occurrence"), TEXT)),
    "effect": TEXT,
    "notifies": TRUTH,
}

_CONFLICTS: Shape = {
    "schema": only("calsync/conflicts/1"),
    "verdict": among(Verdict),
    "checked_at": TIME,
    "events": NUMBER,
    "sources": several(ref("Source")),
    "findings": several(ref("Finding")),
}

_CALENDAR: Shape = {
    "schema": only("calsync/calendar/1"),
    "view": among(View),
    "checked_at": TIME,
    "days": several(DATE),
    "sources": several(ref("Source")),
    "resources": several(
        shape(
            {
                **dict.fromkeys(("id", "name"), TEXT),
                "kind": among(ResourceKind),
                "timezone": TEXT,
                "events": several(TEXT),
                "findings": several(TEXT),
                "days": several(
                    shape(
                        {
                            "day": DATE,
                            "band": {"type": ["string", "null"], "enum": [*map(str, Band), None]},
                            "findings": NUMBER,
                            "unknown": maybe(TEXT),
                        }
                    )
                ),
            }
        )
    ),
    "events": several(ref("Event")),
    "findings": several(ref("Finding")),
}

_ACCOUNT: Shape = {
    "id": TEXT,
    "vendor": TEXT,
    "state": among(State),
    "last_complete_poll": maybe(TIME),
    "age_seconds": maybe(NUMBER),
    "failures": NUMBER,
    "error": maybe(TEXT),
    "events": NUMBER,
    "brakes": several(TEXT),
    "next_poll": maybe(TIME),
    "can": shape(dict.fromkeys(("read", "create", "move", "remove", "hold"), TRUTH)),
}

_FEED: Shape = {
    "name": TEXT,
    "scope": among(Scope),
    "of": TEXT,
    "detail": among(Detail),
    "created_at": TIME,
    "rotated_at": maybe(TIME),
    "last_fetch": maybe(TIME),
    "fetches": several(shape({"client": TEXT, "at": TIME})),
}

_ADDRESS: Shape = dict.fromkeys(("address", "webcal", "google"), TEXT)

_FEED_WANTED: Shape = {
    "name": TEXT | {"pattern": f"^{NAME.pattern}$"},
    "scope": among(Scope),
    "of": TEXT | {"description": "The id of the resource, place or account."},
    "detail": among(Detail) | {"default": str(Detail.BUSY)},
    "csrf": TEXT,
}

_GONE: Shape = among(("true", "false")) | {
    "description": "Whether the address answers 410 from now on; otherwise like an unknown one."
}


def _finding() -> Shape:
    return {
        "id": TEXT,
        "kind": among(FindingKind),
        "verdict": among(Verdict),
        "severity": shape(
            {
                "score": {"type": "integer", "minimum": 0, "maximum": 100},
                "band": among(Band),
                "terms": several(shape({"term": TEXT, "points": NUMBER})),
            }
        ),
        "state": among(FindingState),
        "subject": shape({"type": TEXT, "id": TEXT, "name": TEXT}),
        "start": TIME,
        "end": TIME,
        "peak": NUMBER,
        "limit": NUMBER,
        "overlap_minutes": NUMBER,
        "members": several(ref("Member")),
        "first_seen": TIME,
        "last_confirmed": TIME,
        "suggestions": several(ref("Suggestion")),
        "evidence": {"type": "object"},
    }


_TARGET = shape({"account": TEXT, "native_id": maybe(TEXT)})
_ORIGIN = maybe(shape({"account": TEXT, "native_id": TEXT, "occurrence": TEXT}))
_SPAN = shape({"start": TIME, "end": TIME})
_ACTION: Shape = {
    "id": TEXT,
    "verb": among(Verb),
    "target": _TARGET,
    "origin": _ORIGIN,
    "span": _SPAN,
    "why": TEXT,
    "notifies": TRUTH,
    "reversible": TRUTH,
}
_REFUSAL: Shape = {
    "brake": TEXT,
    "scope": TEXT,
    "reason": TEXT,
    "deferred": TRUTH,
    "actions": several(ref("Action")),
}
_PLAN: Shape = {
    "schema": only("calsync/plan/1"),
    "hash": TEXT,
    "created_at": TIME,
    "refused": several(ref("Refusal")),
    "actions": several(ref("Action")),
}
_WRITE: Shape = {
    "id": TEXT,
    "verb": among(Verb),
    "target": _TARGET,
    "origin": _ORIGIN,
    "span": _SPAN,
    "outcome": among(("confirmed", "rejected", "ambiguous", "needs_review", "deferred")),
    "detail": TEXT,
    "taken_back_by": maybe(TEXT),
}
_RUN: Shape = {
    "id": TEXT,
    "plan": TEXT,
    "by": TEXT,
    "undoes": maybe(TEXT),
    "started_at": TIME,
    "finished_at": maybe(TIME),
    "actions": several(ref("Write")),
}
_UNDO: Shape = {
    "schema": only("calsync/undo/1"),
    "run": TEXT,
    "hash": TEXT,
    "actions": several(ref("Action")),
    "lost": several({"type": "object"}),
}
