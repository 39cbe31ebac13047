"""The rooms of docs/architecture.md, held as they are described there."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "worker"

# room -> rooms whose modules it may import
MAY_IMPORT = {
    "domain": {"domain"},
    "vendors": {"domain", "vendors"},
    "store": {"domain", "store"},
    "publish": {"domain", "publish"},
    "engine": {"domain", "store", "engine"},  # and vendors.base, see below
    "sandbox": {"sandbox"},
    "config": {"domain", "config"},  # and the registry of vendors with their settings
    "notify": {"domain", "publish", "store", "notify"},
    "feeds": {"domain", "publish", "store", "feeds"},
    "web": {"domain", "publish", "store", "feeds", "web", "app"},
    "cli": {
        "domain",
        "publish",
        "store",
        "engine",
        "config",
        "sandbox",
        "feeds",
        "web",
        "notify",
        "app",
        "log",
        "cli",
    },
}
EXTRA = {
    "notify": {"worker", "worker.vendors.transport"},
    "engine": {"worker.vendors.base", "worker.vendors.writer"},
    "config": {"worker.vendors.base", "worker.vendors.registry"},
    "vendors": {"worker"},  # the version, for the User-Agent
}
LARGEST_FILE = 400
LONGEST_FUNCTION = 40


def modules(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), names=names, level=0):
                found.add(module)
                if module in ("worker", "worker.cli"):
                    found.update(f"{module}.{alias.name}" for alias in names)
            case ast.Import(names=names):
                found.update(alias.name for alias in names)
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_point_inward(room):
    assert modules(room)
    for path in modules(room):
        for name in imported(path):
            if not name.startswith("worker."):
                continue
            allowed = name.split(".")[1] in MAY_IMPORT[room] or name in EXTRA.get(room, set())
            constant = name in {"worker.__version__", "worker.worker"}
            assert allowed or constant, f"{path.relative_to(ROOT)} imports {name}"


def test_the_domain_needs_only_the_standard_library():
    for path in modules("domain"):
        roots = {name.split(".")[0] for name in imported(path)}
        assert roots <= sys.stdlib_module_names | {"worker"}, path


def test_the_domain_reads_no_clock():
    for path in modules("domain"):
        assert not re.search(
            r"\b(datetime\.now|time\.time|time\.monotonic|date\.today)\b", path.read_text()
        ), path


def test_no_vendor_is_named_outside_its_room():
    names = {path.parent.name for path in (ROOT / "vendors").glob("*/wire.py")}
    assert len(names) == 5
    for path in ROOT.rglob("*.py"):
        room = path.relative_to(ROOT).parts[0]
        if room in ("sandbox", "vendors") or "versions" in path.parts:
            continue
        words = set(re.findall(r"[a-z_]+", path.read_text(encoding="utf-8").lower()))
        assert not names & words, path
    for path in modules("vendors"):
        room = path.relative_to(ROOT / "vendors").parts[0]
        if room == "registry.py":
            continue
        code = set(re.findall(r"worker\.vendors\.([a-z_]+)", path.read_text(encoding="utf-8")))
        assert not (names - {room}) & code, path


def test_there_is_one_way_out():
    makers = re.compile(r"httpx\.(Client|get|post|request|stream)\(|httpcore\.\w*(Pool|Proxy)\(")
    users = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if makers.search(path.read_text(encoding="utf-8"))
    }
    assert users == {"vendors/transport.py"}


def test_files_and_functions_stay_short():
    for path in ROOT.rglob("*.py"):
        if "versions" in path.parts:
            continue
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= LARGEST_FILE, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{path}: {node.name} has {length} lines"
