"""ical.js, which reads feeds for Thunderbird and Nextcloud, finds every event at its instant."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, time
from pathlib import Path

import httpx
import icalendar
import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import Demo

PLACES = (
    os.environ.get("CALSYNC_ICAL_JS", ""),
    "node_modules/ical.js/dist/ical.es5.cjs",
    "/usr/share/nodejs/ical.js/dist/ical.es5.cjs",
    "/usr/lib/node_modules/ical.js/dist/ical.es5.cjs",
)
LIBRARY = next((Path(one) for one in PLACES if one and Path(one).is_file()), None)
NONE = "no ical.js was found: npm install --no-save ical.js, or name its file in CALSYNC_ICAL_JS"
LOAD = """source => {
  const module = { exports: {} };
  new Function("module", "exports", source)(module, module.exports);
  window.ICAL = module.exports.default || module.exports;
}"""
READ = """text => new ICAL.Component(ICAL.parse(text)).getAllSubcomponents("vevent").map(one => {
  const at = name => {
    const value = one.getFirstPropertyValue(name);
    return value && (value.isDate ? value.toString() : value.toUnixTime());
  };
  return [one.getFirstPropertyValue("uid"), at("dtstart"), at("dtend"),
          one.getFirstPropertyValue("summary"), one.getFirstPropertyValue("sequence")];
})"""

pytestmark = [pytest.mark.browser, pytest.mark.skipif(LIBRARY is None, reason=NONE)]


@pytest.mark.parametrize(("scope", "at_least"), [("all", 200), ("conflicts", 5)])
def test_every_event_is_read_at_its_instant_by_the_rules_in_the_feed(
    chromium: Browser, demo: Demo, scope: str, at_least: int
) -> None:
    text = feed(demo, scope)
    page = chromium.new_page()
    assert LIBRARY is not None
    page.evaluate(LOAD, LIBRARY.read_text(encoding="utf-8"))
    found = sorted(page.evaluate(READ, text))
    page.close()
    assert len(found) > at_least
    assert found == sorted(told(one) for one in icalendar.Calendar.from_ical(text).events)


def feed(demo: Demo, scope: str) -> str:
    """What a new feed of this scope holds."""
    said = {"name": f"read-{scope}", "scope": scope, "detail": "full"}
    bearer = {"Authorization": f"Bearer {demo.token}"}
    with httpx.Client(base_url=demo.origin, trust_env=False) as client:
        made = client.post("/api/v1/feeds", data=said, headers=bearer)
        assert made.status_code == 201, made.text
        return client.get(httpx.URL(made.json()["address"]).path).text


def told(one: icalendar.Event) -> list[object]:
    return [
        str(one["UID"]),
        instant(one["DTSTART"].dt),
        instant(one["DTEND"].dt) if "DTEND" in one else None,
        str(one["SUMMARY"]),
        int(one["SEQUENCE"]),
    ]


def instant(value: date | datetime) -> int | str:
    """Seconds, or the day of what is given in days."""
    if isinstance(value, datetime):
        return int(value.timestamp())
    return datetime.combine(value, time(), UTC).strftime("%Y-%m-%d")
