"""Whether what a call names exists: a name that is mistyped must not pass for an empty answer."""

from __future__ import annotations

from collections.abc import Collection

from worker.app import Calsync


def unknown(app: Calsync, accounts: Collection[str] = (), resources: Collection[str] = ()) -> str:
    """What is wrong with these ids, in words; empty if all of them are configured."""
    configured = [resource.id for resource in app.config.resources]
    for word, asked, known in (
        ("account", accounts, list(app.config.accounts)),
        ("resource", resources, configured),
    ):
        for id_ in asked:
            if id_ not in known:
                return f"there is no {word} {id_} (there are: {', '.join(known) or 'none'})"
    return ""
