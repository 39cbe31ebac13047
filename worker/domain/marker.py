"""The mark that holds and copies of ours carry at a vendor, in whatever text it lets us write."""

from __future__ import annotations

import re
from html import unescape

_MARK = re.compile(r"\[calsync[ :]([0-9a-f]{16,64})\]", re.IGNORECASE)


def mark(link: str) -> str:
    """The text to write for a link id (16 to 64 hex digits)."""
    return f"[calsync {link}]"


def find(text: str | None) -> str:
    """The link id in `text`, in lower case, or an empty string.

    Vendors may change the case, and may keep text as HTML writes it.
    """
    match = _MARK.search(unescape(text)) if text else None
    return match.group(1).lower() if match else ""
