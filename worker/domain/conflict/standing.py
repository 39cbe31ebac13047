"""Findings that are true now and have no time of their own: of pages, accounts and bindings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from worker.domain.conflict.finding import Finding, FindingKind, Subject
from worker.domain.instants import EARLIEST, LATEST
from worker.domain.span import Span

STANDING = "standing"  # the flag of such findings: no clash, so neither soon nor over
ALWAYS = Span(EARLIEST, LATEST)


def standing(
    kind: FindingKind,
    subject: Subject,
    flags: Iterable[str] = (),
    evidence: Iterable[tuple[str, Any]] = (),
) -> Finding:
    """Such a finding: without members, and with a span that never passes."""
    return Finding(
        kind=kind,
        subject=subject,
        span=ALWAYS,
        members=(),
        flags=tuple(sorted({STANDING, *flags})),
        evidence=tuple(evidence),
    )
