"""What `calsync accounts` tells of each account."""

from __future__ import annotations

from dataclasses import dataclass

from worker.domain.health import Health, State


@dataclass(frozen=True, slots=True)
class Rights:
    """What calsync may do at an account, as far as the vendor's interface goes."""

    read: bool
    create: bool
    move: bool
    remove: bool
    hold: bool


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account, as reports show it; `events` counts those of the window, not cancelled."""

    id: str
    vendor: str
    state: State
    health: Health
    events: int
    brakes: tuple[str, ...]
    brake_reason: str
    rights: Rights
    quarantined: int = 0
    incomplete: str = ""  # why the newest listing is not complete, in words
