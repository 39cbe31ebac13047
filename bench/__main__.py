"""`python -m bench`: every benchmark, quickly. `python -m bench.w1_ingest --n 100000` for more."""

from __future__ import annotations

from bench import (
    report_pages,
    subscribers,
    w1_ingest,
    w2_unchanged,
    w3_accounts,
    w6_feed,
    w7_serve,
    w8_start,
)
from bench.measured import machine


def main() -> None:
    """Measure everything once or a few times, and print the ratios."""
    print(machine())
    w1_ingest.measure(10_000, 3)
    w2_unchanged.measure(10_000, 3)
    w3_accounts.measure()
    w6_feed.measure(10_000, 2)
    w7_serve.measure(3.0)
    w8_start.measure(3, 20.0)
    report_pages.measure(50_000, 5)
    subscribers.measure(10.0)


if __name__ == "__main__":
    main()
