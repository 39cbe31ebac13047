"""Dashboard, alerts and unit file name what exists, so that none of them is silently blind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.builders import StillClock
from tests.e2e.rehearsal import rehearsal
from worker.app import Calsync
from worker.config import load
from worker.domain.conflict.finding import FindingState
from worker.domain.conflict.report import Verdict
from worker.domain.conflict.severity import Band
from worker.domain.health import State
from worker.engine.poll import Result
from worker.engine.schedule import NOT_STORED, Schedule
from worker.vendors.answers import ANSWERS
from worker.web.counters import Counters
from worker.web.metrics import Metrics

OPS = Path(__file__).parents[2] / "ops"
FILES = ("alerts.yml", "grafana.json")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Every name of a sample that the program can tell."""
    directory = tmp_path_factory.mktemp("watching")
    (directory / "config.toml").write_text("", encoding="utf-8")
    app = Calsync(load(directory / "config.toml", {}), clock=StillClock())
    counters = Counters()
    counters.polled("clinic", Result.COMPLETE, 1)
    counters.fed("", 200)
    counters.answered("GET", 200)
    counters.asked("clinic", "2xx")
    schedule = Schedule(app.cycle, app.store, app.clock)
    metrics = Metrics(app, schedule, counters)
    text = metrics.scrape(None).body.decode()  # type: ignore[arg-type]
    app.close()
    families = list(text_string_to_metric_families(text))
    samples = {sample.name for family in families for sample in family.samples}
    # Gauges without an account have no sample here, and no other name than their family's.
    return (
        samples
        | {family.name for family in families if family.type == "gauge"}
        | {f"{family.name}_total" for family in families if family.type == "counter"}
    )


def used(name: str) -> set[str]:
    text = (OPS / name).read_text(encoding="utf-8")
    return set(re.findall(r"\b(?:calsync|process)_[a-z_]+\b", text))


@pytest.mark.parametrize("name", FILES)
def test_every_metric_that_is_looked_at_exists(name: str, names: set[str]) -> None:
    assert len(used(name)) > 5
    assert used(name) <= names


def test_every_metric_of_ours_is_looked_at_somewhere(names: set[str]) -> None:
    looked_at = used("alerts.yml") | used("grafana.json")
    beside = {"calsync_build_info", "calsync_next_poll_timestamp_seconds"}
    parts = ("_bucket", "_sum", "_count")
    families = {re.sub("|".join(f"{part}$" for part in parts), "", one) for one in names}
    ours = {one for one in families if one.startswith("calsync_")}
    shown = {one for one in ours if any(word.startswith(one) for word in looked_at)}
    assert ours - shown == beside


@pytest.mark.parametrize("name", FILES)
def test_words_that_labels_are_compared_with_are_words_of_the_program(name: str) -> None:
    known = {
        *FindingState,
        *Band,
        *State,
        *Verdict,
        *Result,
        NOT_STORED,
        *ANSWERS,
        *("calsync", "cancelled", "needs_review"),
    }
    text = (OPS / name).read_text(encoding="utf-8").replace('\\"', '"')
    words = {
        word
        for group in re.findall(r'[a-z]+(?:=~|!=|=)"([a-z0-9_|]+)"', text)
        for word in group.split("|")
    }
    assert len(words) >= 4
    assert words <= {str(word) for word in known}


def test_the_dashboard_is_whole() -> None:
    board = json.loads((OPS / "grafana.json").read_text(encoding="utf-8"))
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert all(panel["title"] and panel["targets"] for panel in panels)


def test_the_unit_file_speaks_the_protocol_that_the_program_speaks() -> None:
    text = (OPS / "calsync.service").read_text(encoding="utf-8")
    for line in ("Type=notify", "WatchdogSec=60", "ExecReload=/bin/kill -HUP $MAINPID"):
        assert line in text.splitlines()


def test_every_request_to_a_vendor_is_counted_for_its_account(tmp_path: Path) -> None:
    counters = Counters()
    with rehearsal(tmp_path) as world:
        config = load(world.path, {})
        app = Calsync(config, clock=world.clock, asked=counters.asked)
        app.sync((), lambda _report: None)
        app.close()
        asked = len(world.server.ledger.entries())
    families = text_string_to_metric_families(generate_latest(counters.registry).decode())
    counted = [
        sample
        for family in families
        for sample in family.samples
        if sample.name == "calsync_vendor_requests_total"
    ]
    assert sum(sample.value for sample in counted) == asked > 0
    assert {sample.labels["account"] for sample in counted} == set(config.accounts)
    assert {sample.labels["code"] for sample in counted} <= ANSWERS


def test_the_counters_alone_are_text_that_prometheus_reads() -> None:
    text = generate_latest(Counters().registry).decode()
    assert list(text_string_to_metric_families(text))
