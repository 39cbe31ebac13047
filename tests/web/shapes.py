"""Holds a JSON value against the part of JSON Schema that the OpenAPI document uses."""

from __future__ import annotations

from datetime import datetime
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "null": type(None),
}


def violations(
    value: Any, schema: dict[str, Any], named: dict[str, Any], at: str = "$"
) -> list[str]:
    """Where the value is not what the schema says; empty where it is."""
    if "$ref" in schema:
        return violations(value, named[schema["$ref"].rpartition("/")[2]], named, at)
    found = []
    allowed = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_is(value, name) for name in allowed):
        return [f"{at}: {type(value).__name__} is not {allowed}"]
    if "const" in schema and value != schema["const"]:
        found.append(f"{at}: {value!r} is not {schema['const']!r}")
    if "enum" in schema and value not in schema["enum"]:
        found.append(f"{at}: {value!r} is not allowed")
    if schema.get("format") == "date-time" and value is not None:
        assert value.endswith("Z")
        datetime.fromisoformat(value)
    if isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        found += [f"{at}: {name} is missing" for name in schema["required"] if name not in value]
        found += [f"{at}: {name} is not described" for name in value if name not in properties]
        for name in value.keys() & properties.keys():
            found += violations(value[name], properties[name], named, f"{at}.{name}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            found += violations(item, schema["items"], named, f"{at}[{index}]")
    return found


def _is(value: Any, name: str) -> bool:
    if name == "integer" and isinstance(value, bool):
        return False
    return isinstance(value, _TYPES[name])
