"""What a soak's samples come to, and which promises of a steady state they break. No processes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import linear_regression, mean, median

WARM_UP = 600.0  # seconds: caches fill, pools open, every path is taken for the first time
BLOCK = 300.0  # seconds that count as one observation of memory: neighbours say the same thing

MOST_GROWTH = 1 / 24  # MB an hour: P24 allows 1 MB a day
MOST_WAL = 64.0  # MB
MOST_LAG = 1.0  # seconds, 99 of 100 times
LONGEST_STOP = 10.0  # seconds from SIGTERM to the end of the process
HANDLES_APART = 3  # what polls and visitors open for a moment is no leak


@dataclass(frozen=True)
class Sample:
    """The daemon at one moment: `at` in seconds since its start, sizes in MB of 1,048,576 bytes.

    `lag` is by how many seconds the clockwork was late, at worst since the sample before.
    """

    at: float
    rss: float
    handles: int
    threads: int
    wal: float
    store: float
    lag: float
    errors: int
    faults: int
    polls: int
    writes: int
    active: int


@dataclass(frozen=True)
class Slope:
    """MB an hour, and the standard error of that figure."""

    per_hour: float
    error: float

    @property
    def surely_at_least(self) -> float:
        """What the slope is at least, 19 times of 20: a short run cannot tell noise from 1 MB."""
        return self.per_hour - 2 * self.error


@dataclass
class Ending:
    """How a soak came to its end. `code` is None for a daemon that had to be killed."""

    code: int | None = None
    seconds: float = 0.0
    early: bool = False


@dataclass
class Soak:
    """All that was seen. Counters are by status, outcome, state or name."""

    samples: list[Sample] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    feeds: Counter[str] = field(default_factory=Counter)
    pages: Counter[str] = field(default_factory=Counter)
    deeds: Counter[str] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    requests: int = 0
    applied: int = 0
    notifications: int = 0
    outcomes: Mapping[str, float] = field(default_factory=dict)
    outbox: Mapping[str, float] = field(default_factory=dict)
    fired: Mapping[str, int] = field(default_factory=dict)
    ending: Ending = field(default_factory=Ending)


def settled(samples: Sequence[Sample]) -> list[Sample]:
    """The samples after the warm-up."""
    return [one for one in samples if one.at >= WARM_UP]


def slope(samples: Sequence[Sample]) -> Slope:
    """Of memory, by least squares over all samples; its error from the means of whole blocks.

    Fewer than three blocks say nothing: the error is infinite then.
    """
    if len({one.at for one in samples}) < 2:
        return Slope(0.0, math.inf)
    fitted = linear_regression([one.at / 3600 for one in samples], [one.rss for one in samples])
    blocks = _blocks(samples)
    if len(blocks) < 3:
        return Slope(fitted.slope, math.inf)
    hours, sizes = [at for at, _ in blocks], [size for _, size in blocks]
    line = linear_regression(hours, sizes)
    left = sum((size - line.intercept - line.slope * at) ** 2 for at, size in blocks)
    spread = sum((at - mean(hours)) ** 2 for at in hours)
    return Slope(fitted.slope, math.sqrt(left / (len(blocks) - 2) / spread))


def _blocks(samples: Sequence[Sample]) -> list[tuple[float, float]]:
    """Mean hour and mean MB of each block."""
    found: dict[int, list[Sample]] = {}
    for one in samples:
        found.setdefault(int((one.at - samples[0].at) // BLOCK), []).append(one)
    return [
        (mean(one.at for one in block) / 3600, mean(one.rss for one in block))
        for block in found.values()
    ]


def drift(counts: Sequence[int]) -> float:
    """By how much the last quarter's median is above that of the first."""
    quarter = max(1, len(counts) // 4)
    return median(counts[-quarter:]) - median(counts[:quarter]) if counts else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def broken(soak: Soak) -> list[str]:
    """The promises that were not kept, in words; an empty list if all were."""
    return [*_steady(soak), *_served(soak), *_ended(soak)]


def _steady(soak: Soak) -> Iterator[str]:
    later = settled(soak.samples)
    grows = slope(later)
    if grows.surely_at_least > MOST_GROWTH:
        yield f"memory grows by {grows.per_hour:.2f} MB an hour"
    for name, counts in (
        ("handles", [one.handles for one in later]),
        ("threads", [one.threads for one in later]),
    ):
        if drift(counts) > HANDLES_APART:
            yield f"{drift(counts):g} more {name} in the last quarter than in the first"
    wal = max((one.wal for one in soak.samples), default=0.0)
    if wal >= MOST_WAL:
        yield f"the write-ahead log grew to {wal:.1f} MB"
    lag = percentile(soak.lags, 0.99)
    if lag >= MOST_LAG:
        yield f"the schedule was {lag:.2f} s late, 1 time of 100"


def _served(soak: Soak) -> Iterator[str]:
    if soak.faults:
        yield f"{len(soak.faults)} errors that nobody handled"
    if soak.notifications:
        yield f"{soak.notifications} people were told by a vendor"
    for what, codes in (("feed", soak.feeds), ("page", soak.pages)):
        failed = sum(count for code, count in codes.items() if code not in ("200", "304"))
        if failed:
            yield f"{failed} {what} requests failed"
    if not soak.samples or not soak.samples[-1].polls:
        yield "nothing was polled"
    if not soak.applied:
        yield "nothing was written"


def _ended(soak: Soak) -> Iterator[str]:
    ending = soak.ending
    if ending.early:
        yield f"the daemon ended by itself, with code {ending.code}"
    elif ending.code != 0 or ending.seconds > LONGEST_STOP:
        yield f"SIGTERM led to code {ending.code} after {ending.seconds:.1f} s"


def told(soak: Soak) -> Iterator[str]:
    """The figures, a line each."""
    later, last = settled(soak.samples), soak.samples[-1] if soak.samples else None
    if last is None:
        yield "no samples"
        return
    grows = slope(later)
    rss = [one.rss for one in later] or [last.rss]
    yield f"minutes             {last.at / 60:.1f}, {len(later)} samples after the warm-up"
    yield (
        f"memory              {grows.per_hour:+.2f} MB an hour (standard error {grows.error:.2f}), "
        f"{min(rss):.1f} to {max(rss):.1f} MB"
    )
    for name, counts in (
        ("handles", [one.handles for one in later]),
        ("threads", [one.threads for one in later]),
    ):
        if counts:
            low, high = min(counts), max(counts)
            yield f"{name:<20}{low} to {high}, median {drift(counts):+g} from first to last quarter"
    yield f"largest WAL         {max(one.wal for one in soak.samples):.2f} MB"
    yield f"store               {soak.samples[0].store:.1f} to {last.store:.1f} MB"
    late, worst = percentile(soak.lags, 0.99), max(soak.lags, default=0.0)
    yield f"schedule lag        p99 {late:.3f} s, worst {worst:.3f} s of {len(soak.lags)} looks"
    yield f"unhandled errors    {len(soak.faults)}"
    yield f"lines of level error {_listed(soak.events)}"
    yield f"polls               {last.polls}"
    yield f"requests to vendors {soak.requests}, {soak.applied} of them changed something"
    yield f"writes by outcome   {_listed(soak.outcomes)}"
    yield f"outbox at the end   {_listed(soak.outbox)}"
    yield f"people told         {soak.notifications}"
    yield f"feeds, pages        {_listed(soak.feeds)}; {_listed(soak.pages)}"
    yield f"people's deeds      {_listed(soak.deeds)}"
    yield f"faults that struck  {_listed(soak.fired)}"
    yield f"SIGTERM             code {soak.ending.code} after {soak.ending.seconds:.1f} s"


def _listed(counts: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {count:g}" for name, count in sorted(counts.items())) or "none"
