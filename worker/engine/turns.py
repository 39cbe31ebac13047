"""How the work for several accounts takes turns: one slow vendor delays no other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence


def side_by_side(jobs: Sequence[Callable[[], None]]) -> None:
    """All at once, each in a thread of its own; the first error is raised once all have ended."""
    if len(jobs) == 1:
        jobs[0]()
        return
    errors: list[BaseException] = []

    def run(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that asked, and raised
            errors.append(error)

    threads = [threading.Thread(target=run, args=(job,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
