"""The blast radius of a plan: what it makes, changes and takes away, against what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from worker.publish.drawing import markup, picture, rect, text

ROW, BAR = 42, 16


@dataclass(frozen=True, slots=True)
class Blast:
    """One account's part of a plan; `standing` is how much of ours is there now."""

    account: str
    made: int
    changed: int
    removed: int
    standing: int

    @property
    def writes(self) -> int:
        """How many writes it is."""
        return self.made + self.changed + self.removed

    @property
    def words(self) -> str:
        """`12 made, 3 changed, 37 of 61 taken away`."""
        parts = [
            (self.made, f"{self.made} made"),
            (self.changed, f"{self.changed} changed"),
            (self.removed, f"{self.removed} of {self.standing} taken away"),
        ]
        return ", ".join(said for count, said in parts if count)


def blast_picture(bars: Sequence[Blast]) -> str:
    """A bar for each account as an `svg` element; its table twin stands beside it."""
    most = max((max(one.standing, one.writes) for one in bars), default=1) or 1
    told = "; ".join(f"{one.account}: {one.words}" for one in bars)
    height = len(bars) * ROW + 4
    root = picture("blast", height, "blast", "What this plan does, against what stands there", told)
    for number, one in enumerate(bars):
        top = number * ROW
        text(root, "text", f"{one.account}: {one.words}", x=0, y=top + 12, kind="name")
        rect(root, "standing", 0, 100 * one.standing / most, top + 18, BAR)
        left = 0.0
        parts = (("removed", one.removed), ("changed", one.changed), ("made", one.made))
        for kind, count in parts:
            if count:
                rect(root, kind, left, 100 * count / most, top + 21, BAR - 6)
                left += 100 * count / most
    return markup(root)
