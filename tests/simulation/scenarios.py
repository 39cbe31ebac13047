"""The canonical writes, each of which a crash may cut off at any boundary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from tests.simulation.oracle import objects, shown
from tests.simulation.town import ACCOUNTS, VENDORS, Wish
from tests.simulation.world import World
from worker.app import Calsync
from worker.domain.reconcile.wish import Wish as Approval
from worker.sandbox.people.thing import Thing
from worker.store.events import Wanted

Step = Callable[[World], None]


@dataclass(frozen=True)
class Scenario:
    """`before` is done in peace, `act` is what a crash cuts off; holds go to `target`."""

    name: str
    target: str
    source: str
    before: tuple[Step, ...]
    act: Callable[[World, Calsync], None]
    withdraw: bool = False
    events: int = 2

    @property
    def wish(self) -> Wish:
        """The town that it takes place in."""
        return Wish(
            accounts=tuple(sorted({self.target, self.source})),
            events=self.events,
            withdraw=self.withdraw,
        )

    def staged(self, directory: Path) -> World:
        """Everything but the act itself, with no process running."""
        world = World(directory, 1, self.wish)
        with world.journal.kept(), world.host.running():
            for step in self.before:
                step(world)
            world.watch.finish()
            world.watch.archive()
            world.host.stop()
        return world


def cycled(world: World) -> None:
    """A cycle in peace."""
    world.cycle()


def booked(account: str, count: int = 1) -> Step:
    """Somebody takes time."""

    def step(world: World) -> None:
        before = objects(world.people, world.town)
        random = Random(f"{account}/{world.clock.now()}")
        for _ in range(count):
            world.town.book(account, random, taken=True)
        world.human |= objects(world.people, world.town) - before

    return step


def done_to(account: str, ours: bool, do: str, **wish: object) -> Step:
    """A person does something to the first object at an account that is ours, or theirs."""

    def step(world: World) -> None:
        vendor = VENDORS[account]
        for thing in _things(world, vendor, ours=ours):
            world.changed.add(thing.object)
            world.people.act(vendor, do, id=thing.id, kind=thing.kind, **wish)
            return

    return step


def failing(name: str, account: str, **how: object) -> Step:
    """The next write to an account meets a fault."""

    def step(world: World) -> None:
        world.faults.on(name, vendor=VENDORS[account], times=1, **how)  # type: ignore[arg-type]

    return step


def later(seconds: float) -> Step:
    """Time passes."""

    def step(world: World) -> None:
        world.clock.advance(seconds)

    return step


def _things(world: World, vendor: str, *, ours: bool) -> Iterator[Thing]:
    mine = world.ours()
    for thing in world.people.things(vendor):
        is_ours = (vendor, thing.object) in mine
        if thing.alive and thing.end and is_ours is ours and thing.kind != "group":
            yield thing


def synced(world: World, app: Calsync) -> None:
    """One cycle: poll, plan, write."""
    world.poll(app)
    app.reconcile()


def repeated(world: World, app: Calsync) -> None:
    """Several cycles: what is gone must be gone for a while before that is believed."""
    for _ in range(4):
        world.clock.advance(300)
        synced(world, app)


def resolved(action: str) -> Callable[[World, Calsync], None]:
    """A person approves a change to a vendor's own event, and the next cycle carries it out."""

    def act(world: World, app: Calsync) -> None:
        events = [one for one in app.store.events.list(Wanted()) if not one.event.ours]
        event = min((one.event for one in events), key=lambda one: one.key.id)
        world.approved = True
        to = event.span.start + 7200 if action == "move" else None
        wish = Approval(action, event.key.id, to, tells=False, by="somebody")
        if not app.store.plans.resolutions():
            app.writing.resolve(wish, "finding")
        synced(world, app)

    return act


def undone(world: World, app: Calsync) -> None:
    """A person takes the newest run back."""
    world.undone = True
    synced(world, app)
    runs = [run for run in app.store.outbox.runs() if not run.undoes and run.entries]
    undo = app.writing.undo(runs[0].id)
    if undo.actions:
        app.writing.take_back(undo, "somebody")


def undone_first(world: World, app: Calsync) -> None:
    """A person takes the oldest run back, whose holds were written again since."""
    world.undone = True
    synced(world, app)
    undo = app.writing.undo(app.store.outbox.runs()[-1].id)
    if undo.actions:
        app.writing.take_back(undo, "somebody")


def _of(target: str, source: str) -> Iterator[Scenario]:
    at_rest = (cycled, cycled)

    def make(name: str, *before: Step, act: Callable[[World, Calsync], None] = synced) -> Scenario:
        return Scenario(f"{name} {target}", target, source, before, act)

    yield make("first", later(120))
    yield make("create", *at_rest, booked(source), later(120))
    yield make("move", *at_rest, done_to(source, False, "move", by=7200), later(120))
    yield make("release", *at_rest, done_to(source, False, "cancel"), later(120))
    for fault, words in (("W01", "lost"), ("W02", "unsent"), ("W05", "late")):
        how = {"variant": "reset"} if fault != "W05" else {"variant": "lost", "seconds": 60.0}
        yield make(
            f"create {words}", *at_rest, booked(source), failing(fault, target, **how), later(120)
        )
        yield make(
            f"move {words}",
            *at_rest,
            done_to(source, False, "move", by=7200),
            failing(fault, target, **how),
            later(120),
        )
    yield make(
        "settle",
        *at_rest,
        booked(source),
        failing("W01", target, variant="reset"),
        cycled,
        later(360),
    )
    yield make("put back", *at_rest, done_to(target, True, "move", by=3600), later(120))
    yield make(
        "make again",
        *at_rest,
        done_to(target, True, "delete"),
        act=repeated,
    )
    yield make("undo", *at_rest, act=undone)
    moved = done_to(source, False, "move", by=7200)
    yield make("undo first", *at_rest, moved, later(120), cycled, later(120), act=undone_first)
    yield make("cancel", *at_rest, later(120), act=resolved("cancel"))
    yield make("shift", *at_rest, later(120), act=resolved("move"))


def _withdrawals() -> Iterator[Scenario]:
    offered = (cycled, cycled)

    def make(name: str, *before: Step) -> Scenario:
        return Scenario(name, "campus", "clinic", before, synced, withdraw=True, events=1)

    yield make("withdraw campus", *offered, _clash, later(120))
    yield make("offer campus", *offered, _clash, cycled, cycled, _unclash, later(120))


def _clash(world: World) -> None:
    """Time is taken at the clinic at which a slot of the campus is open."""
    slots = [one for one in shown(world.town) if one.account == "campus"]
    first = min(slots, key=lambda one: one.start)
    before = objects(world.people, world.town)
    world.town.bookable["clinic"][0](first.start, 1800)
    world.human |= objects(world.people, world.town) - before


def _unclash(world: World) -> None:
    newest = max(_things(world, "cliniko", ours=False), key=lambda one: int(one.id))
    world.changed.add(newest.object)
    world.people.act("cliniko", "cancel", id=newest.id, kind=newest.kind)


SOURCES = {"clinic": "coaching", "coaching": "clinic", "studio": "clinic"}


def scenarios() -> Mapping[str, Scenario]:
    """All of them by name."""
    found = [one for target, source in SOURCES.items() for one in _of(target, source)]
    return {one.name: one for one in (*found, *_withdrawals())}


__all__ = ["ACCOUNTS", "Scenario", "scenarios"]
