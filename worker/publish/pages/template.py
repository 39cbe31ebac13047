"""The templates with their filters, and the frame around every page."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from worker.domain.instants import iso
from worker.publish.pages import words

_ROOM = Path(__file__).parent.parent
_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages refer to. `digest` changes with its content."""

    content: bytes
    type: str
    digest: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds a page. `prefix` is put before every path of ours.

    `csrf` is the session's token; empty for a reader without a session, who gets no buttons.
    `reader` is what the reader is called, as far as that is known.

    A page that tells times offers `zones` to tell them in; `zone` is the chosen one (empty: each
    resource's own). The choice leads back to `place`, with the other parameters (`kept`).
    """

    prefix: str = ""
    csrf: str = ""
    notice: str = ""
    reader: str = ""
    zone: str = ""
    zones: tuple[str, ...] = ()
    place: str = ""
    kept: tuple[tuple[str, str], ...] = ()


def _assets() -> dict[str, Asset]:
    found = {}
    for path in sorted((_ROOM / "static").iterdir()):
        content = path.read_bytes()
        digest = blake2b(content, digest_size=6).hexdigest()
        found[path.name] = Asset(content, _TYPES[path.suffix], digest)
    return found


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        iso=iso,
        tamed=words.tamed,
        clock_time=words.clock_time,
        day=words.day,
        short_day=words.short_day,
        moment=words.moment,
        hours=words.hours,
        when=words.when,
        lasting=words.length,
        distance=words.distance,
        counted=words.counted,
    )
    environment.globals["assets"] = ASSETS
    return environment


ASSETS = _assets()
_ENVIRONMENT = _environment()


def render(name: str, frame: Frame, section: str, **values: Any) -> str:
    """A whole page. `section` is the part of the navigation that it belongs to."""
    template = _ENVIRONMENT.get_template(name)
    return template.render(frame=frame, section=section, **values)
