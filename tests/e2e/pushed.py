"""A rehearsal with `push = "apply"`, and what its vendors should show, reckoned from them alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.e2e.rehearsal import ACCOUNTS, Rehearsal, rehearsal
from worker.app import Calsync
from worker.domain.instants import instant
from worker.domain.subject import Resource
from worker.engine.reconciler import Reconciled
from worker.sandbox.ledger import Entry
from worker.sandbox.people.crowd import People
from worker.sandbox.people.thing import Thing

DAYS = 4
NEAR = 900  # seconds: what begins so soon is left alone (B12)
GRID = {"timify": 300}  # seconds to which a vendor rounds outward
RULES = """
[brakes]
first_run = false

[[holds]]
resource = "*"
from = ["*"]
to = ["clinic", "studio", "coaching"]

[[copies]]
from = "clinic"
to = "campus"
resource = "amy"
  [copies.create]
  context_codes = ["course_682"]
  publish = false
"""
# The words of a binding that name a calendar which can be blocked.
HELD_BY = {"clinic": "practitioner:", "studio": "resource:", "coaching": "calendar:"}


class Place(NamedTuple):
    """Time at one calendar of one account."""

    account: str
    calendar: str
    start: int
    end: int


@dataclass
class Town:
    """The vendors, calsync over them, and people who act at their pages over HTTP."""

    rehearsal: Rehearsal
    app: Calsync
    horizon: int = 0  # the end of the window of the cycle before: there was time to follow it
    window_end: int = 0
    picked: set[str] = field(default_factory=set)

    def cycle(self, later: float = 120) -> Reconciled:
        """The clock moves on, then one whole cycle."""
        self.rehearsal.clock.sleep(later)
        reports = self.app.sync((), lambda _report: None)
        assert [report.result for report in reports] == ["complete"] * 5
        end = self.app.now + DAYS * 86_400
        self.horizon, self.window_end = self.window_end or end, end
        assert self.app.reconciled is not None
        return self.app.reconciled

    def act(self, vendor: str, do: str, **wish: Any) -> str:
        """Somebody does something at a vendor's own page; returns the id of what is there now."""
        answer = httpx.post(
            f"{self.rehearsal.server.address}/_sandbox/act",
            json={"vendor": vendor, "do": do, **wish},
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    @property
    def requests(self) -> int:
        """How many requests were made up to now."""
        return len(self.rehearsal.server.ledger)

    def writes(self, since: int) -> list[Entry]:
        """What calsync changed at the vendors after so many requests."""
        entries = self.rehearsal.server.ledger.entries(since=since)
        return [one for one in entries if one.applied and one.actor == "calsync"]

    def things(self, vendor: str | None = None) -> list[Thing]:
        """Every living object with a mark of ours, at one vendor or at all."""
        return [one for one in self._people.things(vendor) if one.alive and one.mark and one.end]

    def resource(self, id_: str) -> Resource:
        """One of the configuration's resources."""
        return next(one for one in self.app.config.resources if one.id == id_)

    def rows(self) -> Iterator[tuple[str, dict[str, Any], bool]]:
        """(account, what its vendor knows, whether it is ours) of all that takes or offers time."""
        for account, vendor in ACCOUNTS.items():
            marked = {(one.id, one.start) for one in self._ours(vendor)}
            for row in self.rehearsal.world.simulators[vendor].truth():
                if row["status"] != "cancelled":
                    start = instant(row["start"])
                    yield (
                        account,
                        {**row, "start": start, "end": instant(row["end"])},
                        ((row["native_id"], start) in marked),
                    )

    def pick(self, account: str, resource: str = "") -> dict[str, Any]:
        """Something that people booked for tomorrow or later, for somebody who is held elsewhere.

        Never the same twice, so that tests do not disturb each other.
        """
        bound = _names(self.resource(resource), account) if resource else []
        for where, row, ours in self.rows():
            if where != account or ours or (row["kind"], row["status"]) != ("single", "booked"):
                continue
            if resource and not set(bound) & set(row["subjects"]):
                continue
            if row["native_id"] in self.picked or row["start"] < self.app.now + 86_400:
                continue
            if self.held_for(account, row) and row["end"] < self.horizon - 3 * 3600:
                self.picked.add(row["native_id"])
                return row
        raise LookupError(f"nothing is left at {account}")

    def held_for(self, account: str, row: dict[str, Any]) -> set[Place]:
        """Where an event is held."""
        return {
            _rounded(target, calendar, row)
            for resource in self._single
            if any(name in row["subjects"] for name in _names(resource, account))
            for target, calendar in self.targets(resource)
            if target != account
        }

    def wanted(self) -> Counter[Place]:
        """One hold per origin and other account, for resources with one place."""
        found: Counter[Place] = Counter()
        for account, row, ours in self.rows():
            if not ours and row["status"] in ("booked", "held") and self._planned(row):
                found.update(self.held_for(account, row))
        return found

    def standing(self) -> Counter[Place]:
        """The holds that there are, for resources with one place."""
        places = {place for resource in self._single for place in self.targets(resource)}
        return Counter(
            Place(account, calendar, row["start"], row["end"])
            for account, row, ours in self.rows()
            for target, calendar in places
            if ours and self._planned(row) and target == account and calendar in row["subjects"]
        )

    def targets(self, resource: Resource) -> list[tuple[str, str]]:
        """The calendars that can be blocked for a resource.

        Cliniko blocks the time of practitioners: a business is blocked where it has but one.
        """
        found = [
            (account, name)
            for account, word in HELD_BY.items()
            for name in _names(resource, account)
            if name.startswith(word)
        ]
        for business in _names(resource, "clinic"):
            if business.startswith("business:"):
                working = self._working_at(business)
                found += [("clinic", name) for name in working] if len(working) == 1 else []
        return found

    def _ours(self, vendor: str) -> list[Thing]:
        """What carries a mark, and what calsync made and somebody has written over since."""
        made = {
            one.object for one in self.rehearsal.server.ledger.entries(vendor=vendor) if one.mark
        }
        things = self._people.things(vendor)
        return [one for one in things if one.alive and (one.mark or one.object in made)]

    @property
    def _people(self) -> People:
        return People(self.rehearsal.server.switchboard)

    @property
    def _single(self) -> list[Resource]:
        return [one for one in self.app.config.resources if one.parallel == 1]

    def _working_at(self, business: str) -> set[str]:
        return {
            name
            for row in self.rehearsal.world.simulators["cliniko"].truth()
            if business in row["subjects"]
            for name in row["subjects"]
            if name.startswith("practitioner:")
        }

    def _planned(self, row: dict[str, Any]) -> bool:
        """Whether calsync had time to write it, and it lies within the window."""
        return self.app.now + NEAR < row["start"] < self.horizon


def _names(resource: Resource, account: str) -> list[str]:
    return [name for where, name in resource.bindings if where == account]


def _rounded(target: str, calendar: str, row: dict[str, Any]) -> Place:
    grid = GRID.get(ACCOUNTS[target], 1)
    return Place(target, calendar, row["start"] // grid * grid, -(-row["end"] // grid) * grid)


def pushing(path: Path) -> None:
    """Rewrite a rehearsal's configuration: holds, a copy, and leave to write."""
    text = path.read_text(encoding="utf-8")
    asked = f'[worker]\npush = "apply"\nfuture = "{DAYS}d"\n'
    path.write_text(text.replace("[worker]\n", asked, 1) + RULES, encoding="utf-8")


@contextmanager
def town(directory: Path, seed: int = 1) -> Iterator[Town]:
    """The five vendors over sockets, with calsync open over them."""
    with rehearsal(directory, seed) as world:
        pushing(world.path)
        with world.calsync() as app:
            yield Town(world, app)
