"""The colours can be told from what they stand on: WCAG 2.2, 1.4.3 and 1.4.11."""

from __future__ import annotations

import re

import pytest

from worker.domain.conflict.severity import Band
from worker.publish.pages.template import ASSETS

SHEET = ASSETS["calsync.css"].content.decode()
DARK = "@media (prefers-color-scheme: dark)"
WORDS = ("ink", "soft", "accent", "clear", *(str(band) for band in Band))


def palette(scheme: str) -> dict[str, str]:
    light, _, rest = SHEET.partition(DARK)
    text = light if scheme == "light" else rest.partition("*, *::before")[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", text))


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_every_ground(scheme: str) -> None:
    colours = palette(scheme)
    for word in WORDS:
        for ground in ("paper", "sheet", "sunk"):
            assert contrast(colours[word], colours[ground]) >= 4.5, (word, ground)
        if wash := colours.get(f"{word}-wash"):
            assert contrast(colours[word], wash) >= 4.5, word
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
    for field in ("edge", "accent"):
        assert contrast(colours[field], colours["paper"]) >= 3


def test_the_sheet_fetches_nothing() -> None:
    assert not re.search(r"@import|url\((?!#)", SHEET)


def test_both_schemes_name_the_same_colours() -> None:
    assert palette("light").keys() == palette("dark").keys()
