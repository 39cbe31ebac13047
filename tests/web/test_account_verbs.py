"""Poll now, pause, resume: over HTTP, by programs and by people."""

from __future__ import annotations

from dataclasses import replace

from tests.web.conftest import Served
from tests.web.test_access import csrf
from worker.domain.health import Health, Trouble

WAIT = 600


def health(served: Served, account: str = "clinic") -> Health:
    return served.app.store.accounts.all()[account].health


def waiting(served: Served) -> None:
    """The clinic's vendor has asked for ten minutes without calls."""
    until = served.app.now + WAIT

    def change(before: Health) -> Health:
        return replace(
            before, trouble=Trouble.THROTTLED, failures=1, error="slow down", wait_until=until
        )

    served.app.store.accounts.change_health("clinic", change)


def asked_for(served: Served) -> set[str]:
    return set(served.schedule._asked)


def test_a_poll_is_asked_of_the_schedule(served: Served) -> None:
    answer = served.admin.post("/api/v1/accounts/clinic/poll")
    assert answer.status_code == 202
    assert answer.json()["schema"] == "calsync/account/1"
    assert asked_for(served) == {"clinic"}


def test_a_wait_that_the_vendor_stated_is_kept_and_named(served: Served) -> None:
    waiting(served)
    answer = served.admin.post("/api/v1/accounts/clinic/poll")
    assert answer.status_code == 409
    assert "no calls before 2026-11-18T11:16:40Z" in answer.json()["error"]
    assert asked_for(served) == set()
    served.clock.time += WAIT
    assert served.admin.post("/api/v1/accounts/clinic/poll").status_code == 202


def test_a_paused_account_is_not_due_until_it_is_resumed(served: Served) -> None:
    answer = served.admin.post("/api/v1/accounts/clinic/pause")
    assert (answer.status_code, answer.json()["state"]) == (200, "paused")
    assert answer.json()["next_poll"] is None
    served.clock.time += 86_400
    assert not health(served).due(served.app.now)
    refused = served.admin.post("/api/v1/accounts/clinic/poll")
    assert refused.status_code == 409
    assert "paused" in refused.json()["error"]
    answer = served.admin.post("/api/v1/accounts/clinic/resume")
    assert answer.json()["state"] == "stale"
    assert health(served).due(served.app.now)


def test_resuming_keeps_the_wait_of_the_vendor(served: Served) -> None:
    waiting(served)
    served.admin.post("/api/v1/accounts/clinic/pause")
    served.admin.post("/api/v1/accounts/clinic/resume")
    assert not health(served).due(served.app.now)
    assert health(served).due(served.app.now + WAIT)


def test_pausing_one_account_leaves_the_others_alone(served: Served) -> None:
    before = {id_: account.health for id_, account in served.app.store.accounts.all().items()}
    served.admin.post("/api/v1/accounts/clinic/pause")
    after = {id_: account.health for id_, account in served.app.store.accounts.all().items()}
    assert {id_ for id_ in before if before[id_] != after[id_]} == {"clinic"}


def test_an_unknown_account_is_not_found(served: Served) -> None:
    for verb in ("poll", "pause", "resume"):
        assert served.admin.post(f"/api/v1/accounts/nobody/{verb}").status_code == 404


def test_a_person_presses_pause_and_comes_back_to_the_page_that_says_so(served: Served) -> None:
    browser = served.browser
    page = browser.get("/accounts").text
    assert 'action="/api/v1/accounts/clinic/pause"' in page
    assert 'action="/api/v1/accounts/clinic/resume"' not in page
    answer = browser.post("/api/v1/accounts/clinic/pause", data={"csrf": csrf(page)})
    assert (answer.status_code, answer.headers["location"]) == (303, "/accounts")
    page = browser.get("/accounts").text
    assert "clinic is paused" in page
    assert 'action="/api/v1/accounts/clinic/resume"' in page
    assert 'action="/api/v1/accounts/clinic/poll"' not in page
    assert "clinic is paused" not in browser.get("/accounts").text


def test_a_person_is_told_in_words_why_not(served: Served) -> None:
    waiting(served)
    browser = served.browser
    token = csrf(browser.get("/accounts").text)
    answer = browser.post("/api/v1/accounts/clinic/poll", data={"csrf": token})
    assert answer.status_code == 409
    assert "asked for no calls before" in answer.text
    assert answer.text.startswith("<!doctype html>")
