"""What a feed holds now: its events or conflicts, each rendered once for each of its revisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from worker.domain.conflict.finding import FindingState
from worker.domain.conflict.register import Known, as_of
from worker.domain.feed import Detail, Feed, Scope
from worker.domain.span import DAY, Span
from worker.domain.stored import Stored
from worker.feeds.setting import Setting
from worker.publish import ical
from worker.publish.ical import About, Part
from worker.publish.ical_events import SHOWN, event_part
from worker.publish.ical_findings import Clash, finding_part, shows
from worker.store.events import Events
from worker.store.feeds import Feeds, Shown
from worker.store.findings import Findings

PAST = 30 * DAY  # how long what is over stays in a feed
AHEAD = 2 * 366 * DAY
CANCELLED_STAYS = 14 * DAY  # a subscriber that looks once a week must see it once
MOST_PARTS = 200_000  # rendered components kept in memory, about 500 bytes each
_AT_ONCE = 500

_Mark = tuple[int, str]  # what a component was rendered from: if it is the same, so are the bytes

_DESCRIPTIONS = {
    Detail.BUSY: "Shows when time is taken, and nothing else.",
    Detail.TITLE: "Shows what time is taken and offered, by title.",
    Detail.FULL: "Shows what time is taken and offered, with all details.",
}
_OF_CONFLICTS = "Shows double bookings and other clashes at the time at which they happen."


class Drawer:
    """Draws feeds from the store. May be used by several threads."""

    def __init__(self, feeds: Feeds, events: Events, findings: Findings, setting: Setting) -> None:
        self._feeds = feeds
        self._events = events
        self._findings = findings
        self._setting = setting
        self._names = {one.id: one.name for one in setting.resources.values()}
        self._parts: dict[Detail, dict[int, tuple[_Mark, Part]]] = {one: {} for one in Detail}
        self._clashes: dict[Detail, dict[str, tuple[Clash, Part]]] = {one: {} for one in Detail}

    def draw(self, feed: Feed, now: int) -> bytes:
        """The calendar as the store has it; it says so if that is not current."""
        old, since = self._age(feed)
        about = self.about(feed, ical.not_current(since) if old else "")
        parts = self._conflicts(feed, now) if feed.scope is Scope.CONFLICTS else self._of(feed, now)
        return ical.calendar(about, parts)

    def about(self, feed: Feed, warning: str) -> About:
        """What the calendar says of itself."""
        conflicts = feed.scope is Scope.CONFLICTS
        described = _OF_CONFLICTS if conflicts else _DESCRIPTIONS[feed.detail]
        return About(
            name=self._called(feed),
            description=f"{warning} {described}".strip(),
            zone=self._setting.zone_of(feed),
            colour=ical.COLOUR_OF_CONFLICTS if conflicts else ical.colour(f"{feed.scope}{feed.of}"),
        )

    def _called(self, feed: Feed) -> str:
        match feed.scope:
            case Scope.ALL:
                return "All calendars"
            case Scope.CONFLICTS:
                return "Conflicts"
            case Scope.ACCOUNT:
                return feed.of
            case _:
                return self._names.get(feed.of, feed.of)

    def _age(self, feed: Feed) -> tuple[bool, int | None]:
        """Whether any source of a feed is stale, and since when at most (None: ever)."""
        read = self._setting.read(feed)
        stale = [
            one.polled_at for one in self._setting.sources() if one.stale and one.account in read
        ]
        known = [at for at in stale if at is not None]
        return bool(stale), min(known) if len(known) == len(stale) and known else None

    def _of(self, feed: Feed, now: int) -> list[Part]:
        today = now - now % DAY  # so that a feed changes by the passing of time once a day at most
        accounts = (feed.of,) if feed.scope is Scope.ACCOUNT else self._setting.accounts
        shown = Shown(
            accounts=[one for one in accounts if one in self._setting.accounts],
            resources=self._setting.bound(feed),
            window=Span(today - PAST, today + AHEAD),
            roles=SHOWN[feed.detail],
            cancelled_since=today - CANCELLED_STAYS,
        )
        rows = self._feeds.events(shown)
        ready = self._parts[feed.detail]
        if len(ready) > MOST_PARTS:
            ready.clear()
        held = [ready.get(number) for number, _, _ in rows]
        missing = {
            number: (revision, resources)
            for (number, revision, resources), one in zip(rows, held, strict=True)
            if one is None or one[0] != (revision, resources)
        }
        if not missing:
            return [one[1] for one in held if one]
        fresh = dict(self._rendered(missing, feed.detail))
        ready.update(fresh)
        return [one[1] for number, _, _ in rows if (one := fresh.get(number) or ready.get(number))]

    def _rendered(
        self, missing: dict[int, _Mark], detail: Detail
    ) -> Iterable[tuple[int, tuple[_Mark, Part]]]:
        numbers = list(missing)
        for first in range(0, len(numbers), _AT_ONCE):
            some = numbers[first : first + _AT_ONCE]
            for number, stored in self._events.by_number(some).items():
                part = event_part(self._zoned(stored), detail, self._names)
                yield number, (missing[number], part)

    def _zoned(self, stored: Stored) -> Stored:
        """Where a vendor tells no zone, the account's is meant."""
        event = stored.event
        if event.timezone:
            return stored
        account = event.key.account
        return replace(
            stored, event=replace(event, timezone=self._setting.zone_of_account(account))
        )

    def _conflicts(self, feed: Feed, now: int) -> list[Part]:
        today = now - now % DAY
        recent = self._findings.recent(today - CANCELLED_STAYS)
        known = [replace(one, life=as_of(one.life, now)) for one in recent]
        wanted = sorted(
            (one for one in known if shows(one) and one.finding.span.end >= today - PAST),
            key=lambda one: (one.finding.span, one.finding.id),
        )
        ready, fresh = self._clashes[feed.detail], {}
        for clash in self._clashing(wanted):
            id_ = clash.known.finding.id
            held = ready.get(id_)
            same = held is not None and held[0] == clash
            fresh[id_] = held if held and same else (clash, finding_part(clash, feed.detail))
        self._clashes[feed.detail] = fresh
        return [part for _, part in fresh.values()]

    def _clashing(self, wanted: Sequence[Known]) -> Iterable[Clash]:
        """With what a calendar app goes by: what a finding says changes with its members."""
        steps = self._feeds.steps()
        numbers = {member.key.number for one in wanted for member in one.finding.members}
        revisions = self._feeds.revisions(numbers)
        for one in wanted:
            finding = one.finding
            count, at = steps.get(finding.id, (1, one.life.first_seen))
            members = [revisions.get(member.key.number, (1, 0)) for member in finding.members]
            resource = finding.subject.id if finding.subject.type == "resource" else ""
            yield Clash(
                known=_lasting(one),
                sequence=count - 1 + sum(revision - 1 for revision, _ in members),
                changed_at=max(at, *(changed for _, changed in members), at),
                zone=self._setting.zone_at(resource),
                address=f"{self._setting.address}/conflicts/{finding.id}",
            )


def _lasting(known: Known) -> Known:
    """Without what every detection changes, and nobody reads in a calendar.

    What nobody resolved before it was over did happen, and is not told as called off.
    """
    life, finding = known.life, known.finding
    resolved_at = life.resolved_at
    if life.state is FindingState.RESOLVED and resolved_at and resolved_at >= finding.span.end:
        life = replace(life, state=FindingState.OPEN)
    return replace(known, life=replace(life, last_confirmed=0))
