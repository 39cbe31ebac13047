"""The configuration: one TOML file, the environment and secret files, checked as a whole."""

from __future__ import annotations

from worker.config.loading import load
from worker.config.models import Config
from worker.config.problems import ConfigError

__all__ = ["Config", "ConfigError", "load"]
