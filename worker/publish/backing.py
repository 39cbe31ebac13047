"""What stands behind one finding, as JSON: who wins, the second witness, and what it rests on."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from worker.domain.conflict.explanation import Explained, PollWord
from worker.domain.conflict.finding import RULES, Finding, Member
from worker.domain.conflict.precedence import precedence
from worker.domain.conflict.testimony import Opinion
from worker.domain.instants import iso

Document = dict[str, Any]


def backing(explained: Explained) -> Document:
    """The keys that one finding has besides those of a list; none for an event."""
    if explained.reported is None:
        return {}
    return {
        "wins": _wins(explained.reported.finding),
        "second_witness": [_opinion(one) for one in explained.opinions],
        "rests_on": {
            "polls": [_poll(one) for one in explained.polls],
            "answers": _answers(explained),
            "rules": {"version": RULES, "settings": explained.rules},
        },
    }


def _wins(finding: Finding) -> Document | None:
    """Null where nothing competes with anything."""
    found = precedence(finding)
    if found is None:
        return None
    return {
        "rule": found.rule,
        "needs_human": found.needs_human,
        "stays": _ids(found.stays),
        "yields": _ids(found.yields),
        "why": found.why,
        "inputs": dict(found.inputs),
    }


def _opinion(one: Opinion) -> Document:
    """`says`, `sees` and `agrees` are null where the vendor gave no answer, and `why` tells why."""
    word = one.word
    answered = word is not None and word.says is not None
    return {
        "event": one.member.key.id,
        "account": one.member.key.account,
        "asked_at": iso(word.at) if word else None,
        "says": word.says if word else None,
        "sees": word.sees if word and answered else None,
        "agrees": word.agrees if word else None,
        "outdated": one.outdated,
        "why": word.why if word else one.unasked,
    }


def _poll(one: PollWord) -> Document:
    return {
        "id": one.id,
        "account": one.account,
        "finished_at": None if one.finished_at is None else iso(one.finished_at),
        "complete": one.complete,
        "tzdata": one.zones,
    }


def _answers(explained: Explained) -> list[Document]:
    """By which answers, as they are kept: redacted."""
    return [
        {
            "event": one.stored.event.key.id,
            "revision": one.stored.revision,
            "poll": one.stored.poll,
            "sha256": sha256(one.answer).hexdigest() if one.answer is not None else None,
        }
        for one in explained.witnesses
        if one.stored is not None
    ]


def _ids(members: tuple[Member, ...]) -> list[str]:
    return [member.key.id for member in members]
