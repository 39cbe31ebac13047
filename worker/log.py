"""What may be written to the log, and how: named events, a fixed set of fields, one line each.

Logs are read by more people than the calendars are, and are kept for longer. So a field that is
not on the list is dropped, an exception is told without its message, and what libraries fill into
their own messages is left out.
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
import select
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

import structlog

FIELDS = frozenset(
    {
        "account",
        "accounts",
        "action",
        "age",
        "attempt",
        "brake",
        "bytes",
        "changed",
        "code",
        "complete",
        "count",
        "error",
        "failures",
        "findings",
        "frames",
        "hash",
        "kind",
        "listen",
        "logger",
        "method",
        "next_at",
        "outcome",
        "pages",
        "path",
        "pid",
        "plan",
        "poll",
        "port",
        "push",
        "quarantined",
        "reason",
        "result",
        "rows",
        "run",
        "seconds",
        "signal",
        "state",
        "status",
        "text",
        "vendor",
        "verb",
        "version",
        "wait",
    }
)

# httpx logs whole addresses, uvicorn the paths of feeds with their tokens, sqlalchemy parameters.
_QUIET = ("httpx", "httpcore", "apscheduler", "sqlalchemy", "alembic", "asyncio", "uvicorn.access")

_FIXED = ("timestamp", "level", "event")
_NAME = re.compile(r"[a-z][a-z0-9_. -]{0,63}")
_FEED = re.compile(r"/feeds/[^/\s]+")
_LONGEST = 500
# A pipe takes this much at once or not at all (PIPE_BUF), so no line is ever written in part.
_LONGEST_LINE = 4096
_FRAMES = 12
_PATIENCE = 50  # milliseconds for a reader who is a little behind

_Fields = MutableMapping[str, Any]
_Renderer = Callable[[Mapping[str, Any]], str]


def configure(level: str, format: str, stream: TextIO | None = None) -> None:  # noqa: A002
    """Write structlog's events and the records of libraries to `stream`, standard error if None.

    `level` is debug, info, warning or error; `format` is json, console, or auto: console on a
    terminal, else json. May be called again; loggers that exist follow.
    """
    target = stream or sys.stderr
    on_terminal = target.isatty()
    render = _renderer(format, on_terminal=on_terminal)
    sink = Sink(target, lambda count: render(_admitted({"event": "lines dropped", "count": count})))
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, _leveled, _Line(render)],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=lambda *_: _Writer(sink),
        cache_logger_on_first_use=False,
    )
    _route_libraries(threshold, _Library(render, sink))


def log_uncaught() -> None:
    """Log what nobody caught, in this thread or another, as any other exception: no message."""

    def in_main(
        kind: type[BaseException], error: BaseException, _trace: TracebackType | None
    ) -> None:
        if not issubclass(kind, KeyboardInterrupt):
            structlog.get_logger().error("uncaught", exc_info=error)

    def in_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            structlog.get_logger().error("thread died", exc_info=args.exc_value)

    sys.excepthook = in_main
    threading.excepthook = in_thread


class Sink:
    """Writes lines to a stream that may be full, stalled or gone without stopping anybody.

    Lines that the stream does not take are dropped; `notice` makes the line that says how many.
    """

    def __init__(self, stream: TextIO, notice: Callable[[int], str]) -> None:
        self._stream = stream
        self._notice = notice
        self._lock = threading.Lock()
        self._dropped = 0
        try:
            self._handle: int | None = stream.fileno()
        except (OSError, ValueError):
            self._handle = None

    def write(self, line: str) -> None:
        """Write a line of less than 4,096 bytes, or count it as dropped."""
        with self._lock:
            if self._dropped and self._sent(self._notice(self._dropped)):
                self._dropped = 0
            if self._dropped or not self._sent(line):
                self._dropped += 1

    def _sent(self, line: str) -> bool:
        try:
            if self._handle is None:
                self._stream.write(f"{line}\n")
                self._stream.flush()
                return True
            return self._ready(self._handle) and _put(self._handle, line)
        except (OSError, ValueError):  # closed, or nobody reads it any more
            return False

    def _ready(self, handle: int) -> bool:
        poll = select.poll()
        poll.register(handle, select.POLLOUT)
        return bool(poll.poll(0 if self._dropped else _PATIENCE))


def _put(handle: int, line: str) -> bool:
    # A pipe that is ready takes PIPE_BUF bytes at once: this neither waits nor tears a line.
    return os.write(handle, f"{line}\n".encode("utf-8", "replace")) > 0


class _Writer:
    """The end of structlog's chain: every level writes the finished line."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def msg(self, line: str) -> None:
        self._sink.write(line)

    debug = info = warning = error = critical = exception = fatal = warn = log = msg


class _Line:
    """The last processor: from an event with fields to one line of text."""

    def __init__(self, render: _Renderer) -> None:
        self._render = render

    def __call__(self, _logger: object, _method: str, event: _Fields) -> str:
        return _fitted(_admitted(event), self._render)


class _Library(logging.Handler):
    """Brings the records of libraries into the same form.

    Only the constant part of a message is kept: what is filled into it may be an address with a
    token, or a person's row.
    """

    def __init__(self, render: _Renderer, sink: Sink) -> None:
        super().__init__()
        self._render = render
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Any] = {
            "level": record.levelname.lower(),
            "event": "library",
            "logger": record.name,
            "text": record.msg if isinstance(record.msg, str) else type(record.msg).__name__,
        }
        if record.exc_info:
            fields["exc_info"] = record.exc_info
        self._sink.write(_fitted(_admitted(fields), self._render))


def _route_libraries(threshold: int, handler: _Library) -> None:
    root = logging.getLogger()
    for old in [known for known in root.handlers if isinstance(known, _Library)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(threshold)
    # The module's own complaint about a failing handler prints the arguments of the record.
    logging.raiseExceptions = False
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def _leveled(_logger: object, method: str, event: _Fields) -> _Fields:
    event["level"] = "error" if method == "exception" else method
    return event


def _admitted(event: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that may be written, each safe; the names of the others under `dropped`."""
    fields = dict(event)
    name = fields.pop("event", "")
    line: dict[str, Any] = {
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": fields.pop("level", "info"),
        "event": name if isinstance(name, str) and _NAME.fullmatch(name) else "unnamed",
    }
    error = _exception(fields.pop("exc_info", None))
    for key, value in fields.items():
        if key in FIELDS:
            line[key] = _safe(value)
    if error is not None:
        line.setdefault("error", _kinds(error))
        line["frames"] = _safe(" < ".join(_frames(error)))
    dropped = sorted(key if _NAME.fullmatch(key) else "?" for key in fields if key not in FIELDS)
    if dropped:
        line["dropped"] = _text(", ".join(dropped))
    return line


def _safe(value: object) -> object:
    """A value that cannot break a line or tell more than it should."""
    match value:
        case None | bool():
            return value
        case Enum():
            return _safe(value.value)
        case int() if abs(value) < 2**63:
            return int(value)
        case float() if math.isfinite(value):
            return round(float(value), 3)
        case str() | Path():
            return _text(_FEED.sub("/feeds/…", str(value)[: 2 * _LONGEST]))
        case list() | tuple() | set() | frozenset():
            return _text(", ".join(str(_safe(part)) for part in list(value)[:20]))
        case _:
            return type(value).__name__


def _text(text: str) -> str:
    """On one line, without what a terminal or a log reader would act upon, and not too long."""
    cut = text[:_LONGEST]
    if not cut.isprintable():
        cut = "".join(
            c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut
        )
    return f"{cut[:_LONGEST]}…" if len(text) > _LONGEST or len(cut) > _LONGEST else cut


def _exception(info: object) -> BaseException | None:
    match info:
        case BaseException():
            return info
        case (_, BaseException() as error, _):
            return error
        case True:
            return sys.exc_info()[1]
        case _:
            return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: list[BaseException] = []
    step: BaseException | None = error
    while step is not None and step not in seen and len(seen) < 8:
        yield step
        seen.append(step)
        step = step.__cause__ or (None if step.__suppress_context__ else step.__context__)


def _kinds(error: BaseException) -> str:
    """`TryLater from ReadTimeout`: the types along the chain, never what they say."""
    return _text(" from ".join(_kind(step) for step in _chain(error)))


def _kind(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return f"{type(error).__name__}({', '.join(_kind(part) for part in error.exceptions[:8])})"
    return type(error).__name__


def _frames(error: BaseException) -> list[str]:
    """Where it was raised, the innermost place first."""
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{_place(code.co_filename)}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return places[::-1][:_FRAMES]


def _place(filename: str) -> str:
    for root in ("/site-packages/", "/worker/"):
        _, found, rest = filename.rpartition(root)
        if found:
            return rest if root == "/site-packages/" else f"worker/{rest}"
    return Path(filename).name


def _fitted(line: dict[str, Any], render: _Renderer) -> str:
    """The line as text, without its longest fields where it would be too long for one write."""
    text = render(line)
    while len(text.encode("utf-8", "replace")) >= _LONGEST_LINE:
        spare = [key for key in line if key not in (*_FIXED, "dropped")]
        if not spare:
            return render({key: line[key] for key in _FIXED})
        longest = max(spare, key=lambda key: len(str(line[key])))
        del line[longest]
        line["dropped"] = _text(", ".join(filter(None, (line.get("dropped"), longest))))
        text = render(line)
    return text


def _json(line: Mapping[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"))


def _renderer(format: str, *, on_terminal: bool) -> _Renderer:  # noqa: A002
    if format == "json" or (format == "auto" and not on_terminal):
        return _json
    return _coloured if on_terminal and "NO_COLOR" not in os.environ else _plain


def _plain(line: Mapping[str, Any]) -> str:
    fields = (f"{key}={_shell(value)}" for key, value in line.items() if key not in _FIXED)
    start = f"{str(line['timestamp'])[11:19]} {line['level']:<7} {line['event']}"
    return " ".join((start, *fields))


def _coloured(line: Mapping[str, Any]) -> str:
    colour = {"warning": "33", "error": "31", "critical": "31"}.get(str(line["level"]), "")
    return f"\x1b[{colour}m{_plain(line)}\x1b[0m" if colour else _plain(line)


def _shell(value: object) -> str:
    text = str(value)
    return json.dumps(text, ensure_ascii=False) if " " in text or not text else text
