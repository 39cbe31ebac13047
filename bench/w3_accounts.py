"""W3: twenty accounts of five pages each, every answer after 100 ms; then one of them hangs.

Pages are short: how long many rows take is what W1 measures, and one process has one processor.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from bench.accounts import configuration
from bench.measured import Measured, alone, tell
from bench.served import served

MODULE = "bench.w3_accounts"
ACCOUNTS, EVENTS, PER_PAGE, DELAY = 20, 50, 10, 0.1
ANSWERS = 8  # five pages of bookings, and one each of groups, types and businesses


def main() -> None:
    """Measure, or do one part of it in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", nargs=2, metavar=("ORIGIN", "HANGING"))
    chosen = parser.parse_args()
    if chosen.part:
        _poll_all(*chosen.part)
    else:
        measure()


def measure() -> None:
    """Print how far the slowest account is from what its answers alone take."""
    ideal = ANSWERS * DELAY
    with served(EVENTS, DELAY, PER_PAGE) as vendor, served(1, 3600.0) as silent:
        usual = alone(MODULE, "--part", vendor.origin, "")
        hung = alone(MODULE, "--part", vendor.origin, silent.origin)
    for title, found in (("all answer", usual), ("one hangs", hung)):
        print(
            f"W3 {ACCOUNTS} accounts, {title}: ideal {ideal:.2f} s; ours {found.wall:.3f} s, "
            f"{found.peak:.0f} MB; ratio {found.wall / ideal:.2f}"
        )


def _poll_all(origin: str, hanging: str) -> None:
    from worker.app import Calsync
    from worker.config import load
    from worker.engine.poll import PollReport

    origins = [origin] * ACCOUNTS
    if hanging:
        origins[0] = hanging
    with tempfile.TemporaryDirectory() as directory:
        app = Calsync(load(configuration(Path(directory), origins), {}))
        waited_for = set(app.cycle.accounts)
        if hanging:
            waited_for.discard("account_0")
        begun = time.perf_counter()

        def told(report: PollReport) -> None:
            if report.account in waited_for and report.result != "complete":
                sys.exit(f"the work was not done: {report.reason}")
            waited_for.discard(report.account)
            if not waited_for:
                # Whoever hangs is not waited for.
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
                tell(Measured(wall=time.perf_counter() - begun, peak=peak))
                sys.stdout.flush()
                os._exit(0)

        app.sync((), told)


if __name__ == "__main__":
    main()
