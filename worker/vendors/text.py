"""How a vendor's text becomes a line that every report can show."""

from __future__ import annotations

import unicodedata

LONGEST = 500


def line(text: str | None, longest: int = LONGEST) -> str:
    """One line without control characters, trimmed; at most `longest` characters, then `…`.

    Line breaks and tabs become spaces. What is merely unusual (other scripts, markup, formulas)
    stays: each output escapes for itself.
    """
    if not text:
        return ""
    if text.isascii() and text.isprintable() and len(text) <= longest:
        return text.strip()
    spaced = " ".join(text[: longest * 4].split())
    clean = "".join(c for c in spaced if unicodedata.category(c) not in _UNSEEN).strip()
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


# Control characters, lone surrogates, unassigned code points and line or paragraph separators.
_UNSEEN = {"Cc", "Cs", "Cn", "Zl", "Zp"}
