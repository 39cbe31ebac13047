"""An account is stale where its picture is too old."""

from __future__ import annotations

from tests.builders import NOW
from worker.domain.conflict.finding import FindingKind
from worker.domain.conflict.report import SourceState
from worker.domain.conflict.stale import stale_sources


def state(account: str, polled_at: int | None, stale: bool) -> SourceState:
    return SourceState(account, polled_at, complete=not stale, stale=stale)


def test_only_stale_accounts_are_found() -> None:
    sources = [state("clinic", NOW - 60, stale=False), state("desk", NOW - 3600, stale=True)]
    (finding,) = stale_sources(sources, NOW)
    assert finding.kind is FindingKind.STALE_SOURCE
    assert finding.subject.ref == "account:desk"
    assert dict(finding.evidence) == {"last_complete": NOW - 3600, "age_seconds": 3600}
    assert finding.flags == ("standing",)


def test_an_account_that_was_never_read_is_stale_from_the_start() -> None:
    (finding,) = stale_sources([state("desk", None, stale=True)], NOW)
    assert finding.flags == ("never", "standing")
    assert dict(finding.evidence)["age_seconds"] is None


def test_it_stays_the_same_finding_as_time_goes_by() -> None:
    source = state("desk", NOW - 3600, stale=True)
    (one,), (other,) = stale_sources([source], NOW), stale_sources([source], NOW + 60)
    assert one.id == other.id
    assert one.span == other.span
    assert one.span.start < NOW < one.span.end


def test_a_clock_that_went_back_makes_no_negative_age() -> None:
    (finding,) = stale_sources([state("desk", NOW + 60, stale=True)], NOW)
    assert dict(finding.evidence)["age_seconds"] == 0
