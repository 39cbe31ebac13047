"""Which addresses are allowed, and what each of the others would do."""

from __future__ import annotations

import pytest

from worker.config import addresses


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("https://canvas.example.edu", "https://canvas.example.edu"),
        ("https://canvas.example.edu/", "https://canvas.example.edu"),
        ("https://Canvas.Example.EDU:8443/Prefix/x/", "https://canvas.example.edu:8443/Prefix/x"),
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("https://192.0.2.7", "https://192.0.2.7"),
        ("https://[2001:db8::1]:443", "https://[2001:db8::1]:443"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://127.0.0.1:8000/canvas", "http://127.0.0.1:8000/canvas"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_with_a_prefix_is_a_base_url(text: str, read: str) -> None:
    assert addresses.base_url(text) == read


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://canvas.example.edu", "loopback"),
        ("http://localhost.example.org", "loopback"),
        ("http://127.0.0.1.nip.example", "loopback"),
        ("http://0.0.0.0:80", "loopback"),
        ("http://[::ffff:10.0.0.1]", "loopback"),
        ("http://10.0.0.1", "loopback"),
        ("https://user@host.example.org", "no user name"),
        ("https://user:secret@host.example.org", "no user name"),
        ("https://host.example.org@evil.example.com", "no user name"),
        ("https://host.example.org/?a=b", "query"),
        ("https://host.example.org?a=b", "query"),
        ("https://host.example.org/#a", "fragment"),
        ("https://host.example.org:0", "port"),
        ("https://host.example.org:65536", "port"),
        ("https://host.example.org:-1", "must be an address"),
        ("https://host.example.org:", "must be an address"),
        ("https://аpple.example", "xn--"),
        ("https://ho%73t.example", "must be an address"),
        ("https:\\\\host.example.org", "backslashes"),
        ("https://host.example.org\\@evil.example.com", "backslashes"),
        ("https://host.example.org\r\nX: y", "line breaks"),
        ("https://host.example.org\n", "line breaks"),
        (" https://host.example.org", "spaces"),
        ("https://host.example.org/a/../b", "plain path"),
        ("https://host.example.org//evil.example.com", "plain path"),
        ("https://host.example.org.", "without a dot at its end"),
        ("https://.example.org", "must name a host"),
        ("https://a..example.org", "must name a host"),
        ("https://-a.example.org", "must name a host"),
        ("https://2130706433", "four numbers"),
        ("https://127.1", "four numbers"),
        ("https://0x7f000001", "four numbers"),
        ("https://0177.0.0.1", "four numbers"),
        ("https://[::1%25eth0]", "must be an address"),
        ("https://[1:2]", "IPv6"),
        ("https://", "must be an address"),
        ("//host.example.org", "must be an address"),
        ("host.example.org", "must be an address"),
        ("ftp://host.example.org", "must be an address"),
        ("javascript://host.example.org", "must be an address"),
        ("", "must be an address"),
        ("https://" + "a" * 3000, "at most"),
        ("https://" + ".".join(["a" * 60] * 5), "must name a host"),
    ],
)
def test_what_could_lead_a_credential_astray_is_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        addresses.base_url(text)


@pytest.mark.parametrize("text", ["127.0.0.1:8080", "0.0.0.0:80", "[::]:8080", "localhost:65535"])
def test_a_host_with_a_port_can_be_listened_on(text: str) -> None:
    assert addresses.listen(text) == text


@pytest.mark.parametrize(
    "text", ["", "8080", ":8080", "localhost", "localhost:", "localhost:0", "host:65536", "a b:80",
             "::1:8080", "http://host:80", "host:80/x", "127.1:80"],
)  # fmt: skip
def test_what_cannot_be_listened_on_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        addresses.listen(text)


def test_the_public_address_may_be_plain_http_or_absent() -> None:
    assert addresses.public_url("") == ""
    assert addresses.public_url("http://calendar.lan/feeds/") == "http://calendar.lan/feeds"
    with pytest.raises(ValueError, match="query"):
        addresses.public_url("https://calendar.example.org/?x")


def test_a_webhook_may_carry_a_key_but_not_over_plain_http() -> None:
    address = "https://hooks.example.org/T000?sig=abc"
    assert addresses.webhook_url(address) == address
    assert addresses.webhook_url("") == ""
    with pytest.raises(ValueError, match="https://"):
        addresses.webhook_url("http://hooks.example.org/T000")


@pytest.mark.parametrize(
    "text", ["sqlite:///calsync.db", "sqlite:////data/calsync.db", "postgresql+psycopg://u@h/n"]
)
def test_a_file_or_a_server_can_be_the_store(text: str) -> None:
    assert addresses.database(text) == text


@pytest.mark.parametrize(
    "text", ["", "sqlite://", "sqlite:///", "sqlite:///data/", "sqlite:///x.db?mode=ro", "x\n",
             "mysql://h/n", "postgresql+psycopg://", "postgresql+asyncpg://h/n"],
)  # fmt: skip
def test_other_stores_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be sqlite:///path/to/file\.db or postgresql"):
        addresses.database(text)
