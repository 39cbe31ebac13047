"""What is wrong with a configuration, as lines that name the file, the key and what is allowed."""

from __future__ import annotations

from collections.abc import Iterable


class ConfigError(Exception):
    """The configuration cannot be used; `problems` are complete lines, one for each mistake.

    No line quotes a credential, and none holds a line break or a control character.
    """

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Problems:
    """Collects what is wrong in one file, so that all of it is told at once.

    `origins` says of a key (`worker.push`) which environment variable its value came from.
    """

    def __init__(self, file: str) -> None:
        self._file = shown(file, 300)
        self._lines: list[str] = []
        self.origins: dict[str, str] = {}
        self.warnings: list[str] = []

    def add(self, key: str, text: str) -> None:
        """Note that the value at `key` is wrong, and what would be right."""
        line = f"{self._located(key)}: {text}"
        if line not in self._lines:
            self._lines.append(line)

    def warn(self, key: str, text: str) -> None:
        """Note what an operator should know, although the configuration can be used."""
        self.warnings.append(f"{self._located(key)}: {text}")

    def check(self) -> None:
        """Raise ConfigError if anything was noted."""
        if self._lines:
            raise ConfigError(self._lines)

    def _located(self, key: str) -> str:
        if not key:
            return self._file
        variable = self.origins.get(key)
        where = f"{key} (from {variable})" if variable else key
        return f"{self._file}: {where}"


def shown(text: str, most: int = 60) -> str:
    """The text on one line, without control characters, cut to `most` characters."""
    flat = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return flat if len(flat) <= most else f"{flat[:most]}…"


def joined(*parts: str) -> str:
    """A dotted path of keys, safe to print."""
    return ".".join(shown(part) for part in parts if part)
