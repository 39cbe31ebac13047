"""Plans and runs over HTTP: who may ask, what is refused, and what an unknown name gets."""

from __future__ import annotations

import pytest

VERBS = ("/plan/{0}/apply", "/plan/{0}/approve", "/runs/{0}/undo")


def test_todays_plan_is_a_document_of_the_contract(served):
    answer = served.admin.get("/api/v1/plan")
    assert answer.status_code == 200
    found = answer.json()
    assert found["schema"] == "calsync/plan/1"
    assert set(found) == {"schema", "hash", "created_at", "refused", "actions"}


def test_without_a_run_there_is_none(served):
    assert served.admin.get("/api/v1/runs").json() == {"schema": "calsync/runs/1", "runs": []}


@pytest.mark.parametrize("path", VERBS)
def test_nobody_may_write_without_the_token(served, path):
    assert served.client.post(f"/api/v1{path.format('0' * 16)}").status_code in (401, 403)


@pytest.mark.parametrize("path", VERBS)
def test_a_browser_needs_its_csrf_token_to_write(served, path):
    answer = served.browser.post(f"/api/v1{path.format('0' * 16)}")
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("path", "status"), [(VERBS[0], 409), (VERBS[1], 404), (VERBS[2], 404)], ids=str
)
def test_what_is_not_todays_plan_or_no_run_is_told_apart(served, path, status):
    assert served.admin.post(f"/api/v1{path.format('0' * 16)}").status_code == status


def test_an_undo_says_plainly_whether_it_is_to_be_done(served):
    answer = served.admin.post("/api/v1/runs/00000000/undo", data={"apply": "perhaps"})
    assert answer.status_code == 400
