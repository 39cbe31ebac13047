"""`calsync healthcheck`: does the daemon here do its work; for containers and scripts."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from http.client import HTTPConnection, HTTPException

from worker.config import load

WITHIN = 5.0  # seconds
_HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - asked at, not bound


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "--alive", action="store_true", help="only whether the process answers at all"
    )


def main(chosen: Namespace) -> int:
    """Ask the daemon; 1 and a line that says why, where it is not well."""
    server = load(chosen.config, os.environ).server
    host = _HERE.get(server.host, server.host)
    trouble = _asked(host, server.port, "/healthz" if chosen.alive else "/readyz")
    if trouble:
        sys.stderr.write(f"calsync: {trouble}\n")
        return 1
    sys.stdout.write("alive\n" if chosen.alive else "ready\n")
    return 0


def _asked(host: str, port: int, path: str) -> str:
    """What is wrong, in words; empty if nothing is."""
    connection = HTTPConnection(host, port, timeout=WITHIN)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read(64 * 1024)
    except (OSError, HTTPException):
        return f"nobody answers at {host}:{port}"
    finally:
        connection.close()
    return "" if answer.status == 200 else _reasons(body) or f"answered {answer.status}"


def _reasons(body: bytes) -> str:
    try:
        document = json.loads(body)
    except ValueError:
        return ""
    reasons = document.get("reasons", []) if isinstance(document, dict) else []
    words = "; ".join(each for each in reasons if isinstance(each, str))
    return words if words.isprintable() else ""
