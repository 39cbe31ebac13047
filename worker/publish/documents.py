"""The JSON documents of the command line and of the HTTP interface. Times are UTC with `Z`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from worker.domain.conflict.explanation import Explained, PollWord, Witness
from worker.domain.conflict.finding import Member
from worker.domain.conflict.register import Happening
from worker.domain.conflict.report import Report, Reported, SourceState
from worker.domain.conflict.standing import STANDING
from worker.domain.conflict.suggestions import Suggestion, suggestions
from worker.domain.instants import iso
from worker.domain.overview import AccountView
from worker.domain.stored import Stored
from worker.publish.backing import backing
from worker.publish.sentences import sentence

Document = dict[str, Any]
Advice = Mapping[str, Sequence[Suggestion]]  # by the finding's id

NO_ADVICE: Advice = MappingProxyType({})


def text(document: Document) -> str:
    """A document as it is printed: readable, and with nothing that JSON does not know."""
    return json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)


def events(found: Iterable[Stored]) -> Document:
    """`calsync/events/1`."""
    return {"schema": "calsync/events/1", "events": [event(one) for one in found]}


def event(stored: Stored) -> Document:
    """One event of `calsync/events/1`; who takes part is never in it, only how many."""
    one = stored.event
    return {
        "id": one.key.id,
        "account": one.key.account,
        "vendor": stored.vendor,
        "native_id": one.key.native_id,
        "occurrence": one.key.occurrence,
        "kind": one.key.kind,
        "status": one.status,
        "start": iso(one.span.start),
        "end": iso(one.span.end),
        "timezone": one.timezone,
        "title": one.title,
        "location": one.location,
        "resources": list(stored.resources),
        "capacity": one.capacity,
        "attendees": one.attendees,
        "ours": one.ours,
        "pad_before": one.pad_before,
        "pad_after": one.pad_after,
        "url": one.url,
        "revision": stored.revision,
        "updated_at": iso(stored.updated_at),
    }


def conflicts(report: Report, vendors: dict[str, str], advice: Advice = NO_ADVICE) -> Document:
    """`calsync/conflicts/1`; `vendors` maps accounts to the names of their vendors.

    `advice` holds suggestions with free times; a finding that is not in it gets those without.
    """
    return {
        "schema": "calsync/conflicts/1",
        "verdict": report.verdict,
        "checked_at": iso(report.checked_at),
        "events": report.events,
        "sources": [source(one) for one in report.sources],
        "findings": [finding(one, vendors, advice) for one in report.findings],
    }


def source(state: SourceState) -> Document:
    """One source of a report."""
    return {
        "account": state.account,
        "polled_at": _time(state.polled_at),
        "complete": state.complete,
        "stale": state.stale,
    }


def finding(reported: Reported, vendors: dict[str, str], advice: Advice = NO_ADVICE) -> Document:
    """One finding of `calsync/conflicts/1`.

    What has no time of its own (a stale source, say) lasts from when it was first seen to when it
    was last confirmed.
    """
    one, life = reported.finding, reported.life
    lasting = STANDING in one.flags
    return {
        "id": one.id,
        "kind": one.kind,
        "verdict": reported.verdict,
        "severity": {
            "score": reported.severity.score,
            "band": reported.severity.band,
            "terms": [{"term": term, "points": points} for term, points in reported.severity.terms],
        },
        "state": life.state,
        "subject": {"type": one.subject.type, "id": one.subject.id, "name": one.subject.name},
        "start": iso(life.first_seen if lasting else one.span.start),
        "end": iso(life.last_confirmed if lasting else one.span.end),
        "peak": one.peak,
        "limit": one.limit,
        "overlap_minutes": 0 if lasting else one.overlap_minutes,
        "members": [member(each, vendors) for each in one.members],
        "first_seen": iso(life.first_seen),
        "last_confirmed": iso(life.last_confirmed),
        "suggestions": [suggestion(each) for each in advice.get(one.id) or suggestions(one)],
        "evidence": _evidence(reported),
    }


def one_finding(explained: Explained, reported: Reported, vendors: dict[str, str]) -> Document:
    """`calsync/finding/1`: as lists have it, and what stands behind it in its evidence."""
    found = finding(reported, vendors, {explained.id: explained.suggestions})
    behind = {"evidence": found["evidence"] | backing(explained)}
    return {"schema": "calsync/finding/1", **found, **behind}


def suggestion(one: Suggestion) -> Document:
    """One way out; its target is an event, or an account as a whole (`native_id` empty)."""
    return {
        "action": one.action,
        "target": {
            "account": one.target.account,
            "native_id": one.target.native_id,
            "occurrence": one.target.occurrence,
        },
        "effect": one.effect,
        "notifies": one.notifies,
    }


def explanation(explained: Explained, vendors: dict[str, str]) -> Document:
    """`calsync/explain/1`: a finding, or an event (`finding` is null then)."""
    reported = explained.reported
    advice = {explained.id: explained.suggestions}
    return {
        "schema": "calsync/explain/1",
        "id": explained.id,
        "finding": finding(reported, vendors, advice) if reported else None,
        "sentence": sentence(reported.finding) if reported else None,
        "events": [_witness(one, vendors) for one in explained.witnesses],
        "history": [happening(one) for one in explained.history],
        "related": [_related(one) for one in explained.related],
        **backing(explained),
    }


def happening(one: Happening) -> Document:
    """A step in a finding's life; `by` is null for what detection did."""
    return {"at": iso(one.at), "what": one.what, "by": one.by or None, "note": one.note}


def _witness(one: Witness, vendors: dict[str, str]) -> Document:
    return {
        "member": member(one.member, vendors) if one.member else None,
        "event": event(one.stored) if one.stored else None,
        "answer": json.loads(one.answer) if one.answer else None,
        "read_by": _poll(one.read_by),
        "newest_poll": _poll(one.newest),
    }


def _poll(one: PollWord | None) -> Document | None:
    if one is None:
        return None
    return {
        "id": one.id,
        "account": one.account,
        "started_at": iso(one.started_at),
        "finished_at": _time(one.finished_at),
        "complete": one.complete,
        "coverage": one.coverage,
        "reason": one.reason,
    }


def _related(one: Reported) -> Document:
    return {
        "id": one.finding.id,
        "kind": one.finding.kind,
        "state": one.life.state,
        "band": one.severity.band,
        "sentence": sentence(one.finding),
    }


def _evidence(reported: Reported) -> Document:
    """What detection measured, and what is known of the finding's life besides its state."""
    one, life = reported.finding, reported.life
    return {
        "flags": list(one.flags),
        "doubt": reported.doubt,
        "reopened": life.reopened,
        "resolved_at": _time(life.resolved_at),
        "snoozed_until": _time(life.snoozed_until),
        "note": life.note,
        "owner": life.owner,
        "predecessor": life.predecessor,
        **{name: told(name, value) for name, value in one.evidence},
    }


def member(one: Member, vendors: dict[str, str]) -> Document:
    """A member of a finding."""
    return {
        "event": one.key.id,
        "account": one.key.account,
        "vendor": vendors.get(one.key.account, ""),
        "native_id": one.key.native_id,
        "occurrence": one.key.occurrence,
        "title": one.title,
        "status": one.status,
        "start": iso(one.span.start),
        "end": iso(one.span.end),
        "url": one.url,
    }


def accounts(views: Iterable[AccountView], now: int) -> Document:
    """`calsync/accounts/1`."""
    return {"schema": "calsync/accounts/1", "accounts": [account(view, now) for view in views]}


def account(view: AccountView, now: int) -> Document:
    """One account of `calsync/accounts/1`."""
    health, rights = view.health, view.rights
    last = health.complete_at
    return {
        "id": view.id,
        "vendor": view.vendor,
        "state": view.state,
        "last_complete_poll": _time(last),
        "age_seconds": None if last is None else max(0, now - last),
        "failures": health.failures,
        "error": health.error or None,
        "events": view.events,
        "brakes": list(view.brakes),
        "next_poll": None if health.paused else iso(max(health.next_at, health.wait_until or 0)),
        "can": {
            "read": rights.read,
            "create": rights.create,
            "move": rights.move,
            "remove": rights.remove,
            "hold": rights.hold,
        },
    }


def _time(instant: int | None) -> str | None:
    return None if instant is None else iso(instant)


def told(name: str, value: Any) -> Any:
    """A piece of evidence as it is shown: instants as text."""
    return iso(value) if name in _INSTANTS and isinstance(value, int) else value


_INSTANTS = frozenset({"peak_start", "peak_end", "last_complete"})  # in evidence
