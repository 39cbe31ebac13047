"""The feeds for those who give them out: the page, the document, and the verbs."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from worker.app import Calsync
from worker.domain.feed import (
    Detail,
    Farewell,
    FeedRefused,
    FeedView,
    NameTaken,
    NoSuchFeed,
    Scope,
)
from worker.feeds.desk import Opened
from worker.publish import feed_documents as documents
from worker.publish.pages.feeds import Choice, feeds_page
from worker.web.answers import document, page, sent_on
from worker.web.call import Call
from worker.web.filters import nothing, only
from worker.web.framing import frame
from worker.web.refusal import Refusal

FIELDS = ("name", "scope", "of", "detail", "csrf")
TRUE = ("1", "on", "true", "yes")


class FeedOffice:
    """After a verb, a browser is sent back to the page, which shows a new address once."""

    def __init__(self, app: Calsync, prefix: str) -> None:
        self._app = app
        self._desk = app.feeds
        self._prefix = prefix

    def page(self, call: Call) -> Response:
        """`GET /feeds`."""
        nothing(call.query)
        views = self._desk.views()
        if call.wants_json:
            return document(documents.feeds(views))
        shown = call.session.take_address() if call.session else ("", "")
        html = feeds_page(
            frame(call, self._prefix),
            views,
            self._choices(),
            shown,
            self._app.config.server.public_url,
            self._app.config.worker.timezone,
            self._app.now,
        )
        return page(html)

    def listed(self, call: Call) -> Response:
        """`GET /api/v1/feeds`."""
        nothing(call.query)
        return document(documents.feeds(self._desk.views()))

    def add(self, call: Call) -> Response:
        """`POST /api/v1/feeds` with `name`, `scope`, `of`, `detail`."""
        nothing(call.query)
        scope, of, detail = wanted(call.form)
        try:
            opened = self._desk.open(call.form.get("name", "").strip(), scope, of, detail)
        except NameTaken as error:
            raise Refusal(409, _sentence(error)) from None
        except FeedRefused as error:
            raise Refusal(400, _sentence(error)) from None
        return self._told(call, opened, f"The feed {opened.feed.name} is there.", 201)

    def rotate(self, call: Call) -> Response:
        """`POST /api/v1/feeds/{name}/rotate`."""
        nothing(call.query)
        only(call.form, ("csrf",), "field")
        try:
            opened = self._desk.rotate(call.params["name"])
        except NoSuchFeed:
            raise _unknown() from None
        notice = f"{opened.feed.name} has a new address; the former one opens nothing any more."
        return self._told(call, opened, notice, 200)

    def revoke(self, call: Call) -> Response:
        """`POST /api/v1/feeds/{name}/revoke`, with `gone` if subscribers may know."""
        nothing(call.query)
        only(call.form, ("gone", "csrf"), "field")
        said = call.form.get("gone", "").strip().lower()
        if said not in ("", *TRUE, "0", "off", "false", "no"):
            raise Refusal(400, "gone: true or false is needed")
        farewell = Farewell.GONE if said in TRUE else Farewell.NOTHING
        try:
            view = self._desk.revoke(call.params["name"], farewell)
        except NoSuchFeed:
            raise _unknown() from None
        if call.session and call.from_a_page:
            call.session.notice = (
                f"{view.feed.name} is revoked: its address opens nothing any more."
            )
            return sent_on(f"{self._prefix}/feeds")
        return document(documents.one_feed(view))

    def _told(self, call: Call, opened: Opened, notice: str, status: int) -> Response:
        if call.session and call.from_a_page:
            call.session.notice = notice
            call.session.address = (opened.feed.name, opened.address)
            return sent_on(f"{self._prefix}/feeds")
        return document(documents.opened(FeedView(opened.feed), opened.address), status)

    def _choices(self) -> list[Choice]:
        config = self._app.config
        named = {one.id: one.name for one in config.resources}
        rooms = [one for one in config.resources if one.kind == "room"]
        return [
            Choice(Scope.ALL, "", "All calendars"),
            Choice(Scope.CONFLICTS, "", "The conflicts themselves"),
            *(Choice(Scope.RESOURCE, id_, name) for id_, name in named.items()),
            *(Choice(Scope.PLACE, one.id, f"{one.name} and what is in it") for one in rooms),
            *(Choice(Scope.ACCOUNT, id_, f"Account {id_}") for id_ in config.accounts),
        ]


def wanted(form: Mapping[str, str]) -> tuple[Scope, str, Detail]:
    """What a feed is to be of; a page sends scope and subject as one (`resource:amy`).

    Raises Refusal (400).
    """
    only(form, FIELDS, "field")
    scope, _, of = form.get("scope", "").strip().partition(":")
    of = of or form.get("of", "").strip()
    detail = form.get("detail", "").strip() or Detail.BUSY
    if scope not in set(Scope):
        raise Refusal(400, f"scope: one of {', '.join(Scope)} is needed")
    if detail not in set(Detail):
        raise Refusal(400, f"detail: one of {', '.join(Detail)} is needed")
    return Scope(scope), of, Detail(detail)


def _unknown() -> Refusal:
    return Refusal(404, "There is no such feed.")


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
