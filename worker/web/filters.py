"""Query parameters as filters: the ones of the command line, under the same names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from starlette.datastructures import QueryParams

from worker.app import Calsync
from worker.domain.conflict.finding import FindingKind
from worker.domain.conflict.selection import STATES, Selection
from worker.domain.conflict.severity import Band
from worker.domain.selection import STATUSES, statuses, window
from worker.domain.written import moment
from worker.store.events import Wanted
from worker.web.refusal import Refusal

_OF_FINDINGS = ("kind", "resource", "account", "state", "min_severity", "since")


def wanted_findings(query: QueryParams, app: Calsync) -> Selection:
    """Read the parameters of `_OF_FINDINGS`. Raises Refusal (400)."""
    only(query, _OF_FINDINGS)
    since = _moment(query, "since")
    return Selection(
        kinds=among(query, "kind", [str(kind) for kind in FindingKind]),
        resources=among(query, "resource", [one.id for one in app.config.resources]),
        states=among(query, "state", STATES),
        min_severity=one_of(query, "min_severity", [str(band) for band in Band]),
        accounts=among(query, "account", list(app.config.accounts)),
        since=since,
        ids=None if since is None else app.store.findings.came_up(since),
    )


def wanted_events(query: QueryParams, app: Calsync) -> Wanted:
    """Read `account`, `resource`, `from`, `to`, `status`. Raises Refusal (400)."""
    only(query, ("account", "resource", "from", "to", "status"))
    accounts = among(query, "account", list(app.config.accounts))
    resources = among(query, "resource", [one.id for one in app.config.resources])
    status = one_of(query, "status", STATUSES)
    return Wanted(
        accounts=accounts,
        resources=resources,
        window=window(_moment(query, "from"), _moment(query, "to"), app.settings.window(app.now)),
        statuses=statuses(status),
    )


def nothing(query: QueryParams) -> None:
    """For what has no filters. Raises Refusal (400) for any."""
    only(query, ())


def without(query: QueryParams, name: str) -> QueryParams:
    """All but one parameter, which somebody else reads."""
    return QueryParams([(one, value) for one, value in query.multi_items() if one != name])


def filled(query: QueryParams) -> QueryParams:
    """Without the fields that a person left empty: a page's form sends them all."""
    return QueryParams([(name, value) for name, value in query.multi_items() if value])


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
        return moment(text.replace(" ", "+"))
    except ValueError:
        raise Refusal(
            400, f"{name}: a date (2026-03-02) or a time with offset (2026-03-02T09:00Z) is needed"
        ) from None


def only(given: Iterable[str], allowed: Sequence[str], what: str = "parameter") -> None:
    """For names that are given. Raises Refusal (400) for one that is not among the allowed."""
    for name in given:
        if name not in allowed:
            known = ", ".join(allowed) or "none here"
            raise Refusal(400, f"{_quoted(name)} is no {what} (there are: {known})")


def among(query: QueryParams, name: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """The values of a parameter, each once. Raises Refusal (400) for one that is not allowed."""
    values = tuple(dict.fromkeys(query.getlist(name)))
    for value in values:
        if value not in allowed:
            known = ", ".join(allowed) or "none"
            raise Refusal(400, f"{name}: there is no {_quoted(value)} (there are: {known})")
    return values


def one_of(query: QueryParams, name: str, allowed: Sequence[str]) -> str:
    """The one value of a parameter, empty where it is not given. Raises Refusal (400)."""
    values = among(query, name, allowed)
    if len(values) > 1:
        raise Refusal(400, f"{name}: only one is possible")
    return values[0] if values else ""


def _quoted(text: str) -> str:
    """What was sent, short and plain enough to be sent back."""
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return f"“{plain[:40]}”" if len(plain) <= 40 else f"“{plain[:40]}…”"
