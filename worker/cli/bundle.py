"""`calsync bundle`: what whoever helps needs to see, without secrets and people."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
import zipfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from worker import __version__
from worker.app import Calsync
from worker.cli.ending import CannotServe
from worker.cli.opening import opened
from worker.cli.pseudonyms import Pseudonyms
from worker.config import Config
from worker.domain.conflict.register import NoSuch
from worker.domain.instants import iso
from worker.publish import documents
from worker.store import schema, upkeep
from worker.store.store import PollFact

MOST_POLLS = 200


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("file", type=Path, metavar="FILE", help="a new zip file")
    parser.add_argument(
        "--finding", default="", metavar="ID", help="the finding to explain (default: the worst)"
    )


def main(chosen: Namespace) -> int:
    """Write it; 2 where there is no finding by that id."""
    with opened(chosen) as app:
        try:
            parts = _parts(app, chosen.finding)
        except NoSuch as error:
            sys.stderr.write(f"calsync: {error}\n")
            return 2
        people = Pseudonyms(_secrets(app.config))
        for resource in app.config.resources:
            people.name(resource.id, "resource")
        for part in parts.values():
            people.learn(part)
        _write(chosen.file, {name: people.clean(part) for name, part in parts.items()})
    sys.stdout.write(f"{chosen.file}: {', '.join(parts)}\n")
    sys.stdout.write(
        "Secrets are left out; people, places and titles are replaced. Look it over.\n"
    )
    return 0


def _parts(app: Calsync, finding: str) -> dict[str, Any]:
    """The documents by name, still with everybody in them."""
    found = finding or next((one.finding.id for one in app.report().findings), "")
    parts: dict[str, Any] = {
        "versions": _versions(),
        "config": _config(app.config),
        "accounts": documents.accounts(app.accounts(), app.now),
        "polls": [_poll(one) for one in app.store.recent_polls(MOST_POLLS)],
        "store": _store(app),
    }
    if found:
        parts["finding"] = documents.explanation(app.explain(found), app.vendor_names)
    return parts


def _versions() -> dict[str, Any]:
    return {
        "calsync": __version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "sqlite": sqlite3.sqlite_version,
        "schema": schema.HEAD,
        "packages": {
            str(one.metadata["Name"]).lower(): one.version for one in metadata.distributions()
        },
    }


def _config(config: Config) -> dict[str, Any]:
    """Every setting; secrets are stars, and defaults are told, too."""
    sections = ("worker", "server", "brakes", "severity", "notify")
    return {
        **{name: getattr(config, name).model_dump(mode="json") for name in sections},
        "accounts": {id_: one.model_dump(mode="json") for id_, one in config.accounts.items()},
        "resources": {one.id: asdict(one) for one in config.resources},
        "travel": {" ".join(rooms): seconds for rooms, seconds in config.travel.items()},
        "holds": [rule.model_dump(mode="json") for rule in config.holds],
        "copies": [rule.model_dump(mode="json") for rule in config.copies],
        "warnings": list(config.warnings),
        "fingerprint": config.fingerprint,
    }


def _poll(one: PollFact) -> dict[str, Any]:
    finished = None if one.finished_at is None else iso(one.finished_at)
    return {**asdict(one), "started_at": iso(one.started_at), "finished_at": finished}


def _store(app: Calsync) -> dict[str, Any]:
    figures = app.store.figures
    events = figures.events(app.settings.window(app.now))
    return {
        "kind": "sqlite" if app.store.database.sqlite else "postgresql",
        "sealed": bool(app.store.sealed),
        "problems": list(upkeep.verify(app.store.database)),
        "events": {f"{account} {status}": count for (account, status), count in events.items()},
        "outbox": figures.outbox(),
        "writes": {f"{account} {word}": n for (account, word), n in figures.writes().items()},
    }


def _secrets(config: Config) -> Iterator[str]:
    """Every credential of the configuration."""
    sections = (config.worker, config.server, config.notify, *config.accounts.values())
    for section in sections:
        yield from _of(section)


def _of(model: BaseModel) -> Iterator[str]:
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, SecretStr) and name != "database":
            yield value.get_secret_value()


def _write(path: Path, parts: Mapping[str, Any]) -> None:
    """A zip for its owner only. Raises CannotServe."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as bundle:
            for name, part in parts.items():
                text = json.dumps(part, ensure_ascii=False, indent=2, default=str)
                bundle.writestr(f"{name}.json", text, zipfile.ZIP_DEFLATED)
    except FileExistsError:
        raise CannotServe(f"{path} exists already, and is not overwritten") from None
    except OSError as error:
        raise CannotServe(f"{path}: {error.strerror}") from None
