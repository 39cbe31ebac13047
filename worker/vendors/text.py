"""How a vendor's text becomes a line that every report can show."""

from __future__ import annotations

import unicodedata

LONGEST = 500


def line(text: str | None, longest: int = LONGEST) -> str:
    """One line without control characters, trimmed; at most `longest` characters, then `…`.

    Line breaks and tabs become spaces, several spaces one. What is merely unusual (other scripts,
    markup, formulas) stays: each output escapes for itself.
    """
    if not text:
        return ""
    if text.isascii() and text.isprintable() and len(text) <= longest and "  " not in text:
        return text.strip()
    text = text.strip()
    within = text[: longest * 4]
    clean = " ".join("".join(c for c in " ".join(within.split()) if _is_seen(c)).split())
    if len(clean) <= longest and len(text) == len(within):
        return clean
    return clean[: longest - 1].rstrip() + "…"


def _is_seen(character: str) -> bool:
    # Unassigned characters stay: which ones those are depends on the Python that asks.
    return (
        unicodedata.category(character) not in _UNSEEN
        and character not in _TURNING
        and ord(character) & 0xFFFE != 0xFFFE
    )


# Control characters, lone surrogates, and line or paragraph separators.
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
# What turns the direction of all that follows it in a report's line, when it is not closed.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
