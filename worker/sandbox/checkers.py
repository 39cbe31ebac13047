"""What must hold of the ledger and of the vendors' state, whatever calsync believes.

Each checker is pure and returns the violations as sentences; an empty list is a pass. The names
C1, C2 … are those of the safety policy.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from worker.sandbox.ledger import Entry
from worker.sandbox.people.thing import Thing

_SECONDS = re.compile(r"retry-after: (\d+(?:\.\d+)?)(?:,|$)")
_EPOCH = re.compile(r"x-ratelimit-reset: (\d{9,11})(?:,|$)")
_REMOVING = ("archive", "cancel")


def living_per_mark(things: Iterable[Thing]) -> dict[str, list[Thing]]:
    """The living objects that carry each mark."""
    found: defaultdict[str, list[Thing]] = defaultdict(list)
    for thing in things:
        if thing.alive and thing.mark:
            found[thing.mark].append(thing)
    return dict(found)


def twice_alive(things: Iterable[Thing], entries: Iterable[Entry] = ()) -> list[str]:
    """C1: no mark on two living objects, save for copies that people or the vendor made."""
    copied = Counter(one.mark for one in entries if one.actor != "calsync" and one.applied)
    return [
        f"mark {mark} is on {', '.join(f'{one.vendor} {one.object}' for one in alive)}"
        for mark, alive in living_per_mark(things).items()
        if len(alive) > 1 + copied[mark]
    ]


def foreign_removals(entries: Iterable[Entry], approved: frozenset[str] = frozenset()) -> list[str]:
    """C2: calsync removes only what it created. `approved` are objects (`vendor collection/id`)
    whose removal a person agreed to.
    """
    own: set[tuple[str, str]] = set()
    found: list[str] = []
    for one in _of_calsync(entries):
        if one.mark or _creates(one):
            own.add((one.vendor, one.object))
        named = f"{one.vendor} {one.object}"
        if _removes(one) and (one.vendor, one.object) not in own and named not in approved:
            found.append(f"#{one.number} removed {named}, which calsync did not create")
    return found


def foreign_changes(
    before: Iterable[Thing],
    after: Iterable[Thing],
    entries: Iterable[Entry],
    approved: frozenset[str] = frozenset(),
) -> list[str]:
    """C14: objects without a mark are as they were, unless somebody else wrote them."""
    others = {(one.vendor, one.object) for one in entries if one.actor != "calsync"}
    now = {(thing.vendor, thing.object): thing for thing in after}
    found = []
    for thing in before:
        key = (thing.vendor, thing.object)
        named = f"{thing.vendor} {thing.object}"
        if not thing.mark and now.get(key) != thing and key not in others | _named(approved):
            found.append(f"{named} is no longer what it was")
    return found


def notified(entries: Iterable[Entry], allowed: frozenset[int] = frozenset()) -> list[str]:
    """C6: no write of calsync told anybody. `allowed` are the numbers of writes that may."""
    return [
        f"#{one.number} {one.method} {one.path} told {one.notifications}"
        for one in entries
        if one.notifications and one.actor != "person" and (one.of or one.number) not in allowed
    ]


def hurried(entries: Iterable[Entry]) -> list[str]:
    """C9: after an answer that states a wait, nothing is asked of that vendor until it is over.

    An answer that was lost states nothing. Waits are seconds, or an instant in epoch seconds.
    """
    until: dict[str, tuple[float, int]] = {}
    found = []
    for one in _of_calsync(entries):
        end, because = until.get(one.vendor, (0.0, 0))
        if one.time < end:
            found.append(f"#{one.number} came {end - one.time:g} s too early after #{because}")
        if one.delivered and one.status in (403, 429, 503):
            ends = [one.time + float(seconds) for seconds in _SECONDS.findall(one.stated_wait)]
            ends += [float(instant) for instant in _EPOCH.findall(one.stated_wait)]
            if ends:
                until[one.vendor] = (max(ends), one.number)
    return found


def crowded(entries: Iterable[Entry], most: int, seconds: float) -> list[str]:
    """C9: at most so many requests to one vendor in any stretch of so many seconds."""
    times: defaultdict[str, list[float]] = defaultdict(list)
    found = []
    for one in _of_calsync(entries):
        recent = [time for time in times[one.vendor] if time > one.time - seconds]
        times[one.vendor] = [*recent, one.time]
        if len(recent) >= most:
            found.append(f"#{one.number} is request {len(recent) + 1} to {one.vendor}")
    return found


def unaudited(entries: Sequence[Entry], audited: Sequence[tuple[str, str]]) -> list[str]:
    """C15: one audit line (vendor, mark) per write that was applied, and none beside them.

    What the vendor did late belongs to the request that it was asked by; what it did a second
    time, or on its own account, is nobody's.
    """
    asked = {one.number for one in _of_calsync(entries) if one.applied}
    applied = Counter(
        (one.vendor, one.mark)
        for one in entries
        if one.applied
        and (one.actor == "calsync" or (one.actor == "vendor" and one.of and one.of not in asked))
    )
    written = Counter(audited)
    missing = [
        f"{vendor} {mark or 'without a mark'}: {count} not audited"
        for (vendor, mark), count in (applied - written).items()
    ]
    surplus = [
        f"{vendor} {mark or 'without a mark'}: {count} audited and not applied"
        for (vendor, mark), count in (written - applied).items()
    ]
    return missing + surplus


def writes_per_vendor(entries: Iterable[Entry]) -> Mapping[str, int]:
    """How many writes of calsync each vendor carried out: none in a cycle at rest (C5)."""
    return Counter(one.vendor for one in _of_calsync(entries) if one.applied)


def _of_calsync(entries: Iterable[Entry]) -> list[Entry]:
    return [one for one in entries if one.actor == "calsync"]


def _creates(one: Entry) -> bool:
    """A POST to a collection makes what it answers; one below an object does not."""
    return one.method == "POST" and one.applied and one.path.rsplit("/", 1)[-1] == _collection(one)


def _collection(one: Entry) -> str:
    return one.object.partition("/")[0]


def _removes(one: Entry) -> bool:
    if not one.applied or not one.object:
        return False
    return one.method == "DELETE" or one.path.rsplit("/", 1)[-1] in _REMOVING


def _named(approved: frozenset[str]) -> set[tuple[str, str]]:
    return {(vendor, name) for vendor, _, name in (one.partition(" ") for one in approved)}
