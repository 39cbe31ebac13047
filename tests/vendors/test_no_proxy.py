"""A proxy that the environment names is asked only where the configuration says so."""

from __future__ import annotations

import pytest

from tests.builders import seams
from tests.vendors.raw_server import RawServer, always, answer
from worker.vendors.base import TryLater
from worker.vendors.http import Outlet


@pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_an_encrypted_call_goes_past_a_proxy_that_nobody_asked_for(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    for each in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(each, raising=False)
    with RawServer(always(answer())) as proxy:
        monkeypatch.setenv(name, proxy.origin)
        way = Outlet(seams(None), base_url="https://127.0.0.1:1", root="/v1", authorise=dict)
        with pytest.raises(TryLater):
            way.get("/rows")
        way.close()
        assert proxy.connections == 0
