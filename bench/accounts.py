"""Configurations with many accounts, for what is measured of calsync as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


def configuration(directory: Path, origins: Sequence[str], listen: str = "127.0.0.1:8080") -> Path:
    """A file with an account for each origin; what is stored lies beside it."""
    lines = [
        "[worker]",
        f'database = "sqlite:///{directory / "calsync.db"}"',
        'poll_every = "1d"',
        'stale_after = "2d"',
        'past = "365d"',
        'future = "365d"',
        "[server]",
        f'listen = "{listen}"',
    ]
    for number, origin in enumerate(origins):
        lines += [
            f"[accounts.account_{number}]",
            'vendor = "cliniko"',
            f'base_url = "{origin}"',
            f'api_key = "MS{number:040}-au1"',
            'contact = "ops@example.org"',
            "match_patients = false",
        ]
    path = directory / "config.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    path.chmod(0o600)
    return path
