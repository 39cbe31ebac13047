"""The thread that lets the teller look around."""

from __future__ import annotations

import threading

from worker.notify.courier import Courier
from worker.store.database import StoreError


def test_it_goes_on_after_a_store_that_failed_and_stops_when_asked():
    rounds = []
    third = threading.Event()

    def tell():
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise StoreError("the disk is full")
        if len(rounds) == 3:
            courier.stop()
            third.set()
        return 0

    courier = Courier(tell, every=0.001)
    courier.start()
    assert third.wait(10)
    courier._thread.join(10)
    assert rounds == [0, 1, 2]
