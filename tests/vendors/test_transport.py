"""Which addresses are connected to, encryption, and deadlines within deadlines."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from pathlib import Path

import httpcore
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vendors.raw_server import RawServer, always, answer, outlet
from worker.vendors import http
from worker.vendors.addresses import WrongPlace, environment_proxy, fitting
from worker.vendors.base import TryLater
from worker.vendors.transport import deadline, remaining

THIS_MACHINE = ("127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0", "0.1.2.3", "::")
NOBODY = ("169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%lo", "224.0.0.1",
          "ff02::1", "255.255.255.255", "240.0.0.1")  # fmt: skip
OTHERS = ("93.184.216.34", "2606:2800:220:1::1", "10.1.2.3", "192.168.0.7", "172.16.9.9", "fd12::7",
          "::ffff:93.184.216.34")  # fmt: skip


@pytest.mark.parametrize("address", THIS_MACHINE + NOBODY)
def test_a_name_that_leads_here_or_to_nobody_is_not_called(address):
    with pytest.raises(WrongPlace):
        fitting("https", "vendor.example", [address])


@pytest.mark.parametrize("address", OTHERS)
def test_a_name_that_leads_to_another_host_is_called(address):
    assert fitting("https", "vendor.example", [address]) == [address]


@given(st.ip_addresses())
def test_plain_http_is_for_loopback_addresses_only(address):
    mapped = getattr(address, "ipv4_mapped", None)
    if (mapped or address).is_loopback:
        assert fitting("http", "localhost", [str(address)]) == [str(address)]
    else:
        with pytest.raises(WrongPlace):
            fitting("http", "localhost", [str(address)])


def test_addresses_that_fit_are_called_though_others_do_not():
    assert fitting("http", "localhost", ["192.0.2.1", "127.0.0.1"]) == ["127.0.0.1"]
    assert fitting("https", "vendor.example", ["::1", "192.168.0.7"]) == ["192.168.0.7"]
    assert fitting("https", "vendor.example", []) == []


def test_an_address_that_is_written_out_is_taken_at_its_word():
    assert fitting("https", "127.0.0.1", ["127.0.0.1"]) == ["127.0.0.1"]
    assert fitting("https", "169.254.1.1", ["169.254.1.1"]) == ["169.254.1.1"]


@pytest.fixture
def resolver(monkeypatch):
    """Names lead where the test says; what is no name is looked up as ever."""
    honest, leads, asked = socket.getaddrinfo, {}, []

    def look_up(host, port, *rest, **options):
        if host not in leads:
            return honest(host, port, *rest, **options)
        asked.append(host)
        rows = leads[host]
        return honest(rows.pop(0) if len(rows) > 1 else rows[0], port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    leads["asked"] = asked
    return leads


def test_localhost_that_leads_elsewhere_gets_no_credential(resolver):
    with RawServer(always(answer())) as sink:
        resolver["localhost"] = ["192.0.2.1"]
        way = outlet(f"http://localhost:{sink.port}", request_timeout=0.5)
        with pytest.raises(TryLater, match="leads to an address that must not be called"):
            way.get("/rows")
        way.close()
        assert sink.connections == 0


@pytest.mark.parametrize("trap", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "0.0.0.0"])
def test_a_name_that_is_led_home_on_the_second_look_up_is_not_followed(resolver, trap):
    with RawServer(always(answer()), "::1" if trap == "::1" else "127.0.0.1") as sink:
        resolver["vendor.example"] = [trap]
        way = outlet(f"https://vendor.example:{sink.port}", request_timeout=0.5)
        with pytest.raises(TryLater, match="leads to an address that must not be called"):
            way.get("/rows")
        way.close()
        assert sink.connections == 0


def test_the_address_that_was_checked_is_the_one_connected_to(resolver):
    with RawServer(always(answer())) as vendor:
        resolver["localhost"] = ["127.0.0.1", "192.0.2.1"]
        way = outlet(f"http://localhost:{vendor.port}")
        way.get("/rows")
        way.close()
        assert resolver["asked"] == ["localhost"]


def test_the_next_address_of_a_name_is_tried_where_one_refuses(monkeypatch):
    honest = socket.getaddrinfo

    def look_up(host, *rest, **options):
        hosts = ("127.0.0.9", "127.0.0.1") if host == "localhost" else (host,)
        return [row for host in hosts for row in honest(host, *rest, **options)]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with RawServer(always(answer())) as vendor:
        way = outlet(f"http://localhost:{vendor.port}")
        assert way.get("/rows").status == 200
        way.close()


@pytest.mark.parametrize("host", ["a" * 64 + ".example", "xn--a.example", "no such name.example"])
def test_a_name_that_no_resolver_takes_can_be_tried_later(host):
    way = outlet(f"https://{host}", request_timeout=3.0)
    with pytest.raises(TryLater):
        way.get("/rows")
    way.close()


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> ssl.SSLContext:
    """A certificate for localhost that nobody has signed."""
    folder: Path = tmp_path_factory.mktemp("tls")
    key, chain = folder / "key.pem", folder / "chain.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key, "-out", chain, "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain, key)
    context.chain_file = chain  # type: ignore[attr-defined]
    return context


def test_a_certificate_that_nobody_vouches_for_is_told_in_words(certificate):
    with RawServer(always(answer()), tls=certificate) as vendor:
        way = outlet(f"https://localhost:{vendor.port}")
        with pytest.raises(
            TryLater, match=r"certificate is not to be trusted \(self-signed certificate"
        ):
            way.get("/rows")
        assert vendor.requests == []
        way.close()


def test_a_server_without_encryption_is_told_in_words():
    with RawServer(always(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as vendor:
        way = outlet(f"https://127.0.0.1:{vendor.port}", request_timeout=1.0)
        with pytest.raises(TryLater, match=r"encrypted connection was refused|no whole answer"):
            way.get("/rows")
        way.close()


def test_with_trust_env_a_certificate_of_the_house_is_trusted(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.chain_file))
    http._context.cache_clear()
    try:
        with RawServer(always(answer()), tls=certificate) as vendor:
            trusting = outlet(f"https://localhost:{vendor.port}", trust_env=True)
            assert trusting.get("/rows").status == 200
            trusting.close()
            strict = outlet(f"https://localhost:{vendor.port}")
            with pytest.raises(TryLater, match="not to be trusted"):
                strict.get("/rows")
            strict.close()
            wrong_host = outlet(f"https://127.0.0.1:{vendor.port}", trust_env=True)
            with pytest.raises(TryLater, match="not to be trusted"):
                wrong_host.get("/rows")
            wrong_host.close()
    finally:
        http._context.cache_clear()


def test_all_accounts_share_what_is_costly_about_encryption():
    assert http._context(False) is http._context(False)
    begun = time.perf_counter()
    for _ in range(50):
        outlet("https://vendor.example").close()
    assert time.perf_counter() - begun < 1.0


def test_a_proxy_is_taken_from_the_environment_with_its_login(monkeypatch):
    for name in ("no_proxy", "NO_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    refuse = always(b"HTTP/1.1 407 canary-reason\r\nContent-Length: 0\r\n\r\n")
    with RawServer(refuse) as proxy:
        monkeypatch.setenv("https_proxy", f"http://me:p%40ss@127.0.0.1:{proxy.port}")
        way = outlet("https://vendor.example", trust_env=True)
        with pytest.raises(Exception, match=r"the proxy wants other credentials \(407\)$"):
            way.get("/rows")
        way.close()
        assert b"Proxy-Authorization: Basic bWU6cEBzcw==" in proxy.requests[0]


def test_which_proxy_the_environment_names(monkeypatch):
    for name in ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert environment_proxy("https", "vendor.example") is None
    monkeypatch.setenv("all_proxy", "proxy.example:3128")
    assert environment_proxy("https", "vendor.example") == "http://proxy.example:3128"
    assert environment_proxy("http", "127.0.0.1") is None
    monkeypatch.setenv("no_proxy", "vendor.example")
    assert environment_proxy("https", "vendor.example") is None


def test_the_earlier_of_two_deadlines_counts_and_both_end():
    assert remaining(None) is None
    with deadline(5):
        with deadline(1):
            assert 0 < remaining(None) <= 1
            assert remaining(0.5) == 0.5
        assert 1 < remaining(None) <= 5
        with deadline(60):
            assert remaining(None) <= 5
    assert remaining(None) is None
    assert remaining(7) == 7


def test_a_deadline_that_is_over_lets_nothing_more_happen():
    with deadline(0), pytest.raises(httpcore.ReadTimeout):
        remaining(10)
