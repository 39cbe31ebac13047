"""What the writing side goes by, besides what is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b

from worker.domain.reconcile.brakes import Limits
from worker.domain.reconcile.copies import CopyPolicy
from worker.domain.reconcile.holds import HoldPolicy
from worker.domain.subject import Resource


@dataclass(frozen=True, slots=True)
class PushRules:
    """`resources` by id; `future` seconds are planned ahead; `zone` where an account tells none."""

    holds: tuple[HoldPolicy, ...] = ()
    copies: tuple[CopyPolicy, ...] = ()
    resources: Mapping[str, Resource] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    future: int = 90 * 86_400
    zone: str = "UTC"

    def digest(self, accounts: Mapping[str, str]) -> str:
        """Changes with whatever may put something out of sight; `accounts` are zones by id."""
        bound = sorted((one.id, one.parallel, one.bindings) for one in self.resources.values())
        said = [bound, repr(self.holds), repr(self.copies), self.future, sorted(accounts.items())]
        return blake2b(repr(said).encode(), digest_size=16).hexdigest()
