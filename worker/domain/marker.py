"""The mark that holds and copies of ours carry at a vendor, in whatever text it lets us write."""

from __future__ import annotations

import re

_MARK = re.compile(r"\[calsync[ :]([0-9a-f]{16,64})\]", re.IGNORECASE)


def mark(link: str) -> str:
    """The text to write for a link id (16 to 64 hex digits)."""
    return f"[calsync {link}]"


def find(text: str | None) -> str:
    """The link id in `text`, in lower case (vendors may change the case), or an empty string."""
    match = _MARK.search(text) if text else None
    return match.group(1).lower() if match else ""
