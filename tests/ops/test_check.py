"""What `check` says of the writing side: what is written where, before anything is."""

from __future__ import annotations

from pathlib import Path

import pytest

from worker.cli.check import written
from worker.config import load

ACCOUNTS = """
[accounts.clinic]
vendor = "cliniko"
api_key = "key-au1"
contact = "ops@example.org"
[accounts.coaching]
vendor = "acuity"
user_id = "1"
api_key = "key"
[[holds]]
from = ["coaching"]
to = ["clinic"]
"""


@pytest.mark.parametrize(
    ("push", "account", "words"),
    [
        ("apply", "clinic", "calsync writes holds or copies here"),
        ("plan", "clinic", 'calsync only reads here: push = "plan"'),
        ("off", "clinic", 'calsync only reads here: push = "off"'),
        ("apply", "coaching", "calsync only reads here: no rule writes"),
    ],
)
def test_what_calsync_writes_at_an_account_is_told(
    push: str, account: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "config.toml"
    path.write_text(f'[worker]\npush = "{push}"\n{ACCOUNTS}', encoding="utf-8")
    assert written(load(path, {}), account).startswith(words)
