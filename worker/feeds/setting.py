"""What feeds need to know of the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from worker.domain.conflict.report import SourceState
from worker.domain.feed import Feed, FeedRefused, Scope
from worker.domain.subject import Resource, ResourceKind, around


@dataclass(frozen=True, slots=True)
class Setting:
    """`address` is where feeds are served, without a slash at its end; `zone` the default one.

    `zone_of_account` tells the zone of an account's times, `sources` how far each is trusted now.
    """

    address: str
    accounts: tuple[str, ...]
    resources: Mapping[str, Resource]
    zone: str
    zone_of_account: Callable[[str], str]
    sources: Callable[[], Sequence[SourceState]]

    def check(self, scope: Scope, of: str) -> None:
        """Raises FeedRefused where a feed would be of something that is not configured."""
        known = self.known(scope)
        if scope in (Scope.ALL, Scope.CONFLICTS):
            if of:
                raise FeedRefused(f"a feed of {scope} is of nothing in particular")
        elif of not in known:
            told = ", ".join(known) or "none"
            raise FeedRefused(f"there is no {scope} {of or '(none named)'} (there are: {told})")

    def known(self, scope: Scope) -> tuple[str, ...]:
        """What there can be a feed of."""
        match scope:
            case Scope.ACCOUNT:
                return self.accounts
            case Scope.RESOURCE:
                return tuple(self.resources)
            case Scope.PLACE:
                rooms = (one for one in self.resources.values() if one.kind is ResourceKind.ROOM)
                return tuple(one.id for one in rooms)
            case _:
                return ()

    def bound(self, feed: Feed) -> frozenset[str] | None:
        """The resources whose events a feed shows; None for those of all, and of none."""
        match feed.scope:
            case Scope.RESOURCE:
                return frozenset({feed.of})
            case Scope.PLACE:
                return frozenset({feed.of, *self._inside(feed.of), *self._outside(feed.of)})
            case _:
                return None

    def read(self, feed: Feed) -> frozenset[str]:
        """The accounts that a feed rests on."""
        if feed.scope is Scope.ACCOUNT:
            return frozenset({feed.of}) & set(self.accounts)
        bound = self.bound(feed)
        if bound is None:
            return frozenset(self.accounts)
        known = (self.resources[one] for one in bound if one in self.resources)
        return frozenset(account for one in known for account, _ in one.bindings)

    def zone_of(self, feed: Feed) -> str:
        """Whose clock the readers of a feed live by."""
        if feed.scope is Scope.ACCOUNT and feed.of in self.accounts:
            return self.zone_of_account(feed.of)
        return self.zone_at(feed.of)

    def zone_at(self, resource: str) -> str:
        """The zone of a resource; the default for those without, and for what is none."""
        known = self.resources.get(resource)
        return (known.timezone if known else "") or self.zone

    def _outside(self, place: str) -> frozenset[str]:
        """Whoever takes a whole house takes its rooms."""
        room = self.resources.get(place)
        return frozenset(one.id for one in around(room, self.resources)) if room else frozenset()

    def _inside(self, place: str) -> frozenset[str]:
        rooms = self.resources.values()
        return frozenset(
            one.id for one in rooms if any(each.id == place for each in around(one, self.resources))
        )
