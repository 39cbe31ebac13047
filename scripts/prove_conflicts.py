"""Judges random calendars twice, by the product and by the slow reference, and compares.

    python -m scripts.prove_conflicts --calendars 100000

Prints its progress and the summary of docs/proof.md. Exits with 1 where the two differ, after a
calendar for each kind in which they do, made as small as it goes.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterator

from tests.conflict.calendars import GENE, HEAD, Calendar, decoded, drawn
from tests.conflict.comparison import COMPARED

SHOWN = 20  # progress lines


def main() -> int:
    """Compare, and say how it went."""
    arguments = _arguments()
    began = time.monotonic()
    tally: Counter[str] = Counter(calendars=0, events=0)
    differing: dict[str, bytes] = {}
    for number, text in enumerate(drawn(arguments.calendars, arguments.seed), 1):
        for kind in _compare(decoded(text), tally):
            differing.setdefault(kind, text)
        if number % max(1, arguments.calendars // SHOWN) == 0:
            print(f"{number} calendars, {time.monotonic() - began:.0f} s", flush=True)
    _summary(arguments, tally, time.monotonic() - began)
    for kind, text in differing.items():
        _explain(kind, text)
    return 1 if differing else 0


def _compare(calendar: Calendar, tally: Counter[str]) -> Iterator[str]:
    """Count what the reference finds; the kinds in which the product finds something else."""
    tally["calendars"] += 1
    tally["events"] += len(calendar.events)
    for kind, judge in COMPARED.items():
        expected, found = judge(calendar)
        tally[kind] += _size(expected)
        if expected != found:
            tally[f"{kind}: calendars in which the two differ"] += 1
            yield kind


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--calendars", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def _size(answer: object) -> int:
    match answer:
        case dict():
            return sum(_size(one) if isinstance(one, dict) else 1 for one in answer.values())
        case list() if any(isinstance(one, list) for one in answer):
            return sum(map(_size, answer))
        case list():
            return len(answer)
    raise TypeError("an answer is a list or a mapping")


def _summary(arguments: argparse.Namespace, tally: Counter[str], seconds: float) -> None:
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    print(f"\nseed {arguments.seed}, {seconds:.0f} s, {machine}")
    for what, number in tally.items():
        print(f"{number:>10,} {what}")


def _explain(kind: str, text: bytes) -> None:
    smallest = shrunk(kind, text)
    calendar = decoded(smallest)
    print(f"\n{kind}: the two differ on {smallest.hex()}\n", file=sys.stderr)
    print(f"parallel {calendar.parallel}, {calendar.zone}, {calendar.hours}", file=sys.stderr)
    for event in calendar.events:
        print(f"  {event}", file=sys.stderr)
    expected, found = COMPARED[kind](calendar)
    print(f"reference: {expected}\nproduct:   {found}", file=sys.stderr)


def shrunk(kind: str, text: bytes) -> bytes:
    """A calendar on which the two still differ in this kind, as small as single steps make it."""
    while True:
        for smaller in _smaller(text):
            if _differ(kind, decoded(smaller)):
                text = smaller
                break
        else:
            return text


def _differ(kind: str, calendar: Calendar) -> bool:
    expected, found = COMPARED[kind](calendar)
    return expected != found


def _smaller(text: bytes) -> Iterator[bytes]:
    """The same with an event less, or with a byte that is zero, half or one less."""
    for start in range(HEAD, len(text), GENE):
        yield text[:start] + text[start + GENE :]
    for index, byte in enumerate(text):
        for lower in sorted({0, byte // 2, byte - 1} - {byte, -1}):
            yield text[:index] + bytes([lower]) + text[index + 1 :]


if __name__ == "__main__":
    sys.exit(main())
