"""What the people who run calsync do in the course of a run: approve, resolve, take back."""

from __future__ import annotations

from random import Random

from tests.simulation.world import World
from worker.app import Calsync
from worker.domain.reconcile.wish import NotPossible
from worker.domain.reconcile.wish import Wish as Approval
from worker.domain.span import DAY
from worker.engine.reconciler import Moved, NoSuchPlan
from worker.store.database import Busy
from worker.store.events import Wanted


def operate(world: World, random: Random) -> None:
    """Do one of it; what is refused is let be."""
    deed = random.choice((_approve, _apply, _resolve, _take_back))

    def work(app: Calsync) -> None:
        try:
            deed(world, app, random)
        except (Busy, Moved, NoSuchPlan, NotPossible):
            return
        world.watch.finish()

    if world.alive(work):
        world.deeds[deed.__name__.strip("_")] += 1


def _approve(world: World, app: Calsync, _random: Random) -> None:
    planned = app.writing.plan()
    app.writing.approve(planned.plan.hash, "somebody", DAY)
    world.approved = True


def _apply(_world: World, app: Calsync, _random: Random) -> None:
    planned = app.writing.plan()
    app.writing.apply(planned.plan.hash, "somebody")


def _resolve(world: World, app: Calsync, random: Random) -> None:
    events = [one.event for one in app.store.events.list(Wanted()) if not one.event.ours]
    if not events:
        return
    event = random.choice(sorted(events, key=lambda one: one.key.id))
    action = random.choice(("move", "cancel"))
    to = event.span.start + 7200 if action == "move" else None
    wish = Approval(action, event.key.id, to, tells=False, by="somebody")
    app.writing.resolve(wish, "finding")
    world.approved = True


def _take_back(world: World, app: Calsync, random: Random) -> None:
    runs = [run for run in app.store.outbox.runs() if run.entries and not run.undoes]
    if not runs:
        return
    undo = app.writing.undo(random.choice(runs).id)
    if undo.actions:
        app.writing.take_back(undo, "somebody")
        world.undone = True
