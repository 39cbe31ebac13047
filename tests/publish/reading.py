"""Calendars taken apart by hand: once as RFC 5545 says, once as the most careless parser would."""

from __future__ import annotations

import re

ODD_BREAKS = re.compile("\r\n|\r|\n|\x85|\u2028|\u2029|\x0b|\x0c|\x1c|\x1d|\x1e")

# Section 4 of the catalogue of malicious input, as far as it is about iCalendar.
HOSTILE = {
    "crlf": "a\r\nBEGIN:VALARM\r\nACTION:AUDIO\r\nEND:VALARM",
    "lf": "a\nATTENDEE:mailto:x@example.org",
    "bare cr": "a\rORGANIZER:mailto:x@example.org",
    "nel": "a\x85METHOD:CANCEL",
    "vt and ff": "a\x0bMETHOD:REQUEST\x0cRRULE:FREQ=SECONDLY",
    "separators": "a\u2028END:VEVENT\u2029END:VCALENDAR",
    "folded": "a\r\n BEGIN:VALARM\r\n\tEND:VALARM",
    "escaped": "a\\nBEGIN:VEVENT\\;\\,\\\\",
    "trailing backslash": "a\\",
    "marks": "; , : \" ^ ^n ^^ ^' =",
    "end inside": "END:VEVENT END:VCALENDAR BEGIN:VCALENDAR",
    "attachment": "ATTACH;FMTTYPE=audio/x:file:///etc/passwd",
    "nul": "a\x00b\x1b[31mc",
    "surrogate": "a\ud800b",
    "beyond the plane": "👩‍⚕️" * 40,
    "wide": "é" * 300,
    "wider": "漢" * 200,
    "bidi": "\u202etxt.exe\u2066",
    "groups": "a\x1cb\x1dc\x1ed",
    "long": "x; " * 400_000,
    "html": "<script>alert(1)</script>",
}


def strict(calendar: bytes) -> list[str]:
    """The content lines, unfolded; fails where the bytes are not as RFC 5545 3.1 wants them."""
    assert calendar.endswith(b"\r\n")
    physical = calendar[:-2].split(b"\r\n")
    lines: list[bytes] = []
    for line in physical:
        assert len(line) <= 75, line
        assert not {*b"\r\n"} & {*line}, line
        line.decode("utf-8")  # no letter is cut in two
        if line.startswith((b" ", b"\t")):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return [line.decode("utf-8") for line in lines]


def lenient(calendar: bytes) -> list[str]:
    """The same by somebody who takes every break that there is for the end of a line."""
    lines: list[str] = []
    for line in ODD_BREAKS.split(calendar.decode("utf-8")):
        if line.startswith((" ", "\t")):
            lines[-1] += line[1:]
        else:
            lines.append(line)
    return [line for line in lines if line]


def bones(lines: list[str]) -> list[str]:
    """What stays when texts are taken away: the names, in order; components with theirs."""
    found = []
    for line in lines:
        name, _, value = line.partition(":")
        found.append(line if name in ("BEGIN", "END") else name.partition(";")[0])
        assert value or ":" in line, line
    return found


def values(calendar: bytes, name: str) -> list[str]:
    """The values of a property, wherever it stands."""
    return [line.partition(":")[2] for line in strict(calendar) if re.match(f"{name}[;:]", line)]
