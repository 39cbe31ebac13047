"""What calsync leaves on the disk is nobody else's."""

from __future__ import annotations

import os
import stat


def test_a_new_store_is_for_its_owner_only_whatever_the_umask(desk, monkeypatch):
    monkeypatch.setenv("CALSYNC_WORKER__DATABASE", f"sqlite:///{desk.directory}/fresh.db")
    before = os.umask(0)
    try:
        assert desk.calsync("sync", "--account", "frontdesk").code == 0
    finally:
        os.umask(before)
    made = sorted(desk.directory.glob("fresh.db*"))
    assert made
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in made} == {
        path.name: 0o600 for path in made
    }


def test_a_store_that_somebody_shares_on_purpose_keeps_its_rights(desk):
    store = desk.directory / "calsync.db"
    store.chmod(0o640)
    assert desk.calsync("accounts").code == 0
    assert stat.S_IMODE(store.stat().st_mode) == 0o640
