"""Where wall times are written: the company's zone, and whether it is to be trusted."""

from __future__ import annotations

from collections.abc import Callable

from worker.domain.instants import iso
from worker.domain.span import Span
from worker.vendors.base import Clock, NeedsPerson
from worker.vendors.timify.mapping import Setting


class Place:
    """`setting` learns the company's zone where it is not known yet; raises TryLater only."""

    def __init__(self, clock: Clock, setting: Callable[[], Setting]) -> None:
        self.clock = clock
        self._setting = setting
        self._doubt = ""

    def zone(self) -> str:
        """The zone that records are read in."""
        return self._setting().zone

    def written_zone(self) -> str:
        """The zone to write in. Raises NeedsPerson where that is not known for sure."""
        if self._doubt:
            raise NeedsPerson(f"nothing is written to this company: {self._doubt}")
        setting = self._setting()
        if setting.is_assumed_zone:
            raise NeedsPerson(
                "the company's time zone cannot be learnt, and nothing is written on a guess: "
                "set `timezone` for the account"
            )
        return setting.zone

    def distrust(self, shown: Span, sent: Span) -> str:
        """Write no more: a time came out different. Returns why, in words."""
        self._doubt = (
            f"what was sent for {iso(sent.start)} came out at {iso(shown.start)}: TIMIFY "
            "reads times in another zone than the company's; set the right `timezone` for the "
            "account"
        )
        return self._doubt
