"""The pages as a reader gets them: complete, linked, labelled, and free of script."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from itertools import groupby
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.web.conftest import Served
from worker.domain.conflict.finding import FindingState, Group
from worker.domain.conflict.register import Step
from worker.domain.health import Trouble, failed
from worker.publish.pages.cards import pressing
from worker.publish.pages.kinds import timed

VOID = {"meta", "link", "input", "br", "hr", "img"}


class Outline(HTMLParser):
    """What of a page matters here: elements that nest well, ids, labels, links, headings."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.headings: list[int] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def pages(shared: Served) -> dict[str, str]:
    """The HTML of every page, by its address."""
    served, browser = shared, shared.browser
    paths = ["/", "/conflicts", "/conflicts?state=all", "/accounts", "/logout"]
    paths += ["/calendar", "/calendar?view=day&date=2026-11-19", "/calendar?view=heat&days=30"]
    paths += [f"/conflicts/{one.finding.id}" for one in served.app.report().findings]
    found = {path: browser.get(path) for path in paths}
    assert {answer.status_code for answer in found.values()} == {200}
    texts = {path: answer.text for path, answer in found.items()}
    texts["/login"] = served.client.get("/login").text
    texts["/nope"] = browser.get("/nope").text
    return texts


@pytest.fixture(scope="module")
def outlines(pages: dict[str, str]) -> dict[str, Outline]:
    return {path: Outline(html) for path, html in pages.items()}


def test_every_page_is_well_formed_named_and_in_one_language(
    pages: dict[str, str], outlines: dict[str, Outline]
) -> None:
    for path, outline in outlines.items():
        assert outline.all("html") == [{"lang": "en"}], path
        assert outline.headings.count(1) == 1, path
        assert all(b - a <= 1 for a, b in zip(outline.headings, outline.headings[1:], strict=False))
        assert re.search(r"<title>[^<]+ · calsync</title>", pages[path])
        ids = [attributes["id"] for _, attributes in outline.tags if "id" in attributes]
        assert len(ids) == len(set(ids)), path


def test_every_page_has_a_way_past_the_navigation_and_one_main_part(
    outlines: dict[str, Outline],
) -> None:
    for outline in outlines.values():
        assert outline.all("a")[0]["href"] == "#main"
        assert [one["id"] for one in outline.all("main")] == ["main"]


def test_no_page_has_anything_that_the_policy_forbids(outlines: dict[str, Outline]) -> None:
    for outline in outlines.values():
        assert not outline.all("script")
        assert not outline.all("style")
        for _, attributes in outline.tags:
            assert "style" not in attributes
            assert not [name for name in attributes if name.startswith("on")]


def test_every_field_has_a_label_and_every_reference_a_target(outlines: dict[str, Outline]) -> None:
    for outline in outlines.values():
        ids = {attributes["id"] for _, attributes in outline.tags if "id" in attributes}
        labelled = {one["for"] for one in outline.all("label")}
        fields = [one for one in outline.all("input") if one["type"] != "hidden"]
        assert {one["id"] for one in (*fields, *outline.all("select"))} <= labelled
        for _, attributes in outline.tags:
            for name in ("aria-labelledby", "aria-describedby"):
                assert set(attributes.get(name, "").split()) <= ids
        for column in outline.all("th"):
            assert column["scope"] in ("col", "row")


def sort_of(href: str) -> tuple[str, tuple[str, ...]]:
    """Its path and the names of its parameters: the days of a heat map differ in values only."""
    parts = urlsplit(href)
    return parts.path, tuple(name for name, _ in parse_qsl(parts.query, keep_blank_values=True))


def test_every_link_of_ours_leads_somewhere(shared: Served, outlines: dict[str, Outline]) -> None:
    browser = shared.browser
    found: set[str] = set()
    for outline in outlines.values():
        found |= {one["href"] for one in (*outline.all("a"), *outline.all("link"))}
    ours = sorted({href.partition("#")[0] for href in found if href.startswith("/")} - {*outlines})
    sorts = [list(alike) for _, alike in groupby(sorted(ours, key=sort_of), sort_of)]
    assert len(sorts) > 15
    for alike in sorts:
        for href in {alike[0], alike[len(alike) // 2], alike[-1]}:
            assert browser.get(href).status_code == 200, href


def test_links_to_vendors_open_apart_and_say_nothing_of_us(outlines: dict[str, Outline]) -> None:
    outside = [
        one
        for outline in outlines.values()
        for one in outline.all("a")
        if not one["href"].startswith(("/", "#"))
    ]
    assert outside
    for link in outside:
        assert link["href"].startswith(("http://127.0.0.1", "https://"))
        assert set(link["rel"].split()) == {"noopener", "noreferrer"}


def test_every_form_that_changes_something_carries_the_token(pages: dict[str, str]) -> None:
    for path, html in pages.items():
        for form in re.findall(r'<form[^>]*method="post".*?</form>', html, re.DOTALL):
            assert 'name="csrf"' in form or path in ("/login", "/nope")


def test_today_opens_with_a_verdict_that_proves_itself(served: Served) -> None:
    html = served.admin_page.get("/").text
    report = served.app.report()
    conflicts = pressing(report, Group.SCHEDULE)
    assert 0 < len(conflicts) < len(report.findings)
    assert f"{len(conflicts)} conflicts to look at" in html
    assert (
        f"{len(conflicts)} conflicts: {report.events} events, "
        "5 of 5 sources fresh at 12:06 CET" in html
    )
    assert f"{len(pressing(report, Group.SYSTEM))} system finding" in html


def test_a_report_with_nothing_in_it_says_what_it_rests_on(served: Served) -> None:
    resolve_all(served)
    html = served.admin_page.get("/").text
    assert "Nothing is booked twice" in html
    assert "0 conflicts: " in html
    assert "5 of 5 sources fresh" in html


def test_an_empty_report_over_a_stale_source_is_unknown_and_says_why(served: Served) -> None:
    resolve_all(served)
    served.clock.time += 41 * 60
    html = served.admin_page.get("/").text
    assert "Nothing found, but not everything is known" in html
    assert '<span class="stamp">unknown</span>' in html
    assert "0 of 5 sources fresh" in html
    assert "41 min ago, stale" in html


def test_the_worst_come_first_and_the_rest_is_one_link_away(served: Served) -> None:
    html = served.admin_page.get("/").text
    ids = [one.finding.id for one in pressing(served.app.report(), Group.SCHEDULE)]
    shown = re.findall(r'class="title"><a href="/conflicts/([0-9a-f]{16})"', html)
    assert shown == ids[: len(shown)]
    assert f"{len(ids) - len(shown)} more conflicts" in html


def test_what_starts_soon_is_ahead_of_now_and_tells_of_its_conflict(served: Served) -> None:
    html = served.admin_page.get("/").text
    soon = html.partition('<ol class="soon">')[2].partition("</ol>")[0]
    starts = re.findall(r'<time datetime="([^"]+)"', soon)
    assert starts == sorted(starts)
    assert starts
    assert min(starts) >= "2026-11-18T11:06:40Z"
    assert f"/conflicts/{served.finding()}" in soon


def test_the_list_goes_day_by_day(served: Served) -> None:
    html = served.admin_page.get("/conflicts").text
    for part in html.split('<section class="part"')[1:]:
        days = re.findall(r"<h3>([A-Z][a-z]+ \d[^<]+)</h3>", part)
        read = [datetime.strptime(day, "%A %d %B %Y") for day in days]
        assert read == sorted(read)
    shown = set(re.findall(r'href="/conflicts/([0-9a-f]{16})"', html))
    assert shown == {one.finding.id for one in served.app.report().findings}


def test_the_filters_in_the_address_are_chosen_in_the_form(served: Served) -> None:
    html = served.admin_page.get("/conflicts?resource=amy&kind=&min_severity=&state=").text
    assert re.search(r'<option value="amy" selected>', html)
    assert html.count(" selected>") == 1
    assert {one.group(1) for one in re.finditer(r"<h4><bdi>([^<]+)</bdi>", html)} == {"Amy Ng"}


def test_a_filter_that_leaves_nothing_says_so(served: Served) -> None:
    html = served.admin_page.get("/conflicts?state=snoozed").text
    assert "Nothing passes these filters" in html


def test_a_finding_shows_each_member_with_picture_terms_freshness_and_answer(
    served: Served,
) -> None:
    for reported in served.app.report().findings:
        html = served.admin_page.get(f"/conflicts/{reported.finding.id}").text
        finding = reported.finding
        rows = len(finding.members) + 1 if finding.members else 0
        members, _, beside = html.partition('<table class="witness')
        assert members.count('<tr role="row">') == rows
        manners = re.findall('<tr role="row" class="(agrees|disagrees|silent)">', beside)
        silent = "Here nobody was asked: " in html
        assert len(manners) == (0 if silent else len(finding.members))
        assert html.count('class="bar ') == (len(finding.members) if timed(finding) else 0)
        for term, points in reported.severity.terms:
            assert f"{term}</th><td" in html
            assert f"{points:+d}</td>" in html
        for account in finding.accounts:
            assert re.search(rf"<b>{account}</b> <span>just now, complete", html)
        assert html.count("<pre") == len(finding.members)


def test_the_answer_shown_is_what_the_vendor_said(served: Served) -> None:
    worst = served.app.report().findings[0].finding
    answer = served.app.store.events.answer(worst.members[0].key.number)
    assert answer is not None
    html = served.admin_page.get(f"/conflicts/{worst.id}").text
    for key in re.findall(rb'"([a-z_A-Z]+)":', answer):
        assert f"&#34;{key.decode()}&#34;:" in html


def test_a_finding_on_a_stale_source_is_not_certain(served: Served) -> None:
    served.clock.time += 3600
    html = served.admin_page.get(f"/conflicts/{served.finding()}").text
    assert "Not certain: " in html
    assert "60 min ago, stale" in html


def test_an_account_tells_its_trouble_in_words(served: Served) -> None:
    error = "GET /v1/bookings: 401, the key is not accepted; make a new one"

    served.app.store.accounts.change_health(
        "clinic",
        lambda before: failed(before, Trouble.NEEDS_PERSON, error, served.app.now, 120),
    )
    html = served.admin_page.get("/accounts").text
    assert error in html
    assert "needs attention" in html
    assert "4 of 5 accounts fresh" in html


def test_a_reader_without_a_session_gets_no_buttons(served: Served) -> None:
    for path in ("/", "/accounts"):
        assert '<form method="post"' not in served.admin_page.get(path).text


@pytest.mark.parametrize("path", ["/static/calsync.css", "/static/icon.svg"])
def test_what_pages_refer_to_is_kept_by_version(served: Served, path: str) -> None:
    first = served.client.get(path)
    assert first.headers["cache-control"] == "no-cache"
    again = served.client.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    version = first.headers["etag"].strip('"')
    kept = served.client.get(f"{path}?v={version}").headers["cache-control"]
    assert "immutable" in kept
    assert served.client.get("/static/nope.css").status_code == 404


def resolve_all(served: Served) -> None:
    known = served.app.store.findings.all().values()
    steps = [
        Step(one.finding, replace(one.life, state=FindingState.RESOLVED), "resolved")
        for one in known
    ]
    served.app.store.findings.write(steps, served.app.now)
