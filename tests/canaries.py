"""Finds secrets and people in text, in whatever form they were written there."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Collection, Iterator
from urllib.parse import quote, quote_plus

SHORTEST = 6  # characters: what is shorter turns up by chance


def forms(value: str) -> Iterator[str]:
    """The value as it may be written: plain, escaped, encoded."""
    data = value.encode("utf-8", "surrogatepass")
    yield value
    yield quote(data, safe="")
    yield quote_plus(data)
    yield html.escape(value)
    yield json.dumps(value)[1:-1]
    yield json.dumps(json.dumps(value))[3:-3]
    yield repr(value)[1:-1]
    yield repr(data)[2:-1]
    yield data.hex()
    yield "".join(f"&#{ord(letter)};" for letter in value)
    yield "".join(f"\\u{ord(letter):04x}" for letter in value)
    yield value[::-1]
    for shift in range(3):
        # Within longer data the same bytes look different at each of three places.
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(b"\0" * shift + data).decode()
            start = (0, 2, 3)[shift]
            yield text[start : len(text) - 4]


def found(text: str, values: Collection[str]) -> set[str]:
    """Those of the values that the text holds in any form, also split over lines."""
    joined = re.sub(r"\s+", "", text)
    places = [place.casefold() for place in (text, joined)]
    return {
        value
        for value in values
        if len(value) >= SHORTEST
        and any(
            form.casefold() in place or re.sub(r"\s+", "", form).casefold() in place
            for form in forms(value)
            for place in places
            if len(form) >= SHORTEST
        )
    }
