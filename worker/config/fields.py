"""What can be told from a model: its keys, which of them are secret, how text becomes a value."""

from __future__ import annotations

import types
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from worker.config.document import parse
from worker.config.values import Duration


def keys(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys of a table as written in the file, with the field that each one fills."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def secret_keys(model: type[BaseModel]) -> tuple[str, ...]:
    """The keys that may also be given as `<key>_file`, and whose values are never shown."""
    return tuple(name for name, field in keys(model).items() if is_secret(field))


def is_secret(field: FieldInfo) -> bool:
    """Whether a field holds a credential."""
    return SecretStr in set(_leaves(field.annotation))


def is_text(field: FieldInfo) -> bool:
    """Whether a field takes any one text, and not one of a few words."""
    return set(_leaves(field.annotation)) == {str} and get_origin(field.annotation) is not Literal


def allowed(model: type[BaseModel]) -> tuple[str, ...]:
    """Every key that a table may hold, `<key>_file` included."""
    return (*keys(model), *(f"{name}_file" for name in secret_keys(model)))


def from_text(text: str, field: FieldInfo) -> Any:
    """The value that an environment variable gives to a field.

    Text stays as it is; numbers, booleans, lists and tables are read as TOML. What cannot be read
    so stays text, for the model to say what is allowed.
    """
    kinds = set(_leaves(field.annotation))
    if any(isinstance(mark, Duration) for mark in field.metadata) or kinds <= {str, SecretStr}:
        return text
    if str in kinds and not text.lstrip().startswith(("[", "{")):
        return text
    return toml_or_text(text)


def toml_or_text(text: str) -> Any:
    """The TOML value that a text stands for, or the text itself where it stands for none."""
    try:
        document = parse(f"value = {text.strip()}")
    except ValueError:
        return text
    return document["value"] if len(document) == 1 else text


def _leaves(annotation: Any) -> Iterator[Any]:
    """The plain types in an annotation: unions and Annotated opened, containers as they are."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _leaves(get_args(annotation)[0])
    elif origin is Union or origin is types.UnionType:
        for part in get_args(annotation):
            yield from _leaves(part)
    elif origin is Literal:
        yield from {type(value) for value in get_args(annotation)}
    elif isinstance(annotation, type) and issubclass(annotation, Enum):
        yield str
    elif annotation is not type(None):
        yield origin or annotation
