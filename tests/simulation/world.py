"""A town, a machine that keeps its calendars in step, and everything that may go wrong with it."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random

from tests.simulation import oracle
from tests.simulation.clock import SimulatedClock
from tests.simulation.host import Crash, Disk, Host, empty
from tests.simulation.journal import Journal
from tests.simulation.oracle import Object
from tests.simulation.town import ACCOUNTS, BASES, Town, Wish
from tests.simulation.watch import Watch
from worker.app import Calsync
from worker.domain.span import DAY
from worker.engine.poll import Result
from worker.sandbox.faults import Faults
from worker.sandbox.people.thing import Impossible, Thing
from worker.sandbox.switchboard import Switchboard
from worker.sandbox.transport import InProcess
from worker.store.database import Busy
from worker.vendors.writer import Writer

POLL_EVERY = 120


class World:
    """One run of the simulation. `wrong` gathers whatever must not be."""

    def __init__(self, directory: Path, seed: int, wish: Wish) -> None:
        self.seed = seed
        self.random = Random(f"{seed}/world")
        self.clock = SimulatedClock()
        self.town = Town(self.clock, seed, wish)
        self.host = Host(directory, self.clock)
        self.faults = Faults(seed)
        self.board = Switchboard(self.town.simulators, clock=self.clock, faults=self.faults)
        self.watch = Watch(self.host, self.board)
        self.people = self.watch.people
        self.host.told = self.watch.died
        bases = {vendor: BASES[vendor] for vendor in self.town.simulators}
        self.transport = InProcess(self.board, bases, self.clock, self.watch.hooks)
        self.config = self.town.config(directory)
        self.journal = Journal()
        self.wrong = self.watch.wrong
        self.human: set[Object] = oracle.objects(self.people, self.town)
        self.initial = self.people.things()
        self.old: list[Disk] = []
        self.losses = 0
        self.ages = 0  # times that the clock was so wrong that all seemed long over
        self.deeds: Counter[str] = Counter()
        self.changed: set[str] = set()  # what people have changed of their own
        self.approved = False
        self.undone = False

    # The machine.

    def app(self) -> Calsync:
        """The running process, started if there is none. Raises Crash."""
        if self.host.app is None:
            return self.host.start(self.config, self.transport, self.seed)
        return self.host.app

    def alive(self, work: Callable[[Calsync], object]) -> bool:
        """Let the process do something; after a crash, False, and a new one can be started."""
        try:
            work(self.app())
            return True
        except Crash:
            return False
        finally:
            if self.host.dead:
                self.bury()

    def bury(self) -> None:
        """Take away what the crash has left, and look at the disk."""
        self.host.stop()
        self.wrong += [f"after a crash: {words}" for words in self.host.unsound()]

    def cycle(self, later: float = POLL_EVERY) -> bool:
        """Time passes; then every account is polled, in any order, and what is due is written."""
        self.clock.advance(later)
        return self.alive(self._cycle)

    def _cycle(self, app: Calsync) -> None:
        self.poll(app)
        app.reconcile()
        self.watch.finish()

    def poll(self, app: Calsync) -> list[Result]:
        accounts = list(app.cycle.accounts)
        self.random.shuffle(accounts)
        return [app.cycle.poll(account).result for account in accounts]

    # What may happen to the store.

    def remember(self) -> None:
        """Somebody takes a backup."""
        if self.host.app is not None:
            self.host.app.close()
            self.host.app = None
        self.old.append(Disk.of(self.host.directory))

    def restore(self) -> None:
        """Somebody puts an old backup back."""
        self._lose(self.random.choice(self.old or [empty()]))

    def forget(self) -> None:
        """Somebody deletes the store."""
        self._lose(empty())

    def _lose(self, disk: Disk) -> None:
        self.host.stop()
        self.watch.finish()
        self.watch.archive()
        disk.onto(self.host.directory)
        self.watch.recall()
        self.losses += 1

    def set_clock(self, skew: float) -> None:
        """Somebody sets the machine's clock."""
        self.watch.forgive()
        self.host.clock.skew = skew
        self.ages += abs(skew) > 30 * DAY

    # What people do.

    def busy(self) -> None:
        """Somebody books, moves or cancels what is theirs."""
        self._deed(ours=0.0)

    def deed(self) -> None:
        """Somebody does something at a vendor, to what is ours or to what is theirs."""
        self._deed(ours=0.6)

    def _deed(self, ours: float) -> None:
        vendor = self.random.choice(sorted(self.town.simulators))
        before = oracle.objects(self.people, self.town)
        as_it_was = {thing.object: thing for thing in self.people.things(vendor)}
        alive = [
            one
            for one in self.people.things(vendor)
            if one.alive and one.end and (vendor, one.kind) != ("canvas", "group")
        ]
        theirs = [one for one in alive if (vendor, one.object) in self.human]
        mine = [one for one in alive if (vendor, one.object) not in self.human]
        which = self.random.random()
        try:
            if mine and which < ours:
                self._to_ours(vendor, self.random.choice(mine))
                return
            if theirs and self.random.random() < 0.5:
                self._to_theirs(vendor, self.random.choice(theirs))
            else:
                self.town.book(ACCOUNTS[vendor], self.random)
                self.deeds["book"] += 1
        except Impossible:
            return
        self.human |= oracle.objects(self.people, self.town) - before
        now = {thing.object: thing for thing in self.people.things(vendor)}
        self.changed |= {one for one, thing in as_it_was.items() if now.get(one) != thing}

    def _to_ours(self, vendor: str, thing: Thing) -> None:
        do = self.random.choice(
            ("move", "edit", "unmark", "delete", "cancel", "duplicate", "recreate")
        )
        wish: dict[str, object] = {}
        if do in ("move", "duplicate"):
            wish["by"] = self.random.choice((-7200, -900, 900, 3600, 86_400))
        if do in ("edit", "unmark"):
            kept = f" [calsync {thing.mark}]" if do == "edit" and thing.mark else ""
            wish["notes"] = f"Changed by hand{kept}"
        named = "edit" if do == "unmark" else do
        self.people.act(vendor, named, id=thing.id, kind=thing.kind, **wish)
        self.deeds[f"{do} ours"] += 1

    def _to_theirs(self, vendor: str, thing: Thing) -> None:
        do = self.random.choice(("move", "cancel", "edit", "delete"))
        wish = {"by": self.random.choice((-3600, 900, 7200))} if do == "move" else {}
        if do == "edit":
            wish = {"notes": "called, will be late"}  # type: ignore[dict-item]
        self.people.act(vendor, do, id=thing.id, kind=thing.kind, **wish)
        self.deeds[do] += 1

    # What is there.

    def ours(self) -> set[Object]:
        """The living objects that calsync made, or that carry its mark.

        A copy that somebody made of a hold, and that says nothing of us any more, is theirs.
        """
        made = self.watch.made()
        return {
            (thing.vendor, thing.object)
            for thing in self.people.things()
            if thing.alive
            and (thing.vendor, thing.object) not in self.human
            and (thing.mark or (thing.vendor, thing.id) in made)
        }

    @property
    def blind(self) -> bool:
        """Whether marks were lost and what is remembered, too: then nothing tells what is ours."""
        fired = self.faults.fired
        unmarked = self.deeds["unmark ours"] or any(name in fired for name in ("M01", "W04", "W20"))
        return bool(unmarked and (self.losses or self.ages))

    def targets(self) -> list[str]:
        """The accounts that can be held, by what their adapters say."""
        return [
            id_
            for id_, vendor in self.app()._vendors.items()
            if vendor.capabilities.hold and isinstance(vendor, Writer)
        ]

    def astray(self) -> tuple[Counter[oracle.Place], Counter[oracle.Place]]:
        """The holds that are missing, and those that are too many."""
        now, ours = int(self.clock.now()), self.ours()
        # What somebody's own event became when our mark was put on it, a finding tells.
        marked = {(one.vendor, one.object) for one in self.people.things() if one.mark}
        wanted = oracle.wanted(self.town, ours | marked, self.targets(), now)
        there = oracle.standing(self.town, ours, now)
        return wanted - there, there - wanted

    def history(self) -> str:
        """A digest of everything that was asked, done and answered, and of every boundary."""
        said = [entry.document() for entry in self.board.ledger.entries()]
        text = json.dumps([said, self.host.labels], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


__all__ = ["Busy", "World"]
