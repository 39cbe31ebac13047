"""A small world for calsync to run in: a few people and rooms that some of five vendors know."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from random import Random
from typing import Any

from worker.config import Config
from worker.config.loading import load
from worker.domain.span import DAY, HOUR
from worker.sandbox import acuity, canvas, cliniko, timify
from worker.sandbox.appointment_one import AppointmentOne
from worker.sandbox.canvas.scheduler import Invalid, Unreservable
from worker.sandbox.exchange import Clock, Simulator

VENDORS = {
    "campus": "canvas",
    "clinic": "cliniko",
    "studio": "timify",
    "coaching": "acuity",
    "frontdesk": "appointment_one",
}
ACCOUNTS = {vendor: account for account, vendor in VENDORS.items()}
BASES = {vendor: f"http://127.0.0.1:9/{vendor}" for vendor in ACCOUNTS}
QUARTER = 900


@dataclass(frozen=True)
class Wish:
    """What a town is made of: its accounts, how many events, and what its configuration says."""

    accounts: tuple[str, ...]
    events: int = 8
    withdraw: bool = False
    copies: tuple[tuple[str, str], ...] = ()
    brakes: Mapping[str, Any] = field(default_factory=dict)


class Town:
    """The simulators with their people, and everything that a person could book there."""

    def __init__(self, clock: Clock, seed: int, wish: Wish) -> None:
        self.clock = clock
        self.start = int(clock.now()) // QUARTER * QUARTER
        self.wish = wish
        self.random = Random(f"{seed}/town")
        self.bindings: dict[str, dict[str, str]] = {"amy": {}, "hall": {}}
        self.bookable: dict[str, list[Callable[[int, int], object]]] = {}
        self.known: list[str] = []
        build = {
            "campus": self._campus,
            "clinic": self._clinic,
            "studio": self._studio,
            "coaching": self._coaching,
            "frontdesk": self._frontdesk,
        }
        self.simulators: dict[str, Simulator] = {
            VENDORS[account]: build[account](seed) for account in sorted(wish.accounts)
        }
        for _ in range(wish.events):
            self.book(self.random.choice(sorted(self.bookable)), self.random)
        self.listed = tuple(self.known)  # of the front desk: what the operator knows of

    def book(self, account: str, random: Random, *, taken: bool = False) -> None:
        """Somebody takes time at an account, in the next three weeks; or offers it."""
        make = self.bookable[account][0] if taken else random.choice(self.bookable[account])
        start = self.start + DAY + random.randrange(20 * DAY // QUARTER) * QUARTER
        make(start - start % QUARTER, random.choice((1800, 2700, HOUR)))

    def _campus(self, seed: int) -> Simulator:
        quirks = canvas.Quirks(bucket_high_water=inf)
        site = canvas.Canvas(self.clock, seed=seed, token="teach", quirks=quirks)
        self.course = site.add_course("Movement 101")
        students = [site.add_student(f"Student {n}", courses=[self.course]) for n in range(40)]
        start = self.start + 40 * DAY
        group = site.add_group(
            "Office hours",
            [self.course],
            participants_per_appointment=1,
            slots=[(start, start + 1800)],
        )
        self.bindings["amy"]["campus"] = f"group:{group}"

        def slot(start: int, seconds: int, *, taken: bool) -> int:
            made = site.add_slot(group, start, start + seconds)
            if taken:
                site.reserve(made, students.pop(0))
            return made

        self.bookable["campus"] = [
            partial(_or_not, partial(slot, taken=True)),
            partial(_or_not, partial(slot, taken=False)),
        ]
        return site

    def _clinic(self, seed: int) -> Simulator:
        quirks = cliniko.Quirks(rate_limit=None)
        site = cliniko.Cliniko(
            self.clock, seed=seed, api_key=KEY, account_zone="UTC", quirks=quirks
        )
        self.business = business = site.add_business("Hill Street", "Europe/London")
        amy = site.add_practitioner("Amy", "Ng")
        kind = site.add_appointment_type("Visit", 45)
        patient = site.add_patient("Pia", "Example", "pia@example.org")
        self.bindings["amy"]["clinic"] = f"practitioner:{amy}"

        def visit(start: int, seconds: int) -> str:
            return site.add_individual_appointment(
                kind, business, amy, patient, start, start + seconds
            )

        def block(start: int, seconds: int) -> str:
            return site.add_unavailable_block(business, amy, start, start + seconds)

        self.bookable["clinic"] = [visit, visit, block]
        return site

    def _studio(self, seed: int) -> Simulator:
        quirks = timify.Quirks(requests_per_minute=None)
        site = timify.Timify(self.clock, seed=seed, timezone="Europe/Berlin", quirks=quirks)
        self.company = site.company_id
        rooms = {name: site.add_resource(name.title()) for name in ("amy", "hall")}
        for name, room in rooms.items():
            self.bindings[name]["studio"] = f"resource:{room}"

        def lesson(start: int, seconds: int, *, room: str) -> str:
            return site.book("Lesson", start, seconds // 60, (room,), customers=("Ida Example",))

        self.bookable["studio"] = [partial(lesson, room=room) for room in rooms.values()]
        return site

    def _coaching(self, seed: int) -> Simulator:
        quirks = acuity.Quirks(requests_per_second=None, concurrent_requests=None)
        site = acuity.Acuity(
            self.clock, seed=seed, user_id=24601, api_key="key", timezone="UTC", quirks=quirks
        )
        rooms = {name: site.add_calendar(name.title()) for name in ("amy", "hall")}
        kind = site.add_type("Session", 45, list(rooms.values()))
        for name, room in rooms.items():
            self.bindings[name]["coaching"] = f"calendar:{room}"

        def session(start: int, seconds: int, *, room: int) -> int:
            return site.book(kind, start, calendar_id=room, minutes=seconds // 60)

        def block(start: int, seconds: int, *, room: int) -> int:
            return site.block(room, start, start + seconds, "School run")

        self.bookable["coaching"] = [
            *(partial(session, room=room) for room in rooms.values()),
            partial(block, room=rooms["amy"]),
        ]
        return site

    def _frontdesk(self, seed: int) -> Simulator:
        site = AppointmentOne(self.clock, seed=seed, api_key="ao-key", owner="frontdesk")
        site.add_calendar("amy@example.org", default=True)
        page = site.add_event("amy", "Meet Amy", calendars=["amy@example.org"], minutes=30)
        self.bindings["amy"]["frontdesk"] = "calendar:amy@example.org"

        def meeting(start: int, seconds: int) -> str:
            who = ("Pia Example", "pia@example.org")
            made = site.book(page, start, requester=who, minutes=seconds // 60)
            self.known.append(made)
            return made

        self.bookable["frontdesk"] = [meeting]
        return site

    def _all_logins(self) -> dict[str, dict[str, Any]]:
        return {
            "campus": {"token": "teach", "context_codes": [f"course_{self._course_id()}"]},
            "clinic": {
                "api_key": KEY,
                "contact": "ops@example.org",
                "business_id": getattr(self, "business", ""),
            },
            "studio": {
                "app_id": "sandbox-app",
                "app_secret": "sandbox-app-secret",
                "company_id": getattr(self, "company", ""),
                "timezone": "Europe/Berlin",
            },
            "coaching": {"user_id": "24601", "api_key": "key"},
            "frontdesk": {"api_key": "ao-key", "appointments": list(self.listed)},
        }

    def _course_id(self) -> int:
        return getattr(self, "course", 0)

    def config(self, directory: Path, bases: Mapping[str, str] = BASES) -> Config:
        """What an operator would write for this town."""
        path = directory / "config.toml"
        path.write_text(self._text(bases), encoding="utf-8")
        path.chmod(0o600)
        return load(path, {})

    def _text(self, bases: Mapping[str, str]) -> str:
        worker = {"timezone": "UTC", "push": "apply", "future": "60d"}
        tables = [
            _table("worker", worker),
            _table("brakes", {"first_run": False, **self.wish.brakes}),
        ]
        logins = self._all_logins()
        for account in sorted(self.wish.accounts):
            vendor = VENDORS[account]
            login = {"vendor": vendor, "base_url": bases[vendor], **logins[account]}
            tables.append(_table(f"accounts.{account}", login))
        for name, bound in self.bindings.items():
            if bound:
                tables.append(_table(f"resources.{name}", {"name": name.title(), "kind": "person"}))
                tables.append(_table(f"resources.{name}.bindings", bound))
        targets = sorted(set(self.wish.accounts) - {"frontdesk"})
        rule = {"resource": "*", "from": ["*"], "to": targets}
        tables.append(_table("[holds]", {**rule, "withdraw_open_slots": self.wish.withdraw}))
        for source, target in self.wish.copies:
            tables.append(_table("[copies]", {"from": source, "to": target, "resource": "amy"}))
        return "\n".join(tables)


KEY = "MS0xLXNhbmRib3gta2V5-eu1"


def _or_not(make: Callable[[int, int], object], start: int, seconds: int) -> object:
    """A group refuses slots that overlap: then nobody gets one."""
    try:
        return make(start, seconds)
    except (Invalid, Unreservable, IndexError):
        return None


def _table(name: str, values: Mapping[str, Any]) -> str:
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join((f"[{name}]", *lines, ""))
