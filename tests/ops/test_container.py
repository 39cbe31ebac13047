"""What the image and its composition must say, where no engine is there to say it (S-11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from worker.config import load

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = (ROOT / "compose.yaml").read_text(encoding="utf-8")


def instructions() -> list[str]:
    joined = re.sub(r"\\\n\s*", " ", DOCKERFILE)
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


@pytest.mark.parametrize(
    "line",
    [
        "USER 10001:10001",
        "VOLUME /data",
        "STOPSIGNAL SIGTERM",
        'ENTRYPOINT ["calsync"]',
        'CMD ["run"]',
    ],
)
def test_the_image_is_as_promised(line: str) -> None:
    assert line in instructions()


def test_it_is_built_from_the_lock_with_hashes_and_of_wheels_only() -> None:
    (install,) = [line for line in instructions() if "pip" in line and "install" in line]
    for option in ("--require-hashes", "--only-binary :all:", "-r /src/requirements.lock"):
        assert option in install


def test_its_health_is_asked_by_the_program_itself() -> None:
    (check,) = [line for line in instructions() if line.startswith("HEALTHCHECK")]
    assert check.endswith('CMD ["calsync", "healthcheck"]')
    assert not re.search(r"\b(curl|wget)\b", DOCKERFILE)


def test_nothing_runs_as_root_after_the_user_is_set() -> None:
    last = instructions()[[line.startswith("USER") for line in instructions()].index(True) :]
    assert not any(line.startswith(("RUN", "COPY", "ADD")) for line in last)


def test_only_what_is_needed_gets_near_the_image() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert "*" in lines
    allowed = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert allowed == {"pyproject.toml", "requirements.lock", "README.md", "CHANGELOG.md", "worker"}
    for copied in re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE):
        assert set(copied.split()) <= allowed


@pytest.mark.parametrize(
    "line",
    [
        "read_only: true",
        "cap_drop: [ALL]",
        "- no-new-privileges:true",
        "pids_limit: 256",
        "mem_limit: 512m",
        "core: 0",
        "- ./data:/data",
        '- "127.0.0.1:8080:8080"',
        'test: ["CMD", "calsync", "healthcheck"]',
    ],
)
def test_the_composition_is_hardened(line: str) -> None:
    assert line in [each.strip() for each in COMPOSE.splitlines()]


def test_what_the_composition_and_the_image_set_is_configuration(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("", encoding="utf-8")
    (tmp_path / "admin").write_text("a-long-random-word-for-tests", encoding="utf-8")
    image = dict(re.findall(r"(CALSYNC_[A-Z_]+)=(\S+)", DOCKERFILE))
    named = dict(re.findall(r"^ +(CALSYNC_[A-Z_]+): (\S+)$", COMPOSE, re.MULTILINE))
    assert named == {"CALSYNC_SERVER__ADMIN_TOKEN_FILE": "/run/secrets/admin"}
    here = {name: str(tmp_path / "admin") for name in named}
    config = load(tmp_path / "config.toml", {**image, **here})
    assert config.server.listen == "0.0.0.0:8080"
