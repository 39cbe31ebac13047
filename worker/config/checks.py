"""What single values cannot show: names that must exist, and rules that bite each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise

from worker.config.models import CopyRule, HoldRule, ResourceSettings
from worker.config.problems import Problems, joined, shown
from worker.config.suggestions import choice, close, nearest
from worker.domain.subject import EVERYTHING, folded
from worker.vendors.base import Entry

_LISTED = 8


def unknown(word: str, words: Collection[str], what: str) -> str:
    """`there is no account clinc; did you mean clinic?`, with all there are if none is close."""
    sentence = f"there is no {what} {shown(word)}"
    if near := close(word, words):
        return f"{sentence}; did you mean {near}?"
    if not words:
        return f"{sentence}; none is configured"
    if len(words) <= _LISTED:
        return f"{sentence}; known: {choice(sorted(words))}"
    return f"{sentence}; the nearest is {nearest(word, words)}"


def check_bindings(
    resources: Mapping[str, ResourceSettings],
    accounts: Mapping[str, Entry | None],
    problems: Problems,
) -> None:
    """Bindings must name an account, in words that its vendor has, and each calendar once.

    An account without an entry is one whose vendor is unknown, which is a problem of its own.
    """
    owners: dict[tuple[str, str], str] = {}
    for key, resource in resources.items():
        for account, names in resource.bindings.items():
            path = joined("resources", key, "bindings", account)
            if account not in accounts:
                problems.add(path, unknown(account, accounts, "account"))
                continue
            for name in names:
                if (entry := accounts[account]) is not None:
                    _check_binding(name, entry, path, problems)
                owner = owners.setdefault((account, folded(name)), key)
                if owner != key:
                    # An address is a person's, and stays out of messages.
                    what = "a calendar in it" if "@" in name else shown(name)
                    claim = f"{what} is claimed by the resource {owner} as well"
                    problems.add(path, f"{claim}; one calendar belongs to one resource")


def _check_binding(name: str, entry: Entry, path: str, problems: Problems) -> None:
    forms = [word if word == EVERYTHING else f"{word}:ID" for word in entry.bindings]
    word, colon, identity = name.partition(":")
    if name == EVERYTHING and EVERYTHING in entry.bindings:
        return
    if not colon or word == EVERYTHING or word not in entry.bindings:
        problems.add(path, f"must be {choice(forms)}, or a list of these")
        return
    if not identity or not identity.isprintable() or len(identity) > 254:
        problems.add(path, f"must have an id after {word}:")
        return
    try:
        entry.bindings[word](identity)
    except ValueError as error:
        problems.add(path, f"{word}: {shown(str(error), 200)}")


def check_holds(
    rules: Mapping[int, HoldRule],
    accounts: Collection[str],
    resources: Collection[str],
    problems: Problems,
) -> None:
    """Holds must name accounts and resources that exist, and lead to another account."""
    for number, rule in rules.items():
        path = f"holds[{number}]"
        _check_resource(rule.resource, resources, path, problems)
        for key, names in (("from", rule.sources), ("to", rule.targets)):
            for name in names:
                if name != EVERYTHING and name not in accounts:
                    problems.add(f"{path}.{key}", unknown(name, accounts, "account"))
        if rule.sources == rule.targets and rule.targets != (EVERYTHING,) and len(rule.targets) < 2:
            problems.add(f"{path}.to", "is the account in from; holds go to other accounts")


def check_copies(
    rules: Mapping[int, CopyRule],
    accounts: Collection[str],
    resources: Collection[str],
    problems: Problems,
) -> None:
    """Copies must name what exists, lead elsewhere, never in a circle, and be told once."""
    for number, rule in rules.items():
        path = f"copies[{number}]"
        _check_resource(rule.resource, resources, path, problems)
        for key, name in (("from", rule.source), ("to", rule.target)):
            if name not in accounts:
                problems.add(f"{path}.{key}", unknown(name, accounts, "account"))
        if rule.source == rule.target:
            problems.add(f"{path}.to", "is the account in from; copies go to another account")
        for earlier in (place for place in rules if place < number):
            if _same(rule, rules[earlier]):
                problems.add(path, f"says the same as copies[{earlier}]; one rule is enough")
    for resource in sorted({rule.resource for rule in rules.values()}):
        if circle := _circle([rule for rule in rules.values() if _covers(rule, resource)]):
            problems.add("copies", f"go in a circle: {' to '.join(shown(name) for name in circle)}")
            return


def _check_resource(name: str, resources: Collection[str], path: str, problems: Problems) -> None:
    if name != EVERYTHING and name not in resources:
        problems.add(f"{path}.resource", unknown(name, resources, "resource"))


def _same(one: CopyRule, other: CopyRule) -> bool:
    shared = one.resource == other.resource or EVERYTHING in (one.resource, other.resource)
    return shared and (one.source, one.target) == (other.source, other.target)


def _covers(rule: CopyRule, resource: str) -> bool:
    return rule.resource in (resource, EVERYTHING)


def _circle(rules: Iterable[CopyRule]) -> list[str]:
    """The accounts along a circle of copies, the first one again at the end; empty if none."""
    targets: dict[str, list[str]] = {}
    for rule in rules:
        if rule.source != rule.target:
            targets.setdefault(rule.source, []).append(rule.target)
    done: set[str] = set()
    for start, first in targets.items():
        trail = [start]
        branches = [iter(first)]
        while branches:
            step = next(branches[-1], None)
            if step is None:
                branches.pop()
                done.add(trail.pop())
            elif step in trail:
                return [*trail[trail.index(step) :], step]
            elif step not in done:
                trail.append(step)
                branches.append(iter(targets.get(step, ())))
    return []


def check_waits(poll_every: int, stale_after: int, problems: Problems) -> None:
    """An account that is polled more seldom than it goes stale would be stale most of the time."""
    if stale_after <= poll_every:
        problems.warn("worker.stale_after", "is not longer than worker.poll_every")


def check_logins(scopes: Mapping[str, tuple[str, ...]], problems: Problems) -> None:
    """Two accounts of one login show every event twice, and each would conflict with itself."""
    order = sorted(scopes, key=lambda account: (scopes[account], account))
    for one, other in pairwise(order):
        if scopes[one] == scopes[other]:
            problems.warn(f"accounts.{other}", f"is the same login as accounts.{one}")
