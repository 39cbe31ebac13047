"""What must hold at the end of a run, judged by the vendors' state, the ledger and the outbox."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from tests.simulation import oracle
from tests.simulation.clock import START
from tests.simulation.oracle import Place
from tests.simulation.town import ACCOUNTS, VENDORS
from tests.simulation.world import World
from worker.domain.reconcile.links import LinkState
from worker.domain.span import DAY, HOUR, Span
from worker.sandbox.checkers import foreign_changes
from worker.sandbox.exchange import Request, is_write
from worker.sandbox.ledger import Entry
from worker.store.values import action_of, event_of, unpacked

# A confirmed write for which nothing need have been sent: what was wished was so already.
NOTHING_SENT = ("it stood there already", "it was gone already", "the event is no more")
COPYING = {"M02", "W03", "W05", "W10", "W18", "W20"}  # may leave a second object with one mark


def all_checks(world: World) -> list[str]:
    """Every sentence about what must not be."""
    world.watch.finish()
    world.watch.archive()
    found = [*world.wrong, *world.journal.faults]
    for check in (created_twice, touched, told, audited, holds_of_holds, removed_too_much):
        found += check(world)
    return found


def created_twice(world: World) -> Iterator[str]:
    """C1: what one mark was created as is alive but once, save for what others have copied."""
    copies = sum(
        entry.applied and (entry.actor != "calsync" or bool(COPYING & set(entry.faults)))
        for entry in world.board.ledger.entries()
    )
    for (vendor, mark), alive in oracle.marked(world.people, world.town).items():
        own = [one for one in alive if one.kind not in ("slot", "reservation")] or alive
        if len(own) > 1 + copies:
            yield f"C1: mark {mark} is on {len(own)} objects at {vendor}"
    if world.blind:
        return
    made: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in world.board.ledger.entries():
        # W03 makes two of one, by the vendor's own retry: which of them its answer names, and
        # calsync goes on with, is the vendor's choice. Whoever looks is told of both (C4 holds it).
        own = entry.actor == "calsync" and "W03" not in entry.faults
        if own and entry.applied and entry.method == "POST" and entry.mark:
            made[entry.vendor, entry.mark].add(entry.object)
    living = oracle.objects(world.people, world.town)
    for (vendor, mark), objects in made.items():
        alive_now = [one for one in objects if (vendor, one) in living]
        if len(alive_now) > 1 and mark not in _told_of(world):
            yield f"C1: {mark} was created as {alive_now} at {vendor}, and all are alive"


def _told_of(world: World) -> set[str | None]:
    """The links that a person was asked to look at.

    Two may stand for one where the answer to a write was lost and its mark, too; and where the
    store was lost in the middle of an update that makes two of one.
    """
    app = world.app()
    told = {link.id for link in app.store.links.all() if link.state is LinkState.NEEDS_REVIEW}
    if not world.losses:
        return {*told}
    return {*told, *(dict(one.evidence).get("mark") for one in app.writing.plan().findings)}


def touched(world: World) -> list[str]:
    """C2, C14: what people made is as they left it, but for what a person let calsync do."""
    named = {
        (VENDORS[row["target"]], action.key.native_id)
        for row in world.watch.rows.values()
        if (action := action_of(unpacked(row["action"]))).key
        if row["verb"] in ("withdraw", "offer") or row["link"].startswith("resolution:")
    }
    allowed = frozenset(
        f"{thing.vendor} {thing.object}"
        for thing in world.initial
        if (thing.vendor, thing.id) in named
    )
    before = [
        thing
        for thing in world.initial
        if thing.kind not in ("group", "page") or thing.vendor == "cliniko"
        if thing.object not in world.changed
    ]
    after = world.people.things()
    times = {one.object: (one.start, one.end) for one in after if one.kind == "reservation"}
    before = [
        replace(one, start=times[one.object][0], end=times[one.object][1])
        if one.object in times  # it goes where its slot goes
        else one
        for one in before
    ]
    if "M02" in world.faults.fired:
        # The vendor itself has put our mark on somebody's object: nothing else of it may change.
        texts = {thing.object: thing.text for thing in after if thing.mark}
        before = [replace(one, text=texts.get(one.object, one.text)) for one in before]
    return foreign_changes(before, after, world.board.ledger.entries(), allowed)


def told(world: World) -> Iterator[str]:
    """C6: nobody was told anything because of calsync, unless its vendor breaks its word.

    Canvas tells of a slot that is offered again in a published group. P13 lets that be where the
    configuration permits it, and `withdraw_open_slots` says that it does (contract, `[[holds]]`).
    """
    offered = {
        number
        for _, row, numbers in world.watch.results()
        for number in numbers
        if row["verb"] == "offer" and world.town.wish.withdraw
    }
    for entry in world.board.ledger.entries():
        permitted = "W13" in entry.faults or entry.number in offered
        if entry.notifications and entry.actor == "calsync" and not permitted:
            yield f"C6: #{entry.number} {entry.method} {entry.path} told {entry.notifications}"


def audited(world: World) -> Iterator[str]:
    """C15: each request that writes belongs to a row of the outbox, and each done row to one."""
    of_rows = {number for numbers in world.watch.numbers.values() for number in numbers}
    for entry in world.board.ledger.entries():
        if _writes(entry) and entry.number not in of_rows:
            yield f"C15: #{entry.number} {entry.method} {entry.path} is in no audit"
    for key, row, numbers in world.watch.results():
        quiet = row["detail"] in NOTHING_SENT or _was_so(row)
        if row["state"] == "confirmed" and not numbers and not quiet:
            yield f"C15: {key} {row['verb']} {row['detail']} is confirmed, and nothing was sent"
        if row["state"] == "intent" and numbers:
            yield f"C15: {key} was sent before it was durable"


def _was_so(row: Mapping[str, Any]) -> bool:
    """What an update asked for stood there before: an adapter sends what differs, so nothing."""
    before, intent = event_of(unpacked(row["before"])), action_of(unpacked(row["action"])).intent
    return before is not None and intent is not None and before.span == intent.span


def _writes(entry: Entry) -> bool:
    return entry.actor == "calsync" and is_write(Request(entry.method, entry.path))


def holds_of_holds(world: World) -> Iterator[str]:
    """C3: nothing that calsync made is the origin of anything that it made."""
    if world.blind:
        return
    made = world.watch.made()
    made -= {(vendor, one.rpartition("/")[2]) for vendor, one in world.human}
    for row in world.watch.rows.values():
        action = action_of(unpacked(row["action"]))
        if action.origin and (VENDORS[action.origin.account], action.origin.native_id) in made:
            yield f"C3: {row['link']} at {row['target']} stands for {action.origin.id}, our own"


def removed_too_much(world: World) -> Iterator[str]:
    """P7: no more is taken away within a day than B3 allows, nor written in a run than B8 does."""
    brakes = world.config.brakes
    if world.losses or world.undone:
        return  # a person took it away, or what was counted is lost with the store
    removed: defaultdict[str, list[int]] = defaultdict(list)
    per_run: Counter[tuple[str, str]] = Counter()
    for row in world.watch.rows.values():
        done = row["state"] == "confirmed" and row["verb"] in ("delete", "withdraw")
        if done and not row["link"].startswith("resolution:") and not world.approved:
            removed[row["target"]].append(row["sent_at"])
        if row["state"] != "deferred":
            per_run[row["run"], row["target"]] += 1
    for target, times in removed.items():
        most = max(sum(at - DAY < other <= at for other in times) for at in times)
        live = sum(1 for row in world.watch.rows.values() if row["target"] == target)
        line = max(brakes.vanish_at_least, int(brakes.vanish_share * live))
        if most > line:
            yield f"P7: {most} were taken away from {target} within a day, {line} are allowed"
    for (run, target), count in per_run.items():
        if count > brakes.writes_per_run and not world.undone:
            yield f"B8: run {run} wrote {count} times to {target}"


def unexplained(world: World) -> list[str]:
    """C4: what is missing or too many, and for which no person is asked."""
    missing, surplus = world.astray()
    if not missing and not surplus:
        return []
    app = world.app()
    if world.blind or any(one.brakes or one.health.waits(app.now) for one in app.accounts()):
        return []  # a listing is not believed before a person says so, and a stated wait is kept
    excused = _excused(world)
    found = []
    for words, places in (("missing", missing), ("too many", surplus)):
        found += [
            f"C4: {words}: {_told(place)}"
            for place in places
            if (place.account, place.start, place.end) not in excused
        ]
    return found


Time = tuple[str, int, int]  # an account, start and end


def _excused(world: World) -> set[Time]:
    """The times for which a plan waits for a person, or a finding says that one must look."""
    planned = world.app().writing.plan()
    told = {dict(finding.evidence).get("mark") for finding in planned.findings}
    found = {*_of_links(world, told), *_of_rows(world, told)}
    for refusal in planned.plan.waiting:
        for action in refusal.actions:
            found.add(_time(action.target, action.span))
            if action.event:
                found.add(_time(action.target, action.event.span))
            if action.key:
                found |= _now(world, action.target, action.key.number)
    for finding in planned.findings:
        if finding.span:
            found.add(_time(dict(finding.evidence).get("account", ""), finding.span))
        found |= {_time(member.key.account, member.span) for member in finding.members}
    return found


def _of_links(world: World, told: Collection[str | None]) -> Iterator[Time]:
    for link in world.app().store.links.all():
        if link.id in told or link.state in (LinkState.UNDONE, LinkState.NEEDS_REVIEW):
            yield _time(link.target, link.span)
            yield from _now(world, link.target, link.origin)


def _of_rows(world: World, told: Collection[str | None]) -> Iterator[Time]:
    """Also what a store knew that was lost since."""
    for row in world.watch.rows.values():
        if row["link"] in told:
            action = action_of(unpacked(row["action"]))
            yield _time(action.target, action.span)
            if action.origin:
                yield from _now(world, action.target, action.origin.number)


def _now(world: World, account: str, number: int) -> set[Time]:
    """The time at which an event stands now, as a time of an account."""
    there = world.app().store.events.by_number([number])
    return {_time(account, one.event.span) for one in there.values()}


def _time(account: str, span: Span) -> Time:
    return account, span.start, span.end


def _told(place: Place) -> str:
    hours, minutes = (place.start - START) / HOUR, (place.end - place.start) // 60
    return f"{place.account} {place.calendar} for {minutes} min at +{hours:g} h"


__all__ = ["ACCOUNTS", "all_checks", "unexplained"]
