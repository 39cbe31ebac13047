"""Probes: alive says little, ready tells why not, and neither asks for a token."""

from __future__ import annotations

from tests.web.conftest import PAGE, Served


def test_alive_needs_nothing_but_the_process(served: Served) -> None:
    served.app.store.close()
    served.app.store.database.path.write_bytes(b"no database any more")
    assert served.client.get("/healthz").status_code == 200


def test_ready_while_the_schedule_ticks_and_the_store_answers(served: Served) -> None:
    answer = served.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (200, {"ready": True, "reasons": []})


def test_a_schedule_that_stands_still_is_not_ready(served: Served) -> None:
    served.clock.time += 11
    answer = served.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "reasons": ["the schedule has not ticked for 11 s"]}


def test_a_store_that_does_not_answer_is_not_ready_and_no_path_is_told(served: Served) -> None:
    served.app.store.close()
    for beside in ("-wal", "-shm"):
        path = served.app.store.database.path
        path.with_name(path.name + beside).unlink(missing_ok=True)
    served.app.store.database.path.write_bytes(b"no database any more" * 100)
    answer = served.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "reasons": ["the store does not answer"]}
    page = served.admin_page.get("/")
    assert page.status_code == 503
    assert "The store does not answer" in page.text
    assert str(served.app.store.database.path) not in page.text


def test_a_probe_is_answered_in_json_whatever_it_accepts(served: Served) -> None:
    for path in ("/healthz", "/readyz"):
        answer = served.client.get(path, headers=PAGE)
        assert answer.headers["content-type"] == "application/json"
