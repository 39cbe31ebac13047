"""The OpenAPI description of everything that programs may call."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from worker import __version__
from worker.domain.conflict.finding import FindingKind
from worker.domain.conflict.register import Verb
from worker.domain.conflict.selection import STATES
from worker.domain.conflict.severity import Band
from worker.domain.selection import STATUSES
from worker.web.answers import document
from worker.web.call import Call
from worker.web.filters import nothing
from worker.web.openapi_pages import page_paths
from worker.web.openapi_writing import writing_paths
from worker.web.schemas import TEXT, among, ref, schemas, several

Part = dict[str, Any]

CSRF = "With a session: the CSRF token in X-CSRF-Token, or in a field csrf."


def openapi(call: Call) -> Response:
    """`GET /api/v1/openapi.json`."""
    nothing(call.query)
    return document(description())


def description() -> Part:
    """OpenAPI 3.1; the tests hold it against the routes and against real answers."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "calsync",
            "version": __version__,
            "description": "Conflicts between booking systems, and the accounts they come from.",
        },
        "security": [{"token": []}, {"session": []}],
        "paths": _paths(),
        "components": {"schemas": schemas(), "securitySchemes": _security()},
    }


def _paths() -> Part:
    account = [_in_path("id", "The account's id in the configuration.")]
    finding = _in_path("id", "16 hex digits.")
    verbs = {
        "poll": ("Poll an account at the next tick", "202", {"409": "forbidden for now"}),
        "pause": ("Poll an account no more until it is resumed", "200", {}),
        "resume": ("Poll a paused account again", "200", {}),
    }
    return {
        "/healthz": {"get": _probe("Does the process answer", {})},
        "/readyz": {"get": _probe("Does it do its work", {"503": _answer("Not ready", "Ready")})},
        "/api/v1/events": {"get": _read("The events of all accounts", "Events", _event_filters())},
        "/api/v1/conflicts": {"get": _read("The findings", "Conflicts", _conflict_filters())},
        "/api/v1/conflicts/{id}": {"get": _read("One finding", "FindingDocument", [finding])},
        **{
            f"/api/v1/conflicts/{{id}}/{verb}": {"post": _decision(words)}
            for verb, words in _DECISIONS.items()
        },
        "/api/v1/accounts": {"get": _read("How each account fares", "Accounts", [])},
        **{
            f"/api/v1/accounts/{{id}}/{verb}": {"post": _verb(words, status, also, account)}
            for verb, (words, status, also) in verbs.items()
        },
        **_feed_paths(),
        **writing_paths(_read, _answer, _refusals, _in_path),
        **page_paths(_read, _in_query, _conflict_filters(), finding),
        "/api/v1/openapi.json": {"get": _read("This description", "Description", [])},
    }


def _feed_paths() -> Part:
    name = _in_path("name", "The feed's name.")
    made = _change("Make a private feed", {"201": "FeedAddress"}, "FeedWanted", [])
    made["responses"]["409"] = _answer("There is a feed of that name", "Error")
    del made["responses"]["404"]
    rotated = _change("Give a feed another address", {"200": "FeedAddress"}, "Csrf", [name])
    revoked = _change("End a feed", {"200": "FeedDocument"}, "FeedEnd", [name])
    return {
        "/api/v1/feeds": {"get": _read("The private feeds", "Feeds", []), "post": made},
        "/api/v1/feeds/{name}/rotate": {"post": rotated},
        "/api/v1/feeds/{name}/revoke": {"post": revoked},
    }


def _change(summary: str, answers: dict[str, str], body: str, parameters: list[Part]) -> Part:
    told = {
        "400": "A field is wrong",
        "404": "There is no such feed",
        "413": "The body is too large",
        "415": "The body is neither a form nor JSON",
    }
    taken = {"schema": ref(body)}
    return {
        "summary": summary,
        "description": CSRF,
        "parameters": parameters,
        "requestBody": {
            "required": bool(not parameters),
            "content": {"application/json": taken, "application/x-www-form-urlencoded": taken},
        },
        "responses": {
            **{status: _answer("The feed", schema) for status, schema in answers.items()},
            "303": {"description": "To the page of feeds, for a browser with a session"},
            **_refusals(told),
        },
    }


def _read(summary: str, schema: str, parameters: list[Part]) -> Part:
    refusals = {"400": "A parameter is wrong"}
    if any(one["in"] == "path" for one in parameters):
        refusals["404"] = "There is none with this id"
    return {
        "summary": summary,
        "parameters": parameters,
        "responses": {"200": _answer("The document", schema), **_refusals(refusals)},
    }


def _verb(summary: str, status: str, also: Part, parameters: list[Part]) -> Part:
    told = {"400": "A parameter is wrong", "404": "There is no such account", **also}
    return {
        "summary": summary,
        "description": CSRF,
        "parameters": parameters,
        "responses": {status: _answer("The account", "AccountDocument"), **_refusals(told)},
    }


_DECISIONS = {
    Verb.ACKNOWLEDGE: "Somebody is on it, and becomes the finding's owner",
    Verb.SNOOZE: "Leave it until a time; a day where none is given",
    Verb.ACCEPT: "It may stay, for good or until a time",
    Verb.REOPEN: "It is a matter again",
}


def _decision(summary: str) -> Part:
    told = {
        "400": "A field is wrong",
        "404": "There is no such finding, or several begin so",
        "409": "Its state does not allow it, or the end is over",
        "413": "The body is too large",
        "415": "The body is neither a form nor JSON",
    }
    body = {"schema": ref("Said")}
    return {
        "summary": summary,
        "description": CSRF,
        "parameters": [_in_path("id", "16 hex digits, or the first 6 or more of them.")],
        "requestBody": {
            "required": False,
            "content": {"application/json": body, "application/x-www-form-urlencoded": body},
        },
        "responses": {
            "200": _answer("The finding as it is now", "FindingDocument"),
            "303": {"description": "To the page of the finding, for a browser with a session"},
            **_refusals(told),
        },
    }


def _probe(summary: str, also: Part) -> Part:
    schema = "Ready" if also else "Alive"
    return {
        "summary": summary,
        "security": [],
        "responses": {"200": _answer("Yes", schema), **also},
    }


def _refusals(also: dict[str, str]) -> Part:
    words = {
        "400": "The address is not one of this server's",
        **also,
        "401": "No token, or a wrong one",
        "403": "No token is configured, or the CSRF token is missing",
        "414": "The address is too long",
        "429": "Too many wrong tokens",
        "503": "The store does not answer",
    }
    return {status: _answer(text, "Error") for status, text in sorted(words.items())}


def _answer(words: str, schema: str) -> Part:
    return {
        "description": words,
        "content": {"application/json": {"schema": ref(schema)}},
    }


def _conflict_filters() -> list[Part]:
    return [
        _in_query("kind", several(among(FindingKind))),
        _in_query("resource", several(TEXT)),
        _in_query("account", several(TEXT)),
        _in_query("state", several(among(STATES))),
        _in_query("since", {"type": "string", "examples": ["2026-03-02", "2026-03-02T09:00Z"]}),
        _in_query("min_severity", among(Band)),
    ]


def _event_filters() -> list[Part]:
    moment = {"type": "string", "examples": ["2026-03-02", "2026-03-02T09:00Z"]}
    return [
        _in_query("account", several(TEXT)),
        _in_query("resource", several(TEXT)),
        _in_query("from", moment),
        _in_query("to", moment),
        _in_query("status", among(STATUSES)),
    ]


def _in_query(name: str, schema: Part) -> Part:
    return {"name": name, "in": "query", "required": False, "schema": schema}


def _in_path(name: str, words: str) -> Part:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": words,
        "schema": {"type": "string"},
    }


def _security() -> Part:
    return {
        "token": {"type": "http", "scheme": "bearer"},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": "calsync_session",
            "description": "Named __Host-calsync where public_url is https.",
        },
    }
