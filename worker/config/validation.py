"""Tables into settings: secrets are read from their files, and mistakes become sentences."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date, time
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from worker.config.fields import allowed, secret_keys
from worker.config.problems import Problems, joined, shown
from worker.config.secretfiles import read_secret
from worker.config.suggestions import choice, nearest

_Model = TypeVar("_Model", bound=BaseModel)

_SENTENCES = {
    "string_type": "must be text in quotes",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "list_type": 'must be a list such as ["a", "b"]',
    "tuple_type": 'must be a list such as ["a", "b"]',
    "set_type": 'must be a list such as ["a", "b"]',
    "frozen_set_type": 'must be a list such as ["a", "b"]',
    "dict_type": "must be a table",
    "model_type": "must be a table",
}


class Validation:
    """Reads tables of one file, whose folder relative paths count from."""

    def __init__(self, folder: Path, problems: Problems) -> None:
        self._folder = folder
        self._problems = problems

    def read(
        self,
        table: object,
        path: str,
        model: type[_Model],
        *,
        excused: Collection[str] = (),
        quoting: bool = False,
    ) -> _Model | None:
        """The settings in a table, or None after noting what is wrong with it.

        Keys in `excused` have been complained of already. `quoting` lets sentences repeat short
        plain values; what is said of accounts and people is never repeated.
        """
        if not isinstance(table, dict):
            self._problems.add(path, "must be a table")
            return None
        failed = set(excused)
        values = self._with_secrets(self._known(table, path, model, failed), path, model, failed)
        try:
            text = json.dumps(values, default=_not_text)
        except ValueError:
            # Python does not print whole numbers of more than 4,300 digits.
            self._problems.add(path, "holds a number that is far too large")
            return None
        try:
            settings = model.model_validate_json(text, strict=True)
        except ValidationError as error:
            details = [detail for detail in _details(error) if not _follows(detail, failed)]
            self._explain(details, path, model, values, values if quoting else {})
            return None
        return None if failed else settings

    def _known(
        self, table: Mapping[str, Any], path: str, model: type[BaseModel], failed: set[str]
    ) -> dict[str, Any]:
        """The keys that the model has; what a misspelt one stands for is not missed as well."""
        right = allowed(model)
        known: dict[str, Any] = {}
        for key, value in table.items():
            if key in right:
                known[key] = value
                continue
            meant = nearest(key, right)
            failed.add(key)
            if meant not in table:
                failed.add(meant.removesuffix("_file"))
            self._problems.add(joined(path, key), f"is not a key here; the nearest is {meant}")
        return known

    def _with_secrets(
        self, table: dict[str, Any], path: str, model: type[BaseModel], failed: set[str]
    ) -> dict[str, Any]:
        """The table with the contents of its secret files in the place of their names."""
        values = dict(table)
        for key in secret_keys(model):
            name = f"{key}_file"
            if name not in values:
                continue
            file = values.pop(name)
            if key in values:
                self._problems.add(joined(path, key), f"is given twice; use it or {name}")
                failed.add(key)
            elif (text := self._secret(file, joined(path, name))) is None:
                failed.add(key)
            else:
                values[key] = text
        return values

    def _secret(self, file: object, path: str) -> str | None:
        if not isinstance(file, str):
            self._problems.add(path, "must be the path of a file, in quotes")
            return None
        try:
            secret = read_secret(file, self._folder)
        except ValueError as error:
            self._problems.add(path, str(error))
            return None
        if secret.open_to_others:
            self._problems.warn(path, "every user of this machine can read the file; chmod 600 it")
        return secret.text

    def _explain(
        self,
        details: Iterable[ErrorDetails],
        path: str,
        model: type[BaseModel],
        values: Mapping[str, Any],
        quotable: Mapping[str, Any],
    ) -> None:
        """Note one problem for each value that is wrong, however many errors pydantic makes."""
        sentences: dict[str, list[str]] = {}
        secret = secret_keys(model)
        for detail in details:
            key = str(detail["loc"][0]) if detail["loc"] else ""
            sentence = _sentence(detail, f"{key}_file" if key in secret else "")
            if key not in secret:
                rule, semicolon, advice = sentence.partition("; ")
                sentence = rule + _quoted(quotable.get(key)) + semicolon + advice
            place = joined(path, key) + _deeper(values.get(key), detail["loc"][1:])
            sentences.setdefault(place, []).append(sentence)
        for place, found in sentences.items():
            self._problems.add(place, " or ".join(dict.fromkeys(found)))


def _details(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False, include_input=False)


def _follows(detail: ErrorDetails, failed: Collection[str]) -> bool:
    """Whether an error only follows from one that has been told.

    A whole table is not judged by what is missing while one of its keys is misspelt.
    """
    return str(detail["loc"][0]) in failed if detail["loc"] else bool(failed)


def _sentence(detail: ErrorDetails, file_key: str) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "missing":
            return f"is missing; it may be given as {file_key}, too" if file_key else "is missing"
        case "value_error":
            return shown(str(context.get("error", "is not allowed")), 300)
        case "literal_error" | "enum":
            words = [word.strip("'") for word in str(context["expected"]).split(", ")]
            words = [part.strip("'") for word in words for part in word.split(" or ")]
            return f"must be {choice(words)}"
        case kind if kind in _SENTENCES:
            return _SENTENCES[kind]
        case _:
            return shown(detail["msg"][:1].lower() + detail["msg"][1:], 200)


def _quoted(value: object) -> str:
    """`, not "paln"` where a value is short and plain."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = f"{value:g}"
        return f", not {text}"
    if isinstance(value, str) and len(value) <= 32 and value.isprintable():
        return f', not "{value}"'
    return ""


def _deeper(value: Any, steps: tuple[int | str, ...]) -> str:
    """Where in a list or table the wrong value stands; pydantic's names of types are left out."""
    text = ""
    for step in steps:
        if isinstance(step, int) and isinstance(value, list) and step < len(value):
            text, value = f"{text}[{step}]", value[step]
        elif isinstance(value, dict) and step in value:
            text, value = f"{text}.{shown(str(step))}", value[step]
    return text


def _not_text(value: object) -> object:
    """A date or time, which no setting is, as a table: then every field says what it takes."""
    if isinstance(value, date | time):
        return {"a date": "must be in quotes"}
    raise TypeError(type(value).__name__)
