"""The accounts: how each fares, in words, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from markupsafe import Markup

from worker.domain.health import State
from worker.domain.overview import AccountView
from worker.publish.pages.template import Frame, render
from worker.publish.pages.words import (
    Zones,
    clock_time,
    counted,
    distance,
    hours,
    length,
    moment,
    short_day,
    tamed,
)
from worker.publish.strips import Outcome, Stretch, stretches, strip_picture, told

_STATES = {
    State.FRESH: "fresh",
    State.STALE: "stale",
    State.FAILING: "failing",
    State.PAUSED: "paused",
    State.NEEDS_ATTENTION: "needs attention",
}


@dataclass(frozen=True, slots=True)
class SetAside:
    """A row of a vendor that made no sense, and since when (epoch seconds)."""

    account: str
    kind: str
    native_id: str
    reason: str
    first_at: int


@dataclass(frozen=True, slots=True)
class LastPoll:
    """The newest finished poll of an account. Epoch seconds."""

    finished_at: int | None
    complete: bool
    rows: int
    created: int
    changed: int
    gone: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beside the accounts themselves: polls by account, and rows set aside."""

    newest: Mapping[str, LastPoll]
    outcomes: Mapping[str, Sequence[Outcome]]
    aside: Sequence[SetAside]


@dataclass(frozen=True, slots=True)
class StretchLine:
    """Polls in a row that went alike, in words."""

    when: str
    went: str
    polls: int
    reason: str


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account in words; empty texts have nothing to tell."""

    id: str
    vendor: str
    state: str
    words: str
    age: str
    next_poll: str
    error: str
    brake: str
    last: str
    events: int
    rights: tuple[str, ...]
    paused: bool
    waiting: str
    strip: Markup
    told: str
    stretches: tuple[StretchLine, ...]
    aside: tuple[tuple[str, str, str], ...]


def accounts_page(
    frame: Frame, views: Iterable[AccountView], facts: Facts, zones: Zones, now: int
) -> str:
    """The page of all accounts."""
    lines = [_line(view, facts, zones, now) for view in views]
    fine = sum(line.state == State.FRESH for line in lines)
    return render(
        "accounts.html",
        frame,
        "accounts",
        accounts=lines,
        summary=f"{fine} of {counted(len(lines), 'account')} fresh",
        now=now,
        zone=zones.default,
    )


def _line(view: AccountView, facts: Facts, zones: Zones, now: int) -> AccountLine:
    health, zone = view.health, zones.default
    outcomes = facts.outcomes.get(view.id, ())
    strip = strip_picture(f"strip-{view.id}", f"Polls of {view.id}", outcomes, zone, now)
    return AccountLine(
        id=view.id,
        vendor=view.vendor,
        state=view.state,
        words=_STATES[view.state],
        age=_age(view, now),
        next_poll=_next(view, zones, now),
        error=tamed(health.error or "", 600),
        brake=f"{', '.join(view.brakes)}: {tamed(view.brake_reason, 600)}" if view.brakes else "",
        last=_last(facts.newest.get(view.id), zones),
        events=view.events,
        rights=tuple(name for name, may in asdict(view.rights).items() if may),
        paused=health.paused,
        waiting=_waiting(view, zones, now),
        strip=Markup(strip),  # noqa: S704 - drawn element by element, every text in it escaped
        told=told(outcomes),
        stretches=tuple(_stretch(one, zone) for one in reversed(stretches(outcomes))),
        aside=tuple(
            (
                f"{one.kind} {tamed(one.native_id, 60)}",
                tamed(one.reason, 300),
                moment(one.first_at, zone),
            )
            for one in facts.aside
            if one.account == view.id
        ),
    )


def _stretch(one: Stretch, zone: str) -> StretchLine:
    alone = one.span.seconds == 0
    when = clock_time(one.span.start, zone) if alone else hours(one.span, zone)
    return StretchLine(
        when=f"{short_day(one.span.start, zone)}, {when}",
        went=str(one.went),
        polls=one.polls,
        reason=tamed(one.reason, 300),
    )


def _age(view: AccountView, now: int) -> str:
    complete = view.health.complete_at
    return "never" if complete is None else f"{length(now - complete)} ago"


def _next(view: AccountView, zones: Zones, now: int) -> str:
    health = view.health
    if health.paused:
        return "not until it is resumed"
    at = max(health.next_at, health.wait_until or 0)
    return f"{distance(at - now)}, {clock_time(at, zones.default)}" if at > now else "due now"


def _waiting(view: AccountView, zones: Zones, now: int) -> str:
    until = view.health.wait_until
    if until is None or not view.health.waits(now):
        return ""
    return f"the vendor asked for no calls until {clock_time(until, zones.default)}"


def _last(poll: LastPoll | None, zones: Zones) -> str:
    if poll is None or poll.finished_at is None:
        return ""
    changes = [
        f"{number} {word}"
        for number, word in ((poll.created, "new"), (poll.changed, "changed"), (poll.gone, "gone"))
        if number
    ]
    what = ", ".join(changes) or "nothing new"
    partial = "" if poll.complete else ", not complete"
    at = clock_time(poll.finished_at, zones.default)
    return f"{counted(poll.rows, 'row')} at {at}{partial}: {what}"
