"""Who may ask: app tokens, and the branch that the `company-id` header selects."""

from __future__ import annotations

import hmac
from typing import Any

from worker.sandbox.exchange import Request, Response
from worker.sandbox.timify.bodies import json_object
from worker.sandbox.timify.refusals import Refused, unauthorised, unknown
from worker.sandbox.timify.state import Company, Site, Token


def issue(site: Site, request: Request) -> Response:
    """POST /v1/auth/token with `{appid, appsecret}`."""
    if request.method == "GET":
        if site.quirks.login_by_get == "rejected":
            raise unknown("route")
        given: dict[str, Any] = dict(request.params())
    else:
        given = json_object(request)
    right_id = _same(given.get("appid"), site.app_id)
    if not (_same(given.get("appsecret"), site.app_secret) and right_id):
        raise unauthorised("unknown app or wrong secret")
    return _token(site)


def renew(site: Site, request: Request) -> Response:
    """POST /v1/auth/refreshtoken with `{refreshtoken}`, all lower case."""
    given = json_object(request).get("refreshtoken")
    for old in list(site.tokens.values()):
        if _same(given, old.refresh):
            if site.quirks.refresh == "revokes_old_token":
                del site.tokens[old.access]
            return _token(site)
    raise unauthorised("unknown refresh token")


def authorise(site: Site, request: Request) -> None:
    """Check the token, sent bare or as Bearer; raises Refused with 401."""
    sent = request.headers.get("authorization", "")
    scheme, _, rest = sent.partition(" ")
    bearer = scheme.lower() == "bearer"
    if ("bearer" if bearer else "raw") not in site.quirks.token_schemes:
        raise unauthorised("this way of sending a token is not accepted")
    token = site.tokens.get(rest.strip() if bearer else sent)
    if token is None or token.expires <= site.clock.now():
        raise unauthorised()


def company(site: Site, request: Request) -> Company:
    """The branch that the header names; raises Refused if it is absent or not the app's."""
    id_ = request.headers.get("company-id", "")
    if not id_:
        raise Refused("company-id header is required", site.quirks.missing_company)
    if id_ not in site.installed:
        raise Refused("no access to this company", site.quirks.foreign_company, "FORBIDDEN")
    return site.companies[id_]


def throttle(site: Site) -> None:
    """Count a request; raises Refused with 429 above the limit, if the quirk sets one."""
    limit = site.quirks.requests_per_minute
    if limit is None:
        return
    now = site.clock.now()
    while site.recent and site.recent[0] <= now - 60:
        site.recent.popleft()
    if len(site.recent) >= limit:
        raise Refused("too many requests", 429, "TOO_MANY_REQUESTS")
    site.recent.append(now)


def _token(site: Site) -> Response:
    life = site.quirks.token_seconds
    token = Token(_opaque(site), _opaque(site), site.clock.now() + life)
    site.tokens[token.access] = token
    return Response.of(
        {"accessToken": token.access, "refreshToken": token.refresh, "expires": life}
    )


def _opaque(site: Site) -> str:
    return f"{site.random.getrandbits(256):064x}"


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())
