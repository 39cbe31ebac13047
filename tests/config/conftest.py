"""A folder in which one configuration is written, and what loading it says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from worker.config import Config, ConfigError, load


class Desk:
    """An operator's folder: write files, load them, read what is wrong."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "config.toml"
        self.secret("canvas", "campus-token")
        self.secret("cliniko", "clinic-key-au1")

    def secret(self, name: str, text: str | bytes, mode: int = 0o600) -> Path:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    def load(self, text: str, environ: Mapping[str, str] | None = None) -> Config:
        self.path.write_text(text, encoding="utf-8")
        self.path.chmod(0o600)
        return load(self.path, environ or {})

    def problems(self, text: str, environ: Mapping[str, str] | None = None) -> list[str]:
        """The lines without the file that each of them names; empty if all is well."""
        try:
            self.load(text, environ)
        except ConfigError as error:
            return self.named(error)
        return []

    def problems_of_bytes(self, data: bytes) -> list[str]:
        self.path.write_bytes(data)
        try:
            load(self.path, {})
        except ConfigError as error:
            return self.named(error)
        return []

    def named(self, error: ConfigError) -> list[str]:
        lines = str(error).splitlines()
        assert tuple(lines) == error.problems, "a problem took more than one line"
        assert all(line.startswith(f"{self.path}: ") for line in lines)
        return [line.removeprefix(f"{self.path}: ") for line in lines]

    def problem(self, text: str, environ: Mapping[str, str] | None = None) -> str:
        """The one line that is wrong."""
        (line,) = self.problems(text, environ)
        return line


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
