"""The OpenAPI description of plans, runs and approved ways out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Part = dict[str, Any]

CSRF = "With a session: the CSRF token in X-CSRF-Token, or in a field csrf."


def writing_paths(
    read: Callable[[str, str, list[Part]], Part],
    answer: Callable[[str, str], Part],
    refusals: Callable[[dict[str, str]], Part],
    in_path: Callable[[str, str], Part],
) -> Part:
    """The paths, in the form of the whole description."""
    hash_ = in_path("hash", "The hash of a plan.")

    def verb(summary: str, schema: str, parameter: Part, fields: tuple[str, ...]) -> Part:
        told = {
            "400": "A field is wrong",
            "404": "There is no such thing",
            "409": "The world has moved, or the account cannot do it",
            "413": "The body is too large",
            "415": "The body is neither a form nor JSON",
        }
        body = {
            "schema": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in fields},
                "additionalProperties": False,
            }
        }
        return {
            "summary": summary,
            "description": CSRF,
            "parameters": [parameter],
            "requestBody": {
                "required": False,
                "content": {"application/json": body, "application/x-www-form-urlencoded": body},
            },
            "responses": {
                "200": answer("What came of it", schema),
                "303": {"description": "To the page that shows it, for a browser with a session"},
                **refusals(told),
            },
        }

    return {
        "/api/v1/plan": {"get": read("What would be written now", "Plan", [])},
        "/api/v1/plan/{hash}/apply": {
            "post": verb("Write exactly this plan", "Runs", hash_, ("by",))
        },
        "/api/v1/plan/{hash}/approve": {
            "post": verb("Let what brakes keep back pass", "Plan", hash_, ("by", "for"))
        },
        "/api/v1/runs": {"get": read("What was written", "Runs", [])},
        "/api/v1/runs/{id}/undo": {
            "post": verb(
                "What takes a run back; with apply, doing so",
                "RunsOrUndo",
                in_path("id", "The id of a run."),
                ("by", "apply"),
            )
        },
        "/api/v1/conflicts/{id}/resolve": {
            "post": verb(
                "Approve a way out: it becomes a part of the plan",
                "Plan",
                in_path("id", "16 hex digits, or the first 6 or more of them."),
                ("by", "action", "event", "to", "notify", "note"),
            )
        },
    }
