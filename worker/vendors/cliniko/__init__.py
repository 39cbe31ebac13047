"""Cliniko: group appointments, individual appointments and unavailable blocks.

https://docs.api.cliniko.com/ (introduction, guides, reference) and, for what was documented until
2022, https://github.com/redguava/cliniko-api.

What surprises, each with tests of the same words in `tests/vendors/cliniko`:

- ids keep all their digits, as text or as numbers; related ids hide in links, sometimes in a
  percent-encoded list link; a row of the union says its kind by the conflicts link or by members
- lists hide archived rows unless asked, and each of three states is a cancellation; hidden rows
  are asked for with brackets and encoded, and a filter that is not filterable is left out
- neither archiving, nor cancelling, nor a change of attendees need move `updated_at`: walks over
  changes end where a full walk would; the cursor is the vendor's clock less an overlap
- pages shift while they are read: a row that slipped between pages is found by the second look,
  fewer rows than the vendor counts are a gap, and a group in the union only is a gap but is shown
- a role that may not see a list leaves a gap; a missing list is a gap and never empty; without
  the union both lists are read
- attendees are found however they may be asked for; where they may not be read, patients count
- patients are known elsewhere by their e-mail addresses, where these may be read, and within the
  account by their numbers; an address that two patients share is nobody's; a failed look-up
  renames nobody
- names are read once; an archived or forbidden related record leaves the title empty
- a repeat is a row like any other; `repeat_rule` may be null or `{}`
- the shard follows the last hyphen of the key; a missing contact is told with its reason
- the end of the minute (`X-RateLimit-Reset`) is an instant on the vendor's clock
- a filled telehealth link says nothing and is not kept
- conflicts are told by the vendor without saying which, and never prevent a double booking
- nothing recognises a request that is sent again: a write is sent once, and a lost one found by its
  mark in the notes, which are people's text, too; both times are always sent together
- nothing keeps a practice from telling its patients: what people have places in is moved or taken
  away only where they may be told
"""

from __future__ import annotations

from worker.domain.conflict.suggestions import Manners
from worker.vendors.base import Entry
from worker.vendors.cliniko.client import Cliniko
from worker.vendors.cliniko.settings import ClinikoSettings, numeric, scope

__all__ = ["ENTRY", "Cliniko"]

# Archiving is the only way, and there is none back. Whether patients hear of it is a setting of the
# practice that its interface does not show.
MANNERS = Manners(
    removal="archive",
    hold="an unavailable block",
    tells=frozenset({"withdraw", "move", "archive"}),
    notes={"archive": "it cannot be taken back"},
)

ENTRY = Entry(
    settings=ClinikoSettings,
    open=Cliniko,
    bindings={"practitioner": numeric, "business": numeric},
    scope=scope,
    manners=MANNERS,
)
