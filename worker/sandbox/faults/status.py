"""Faults of the status line and the headers (H…), and bodies that belie them."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from email.utils import formatdate

from worker.sandbox.exchange import Response
from worker.sandbox.faults.catalogue import Incident, alter, instead
from worker.sandbox.faults.envelope import Page, next_link, with_next

_HTML = ("Content-Type", "text/html; charset=utf-8")
_TEXT = ("Content-Type", "text/plain; charset=utf-8")
_JSON = ("Content-Type", "application/json; charset=utf-8")
_ELSEWHERE = "http://elsewhere.invalid"
_LOGIN = b"<!DOCTYPE html><html><head><title>Log in</title></head><body><form></form></body></html>"


def _throttled(*headers: tuple[str, str]) -> Response:
    return Response.of({"message": "Too many requests"}, 429, *headers)


@instead("H01", "429 with `Retry-After` in seconds")
def wait_seconds(incident: Incident) -> Response:
    """Option `seconds`: 30 by default."""
    return _throttled(("Retry-After", str(int(incident.number("seconds", 30)))))


@instead("H02", "429 with `Retry-After` as a date")
def wait_until_date(incident: Incident) -> Response:
    """Option `seconds`: how far ahead of the sandbox's clock, 30 by default."""
    until = incident.now + incident.number("seconds", 30)
    return _throttled(("Retry-After", formatdate(until, usegmt=True)))


@instead("H03", "429 without a stated wait")
def wait_unstated(_incident: Incident) -> Response:
    """As Canvas and Acuity do."""
    return _throttled()


@instead("H04", "429 with `X-RateLimit-Reset` as epoch seconds")
def wait_until_epoch(incident: Incident) -> Response:
    """As Cliniko does. Option `seconds`: how far ahead, 30 by default."""
    return _throttled(
        ("X-RateLimit-Reset", str(int(incident.now + incident.number("seconds", 30))))
    )


@instead("H05", "429 with an odd `Retry-After`", "0", "-5", "86400", "soon", "past date", "1e9", "")
def wait_odd(incident: Incident) -> Response:
    """The variant is sent as it is, except for a date an hour ago."""
    value = incident.variant
    if value == "past date":
        value = formatdate(incident.now - 3600, usegmt=True)
    return _throttled(("Retry-After", value))


@instead("H06", "403 that means a rate limit")
def throttled_as_forbidden(_incident: Incident) -> Response:
    """As Canvas did until 2025, and self-hosted installations still do."""
    return Response(403, b"403 Forbidden (Rate Limit Exceeded)\n", (_TEXT,))


@instead("H07", "403 that means a missing right")
def forbidden(_incident: Incident) -> Response:
    """Must not be taken for a rate limit."""
    return Response.of({"status": "unauthorized", "errors": [{"message": "not permitted"}]}, 403)


@instead("H08", "429 for requests side by side")
def one_at_a_time(incident: Incident) -> Response | None:
    """Strikes only while the same vendor is answering another request."""
    return _throttled() if incident.others > 0 else None


@instead("H09", "5xx before anything is done", "500", "502", "503", "504", "502 html", "503 html")
def broken(incident: Incident) -> Response:
    """Bare, or with a proxy's page."""
    status, _, kind = incident.variant.partition(" ")
    if not kind:
        return Response(int(status))
    return Response(int(status), b"<html><body><h1>Bad gateway</h1></body></html>", (_HTML,))


@alter("H10", "500 after the request was applied")
def broken_after(_incident: Incident, _response: Response) -> Response:
    """The simulator has done what it was asked."""
    return Response(500, b"<html><body>Internal Server Error</body></html>", (_HTML,))


@instead("H11", "401 in mid-run")
def expired(_incident: Incident) -> Response:
    """Use `after` for when, and `times` for how often."""
    return Response.of({"errors": [{"message": "Expired access token."}]}, 401)


@instead("H12", "401 for every second request")
def refusing_by_turns(incident: Incident) -> Response | None:
    """As when two refreshers keep invalidating each other's token."""
    incident.memory["turn"] = not incident.memory.get("turn", False)
    return expired(incident) if incident.memory["turn"] else None


@instead("H13", "404 where there is something")
def missing(_incident: Incident) -> Response:
    """On a list as well as on one object."""
    return Response.of({"message": "Not found"}, 404)


@instead("H14", "404 first, found the next time")
def lagging(incident: Incident) -> Response | None:
    """As a replica that lags: once for each path."""
    if incident.request.path in incident.memory:
        return None
    incident.memory[incident.request.path] = True
    return missing(incident)


@instead("H15", "410")
def gone(_incident: Incident) -> Response:
    """Gone for good, it says."""
    return Response(410)


@instead("H16", "409, 412 or 422", "409", "412", "422", "409 bare", "422 bare")
def refused(incident: Incident) -> Response:
    """With a body or bare."""
    status, _, bare = incident.variant.partition(" ")
    return Response(int(status)) if bare else Response.of({"message": "Conflict"}, int(status))


@instead("H17", "200 with an error for a body", "status", "error", "errors", "message")
def error_as_success(incident: Incident) -> Response:
    """In the shapes of the five vendors."""
    document = {
        "status": {"status": 0, "error": {"code": 500, "message": "failed"}},
        "error": {"error": "failed"},
        "errors": {"errors": [{"message": "failed"}]},
        "message": {"message": "failed"},
    }[incident.variant]
    return Response.of(document)


@alter("H18", "204 where a body is expected")
def no_content(_incident: Incident, response: Response) -> Response | None:
    """Success without an answer."""
    return Response(204) if response.status == 200 else None


@instead("H19", "202, applied later or never")
def accepted(_incident: Incident) -> Response:
    """Never, here: the simulator is not asked."""
    return Response.of({"status": "accepted"}, 202)


@instead("H20", "200 with a page for people", "login", "maintenance", "portal", "as json")
def page_for_people(incident: Incident) -> Response:
    """A login page, a maintenance page or a captive portal; once declared to be JSON."""
    bodies = {
        "maintenance": b"<html><body><h1>We will be back soon</h1></body></html>",
        "portal": b"<html><body>Welcome to the hotel wireless network</body></html>",
    }
    body = bodies.get(incident.variant, _LOGIN)
    return Response(200, body, (_JSON if incident.variant == "as json" else _HTML,))


@alter(
    "H21", "wrong content type", "none", "text/html", "text/plain", "application/octet-stream", "x"
)
def wrong_type(incident: Incident, response: Response) -> Response:
    """The body stays as it is."""
    kept = [header for header in response.headers if header[0].lower() != "content-type"]
    if incident.variant != "none":
        kept.append(("Content-Type", incident.variant))
    return replace(response, headers=tuple(kept))


@alter("H22", "body in another encoding than UTF-8", "utf-16", "latin-1", "utf-8-sig")
def other_encoding(incident: Incident, response: Response) -> Response | None:
    """UTF-16, Latin-1 with a letter that shows, or a byte-order mark."""
    page = Page.read(response)
    if page is None:
        return None
    if page.targets():
        page.targets()[0]["title"] = "Café"
    text = json.dumps(page.document, ensure_ascii=False)
    return replace(response, body=text.encode(incident.variant, "replace"))


@instead(
    "H23",
    "redirect",
    *("301 path", "302 host", "303 path", "307 port", "308 host", "302 file", "302 loop"),
    *("302 metadata", "302 userinfo", "302 scheme-relative", "302 none"),
)
def redirect(incident: Incident) -> Response:
    """Option `elsewhere`: the origin that must not be visited."""
    status, _, kind = incident.variant.partition(" ")
    elsewhere = incident.text("elsewhere", _ELSEWHERE)
    authority = elsewhere.partition("//")[2]
    base, path = incident.request.base, incident.request.path
    target = {
        "path": f"{base}/moved",
        "host": f"{elsewhere}{path}",
        "port": f"{elsewhere}{path}",
        "file": "file:///etc/hostname",
        "loop": f"{base}{path}",
        "metadata": "http://169.254.169.254/latest/meta-data/",
        "userinfo": f"http://{base.partition('//')[2].partition('/')[0]}@{authority}{path}",
        "scheme-relative": f"//{authority}{path}",
    }.get(kind)
    return Response(int(status), b"", () if target is None else (("Location", target),))


@alter(
    "H24",
    "next link that leads astray",
    *("other host", "other port", "relative", "scheme-relative", "malformed", "userinfo"),
    *("two", "file", "other path"),
)
def stray_link(incident: Incident, response: Response) -> Response | None:
    """Strikes only where the vendor sends a next link. Option `elsewhere`: the foreign origin."""
    link = next_link(response)
    if link is None:
        return None
    elsewhere = incident.text("elsewhere", _ELSEWHERE)
    authority = elsewhere.partition("//")[2]
    origin = "/".join(link.split("/")[:3])
    rest = link.removeprefix(origin)
    target = {
        "other host": f"{elsewhere}{rest}",
        "other port": f"{elsewhere}{rest}",
        "relative": rest,
        "scheme-relative": f"//{authority}{rest}",
        "malformed": "http://[::1/%zz",
        "userinfo": f"{origin}@{authority}{rest}",
        "two": f'{link}>; rel="next",<{elsewhere}{rest}',
        "file": "file:///etc/hostname",
        "other path": f"{origin}/elsewhere{rest}",
    }[incident.variant]
    return with_next(response, target)


@alter("H25", "odd headers", "huge", "thousands", "line break")
def odd_headers(incident: Incident, response: Response) -> Response:
    """One of 1 MiB, 5,000 of them, or a line break within a value."""
    extra: tuple[tuple[str, str], ...] = {
        "huge": (("X-Filler", "x" * 1024 * 1024),),
        "thousands": tuple((f"X-Filler-{number}", "x") for number in range(5000)),
        "line break": (("X-Filler", "x\r\nX-Injected: yes"),),
    }[incident.variant]
    return replace(response, headers=(*response.headers, *extra))


@alter("H26", "`Date` that is off", "3600", "-3600", "31536000", "-31536000", "nonsense")
def skewed_date(incident: Incident, response: Response) -> Response:
    """By the seconds of the variant."""
    value = incident.variant
    if value != "nonsense":
        value = formatdate(incident.now + int(value), usegmt=True)
    return replace(response, headers=(("Date", value), *response.headers))


@instead("H27", "403 for want of a contact in `User-Agent`")
def nameless(incident: Incident) -> Response | None:
    """Strikes only if the header holds no e-mail address; Cliniko asks for one."""
    if "@" in incident.request.headers.get("user-agent", ""):
        return None
    return Response.of({"message": "User-Agent must name the application and a contact"}, 403)


@alter("H28", "content encoding", "gzip", "deflate", "br", "unknown", "double", "not packed")
def encoded(incident: Incident, response: Response) -> Response:
    """Packed as declared (gzip, deflate, double) or declared without being so."""
    packed = zlib.compressobj(wbits=31)
    gzip = packed.compress(response.body) + packed.flush()
    name, body = {
        "gzip": ("gzip", gzip),
        "deflate": ("deflate", zlib.compress(response.body)),
        "br": ("br", response.body),
        "unknown": ("snappy-framed", response.body),
        "double": ("gzip, gzip", _packed_again(gzip)),
        "not packed": ("gzip", response.body),
    }[incident.variant]
    return replace(response, body=body, headers=(*response.headers, ("Content-Encoding", name)))


def _packed_again(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(data) + packer.flush()


@instead("H29", "304 without having been asked")
def not_modified(_incident: Incident) -> Response:
    """No `If-None-Match` was sent."""
    return Response(304)


@alter("H30", "deprecation and sunset headers")
def deprecated(incident: Incident, response: Response) -> Response:
    """A warning only: the answer is good."""
    sunset = formatdate(incident.now + 30 * 86400, usegmt=True)
    extra = (("Deprecation", "true"), ("Sunset", sunset))
    return replace(response, headers=(*response.headers, *extra))
