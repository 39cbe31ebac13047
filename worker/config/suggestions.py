"""Which right word somebody may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

# Longer words are no slips of the finger, and comparing them takes time that grows with their
# square.
_LONGEST = 100


def nearest(word: str, words: Iterable[str]) -> str:
    """The one of `words` that is most like `word`; empty where there are none."""
    candidates = sorted(words)
    found = get_close_matches(word[:_LONGEST].lower(), candidates, n=1, cutoff=0.0)
    return found[0] if found else ""


def close(word: str, words: Iterable[str]) -> str:
    """The one of `words` that `word` is a likely slip for, or empty."""
    candidates = sorted(words)
    found = get_close_matches(word[:_LONGEST].lower(), candidates, n=1, cutoff=0.6)
    return found[0] if found else ""


def choice(words: Iterable[str]) -> str:
    """`a, b or c`, for sentences that say what is allowed."""
    listed = list(words)
    if len(listed) < 2:
        return "".join(listed)
    return f"{', '.join(listed[:-1])} or {listed[-1]}"
