"""Who may ask: HTTP Basic with user id and API key, or an OAuth2 bearer token."""

from __future__ import annotations

import base64
import binascii
import hmac
from urllib.parse import parse_qsl, urlencode

from worker.sandbox.acuity.refusals import Refused, bad_request
from worker.sandbox.acuity.state import Site
from worker.sandbox.exchange import Request, Response


def authorise(site: Site, request: Request) -> None:
    """Raises Refused with 401 unless the credentials are right."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and rest.strip() in site.tokens:
        return
    if scheme.lower() == "basic" and _is_owner(site, rest.strip()):
        return
    raise Refused("unauthorized", "Unauthorized", 401)


def authorize_page(site: Site, request: Request) -> Response:
    """GET /oauth2/authorize: the owner agrees at once, and the browser is sent back."""
    given = dict(request.params())
    if given.get("response_type") != "code" or given.get("scope") != "api-v1":
        raise bad_request("response_type must be code, scope must be api-v1")
    back = given.get("redirect_uri", "")
    if not back:
        raise bad_request("redirect_uri is required")
    code = site.secret()
    site.codes[code] = back
    answer = {"code": code, **({"state": given["state"]} if "state" in given else {})}
    return Response(302, b"", (("Location", f"{back}?{urlencode(answer)}"),))


def token(site: Site, request: Request) -> Response:
    """POST /oauth2/token: a form with the code; no refresh token and no expiry come back."""
    given = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    back = site.codes.pop(given.get("code", ""), None)
    if given.get("grant_type") != "authorization_code" or back is None:
        raise bad_request("unknown code")
    if back != given.get("redirect_uri"):
        raise bad_request("redirect_uri does not match")
    access = site.secret()
    site.tokens.add(access)
    return Response.of({"access_token": access, "token_type": "Bearer"})


def _is_owner(site: Site, encoded: str) -> bool:
    try:
        sent = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return False
    expected = f"{site.settings.user_id}:{site.settings.api_key}".encode()
    return hmac.compare_digest(sent, expected)
