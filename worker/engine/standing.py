"""Findings of events by themselves, and of whole accounts."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from worker.domain.conflict.capacity import over_capacity
from worker.domain.conflict.data import (
    MOST_NAMED,
    data_findings,
    invalid,
    naive_account,
    self_overlaps,
    unmapped,
)
from worker.domain.conflict.double import record
from worker.domain.conflict.finding import Finding, FindingKind
from worker.domain.conflict.orphan import cancelled_groups, idle_bindings
from worker.domain.conflict.page import unguarded
from worker.domain.conflict.report import SourceState
from worker.domain.conflict.stale import stale_sources
from worker.domain.event import shown
from worker.domain.stored import Stored
from worker.engine.rules import DetectionRules, Moment
from worker.store.store import Store

OF_EVENTS = (FindingKind.OVER_CAPACITY, FindingKind.DATA_AMBIGUOUS_TIME, FindingKind.ORPHAN)
OF_ACCOUNTS = (
    FindingKind.UNGUARDED_PAGE,
    FindingKind.DATA_INVALID,
    FindingKind.DATA_NAIVE_TIME,
    FindingKind.DATA_UNMAPPED,
    FindingKind.ORPHAN,  # of bindings; those of events have an event as their subject
)


def of_events(store: Store, events: Collection[int] | None, moment: Moment) -> list[Finding]:
    """What these events (all, if None) tell of themselves."""
    telling = store.survey.telling(events, moment.window)
    plain = [one.event for one in telling]
    ambiguous = [one for one in data_findings(plain) if one.kind is FindingKind.DATA_AMBIGUOUS_TIME]
    full = [finding for event in plain for finding in over_capacity(event)]
    return [*full, *ambiguous, *cancelled_groups(telling)]


def of_records(stretches: Iterable[Stored]) -> list[Finding]:
    """Where repeating records, of which these are all the stretches, overlap themselves."""
    return list(self_overlaps(one.event for one in stretches))


def series(stretch: Stored) -> str:
    """The subject under which the register keeps a repeating record."""
    return f"series:{'/'.join(record(stretch.event))}"


def of_account(store: Store, rules: DetectionRules, account: str, moment: Moment) -> list[Finding]:
    """What is wrong with an account as a whole."""
    survey = store.survey
    pages = survey.templates(account)
    naive = survey.naive(account, moment.window)
    found = [
        *unguarded(((account, page) for page in pages), rules.bindings),
        *invalid(account, survey.quarantined(account)),
        *unmapped(account, survey.unbound(account, moment.window)),
    ]
    if naive:
        found.append(naive_account(account, len(naive), map(shown, naive[:MOST_NAMED])))
    if account in moment.trusted:
        names = {
            *survey.subjects(account),
            *(subject for page in pages for subject in page.subjects),
            *(f"event:{page.native_id}" for page in pages),
        }
        found.extend(idle_bindings(rules.resources.values(), {account: names}))
    return found


def of_sources(states: Iterable[SourceState], now: int) -> list[Finding]:
    """The accounts whose picture is too old to judge by."""
    return list(stale_sources(states, now))
