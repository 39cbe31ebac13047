"""The vendors' side of a soak: what breaks there, who acts there, what was asked."""

from __future__ import annotations

from random import Random
from typing import Any

import httpx

from scripts.soak_figures import Soak
from worker.sandbox.faults import CATALOGUE

VENDORS = ("canvas", "cliniko", "timify", "acuity", "appointment_one")

# W13 tells people although it was asked not to, which is nobody's fault but the vendor's.
READS = tuple(name for name in CATALOGUE if name[0] in "THLCZ")
WRITES = tuple(name for name in CATALOGUE if name[0] in "WM" and name != "W13")
DEEDS = ("move", "move", "move", "edit", "edit", "duplicate", "cancel", "delete", "recreate")


class Site:
    """A sandbox at an address, by its control surface. Every choice comes from the seed.

    Its methods raise httpx.HTTPError where the sandbox does not answer.
    """

    def __init__(self, address: str, seed: int) -> None:
        self._client = httpx.Client(base_url=f"{address}/_sandbox", timeout=30, trust_env=False)
        self._random = Random(seed)
        self._marks: dict[str, set[str]] = {}
        self._seen = 0
        self.active = 0

    def trouble(self, *, calm: bool) -> float:
        """Change what is broken; returns after how many seconds to change it again."""
        choose = self._random
        self._post("faults", {"off": "*"})
        was, self.active = self.active, 0
        if calm or was:
            return choose.uniform(60, 150)
        picked = choose.sample(READS, choose.randint(4, 10))
        picked += choose.sample(WRITES, choose.randint(1, 4))
        for name in picked:
            wish: dict[str, Any] = {"on": name, "probability": choose.choice((0.02, 0.1, 0.3))}
            if choose.random() < 0.5:
                wish["vendor"] = choose.choice(VENDORS)
            self._post("faults", wish)
        self.active = len(picked)
        return choose.uniform(60, 240)

    def deed(self) -> str:
        """Somebody does something to what is theirs or calsync's, or the script goes on."""
        choose = self._random
        if choose.random() < 0.1:
            return "script" if self._post("act", None).get("did") else "script over"
        vendor, do = choose.choice(VENDORS), choose.choice(DEEDS)
        marks = sorted(self._marks.get(vendor, ()))
        wish: dict[str, Any] = {"vendor": vendor, "do": do}
        if marks and choose.random() < 0.5:
            wish["mark"] = choose.choice(marks)
        else:
            truth = self._get("truth")["truth"][vendor]
            booked = [one["native_id"] for one in truth if one["status"] == "booked"]
            if not booked:
                return "nothing there"
            wish["id"] = choose.choice(booked)
        if do in ("move", "duplicate"):
            wish["by"] = choose.choice((-7200, -900, 900, 3600, 86_400))
        if do == "edit":
            wish["notes"] = "Changed by hand"
        return do if "did" in self._post("act", wish) else f"{do} impossible"

    def asked(self, soak: Soak) -> None:
        """Add what calsync has asked since the last time."""
        for entry in self._get("ledger", since=self._seen)["entries"]:
            self._seen = entry["number"]
            if entry["actor"] != "calsync":
                continue
            soak.requests += 1
            soak.applied += entry["applied"]
            soak.notifications += entry["notifications"]
            if entry["mark"]:
                self._marks.setdefault(entry["vendor"], set()).add(entry["mark"])
        soak.fired = self._get("faults")["fired"]

    def _get(self, what: str, **query: int) -> Any:
        return self._client.get(f"/{what}", params=query).raise_for_status().json()

    def _post(self, what: str, wish: dict[str, Any] | None) -> Any:
        answer = self._client.post(f"/{what}", json=wish) if wish else self._client.post(f"/{what}")
        if answer.status_code not in (200, 409):
            raise RuntimeError(f"{what} {wish}: {answer.status_code} {answer.text}")
        return answer.json()
