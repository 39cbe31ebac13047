"""The ways out of a finding, each with what a person can have done about it from its page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from worker.domain.conflict.explanation import Explained
from worker.domain.reconcile.wish import ACTIONS
from worker.publish.pages.words import tamed

Able = Mapping[str, frozenset[str]]  # account -> what it can be asked for

WORDS = {
    "move": "Move it",
    "cancel": "Cancel it",
    "archive": "Archive it",
    "delete": "Delete it",
    "withdraw": "Withdraw it",
}


@dataclass(frozen=True, slots=True)
class Way:
    """One suggestion. `action` and `event` are empty where a page can have nothing done."""

    effect: str
    notifies: bool
    action: str = ""
    event: str = ""
    words: str = ""


def ways_out(explained: Explained, able: Able) -> list[Way]:
    """The suggestions in their order; those that an account can be asked for have a button."""
    ids = {
        (member.key.account, member.key.native_id, member.key.occurrence): member.key.id
        for member in (one.member for one in explained.witnesses)
        if member is not None
    }
    found = []
    for one in explained.suggestions:
        target = one.target
        event = ids.get((target.account, target.native_id, target.occurrence), "")
        doable = one.action in ACTIONS and one.action in able.get(target.account, frozenset())
        effect = tamed(one.effect, 600)
        if event and doable:
            found.append(Way(effect, one.notifies, one.action, event, WORDS[one.action]))
        else:
            found.append(Way(effect, one.notifies))
    return found
