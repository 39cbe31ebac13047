"""News as a message: one document for programs, the same as text for people."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from worker.domain.conflict.finding import PRESSING, Finding
from worker.domain.conflict.report import Report, Reported
from worker.domain.conflict.severity import Band
from worker.domain.conflict.standing import STANDING
from worker.domain.instants import iso, local
from worker.domain.overview import AccountView
from worker.notify.news import News
from worker.publish.sentences import counted, sentence, who

MOST = 50  # findings in one message; the rest is counted, and stands in the report


@dataclass(frozen=True, slots=True)
class Voice:
    """How messages speak. `address` is where the report is served, without a slash at its end.

    Without `titles` no message names an event: titles are what vendors' customers typed.
    """

    address: str
    titles: bool
    zone_of: Callable[[Finding], str]


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is the same when the same news are sent again, so that receivers can tell."""

    id: str
    subject: str
    text: str = field(repr=False)
    document: dict[str, Any] = field(repr=False)

    @property
    def body(self) -> bytes:
        """The document as it is posted and signed."""
        text = json.dumps(self.document, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return text.encode()


def compose(news: Sequence[News], report: Report, voice: Voice) -> Message:
    """One message with all the news, the worst first."""
    findings = [one.finding for one in news if one.finding and not one.over]
    accounts = [one.account for one in news if one.account]
    over = [one for one in news if one.over and not one.account]
    shown = findings[:MOST]
    id_ = _id(news)
    document: dict[str, Any] = {
        "schema": "calsync/notice/1",
        "id": id_,
        "kind": "alert" if any(one.urgent for one in news) else "digest",
        "sent_at": iso(report.checked_at),
        "verdict": report.verdict,
        "open": _open(report),
        "findings": [_finding(one, voice) for one in shown],
        "more_findings": len(findings) - len(shown),
        "over": [one.about.partition(":")[2] for one in over[:MOST]],
        "more_over": max(0, len(over) - MOST),
        "accounts": [_account(one, voice) for one in accounts],
        "report": f"{voice.address}/conflicts",
    }
    subject = f"calsync: {_what(findings, accounts, over)}"
    return Message(id_, subject, _text(document, subject), document)


def _id(news: Sequence[News]) -> str:
    text = json.dumps(sorted((one.about, one.told) for one in news))
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _open(report: Report) -> dict[str, int]:
    """How many findings of each band ask for somebody, new or not."""
    bands = Counter(one.severity.band for one in report.findings if one.life.state in PRESSING)
    return {str(band): bands[band] for band in Band}


def _finding(one: Reported, voice: Voice) -> dict[str, Any]:
    finding = one.finding if voice.titles else _untitled(one.finding)
    lasting = STANDING in finding.flags
    return {
        "id": finding.id,
        "kind": finding.kind,
        "band": one.severity.band,
        "score": one.severity.score,
        "state": one.life.state,
        "verdict": one.verdict,
        "subject": {
            "type": finding.subject.type,
            "id": finding.subject.id,
            "name": _line(finding.subject.name),
        },
        "start": None if lasting else iso(finding.span.start),
        "end": None if lasting else iso(finding.span.end),
        "when": "" if lasting else _when(finding, voice.zone_of(finding)),
        "who": _line(who(finding.subject)),
        "sentence": _line(sentence(finding)),
        "accounts": list(finding.accounts),
        "first_seen": iso(one.life.first_seen),
        "url": f"{voice.address}/conflicts/{finding.id}",
    }


def _account(view: AccountView, voice: Voice) -> dict[str, Any]:
    last = view.health.complete_at
    return {
        "id": view.id,
        "state": view.state,
        "error": _line(view.health.error or view.brake_reason) or None,
        "failures": view.health.failures,
        "last_complete_poll": None if last is None else iso(last),
        "url": f"{voice.address}/accounts",
    }


def _untitled(finding: Finding) -> Finding:
    """The same finding without the titles of events; its id does not change."""
    subject = finding.subject
    if subject.type in ("event", "series"):
        subject = replace(subject, name="")
    members = tuple(replace(one, title="") for one in finding.members)
    return replace(finding, subject=subject, members=members)


def _when(finding: Finding, zone: str) -> str:
    start, end = local(finding.span.start, zone), local(finding.span.end, zone)
    last = "" if start.date() == end.date() else f"{end:%a} {end.day} {end:%b} "
    return f"{start:%a} {start.day} {start:%b %Y %H:%M}–{last}{end:%H:%M} {start.tzname()}"


def _what(
    findings: Sequence[Reported], accounts: Sequence[AccountView], over: Sequence[News]
) -> str:
    parts = []
    if findings:
        worst = min(findings, key=lambda one: -one.severity.score).severity.band
        parts.append(f"{counted(len(findings), 'finding')}, the worst {worst}")
    if accounts:
        parts.append(f"{counted(len(accounts), 'account')} changed")
    if over:
        parts.append(f"{counted(len(over), 'finding')} over")
    return "; ".join(parts)


def _text(document: dict[str, Any], subject: str) -> str:
    lines = [f"{subject.partition(': ')[2]}.", ""]
    for one in document["findings"]:
        when = f"  {one['when']}" if one["when"] else ""
        lines += [f"{str(one['band']).upper()} {one['score']}  {one['who']}{when}"]
        lines += [f"  {one['sentence']}", f"  {one['url']}", ""]
    if more := document["more_findings"]:
        lines += [f"... and {counted(more, 'finding')} more.", ""]
    for one in document["accounts"]:
        error = f" ({one['error']})" if one["error"] else ""
        lines += [f"Account {one['id']} is {one['state']}{error}.", f"  {one['url']}", ""]
    if over := document["over"]:
        more = f" and {document['more_over']} more" if document["more_over"] else ""
        lines += [f"No longer there: {', '.join(over)}{more}.", ""]
    asking = ", ".join(f"{count} {band}" for band, count in document["open"].items() if count)
    lines += [f"All open findings: {asking or 'none'}. Verdict: {document['verdict']}."]
    return "\n".join([*lines, document["report"], ""])


def _line(text: str) -> str:
    """Text on one line, with nothing in it that a mail reader or a terminal would act on."""
    return "".join(c if c.isprintable() else " " for c in text)
