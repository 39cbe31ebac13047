"""What people say of a finding, over HTTP: acknowledge, snooze, accept, reopen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from starlette.responses import Response

from worker.app import Calsync
from worker.domain.conflict.ending import FORMS, Ending, ending, until
from worker.domain.conflict.register import Known, NoSuch, NotPossible, Verb
from worker.domain.instants import is_zone
from worker.publish import documents
from worker.publish.pages import deciding
from worker.store.database import Busy
from worker.web.answers import document, sent_on
from worker.web.call import Call
from worker.web.doorway import Handler
from worker.web.filters import nothing, only
from worker.web.refusal import Refusal

FIELDS = ("by", "note", "until", "zone")
NOBODY = "admin"  # who says it, where nobody is named: the token does not tell people apart
LONGEST_NAME = 80
BUSY = "The findings are being compared just now. Try again in a moment."


@dataclass(frozen=True, slots=True)
class Said:
    """What came with a verb."""

    by: str
    note: str
    until: Ending | None


class Decisions:
    """The verbs. After one, a browser is sent back to the page of its finding."""

    def __init__(self, app: Calsync, prefix: str) -> None:
        self._app = app
        self._prefix = prefix
        self._ways = {
            Verb.ACKNOWLEDGE: app.acknowledge,
            Verb.SNOOZE: app.snooze,
            Verb.ACCEPT: app.accept,
            Verb.REOPEN: app.reopen,
        }

    def handler(self, verb: Verb) -> Handler:
        """`POST /conflicts/{id}/{verb}`; the beginning of an id will do, as at a terminal."""
        return partial(self._say, verb)

    def _say(self, verb: Verb, call: Call) -> Response:
        nothing(call.query)
        said = read(call.form)
        known = self._decided(verb, call.params["id"], said)
        if call.session:
            call.session.name = call.form.get("by", "").strip()
        if call.session and call.from_a_page:
            call.session.notice = deciding.told(known, said.by)
            return sent_on(f"{self._prefix}/conflicts/{known.finding.id}")
        return document(self._document(known.finding.id))

    def _decided(self, verb: Verb, id_: str, said: Said) -> Known:
        now = self._app.now
        try:
            return self._ways[verb](id_, said.by, said.note, until(verb, said.until, now))
        except NoSuch as error:
            raise Refusal(404, _sentence(error)) from None
        except NotPossible as error:
            raise Refusal(409, _sentence(error)) from None
        except Busy:
            raise Refusal(503, BUSY, {"Retry-After": "5"}) from None

    def _document(self, id_: str) -> documents.Document:
        """Without asking vendors for free times: nobody reads suggestions after deciding."""
        explained = self._app.explain(id_)
        if explained.reported is None:
            raise Refusal(404, "There is no such finding.")
        return documents.one_finding(explained, explained.reported, self._app.vendor_names)


def read(form: Mapping[str, str]) -> Said:
    """The fields of a body; empty ones say nothing. Raises Refusal (400)."""
    only(form, (*FIELDS, "csrf"), "field")
    by = form.get("by", "").strip() or NOBODY
    if len(by) > LONGEST_NAME or not by.isprintable():
        raise Refusal(400, f"by: a name of up to {LONGEST_NAME} printable characters is needed")
    return Said(by, form.get("note", "").strip(), _ending(form))


def _ending(form: Mapping[str, str]) -> Ending | None:
    zone, text = form.get("zone", ""), form.get("until", "").strip()
    if zone and not is_zone(zone):
        raise Refusal(400, "zone: the name of a time zone (Europe/Berlin) is needed")
    try:
        return ending(text, zone) if text else None
    except ValueError:
        raise Refusal(400, f"until: {FORMS} is needed") from None


def _sentence(error: Exception) -> str:
    text = str(error)
    return f"{text[:1].upper()}{text[1:]}."
