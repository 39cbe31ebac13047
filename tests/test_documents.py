"""Documents say what is so: commands in them run, references are current, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.rehearsal import Rehearsal, rehearsal
from worker.cli.main import COMMANDS, run

ROOT = Path(__file__).parents[1]
PAGES = sorted((*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")))
# What serves for ever, asks at a terminal or needs what a daemon has: only their help is asked.
HELP_ONLY = {"run", "demo", "sandbox", "init", "healthcheck"}
_FENCE = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`(calsync [^`]*)`")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def commands(page: Path) -> list[str]:
    """Every line of a fenced block that calls calsync."""
    blocks = _FENCE.findall(page.read_text(encoding="utf-8"))
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("calsync ")]


FENCED = sorted({line for page in PAGES for line in commands(page)})


@pytest.fixture(scope="module")
def synced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with rehearsal(tmp_path_factory.mktemp("documents")) as world:
        world.sync()
        yield world


def test_there_are_commands_to_try() -> None:
    assert len(FENCED) >= 8


@pytest.mark.parametrize("line", FENCED)
def test_every_command_of_a_document_runs(
    line: str, synced: Rehearsal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    words = shlex.split(line, comments=True)[1:]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALSYNC_CONFIG", str(synced.path))
    asks_help = words[0] in HELP_ONLY or any(word.isupper() for word in words)
    try:
        code = run([words[0], "--help"] if asks_help else words)
    except SystemExit as left:
        code = int(left.code or 0)
    told = capsys.readouterr()
    # 1 is an answer, too: the sandbox stands still, so its accounts may have grown stale.
    assert code in (0, 1), told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_that_are_named_exist(page: Path) -> None:
    for call in _INLINE.findall(page.read_text(encoding="utf-8")):
        for name in re.split(r"[,/|]\s*", call.split()[1]):
            assert name in COMMANDS or name.startswith(("-", "…")), call


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_reference_of_the_configuration_is_current() -> None:
    path = ROOT / "scripts" / "configuration_reference.py"
    spec = importlib.util.spec_from_file_location("configuration_reference", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert written == module.written(), f"run python {path.relative_to(ROOT)}"
