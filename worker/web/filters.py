"""Query parameters as filters: the ones of the command line, under the same names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from starlette.datastructures import QueryParams

from worker.app import Calsync
from worker.domain.conflict.finding import FindingKind, FindingState
from worker.domain.conflict.report import Report, Reported
from worker.domain.conflict.severity import FLOORS, Band
from worker.domain.event import Status
from worker.domain.instants import LATEST, instant, midnight
from worker.domain.span import Span
from worker.store.events import Wanted
from worker.web.refusal import Refusal

ALL = "all"


@dataclass(frozen=True, slots=True)
class ConflictFilter:
    """Which findings to show; empty fields select nothing away. `states` empty: not resolved."""

    kinds: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    min_severity: str = ""

    def applied(self, app: Calsync) -> Report:
        """The report, with the findings that pass; its verdict is that of the whole."""
        whole = app.report(self._wanted())
        return replace(whole, findings=tuple(self._passing(whole.findings)))

    def _wanted(self) -> Collection[FindingState]:
        if ALL in self.states:
            return tuple(FindingState)
        return tuple(FindingState(state) for state in self.states)

    def _passing(self, findings: Sequence[Reported]) -> Iterator[Reported]:
        floor = FLOORS[Band(self.min_severity)] if self.min_severity else 0
        for one in findings:
            if self.kinds and one.finding.kind not in self.kinds:
                continue
            if self.resources and one.finding.subject.id not in self.resources:
                continue
            if one.severity.score >= floor:
                yield one


def conflict_filter(query: QueryParams, app: Calsync) -> ConflictFilter:
    """Read `kind`, `resource`, `state`, `min_severity`. Raises Refusal (400)."""
    _only(query, ("kind", "resource", "state", "min_severity"))
    return ConflictFilter(
        kinds=_among(query, "kind", [str(kind) for kind in FindingKind]),
        resources=_among(query, "resource", [one.id for one in app.config.resources]),
        states=_among(query, "state", [*(str(state) for state in FindingState), ALL]),
        min_severity=_one(query, "min_severity", [str(band) for band in Band]),
    )


def wanted_events(query: QueryParams, app: Calsync) -> Wanted:
    """Read `account`, `resource`, `from`, `to`, `status`. Raises Refusal (400)."""
    _only(query, ("account", "resource", "from", "to", "status"))
    accounts = _among(query, "account", list(app.config.accounts))
    resources = _among(query, "resource", [one.id for one in app.config.resources])
    status = _one(query, "status", [*(str(status) for status in Status), ALL])
    return Wanted(
        accounts=accounts,
        resources=resources,
        window=_window(query, app),
        statuses=_statuses(status),
    )


def nothing(query: QueryParams) -> None:
    """For what has no filters. Raises Refusal (400) for any."""
    _only(query, ())


def filled(query: QueryParams) -> QueryParams:
    """Without the fields that a person left empty: a page's form sends them all."""
    return QueryParams([(name, value) for name, value in query.multi_items() if value])


def _statuses(status: str) -> tuple[Status, ...]:
    if status == ALL:
        return tuple(Status)
    if status:
        return (Status(status),)
    return tuple(one for one in Status if one is not Status.CANCELLED)


def _window(query: QueryParams, app: Calsync) -> Span:
    start, end = _moment(query, "from"), _moment(query, "to")
    if start is None and end is None:
        return app.settings.window(app.now)
    begin = 0 if start is None else start
    return Span(begin, max(begin, LATEST if end is None else end))


def _moment(query: QueryParams, name: str) -> int | None:
    """A date (its first instant in UTC) or a time with offset."""
    values = query.getlist(name)
    if not values:
        return None
    if len(values) > 1:
        raise Refusal(400, f"{name}: only one is possible")
    text = values[0]
    try:
        # A plus sign stands for a space in a query; offsets need it as it is.
        read = text.replace(" ", "+")
        return midnight(date.fromisoformat(read), "UTC") if len(read) == 10 else instant(read)
    except ValueError:
        raise Refusal(
            400, f"{name}: a date (2026-03-02) or a time with offset (2026-03-02T09:00Z) is needed"
        ) from None


def _only(query: QueryParams, allowed: Sequence[str]) -> None:
    for name in query:
        if name not in allowed:
            known = ", ".join(allowed) or "none here"
            raise Refusal(400, f"{_quoted(name)} is no parameter (there are: {known})")


def _among(query: QueryParams, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(query.getlist(name)))
    for value in values:
        if value not in allowed:
            known = ", ".join(allowed) or "none"
            raise Refusal(400, f"{name}: there is no {_quoted(value)} (there are: {known})")
    return values


def _one(query: QueryParams, name: str, allowed: Sequence[str]) -> str:
    values = _among(query, name, allowed)
    if len(values) > 1:
        raise Refusal(400, f"{name}: only one is possible")
    return values[0] if values else ""


def _quoted(text: str) -> str:
    """What was sent, short and plain enough to be sent back."""
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return f"“{plain[:40]}”" if len(plain) <= 40 else f"“{plain[:40]}…”"
