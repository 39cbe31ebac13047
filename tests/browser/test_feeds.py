"""A feed in a real browser: made, fetched as a calendar app would, and revoked."""

from __future__ import annotations

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Reader

pytestmark = pytest.mark.browser


def test_a_feed_is_made_subscribed_to_and_revoked(reader: Reader) -> None:
    page = reader.open("/feeds")
    page.locator("#name").fill("waiting-room")
    page.get_by_role("button", name="Make it").click()
    address = page.locator("#address").input_value()
    assert address.startswith(f"{reader.origin}/feeds/")
    fetched = httpx.get(address, trust_env=False)
    assert fetched.status_code == 200
    assert fetched.text.startswith("BEGIN:VCALENDAR\r\n")
    assert fetched.headers["content-type"].startswith("text/calendar")
    again = httpx.get(address, headers={"If-None-Match": fetched.headers["etag"]}, trust_env=False)
    assert again.status_code == 304
    page = reader.open("/feeds")
    expect(page.locator("#address")).to_have_count(0)
    feed = page.locator("section.account", has_text="waiting-room")
    feed.locator("summary", has_text="Revoke").click()
    feed.get_by_role("button", name="Revoke").click()
    expect(page.locator("section.account", has_text="waiting-room")).to_have_count(0)
    assert httpx.get(address, trust_env=False).status_code == 404
