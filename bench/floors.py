"""The least that could do the work: no checks, no history, nothing kept but the columns."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

import httpx

Digest = Callable[[dict[str, Any]], bytes | None]

_TABLE = """
CREATE TABLE IF NOT EXISTS event (
  id TEXT PRIMARY KEY, start TEXT, "end" TEXT, cancelled TEXT, created TEXT, updated TEXT,
  practitioner TEXT, patient TEXT, type TEXT, business TEXT, person TEXT, notes TEXT, hash BLOB
)
"""
_UPSERT = """
INSERT INTO event VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO UPDATE SET
  start=excluded.start, "end"=excluded."end", cancelled=excluded.cancelled,
  created=excluded.created, updated=excluded.updated, practitioner=excluded.practitioner,
  patient=excluded.patient, type=excluded.type, business=excluded.business,
  person=excluded.person, notes=excluded.notes, hash=excluded.hash
"""


def ingest(base: str, path: Path, digest: Digest) -> int:
    """Fetch every page and upsert its rows, one commit for each. Returns the rows."""
    connection = _opened(path)
    count = 0
    with httpx.Client() as client:
        for rows in _pages(client, base):
            count += len(rows)
            connection.executemany(_UPSERT, [(*_columns(row), digest(row)) for row in rows])
            connection.commit()
    return count


def compare(base: str, path: Path) -> int:
    """Fetch every page and compare a hash of each row with the stored one. Returns what differs."""
    connection = _opened(path)
    known = dict(connection.execute("SELECT id, hash FROM event"))
    differing = 0
    with httpx.Client() as client:
        for rows in _pages(client, base):
            changed = [row for row in rows if known.get(row["id"]) != hashed(row)]
            differing += len(changed)
            if changed:
                connection.executemany(_UPSERT, [(*_columns(row), hashed(row)) for row in changed])
                connection.commit()
    return differing


def unhashed(_row: dict[str, Any]) -> None:
    """For those who never compare."""


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(_TABLE)
    return connection


def _pages(client: httpx.Client, base: str) -> Iterator[list[dict[str, Any]]]:
    link = f"{base}/bookings?page=1"
    while link:
        answer = client.get(link).json()
        yield answer["bookings"]
        link = answer["links"].get("next")


def _columns(row: dict[str, Any]) -> tuple[Any, ...]:
    return (
        row["id"],
        row["starts_at"],
        row["ends_at"],
        row["cancelled_at"],
        row["created_at"],
        row["updated_at"],
        row["practitioner"]["links"]["self"],
        row["patient"]["links"]["self"],
        row["appointment_type"]["links"]["self"],
        row["business"]["links"]["self"],
        row["patient_name"],
        row["notes"],
    )


def hashed(row: dict[str, Any]) -> bytes:
    """A digest of the whole row."""
    return blake2b(json.dumps(row).encode(), digest_size=16).digest()
