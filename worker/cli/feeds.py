"""`calsync feeds`: private calendar feeds, made, listed, given another address, and ended."""

from __future__ import annotations

import sys
from argparse import SUPPRESS, ArgumentParser, Namespace
from pathlib import Path

from worker.app import Calsync
from worker.cli.opening import opened
from worker.cli.terminal import ago, console, table
from worker.domain.feed import Detail, Farewell, FeedRefused, FeedView, Scope
from worker.publish import documents
from worker.publish.feed_documents import feeds


def options(parser: ArgumentParser) -> None:
    """What each of the four takes."""
    doing = parser.add_subparsers(dest="doing", metavar="ACTION", required=True)
    _adding(doing.add_parser("add", help="a new feed; prints its address, alone on one line"))
    listing = doing.add_parser("list", help="the feeds, and which app last fetched each")
    listing.add_argument("--json", action="store_true", help="one JSON document")
    rotating = doing.add_parser("rotate", help="another address; the former one ends at once")
    rotating.add_argument("name", metavar="NAME")
    revoking = doing.add_parser("revoke", help="the end of a feed, at once")
    revoking.add_argument("name", metavar="NAME")
    revoking.add_argument(
        "--gone", action="store_true", help="let calendar apps know that it is over (410)"
    )
    for one in doing.choices.values():
        one.add_argument("-c", "--config", metavar="FILE", type=Path, default=SUPPRESS)


def _adding(parser: ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="letters, digits, - and _")
    of = parser.add_mutually_exclusive_group()
    of.add_argument("--all", action="store_true", help="all calendars (the default)")
    of.add_argument("--conflicts", action="store_true", help="the conflicts themselves")
    of.add_argument("--resource", metavar="ID")
    of.add_argument("--place", metavar="ID", help="a room, and the rooms in it")
    of.add_argument("--account", metavar="ID")
    parser.add_argument(
        "--detail",
        choices=[str(one) for one in Detail],
        default=str(Detail.BUSY),
        help="busy (the default) says nothing but when time is taken",
    )


def main(chosen: Namespace) -> int:
    """Do it; 2 where it names what is not there, or what is there already."""
    with opened(chosen) as app:
        try:
            return _DOING[chosen.doing](app, chosen)
        except FeedRefused as error:
            sys.stderr.write(f"calsync: {error}\n")
            return 2


def _add(app: Calsync, chosen: Namespace) -> int:
    scope, of = _subject(chosen)
    made = app.feeds.open(chosen.name, scope, of, Detail(chosen.detail))
    sys.stdout.write(f"{made.address}\n")
    return 0


def _subject(chosen: Namespace) -> tuple[Scope, str]:
    for scope in (Scope.RESOURCE, Scope.PLACE, Scope.ACCOUNT):
        of = getattr(chosen, str(scope))
        if of is not None:
            return scope, of
    return (Scope.CONFLICTS if chosen.conflicts else Scope.ALL), ""


def _list(app: Calsync, chosen: Namespace) -> int:
    views = app.feeds.views()
    if chosen.json:
        sys.stdout.write(documents.text(feeds(views)) + "\n")
        return 0
    rows = [_row(view, app.now) for view in views]
    console().print(table(("name", "of", "detail", "last fetch", "by"), rows))
    return 0


def _row(view: FeedView, now: int) -> tuple[str, str, str, str, str]:
    feed = view.feed
    last = view.fetches[0] if view.fetches else None
    return (
        feed.name,
        f"{feed.scope} {feed.of}".strip(),
        str(feed.detail),
        f"{ago(now - last.at)} ago" if last else "never",
        last.client if last else "",
    )


def _rotate(app: Calsync, chosen: Namespace) -> int:
    sys.stdout.write(f"{app.feeds.rotate(chosen.name).address}\n")
    return 0


def _revoke(app: Calsync, chosen: Namespace) -> int:
    app.feeds.revoke(chosen.name, Farewell.GONE if chosen.gone else Farewell.NOTHING)
    console().print(f"{chosen.name} is revoked: its address opens nothing any more.")
    return 0


_DOING = {"add": _add, "list": _list, "rotate": _rotate, "revoke": _revoke}
