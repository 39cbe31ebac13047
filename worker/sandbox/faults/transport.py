"""Faults of the connection (T…): cut, slow, split, or out of step."""

from __future__ import annotations

from collections.abc import Iterator

from worker.sandbox.exchange import Response
from worker.sandbox.faults.catalogue import Incident, alter, instead, send
from worker.sandbox.wire import NOTHING, Action, Cut, Pause, Wire, head, plain

_FOR_EVER = 3600.0


def _parts(response: Response) -> tuple[bytes, bytes]:
    return head(response, ("Content-Length", str(len(response.body)))), response.body


@instead("T08", "connection reset before the request is read")
def reset_at_once(_incident: Incident) -> Response:
    """The simulator is never asked."""
    return NOTHING


@alter("T09", "connection reset after the request was applied")
def reset_after(_incident: Incident, _response: Response) -> Response:
    """The simulator has done what it was asked; the answer is lost."""
    return NOTHING


@send("T10", "connection reset in the middle of the body", loses=True)
def reset_mid_body(_incident: Incident) -> Wire:
    """Half of the body, then RST."""

    def wire(response: Response) -> Iterator[Action]:
        start, body = _parts(response)
        yield start + body[: len(body) // 2]
        yield Pause(0.02)
        yield Cut.RESET

    return wire


@send("T11", "connection closed before `Content-Length` is reached", loses=True)
def truncated(incident: Incident) -> Wire:
    """Option `keep`: the share of the body that is sent, 0.5 by default."""

    def wire(response: Response) -> Iterator[Action]:
        start, body = _parts(response)
        yield start + body[: int(len(body) * incident.number("keep", 0.5))]
        yield Cut.CLOSE

    return wire


@send("T12", "headers one byte at a time")
def slow_headers(incident: Incident) -> Wire:
    """Option `seconds`: the pause after each byte, 1 by default."""

    def wire(response: Response) -> Iterator[Action]:
        start, body = _parts(response)
        yield from _drip(start, incident.number("seconds", 1.0))
        yield body

    return wire


@send("T13", "body one byte at a time, or nothing after the headers", "drip", "hang")
def slow_body(incident: Incident) -> Wire:
    """Option `seconds`: the pause after each byte (1), or for how long to hang (3600)."""

    def wire(response: Response) -> Iterator[Action]:
        start, body = _parts(response)
        yield start
        if incident.variant == "hang":
            yield body[:1]
            yield Pause(incident.number("seconds", _FOR_EVER))
            yield Cut.CLOSE
            return
        yield from _drip(body, incident.number("seconds", 1.0))

    return wire


@send("T14", "latency with a heavy tail")
def late(incident: Incident) -> Wire:
    """Option `seconds`: the median, 0.2 by default; one in a hundred waits fifty times that."""
    wait = incident.number("seconds", 0.2) * incident.random.paretovariate(1.2) / 1.78

    def wire(response: Response) -> Iterator[Action]:
        yield Pause(wait)
        yield plain(response)

    return wire


@send("T15", "little bandwidth")
def narrow(incident: Incident) -> Wire:
    """Option `bytes_per_second`: 2,000 by default."""
    rate = incident.number("bytes_per_second", 2000.0)

    def wire(response: Response) -> Iterator[Action]:
        data = plain(response)
        step = max(1, int(rate / 10))
        for start in range(0, len(data), step):
            yield data[start : start + step]
            yield Pause(step / rate)

    return wire


@send("T16", "every byte in a packet of its own")
def sliced(_incident: Incident) -> Wire:
    """Nothing is lost, and no read is longer than a byte."""
    return lambda response: _drip(plain(response), 0.0)


@send("T17", "body without a length, and the end of the connection late")
def slow_close(incident: Incident) -> Wire:
    """Option `seconds`: how late, 1 by default."""

    def wire(response: Response) -> Iterator[Action]:
        yield head(response, ("Connection", "close")) + response.body
        yield Pause(incident.number("seconds", 1.0))
        yield Cut.CLOSE

    return wire


@send("T18", "kept-alive connection that dies when it is used again")
def stale(_incident: Incident) -> Wire:
    """This answer arrives; the next request on the connection gets a reset."""
    return lambda response: iter((plain(response), Cut.DOOM))


@send("T19", "no answer at all, connection open", loses=True)
def silent(incident: Incident) -> Wire:
    """Option `seconds`: for how long, 3600 by default."""

    def wire(_response: Response) -> Iterator[Action]:
        yield Pause(incident.number("seconds", _FOR_EVER))
        yield Cut.CLOSE

    return wire


@send("T20", "the answer to an earlier request")
def out_of_step(incident: Incident) -> Wire:
    """Each answer is the one before it; the first comes twice."""

    def wire(response: Response) -> Iterator[Action]:
        earlier = incident.memory.get("earlier", response)
        incident.memory["earlier"] = response
        yield plain(earlier)

    return wire


@send("T21", "an interim answer first", "100", "103", "102 twice")
def interim(incident: Incident) -> Wire:
    """`100 Continue`, early hints, or two `102 Processing`, then the answer."""
    first = {
        "100": b"HTTP/1.1 100 Continue\r\n\r\n",
        "103": b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n",
        "102 twice": b"HTTP/1.1 102 Processing\r\n\r\n" * 2,
    }[incident.variant]
    return lambda response: iter((first + plain(response),))


@send("T22", "chunked body with bad sizes or trailers", "size", "trailer", "unfinished")
def bad_chunks(incident: Incident) -> Wire:
    """A size that is no number, a trailer that looks like a header, or no last chunk."""

    def wire(response: Response) -> Iterator[Action]:
        start = head(response, ("Transfer-Encoding", "chunked"))
        half = len(response.body) // 2
        first = b"%x\r\n%s\r\n" % (half, response.body[:half]) if half else b""
        rest = response.body[half:]
        match incident.variant:
            case "size":
                yield start + first + b"zz\r\n" + rest + b"\r\n0\r\n\r\n"
            case "trailer":
                last = b"%x\r\n%s\r\n" % (len(rest), rest) if rest else b""
                yield start + first + last + b"0\r\nContent-Length: 1\r\nX-End: yes\r\n\r\n"
                return
            case _:
                yield start + first
        yield Cut.CLOSE

    return wire


@send("T23", "two different `Content-Length`", loses=True)
def two_lengths(_incident: Incident) -> Wire:
    """The right one first, then one byte less."""

    def wire(response: Response) -> Iterator[Action]:
        size = len(response.body)
        lengths = (("Content-Length", str(size)), ("Content-Length", str(max(0, size - 1))))
        yield head(response, *lengths) + response.body
        yield Cut.CLOSE

    return wire


def _drip(data: bytes, seconds: float) -> Iterator[Action]:
    for index in range(len(data)):
        yield data[index : index + 1]
        if seconds:
            yield Pause(seconds)
