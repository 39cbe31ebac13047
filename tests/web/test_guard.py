"""What is turned away before any route is asked, and the headers that every answer has."""

from __future__ import annotations

import contextlib
import re
import socket
import sqlite3

import pytest

from tests.web.conftest import BEARER, PAGE, TOKEN, Serve, Served
from worker.web import server


def raw(served: Served, data: bytes) -> bytes:
    """What the server answers to these bytes, until it closes or has nothing more to say."""
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=5) as connection:
        answer = b""
        with contextlib.suppress(OSError):  # a server may hang up on nonsense before its end
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                answer += piece
    return answer


def status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.1 (\d{3}) ", answer)
    assert found is not None, answer[:200]
    return int(found[1])


def asked(served: Served, host: str) -> int:
    return served.admin.get("/accounts", headers={"Host": host}).status_code


def test_the_names_of_this_machine_are_answered_on_any_port(served: Served) -> None:
    for host in ("127.0.0.1", "127.0.0.1:1", "localhost:8080", "LOCALHOST", "[::1]:8080"):
        assert asked(served, host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8080",
        "10.0.0.7",
        "[fe80::1]",
    ],
)
def test_a_name_that_somebody_points_here_is_misdirected(served: Served, host: str) -> None:
    assert asked(served, host) == 421


@pytest.mark.parametrize("host", ["a b", "evil.example/", "x@127.0.0.1", "127.0.0.1:99x", "<b>"])
def test_what_is_no_host_at_all_is_a_bad_request(served: Served, host: str) -> None:
    assert status(raw(served, f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())) == 400


def test_the_public_address_is_answered_and_its_relatives_are_not(serve: Serve) -> None:
    served = serve(f'admin_token = "{TOKEN}"\npublic_url = "https://calendar.example.org:8443"')
    assert asked(served, "calendar.example.org") == 200
    assert asked(served, "calendar.example.org:8443") == 200
    assert asked(served, "Calendar.Example.org.") == 200
    assert asked(served, "example.org") == 421
    assert asked(served, "x.calendar.example.org") == 421


def test_a_server_on_all_interfaces_is_reached_by_numbers_but_not_by_any_name(serve: Serve) -> None:
    served = serve(f'admin_token = "{TOKEN}"\nlisten = "0.0.0.0:8080"')
    assert asked(served, "10.0.0.7:8080") == 200
    assert asked(served, "[fd00::7]:8080") == 200
    assert asked(served, "evil.example") == 421


def test_missing_and_doubled_hosts_are_bad_requests(served: Served) -> None:
    assert status(raw(served, b"GET /healthz HTTP/1.0\r\n\r\n")) == 400
    assert status(raw(served, b"GET /healthz HTTP/1.1\r\n\r\n")) == 400
    twice = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"
    assert status(raw(served, twice)) == 400


def test_the_absolute_form_is_judged_by_the_address_in_it(served: Served) -> None:
    ours = b"GET http://localhost:1/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    theirs = b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    assert status(raw(served, ours)) == 200
    assert status(raw(served, theirs)) == 421


@pytest.mark.parametrize(
    "method", ["TRACE", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND", "get"]
)
def test_other_methods_are_not_served(served: Served, method: str) -> None:
    request = f"{method} / HTTP/1.1\r\nHost: localhost\r\nX-Secret: echo\r\n\r\n".encode()
    answer = raw(served, request)
    assert status(answer) == 405
    assert b"echo" not in answer


def test_nobody_is_connected_through(served: Served) -> None:
    request = b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n"
    assert status(raw(served, request)) == 405


@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd",
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/..%5capp.py",
        "//evil.example/",
        "/conflicts//x",
        "/conflicts/%00",
        "/conflicts/%0d%0aSet-Cookie:a=b",
        "/conflicts/%zz",
        "/conflicts/%ff%fe",
        "/conflicts/%252e",
        "/conflicts/\\x",
        "/conflicts/<script>",
        "*",
        "healthz",
    ],
)
def test_odd_paths_are_bad_requests_in_plain_words(served: Served, path: str) -> None:
    head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    answer = raw(served, head.encode("latin-1"))
    assert status(answer) == 400
    assert_bare(answer)


def test_long_addresses_are_refused(served: Served) -> None:
    assert served.admin.get("/" + "a" * 2000).status_code == 414
    assert served.admin.get("/conflicts?kind=" + "a" * 5000).status_code == 414
    huge = raw(served, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 200_000 + b"\r\n\r\n")
    assert not huge or status(huge) == 400


@pytest.mark.parametrize(
    "bytes_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost\r\n\r\n",
        b"POST /login HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"\r\n\r\n\r\n\r\n",
    ],
)
def test_what_is_not_http_is_not_answered_with_anything_of_ours(
    served: Served, bytes_: bytes
) -> None:
    answer = raw(served, bytes_)
    assert not answer or status(answer) == 400
    assert_bare(answer)
    assert served.client.get("/healthz").status_code == 200


def test_a_form_that_is_too_large_or_not_text_is_refused(served: Served) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    large = served.client.post("/login", content=b"token=" + b"a" * 20_000, headers=form)
    assert large.status_code == 413
    broken = served.client.post("/login", content=b"token=%ff", headers=form)
    assert broken.status_code == 400
    many = served.client.post("/login", content=b"a=1&" * 100, headers=form)
    assert many.status_code == 400


def test_an_unknown_path_is_not_found_whoever_asks(served: Served) -> None:
    for headers in ({}, BEARER):
        for path in ("/nope", "/conflicts/", "/api/v1", "/api/v1/", "/feeds/x.ics", "/metrics/x"):
            assert served.client.get(path, headers=headers).status_code == 404, path


def test_every_answer_carries_the_headers_that_keep_a_browser_safe(served: Served) -> None:
    for path, headers in (
        ("/", {**BEARER, **PAGE}),
        ("/", PAGE),
        ("/healthz", {}),
        ("/nope", PAGE),
        ("/api/v1/accounts", BEARER),
        ("/static/calsync.css", {}),
        ("/login", {**PAGE, "Host": "evil.example"}),
    ):
        answer = served.client.get(path, headers=headers)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; "), path
        assert "unsafe" not in policy
        assert {"frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"} <= set(
            policy.split("; ")
        )
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert "server" not in answer.headers


def test_nothing_of_the_report_is_kept_by_caches(served: Served) -> None:
    for path in ("/", "/conflicts", "/accounts", f"/conflicts/{served.finding()}", "/login"):
        assert served.admin_page.get(path).headers["cache-control"] == "no-store"
    assert served.admin.get("/api/v1/events").headers["cache-control"] == "no-store"


def test_head_answers_as_get_does_without_a_body(served: Served) -> None:
    for path in ("/", "/conflicts", "/api/v1/accounts", "/healthz"):
        head, get = served.admin.head(path), served.admin.get(path)
        assert head.status_code == get.status_code == 200
        assert head.content == b""
        assert head.headers["content-length"] == get.headers["content-length"]


def test_a_prefix_of_the_public_address_is_put_before_every_link_and_taken_off(
    serve: Serve,
) -> None:
    served = serve(f'admin_token = "{TOKEN}"\npublic_url = "http://localhost/desk"')
    for path in ("/desk", "/desk/", "/"):
        answer = served.admin_page.get(path)
        assert answer.status_code == 200
        assert 'href="/desk/conflicts"' in answer.text
        assert not re.findall(r'(?:href|action)="/(?!desk/)', answer.text)
    login = served.client.post("/desk/login", data={"token": TOKEN, "next": "/accounts"})
    assert login.headers["location"] == "/desk/accounts"
    assert served.admin.get("/desktop").status_code == 404


def assert_bare(answer: bytes) -> None:
    """No traceback, no path of this machine, no place in the code."""
    for sign in (b"Traceback", b".py", b"worker", b"site-packages", b"/tmp", TOKEN.encode()):
        assert sign not in answer


def test_a_fault_of_ours_is_told_without_its_place_and_with_all_headers(served: Served) -> None:
    with sqlite3.connect(served.app.store.database.path) as connection:
        connection.execute("UPDATE finding SET document = '{ secret of a patient'")
    connection.close()
    for headers in (BEARER, {**BEARER, **PAGE}):
        answer = served.client.get("/conflicts", headers=headers)
        assert answer.status_code == 500
        assert "The log says where." in answer.text
        assert "secret" not in answer.text
        assert_bare(answer.content)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_head_that_never_ends_is_hung_up_on(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_WITHIN", 0.1)
    with socket.create_connection(("127.0.0.1", served.server.port), timeout=5) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: loc")
        assert connection.recv(100) == b""
    assert served.client.get("/healthz").status_code == 200
