"""Credentials go to the configured origin, and nowhere else."""

from __future__ import annotations

import logging
import posixpath
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.builders import seams
from tests.vendors.raw_server import CREDENTIAL, Peer, RawServer, always, answer, outlet
from worker.vendors.base import NeedsPerson, Nonsense, VendorError
from worker.vendors.http import Outlet

HOST = "vendor.example"
SCHEMES = ("https://", "http://", "HTTPS://", "hTTps://", "//", "///", "ftp://", "file://", "\\\\",
           "https:/", "https:", "https:\\\\", "javascript:", "", "/", " https://", "\thttps://",
           "ws://", "https://https://")  # fmt: skip
USERS = ("", "", "", "", "user@", "user:pw@", "vendor.example@", "vendor.example:443@", "@", ":@",
         "vendor.example%40", "vendor.example\\@", "a@b@")  # fmt: skip
HOSTS = (HOST, HOST, HOST, HOST, "VENDOR.example", "vendor.example.", "vendor.example.evil.test",
         "evil.test", "evilvendor.example", "xvendor.example", "vendor.example%2eevil.test",
         "vendor。example", "vendоr.example", "ｖｅｎｄｏｒ.example", "vendor.example\\.evil.test",
         "vendor.example\x00.evil.test", "vendor.example%00", "ven\u00addor.example", "127.0.0.1",
         "[::1]", "[::ffff:127.0.0.1]", "0", "0x7f.1", "2130706433", "169.254.169.254", "[::]",
         "[fe80::1%25eth0]", "", "localhost", "xn--vendr-3ve.example", "vendor.example,evil.test",
         "vendor.example#@evil.test", "vendor.example?@evil.test")  # fmt: skip
PORTS = ("", "", "", "", ":443", ":80", ":8443", ":", ":0", ":65536", ":-1", ":443443", ":٤٤٣")
SEGMENTS = ("v1", "v1", "v1", "v1", "v1", "V1", "v1x", "rows", "..", ".", "%2e%2e", "%2E.", ".%2e",
            "%252e%252e", "..;x", "..%2f", "%2f..", "..\\", "%5c..", "", "@evil.test", "%00",
            "x%0d%0aHost:evil", "é", "%c0%ae%c0%ae", "\ud800", "a b", "//evil.test")  # fmt: skip
TAILS = ("", "?page=2", "?next=https://evil.test", "#x", "?a=%zz", "?\r\nX: y", "\\@evil.test")


class Recorder(httpx.BaseTransport):
    """Notes where every request that leaves would have gone to."""

    def __init__(self) -> None:
        self.seen: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return httpx.Response(200, content=b"[]")


def recording() -> tuple[Outlet, Recorder]:
    recorder = Recorder()
    way = seams(lambda _: httpx.Response(200))
    way = type(way)(way.clock, way.pacers, way.random, transport=recorder)
    return (
        Outlet(
            way,
            base_url=f"https://{HOST}",
            root="/v1",
            authorise=lambda: {"Authorization": CREDENTIAL},
        ),
        recorder,
    )


def links() -> st.SearchStrategy[str]:
    pick = st.sampled_from
    whole = st.builds(
        lambda scheme, user, host, port, path, tail: (
            f"{scheme}{user}{host}{port}/{'/'.join(path)}{tail}"
        ),
        pick(SCHEMES), pick(USERS), pick(HOSTS), pick(PORTS),
        st.lists(pick(SEGMENTS), max_size=5), pick(TAILS),
    )  # fmt: skip
    spoilt = st.builds(
        lambda text, at, what: text[: at % (len(text) + 1)] + what + text[at % (len(text) + 1) :],
        whole, st.integers(0, 80),
        pick(["\\", "@", "\t", "\r\n", "/", "%", ":", "#", "\u2044", "."]),
    )  # fmt: skip
    return whole | spoilt | st.text(max_size=40)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(links(), min_size=50, max_size=50))
def test_of_ten_thousand_links_none_leads_a_request_elsewhere(addresses: list[str]) -> None:
    way, recorder = recording()
    for address in addresses:
        try:
            way.follow(address)
        except Nonsense:
            continue
    for request in recorder.seen:
        url = request.url
        assert (url.scheme, url.raw_host, url.port) == ("https", HOST.encode(), None)
        assert request.headers["host"] == HOST
        assert not url.userinfo
        path = url.raw_path.decode().partition("?")[0]
        for _ in range(4):
            resolved = posixpath.normpath(path.replace("\\", "/"))
            assert resolved == "/v1" or resolved.startswith("/v1/"), path
            path = unquote(path)


def test_a_fair_share_of_such_links_is_followed():
    way, recorder = recording()
    for address in ("/v1/rows?page=2", f"https://{HOST}/v1?page=2", "/v1/x/../rows", "v1/rows",
                    f"HTTPS://{HOST.upper()}:443/v1/a", f"//{HOST}/v1/rows",
                    f"https://{HOST}/v1/a%20b?c=%2F"):  # fmt: skip
        way.follow(address)
    assert [str(request.url) for request in recorder.seen][-1] == f"https://{HOST}/v1/a%20b?c=%2F"
    assert len(recorder.seen) == 7
    assert {request.headers["authorization"] for request in recorder.seen} == {CREDENTIAL}


@pytest.mark.parametrize(
    "link",
    [
        f"http://{HOST}/v1/rows", f"https://{HOST}:8443/v1/rows", f"https://{HOST}:80/v1/rows",
        f"https://user:pw@{HOST}/v1/rows", f"https://user@{HOST}/v1/rows",
        f"https://{HOST}./v1/rows", f"https://evil.{HOST}/v1/rows", f"https://evil{HOST}/v1/rows",
        f"https://{HOST}.evil.test/v1/rows", "//evil.test/v1/rows", "/v1x/rows", "/", "",
        "/v2/rows", "/v1/../admin", "/v1/%2e%2e/admin", "/v1/%252e%252e/admin", "/v1/..;x/admin",
        "/v1/..%2fadmin", "/v1/..\\admin", "/v1/..%5cadmin", "/v1/%00", "file:///v1/rows",
        "https:", "https://[::1", "https://vendor.example:99999/v1", "\ud800",
        "/v1/" + "x" * 70_000, None, 7,
    ],
)  # fmt: skip
def test_a_link_to_another_place_is_nonsense(link):
    way, recorder = recording()
    with pytest.raises(Nonsense, match="link to the next page"):
        way.follow(link)
    assert recorder.seen == []


@pytest.mark.parametrize("sink_host", ["127.0.0.2", "127.0.0.1"])
def test_no_connection_is_made_to_another_address_or_port(sink_host):
    with RawServer(always(answer())) as vendor, RawServer(always(answer()), sink_host) as sink:
        way = outlet(vendor.origin)
        aim = f"{sink_host}:{sink.port}"
        here = vendor.origin.removeprefix("http://")
        for link in (
            f"http://{aim}/v1/x", f"//{aim}/v1/x", f"http://{here}@{aim}/v1", f"http:\\\\{aim}/v1",
            f"\\\\{aim}\\v1", f"http://{here}\\@{aim}/v1", f"http://{here}#@{aim}/v1",
            f"http://user:pw@{aim}/v1", f"https://{aim}/v1", f"http://{aim}./v1",
            f"http://[::ffff:{sink_host}]:{sink.port}/v1", f" http://{aim}/v1", f"\thttp://{aim}/v1",
        ):  # fmt: skip
            try:
                way.follow(link)
            except VendorError:
                continue
        assert sink.connections == 0
        assert all(b"GET /v1" in request for request in vendor.requests)
        way.close()


@pytest.mark.parametrize(
    "path", ["/../admin", "/%2e%2e/admin", "/a/..\\..\\x", "/x?y", "/x#y", "/\n"]
)
def test_an_odd_id_in_a_path_reaches_nothing_else(path):
    way, recorder = recording()
    with pytest.raises(Nonsense):
        way.get(path)
    assert recorder.seen == []


@pytest.mark.parametrize("status", ["301", "302", "303", "307", "308"])
def test_redirects_are_not_followed(status):
    with RawServer(always(answer())) as sink:
        for place in ("/v1/other", "/other", f"{sink.origin}/v1", "http://169.254.169.254/latest",
                      f"//127.0.0.2:{sink.port}/", "file:///etc/passwd", "rows", ""):  # fmt: skip
            said = answer(b"", f"{status} Elsewhere", f"Location: {place}")
            with RawServer(always(said)) as vendor:
                way = outlet(vendor.origin)
                with pytest.raises(Nonsense, match=f"answered {status}: redirects are not"):
                    way.get("/rows")
                assert len(vendor.requests) == 1
                way.close()
        assert sink.connections == 0


@pytest.fixture
def bait(monkeypatch, tmp_path):
    """Environment proxies and a .netrc, planted to be taken."""
    with RawServer(always(answer(b'"from the proxy"'))) as proxy:
        for name in (
            "http_proxy",
            "https_proxy",
            "all_proxy",
            "HTTP_PROXY",
            "HTTPS_PROXY",
            "ALL_PROXY",
        ):
            monkeypatch.setenv(name, proxy.origin)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        (tmp_path / ".netrc").write_text("default login bait password bait\n")
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        monkeypatch.setenv("HOME", str(tmp_path))
        yield proxy


def test_proxies_and_passwords_of_the_environment_are_ignored(bait):
    with RawServer(always(answer())) as vendor:
        way = Outlet(seams(None), base_url=vendor.origin, root="/v1", authorise=dict)
        way.get("/rows")
        way.close()
        assert bait.connections == 0
        assert b"authorization" not in vendor.requests[0].lower()


def test_plain_http_goes_through_no_proxy_even_where_proxies_are_wanted(bait):
    with RawServer(always(answer())) as vendor:
        way = outlet(vendor.origin, trust_env=True)
        way.get("/rows")
        way.close()
        assert bait.connections == 0


def test_with_trust_env_a_proxy_is_asked_to_connect_and_sees_no_credential(bait):
    way = outlet("https://vendor.example", trust_env=True, request_timeout=0.3)
    with pytest.raises(VendorError):
        way.get("/rows", [("q", CREDENTIAL)])
    way.close()
    assert bait.requests
    assert all(request.startswith(b"CONNECT vendor.example:443 ") for request in bait.requests)
    assert not any(CREDENTIAL.encode() in request for request in bait.requests)


def test_a_proxy_that_cannot_be_used_is_told_to_the_operator(monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1")
    way = outlet("https://vendor.example", trust_env=True)
    with pytest.raises(NeedsPerson, match="GET /v1/rows: the proxy that the environment names"):
        way.get("/rows")
    way.close()


def test_cookies_are_not_kept():
    said = answer(b"[]", "200 OK", "Set-Cookie: session=1; Path=/")
    with RawServer(always(said)) as vendor:
        way = outlet(vendor.origin)
        way.get("/rows")
        way.get("/rows")
        way.close()
        assert not any(b"cookie" in request.lower() for request in vendor.requests)


def test_nothing_of_a_call_is_logged_by_the_libraries(caplog):
    caplog.set_level(logging.DEBUG)
    secret = "canary-query-51c2"
    with RawServer(always(answer(b'"canary-body-9d"'))) as vendor:
        way = outlet(vendor.origin)
        way.get("/rows", [("q", secret)])
        way.close()
    text = "\n".join(f"{record.getMessage()} {record.args!r}" for record in caplog.records)
    assert "/v1/rows" not in text
    assert not any(word in text for word in (secret, CREDENTIAL, "canary-body-9d"))


def test_the_query_and_body_arrive_as_they_were_given():
    def echo(peer: Peer) -> None:
        while peer.request():
            peer.send(answer())

    with RawServer(echo) as vendor:
        way = outlet(vendor.origin + "/prefix", root="/api")
        way.get("/rows", [("q[]", "a:>=1"), ("q[]", "b&c")])
        way.send("POST", "/rows", json={"name": "Zoë"})
        way.send("PUT", "/rows", form=[("a[b]", "1"), ("a[b]", "2")])
        way.close()
        listed, made, put = vendor.requests
        assert listed.startswith(b"GET /prefix/api/rows?q%5B%5D=a%3A%3E%3D1&q%5B%5D=b%26c HTTP/1.1")
        assert made.endswith('{"name":"Zoë"}'.encode())
        assert put.endswith(b"a%5Bb%5D=1&a%5Bb%5D=2")
