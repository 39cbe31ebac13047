"""What all tests share: properties are tried with the same examples everywhere."""

from __future__ import annotations

import os
import shutil
from collections import Counter

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "fixed",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
NONE = "no chromium was found (on Debian: apt-get install chromium)"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a browser are skipped where there is none; see the end of the run."""
    if CHROMIUM is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=NONE))


def _reason(skipped: pytest.TestReport) -> str:
    """Why a test was skipped, in its own words."""
    told = skipped.longrepr
    return str(told[2] if isinstance(told, tuple) else told).removeprefix("Skipped: ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Whether the browser tests ran: a skip that nobody sees would pass for a success."""
    stats = terminalreporter.stats
    skipped = [one for one in stats.get("skipped", ()) if "browser" in one.keywords]
    ran = [one for one in stats.get("passed", ()) if "browser" in one.keywords]
    for reason, count in Counter(_reason(one) for one in skipped).items():
        terminalreporter.write_line(f"browser tests: {count} NOT RUN, {reason}", yellow=True)
    if ran:
        terminalreporter.write_line(f"browser tests: {len(ran)} run with {CHROMIUM}")
