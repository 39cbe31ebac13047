"""The OpenAPI description of plans, runs and approved ways out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Part = dict[str, Any]

CSRF = "With a session: the CSRF token in X-CSRF-Token, or in a field csrf."
REFUSALS = {
    "400": "A field is wrong",
    "404": "There is no such thing",
    "409": "The world has moved, or the account cannot do it",
    "413": "The body is too large",
    "415": "The body is neither a form nor JSON",
}
# path -> (summary, shape of the answer, the parameter in the path, fields of the body)
VERBS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {
    "/api/v1/plan/{hash}/apply": ("Write exactly this plan", "Runs", "hash", ("by",)),
    "/api/v1/plan/{hash}/approve": (
        "Let what brakes keep back pass",
        "Plan",
        "hash",
        ("by", "for"),
    ),
    "/api/v1/runs/{id}/undo": (
        "What takes a run back; with apply, doing so",
        "RunsOrUndo",
        "id",
        ("by", "apply"),
    ),
    "/api/v1/conflicts/{id}/resolve": (
        "Approve a way out: it becomes a part of the plan",
        "Plan",
        "id",
        ("by", "action", "event", "to", "zone", "notify", "note"),
    ),
}
PARAMETERS = {"hash": "The hash of a plan.", "id": "The id of a run, or of a finding."}


def writing_paths(
    read: Callable[[str, str, list[Part]], Part],
    answer: Callable[[str, str], Part],
    refusals: Callable[[dict[str, str]], Part],
    in_path: Callable[[str, str], Part],
) -> Part:
    """The paths, in the form of the whole description."""
    verbs: Part = {
        path: {
            "post": {
                "summary": summary,
                "description": CSRF,
                "parameters": [in_path(name, PARAMETERS[name])],
                "requestBody": _body(fields),
                "responses": {
                    "200": answer("What came of it", schema),
                    "303": {"description": "To the page that shows it, for a browser's session"},
                    **refusals(REFUSALS),
                },
            }
        }
        for path, (summary, schema, name, fields) in VERBS.items()
    }
    return {
        "/api/v1/plan": {"get": read("What would be written now", "Plan", [])},
        "/api/v1/runs": {"get": read("What was written", "Runs", [])},
        **verbs,
    }


def _body(fields: tuple[str, ...]) -> Part:
    schema = {
        "type": "object",
        "properties": {name: {"type": "string"} for name in fields},
        "additionalProperties": False,
    }
    body = {"schema": schema}
    return {
        "required": False,
        "content": {"application/json": body, "application/x-www-form-urlencoded": body},
    }
