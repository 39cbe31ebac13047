"""How a command gets from its options to an open app."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from worker import log
from worker.app import Calsync
from worker.config import Config, load


def configured(options: Namespace) -> Config:
    """The checked configuration; warnings go to standard error. Raises ConfigError."""
    config = load(options.config, os.environ)
    for warning in config.warnings:
        sys.stderr.write(f"{warning}\n")
    log.configure(config.worker.log_level, config.worker.log_format)
    return config


@contextmanager
def opened(options: Namespace) -> Iterator[Calsync]:
    """The app over the configured store. Raises ConfigError and StoreError."""
    app = Calsync(configured(options))
    if app.store.sealed:
        sys.stderr.write(f"{app.store.sealed}; what was stored can still be read\n")
    try:
        yield app
    finally:
        app.close()
