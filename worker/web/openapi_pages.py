"""The OpenAPI description of the pages, each of which is also the document behind it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from worker.publish.agenda import View
from worker.web.calendar import DAYS
from worker.web.schemas import TEXT, among, several

Part = dict[str, Any]

EITHER = "With Accept: application/json the document, else a page for people."
_ZONE = {"type": "string", "examples": ["Europe/Berlin"], "maxLength": 64}


def page_paths(
    read: Callable[[str, str, list[Part]], Part],
    in_query: Callable[[str, Part], Part],
    filters: list[Part],
    one: Part,
) -> Part:
    """The paths, in the form of the whole description; `one` is the id of a finding."""
    zone = in_query("zone", _ZONE)
    return {
        "/": _page(read("What is wrong now, the worst first", "Conflicts", [zone])),
        "/conflicts": _page(read("The findings", "Conflicts", [*filters, zone])),
        "/conflicts/{id}": _page(read("One finding", "FindingDocument", [one, zone])),
        "/calendar": _page(read("Who is taken when", "Calendar", [*_shown(in_query), zone])),
        "/accounts": _page(read("How each account fares", "Accounts", [zone])),
        "/plans": _page(read("What would be written now", "Plan", [zone])),
        "/runs": _page(read("What was written", "Runs", [zone])),
        "/feeds": _page(read("The private feeds", "Feeds", [])),
    }


def _shown(in_query: Callable[[str, Part], Part]) -> list[Part]:
    return [
        in_query("view", among(View) | {"default": str(View.WEEK)}),
        in_query("date", TEXT | {"examples": ["2026-03-02"]}),
        in_query("days", among(DAYS) | {"description": "Of the heat map."}),
        in_query("resource", several(TEXT)),
        in_query("account", several(TEXT)),
        in_query("page", TEXT | {"pattern": "^[1-9][0-9]{0,3}$"}),
    ]


def _page(operation: Part) -> Part:
    """An operation whose answers are pages for those who ask for pages."""
    answers = {
        status: answer | {"content": answer["content"] | {"text/html": {"schema": TEXT}}}
        for status, answer in operation["responses"].items()
    }
    return {"get": operation | {"description": EITHER, "responses": answers}}
