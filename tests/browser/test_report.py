"""The report in a real browser: read, decided on, drawn, operable by everybody, and quiet."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import Demo, Reader

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/conflicts",
    "/calendar",
    "/calendar?view=day",
    "/calendar?view=heat&days=30",
    "/accounts",
    "/plans",
    "/runs",
    "/feeds",
    "/logout",
)
# The same pages with fewer cards: what a rule finds wrong with one, it finds with the next.
SHORT = (
    "/",
    "/conflicts?resource=amy",
    "/calendar?resource=amy&resource=ben",
    "/calendar?view=day&resource=amy",
    "/calendar?view=heat&resource=amy&resource=hall",
    "/accounts",
    "/plans",
    "/runs",
    "/feeds",
    "/logout",
)
COLOURED = tuple(one for one in SHORT if one not in ("/runs", "/feeds", "/logout", SHORT[1]))
# Rows and cards like those before them, which would cost most of the time.
ALIKE = "tbody tr:nth-child(n+4), section.account ~ section.account ~ section.account"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script></text><svg onload=alert(3)>'


def finding(reader: Reader) -> str:
    """The address of the worst finding, from the first page."""
    link = reader.open("/").locator(".card .title a").first
    return link.get_attribute("href") or ""


def opened(reader: Reader, path: str) -> None:
    """A page with all that can be unfolded, and of what there is much only the first few."""
    reader.open(path)
    reader.page.evaluate(
        """alike => {
          document.querySelectorAll(alike).forEach(one => one.remove());
          document.querySelectorAll("details").forEach(one => one.open = true);
        }""",
        ALIKE,
    )


def faults(reader: Reader, rules: dict[str, object]) -> list[str]:
    """What axe finds wrong with the page that is open."""
    found = Axe().run(
        reader.page,
        options={"runOnly": rules, "resultTypes": ["violations"]},
    )
    assert found.response["passes"]
    return [
        f"{one['id']}: {node['target']} {node['html'][:160]}"
        for one in found.response["violations"]
        for node in one["nodes"]
    ]


def test_somebody_who_opens_the_report_reads_what_is_wrong_and_what_to_do(reader: Reader) -> None:
    page = reader.open("/")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"\d+ conflicts? to look"))
    expect(page.locator(".verdict .proof").first).to_contain_text("5 of 5 sources fresh")
    page.locator(".card .title a").first.click()
    expect(page.get_by_role("heading", name="The clash")).to_be_visible()
    expect(page.locator("svg.lanes .clash")).to_be_visible()
    expect(page.get_by_role("heading", name="What could be done")).to_be_visible()
    assert page.locator("ol.ways > li").count() >= 1


def test_a_finding_is_acknowledged_then_snoozed(reader: Reader) -> None:
    page = reader.open(finding(reader))
    page.get_by_text("Acknowledge", exact=True).first.click()
    page.locator("#ack-note").fill("I call them")
    page.locator("#ack-by").fill("Kim")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_role("status")).to_have_text("Acknowledged by Kim.")
    expect(page.locator(".history")).to_contain_text("acknowledged by Kim")
    expect(page.locator(".history")).to_contain_text("I call them")
    page.get_by_text("Snooze", exact=True).first.click()
    page.get_by_role("button", name="Snooze").click()
    expect(page.get_by_role("status")).to_have_text("Snoozed by Kim.")
    page.get_by_text("Reopen", exact=True).first.click()
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_role("status")).to_have_text("Reopened by Kim.")


def test_a_clash_in_the_calendar_leads_to_its_finding_also_by_keyboard(reader: Reader) -> None:
    page = reader.open("/calendar")
    mark = page.locator("svg.timeline a.mark").first
    mark.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Decide")).to_be_visible()
    page.get_by_role("link", name="That day in the calendar").click()
    expect(page.locator("svg.timeline a.mark").first).to_be_visible()


def test_the_heat_map_leads_to_the_day_and_the_day_to_the_week(reader: Reader) -> None:
    page = reader.open("/calendar?view=heat&days=30")
    page.locator("td.heat.critical a, td.heat.high a").first.click()
    expect(page.get_by_role("link", name="Day", exact=True)).to_have_attribute(
        "aria-current", "page"
    )
    assert page.locator(".line .whose").count() == 1
    page.locator(".line .whose a").click()
    expect(page.get_by_role("link", name="Week", exact=True)).to_have_attribute(
        "aria-current", "page"
    )


def test_filters_and_zone_are_chosen_by_forms_and_stand_in_the_address(reader: Reader) -> None:
    page = reader.open("/conflicts")
    page.get_by_label("Who or what").select_option("amy")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("h4").first).to_have_text("Amy Ng")
    assert "resource=amy" in page.url
    page.get_by_label("Time zone").fill("Asia/Tokyo")
    page.get_by_role("button", name="Tell so").click()
    assert "resource=amy" in page.url
    expect(page.locator(".who article").first).to_contain_text("JST")
    reader.open("/conflicts?zone=")


def test_an_account_is_polled_paused_and_resumed(reader: Reader) -> None:
    page = reader.open("/accounts")
    account = page.locator("section.account", has_text="frontdesk")
    account.get_by_role("button", name="Poll now").click()
    expect(page.get_by_role("status")).to_contain_text("frontdesk is polled now")
    account.get_by_role("button", name="Pause").click()
    expect(account.locator(".stamp")).to_have_text("paused")
    account.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("status")).to_contain_text("resumed")
    expect(account.locator("svg.strip .complete").first).to_be_visible()


def test_every_page_is_fit_for_everybody(reader: Reader) -> None:
    found = {}
    for path in (*SHORT, finding(reader)):
        opened(reader, path)
        if wrong := faults(reader, {"type": "tag", "values": TAGS}):
            found[path] = wrong
    assert found == {}


def test_every_page_can_be_read_in_the_dark(reader: Reader) -> None:
    """Nothing but colours is another there, so the pages that have colours of their own will do."""
    reader.page.emulate_media(color_scheme="dark")
    found = {}
    for path in (*COLOURED, finding(reader)):
        opened(reader, path)
        if wrong := faults(reader, {"type": "rule", "values": ["color-contrast"]}):
            found[path] = wrong
    assert found == {}


def test_the_login_is_fit_for_everybody(reader: Reader) -> None:
    reader.page.context.clear_cookies()
    reader.page.goto(f"{reader.origin}/login")
    assert faults(reader, {"type": "tag", "values": TAGS}) == []
    # Chromium advises on forms with a password; a token has no user name to offer.
    assert all("Password forms" in one for one in reader.complaints), reader.complaints
    reader.complaints.clear()


def test_no_page_is_wider_than_a_phone(phone: Reader) -> None:
    for path in (*PAGES, finding(phone)):
        page = phone.open(path)
        wide = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, path


def test_whoever_uses_keys_gets_past_the_navigation_and_sees_where_they_are(
    reader: Reader,
) -> None:
    page = reader.open("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    seen = page.evaluate("document.activeElement.closest('main') !== null")
    assert seen
    expect(page.locator(":focus-visible")).to_have_count(1)


def test_hostile_titles_run_nothing(reader: Reader, demo: Demo) -> None:
    with closing(sqlite3.connect(demo.data / "calsync.db")) as store, store:
        store.execute("UPDATE event SET title = ?, location = ?", (HOSTILE, HOSTILE))
        rows = store.execute("SELECT id, document FROM finding").fetchall()
        for id_, text in rows:
            said = re.sub(r'(\], )"(?:[^"\\]|\\.)*"(, "(?:booked|offered|held)")', _hostile, text)
            store.execute("UPDATE finding SET document = ? WHERE id = ?", (said, id_))
    address = finding(reader)
    for path in (*PAGES, address):
        page = reader.open(path)
        assert page.locator("main img, main script").count() == 0
    expect(reader.page.locator("table.members")).to_contain_text("<script>alert(2)</script>")


def _hostile(found: re.Match[str]) -> str:
    quoted = HOSTILE.replace('"', '\\"')
    return f'{found[1]}"{quoted}"{found[2]}'
