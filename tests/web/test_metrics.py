"""What is watched: every number stands for something, and no number tells of a person."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.web.conftest import NOW, PAGE, Served
from worker import __version__
from worker.engine.schedule import NOT_STORED, Schedule
from worker.store.database import StoreError
from worker.store.events import Wanted
from worker.web.app import build
from worker.web.counters import Counters, client_family
from worker.web.metrics import LOOK_EVERY, Metrics

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(served: Served) -> Samples:
    answer = served.client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return scraped(answer.text)


def value(samples: Samples, name: str, **labels: str) -> float | None:
    return samples.get((name, frozenset(labels.items())))


def named(samples: Samples, name: str) -> dict[frozenset[tuple[str, str]], float]:
    return {labels: number for (which, labels), number in samples.items() if which == name}


def test_the_version_is_told(served: Served) -> None:
    assert value(scrape(served), "calsync_build_info", version=__version__) == 1


def test_accounts_are_told_with_their_age_and_exactly_one_state(served: Served) -> None:
    samples = scrape(served)
    views = {view.id: view for view in served.app.accounts()}
    assert len(views) == 5
    for id_, view in views.items():
        at = value(samples, "calsync_last_complete_poll_timestamp_seconds", account=id_)
        assert at == view.health.complete_at
        states = {
            dict(labels)["state"]: number
            for labels, number in named(samples, "calsync_account_state").items()
            if dict(labels)["account"] == id_
        }
        assert [name for name, number in states.items() if number] == [view.state]
        assert value(samples, "calsync_account_failures", account=id_) == 0
        assert value(samples, "calsync_next_poll_timestamp_seconds", account=id_) > NOW


def test_events_are_counted_as_the_reports_count_them(served: Served) -> None:
    counted: Counter[str] = Counter()
    for labels, number in named(scrape(served), "calsync_events").items():
        if dict(labels)["status"] != "cancelled":
            counted[dict(labels)["account"]] += int(number)
    assert counted == {view.id: view.events for view in served.app.accounts()}


def test_findings_are_counted_as_the_report_shows_them(served: Served) -> None:
    samples = scrape(served)
    report = served.app.report()
    assert sum(named(samples, "calsync_findings").values()) == len(report.findings) > 0
    worst = report.findings[0]
    labels = {
        "kind": worst.finding.kind.value,
        "band": worst.severity.band.value,
        "state": worst.life.state.value,
    }
    alike = [
        one
        for one in report.findings
        if (one.finding.kind, one.severity.band, one.life.state)
        == (worst.finding.kind, worst.severity.band, worst.life.state)
    ]
    assert value(samples, "calsync_findings", **labels) == len(alike)
    assert value(samples, "calsync_verdict", verdict="conflict") == 1
    assert value(samples, "calsync_verdict", verdict="clear") == 0


def test_brakes_are_told_while_they_are_on(served: Served) -> None:
    assert named(scrape(served), "calsync_brake") == {}
    with served.app.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE account SET brake = 'B3' WHERE id = 'clinic'")
    served.clock.time += LOOK_EVERY
    assert value(scrape(served), "calsync_brake", account="clinic", brake="B3") == 1


def test_however_often_strangers_ask_the_store_is_counted_once_in_a_while(served: Served) -> None:
    before = named(scrape(served), "calsync_events")
    with served.app.store.database.writing() as connection:
        connection.exec_driver_sql("UPDATE event SET status = 'cancelled'")
    served.clock.time += LOOK_EVERY - 1
    assert named(scrape(served), "calsync_events") == before
    served.clock.time += 1
    statuses = {dict(labels)["status"] for labels in named(scrape(served), "calsync_events")}
    assert statuses == {"cancelled"}


def test_a_store_that_does_not_answer_is_told_and_the_rest_goes_on(served: Served) -> None:
    assert value(scrape(served), "calsync_store_up") == 1
    served.clock.time += LOOK_EVERY
    served.app.store.close()
    path = served.app.store.database.path
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    path.write_bytes(b"no database any more" * 100)
    samples = scrape(served)
    assert value(samples, "calsync_store_up") == 0
    assert named(samples, "calsync_findings") == {}
    assert value(samples, "calsync_build_info", version=__version__) == 1


def test_polls_are_counted_by_outcome_with_their_length(served: Served) -> None:
    counters = Counters()
    told: list[tuple[str, str, float]] = []

    def hear(account: str, outcome: str, seconds: float) -> None:
        counters.polled(account, outcome, seconds)
        told.append((account, outcome, seconds))

    schedule = Schedule(served.app.cycle, served.app.store, served.clock, hear)
    schedule._poll("clinic")  # the sandbox is gone: nobody answers
    text = Metrics(served.app, schedule, counters).scrape(None).body.decode()  # type: ignore[arg-type]
    samples = scraped(text)
    assert told[0][:2] == ("clinic", "failed")
    assert value(samples, "calsync_polls_total", account="clinic", outcome="failed") == 1
    assert value(samples, "calsync_poll_duration_seconds_count", account="clinic") == 1


def test_a_poll_that_could_not_be_stored_is_counted_as_such(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []
    schedule = Schedule(
        served.app.cycle, served.app.store, served.clock, lambda *what: told.append(what[:2])
    )

    def full(_account: str) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(served.app.cycle, "poll", full)
    schedule._poll("clinic")
    assert told == [("clinic", NOT_STORED)]


def test_every_answer_is_counted_refusals_and_faults_included(served: Served) -> None:
    client = served.client
    assert client.get("/healthz").status_code == 200
    assert client.get("/conflicts").status_code == 401
    assert client.get("/healthz", headers={"Host": "elsewhere.example"}).status_code == 421
    assert client.request("BREW", "/healthz").status_code == 405
    samples = scrape(served)
    counted = "calsync_http_requests_total"
    assert value(samples, counted, method="GET", code="200") == 1
    assert value(samples, counted, method="GET", code="401") == 1
    assert value(samples, counted, method="GET", code="421") == 1
    assert value(samples, counted, method="other", code="405") == 1


def test_a_fault_of_ours_is_counted_as_one(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(served.app, "accounts", broken)
    assert served.admin.get("/api/v1/accounts").status_code == 500
    monkeypatch.undo()
    assert value(scrape(served), "calsync_http_requests_total", method="GET", code="500") == 1


def test_feeds_are_counted_by_family_of_program(served: Served) -> None:
    counters = Counters()
    metrics = Metrics(served.app, served.schedule, counters)
    counters.fed("Google-Calendar-Importer", 200)
    samples = scraped(metrics.scrape(None).body.decode())  # type: ignore[arg-type]
    assert value(samples, "calsync_feed_requests_total", client="google", code="200") == 1


WRITE = """
INSERT INTO outbox (run, action_id, verb, target, link, native_id, state, notifies, action,
    before, after, {rest}) VALUES ('r', '{id}', 'create', '{target}', 'l', '', '{state}', 0, '{{}}',
    '', '', {values})
"""


def write(served: Served, id_: str, target: str, state: str) -> None:
    """A write as the outbox remembers it."""
    with served.app.store.database.writing() as connection:
        rows = connection.exec_driver_sql("PRAGMA table_info(outbox)").all()
        told = set(re.findall(r"[a-z_]+", WRITE.partition(", {rest}")[0])) | {"id"}
        rest = {row[1]: "0" if "INT" in row[2] else "''" for row in rows if row[1] not in told}
        names, values = ", ".join(rest), ", ".join(rest.values())
        connection.exec_driver_sql(
            WRITE.format(id=id_, target=target, state=state, rest=names, values=values)
        )


def test_writes_are_counted_from_the_store_by_outcome_and_the_outbox_by_state(served) -> None:
    samples = scrape(served)
    assert named(samples, "calsync_writes_total") == {}
    assert value(samples, "calsync_outbox", state="in_flight") == 0
    for number, (target, state) in enumerate(
        [("clinic", "confirmed")] * 2
        + [("studio", "needs_review"), ("clinic", "in_flight"), ("gone", "confirmed")]
    ):
        write(served, str(number), target, state)
    served.clock.time += LOOK_EVERY
    samples = scrape(served)
    assert named(samples, "calsync_writes_total") == {
        frozenset({("account", "clinic"), ("outcome", "confirmed")}): 2,
        frozenset({("account", "studio"), ("outcome", "needs_review")}): 1,
    }
    assert value(samples, "calsync_outbox", state="in_flight") == 1


def test_a_store_that_can_only_be_read_is_told(served: Served) -> None:
    assert value(scrape(served), "calsync_store_sealed") == 0
    served.app.store.sealed = "the disk is full"
    served.clock.time += LOOK_EVERY
    assert value(scrape(served), "calsync_store_sealed") == 1
    answer = served.client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["the store can be read and not written; the log says why"]


@pytest.mark.parametrize(
    ("agent", "family"),
    [
        ("Google-Calendar-Importer", "google"),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "apple"),
        ("macOS/15.0 CalendarAgent/970", "apple"),
        ("Microsoft.Exchange/15.20", "outlook"),
        ("Mozilla/5.0 … Thunderbird/140.0", "thunderbird"),
        ("x" * 10_000, "other"),
        ("", "other"),
    ],
)
def test_subscribers_are_told_apart_by_family_only(agent: str, family: str) -> None:
    assert client_family(agent) == family


def test_labels_hold_configured_ids_and_fixed_words_only(served: Served) -> None:
    client = served.client
    for path in ("/nobody-knows-this", "/login?amy=ng", "/conflicts/4711"):
        client.get(path, headers={**PAGE, "User-Agent": "amy.ng@example.org"})
    text = client.get("/metrics").text
    ids = set(served.app.config.accounts) | {*served.app.vendor_names.values()}
    allowed = re.compile(r"[a-z_]+|[A-Z_]+|B\d+|\d{3}|[\d.]+|\+Inf")
    for _, labels in scraped(text):
        for name, word in labels:
            assert word in ids or allowed.fullmatch(word), (name, word)
    titles = {stored.event.title for stored in served.app.events(Wanted())}
    people = {resource.name for resource in served.app.config.resources}
    for word in titles | people:
        assert len(word) < 4 or word not in text


def test_the_documents_of_metrics_are_complete(served: Served) -> None:
    families = list(text_string_to_metric_families(served.client.get("/metrics").text))
    ours = [family for family in families if family.name.startswith("calsync_")]
    assert len(ours) >= 15
    for family in ours:
        assert family.documentation, family.name
        assert family.type != "unknown", family.name


def test_a_scrape_needs_no_counters_of_its_own(served: Served) -> None:
    assert build(served.app, served.schedule).routes
