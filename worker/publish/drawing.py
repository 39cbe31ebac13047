"""The pieces of pictures: SVG elements with shares of the width, pixels of height, and a class."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring


def picture(kind: str, height: int, name: str, title: str, told: str) -> Element:
    """An `svg` element of a class, with the words that a screen reader tells instead of it.

    `name` begins the ids of its title and description, and so is used once on a page.
    """
    root = Element(
        "svg",
        {
            "class": kind,
            "width": "100%",
            "height": str(height),
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-text",
        },
    )
    text(root, "title", title).set("id", f"{name}-title")
    text(root, "desc", told).set("id", f"{name}-text")
    return root


def markup(root: Element) -> str:
    """The element as text; every word in it is escaped."""
    return tostring(root, encoding="unicode", short_empty_elements=False)


def rect(root: Element, kind: str, x: float, width: float, y: int, height: int) -> Element:
    """A rectangle; `x` and `width` are per cent."""
    return SubElement(
        root,
        "rect",
        {
            "class": kind,
            "x": f"{x:.2f}%",
            "y": str(y),
            "width": f"{width:.2f}%",
            "height": str(height),
        },
    )


def line(root: Element, kind: str, x: float, top: int, bottom: int) -> None:
    """A vertical line; `x` is per cent."""
    at = f"{x:.2f}%"
    SubElement(root, "line", {"class": kind, "x1": at, "x2": at, "y1": str(top), "y2": str(bottom)})


def text(
    root: Element, tag: str, words: str, *, x: float | None = None, y: int = 0, kind: str = ""
) -> Element:
    """An element with words: `text` at a place, or `title` and `desc` without one."""
    element = SubElement(root, tag, {"class": kind} if kind else {})
    if x is not None:
        element.set("x", f"{x:.2f}%")
        element.set("y", str(y))
    element.text = words
    return element


def hatching(root: Element, name: str) -> None:
    """A pattern of slanted lines, coloured by the classes `under-…` and `over-…`."""
    pattern = SubElement(
        root,
        "pattern",
        {
            "id": f"lanes-{name}",
            "width": "6",
            "height": "6",
            "patternUnits": "userSpaceOnUse",
            "patternTransform": "rotate(45)",
        },
    )
    SubElement(pattern, "rect", {"class": f"under-{name}", "width": "6", "height": "6"})
    SubElement(pattern, "rect", {"class": f"over-{name}", "width": "2", "height": "6"})
