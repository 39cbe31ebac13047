"""`calsync explain`: everything about one finding or one event."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from rich.text import Text

from worker.app import Calsync
from worker.cli.conflicts import when
from worker.cli.opening import opened
from worker.cli.terminal import STYLES, ago, console, span, visible
from worker.domain.conflict.explanation import Explained, PollWord, Witness
from worker.domain.conflict.register import Happening, NoSuch
from worker.domain.conflict.report import Reported
from worker.domain.conflict.suggestions import Suggestion
from worker.domain.instants import iso
from worker.domain.stored import Stored
from worker.publish import documents
from worker.publish.pages.standpoint import rests_on, second_witness, standing
from worker.publish.sentences import sentence, who


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "id", metavar="ID", help="of a finding or an event, or its first digits (6 or more)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document")


def main(chosen: Namespace) -> int:
    """Tell it; 2 where there is nothing by that id."""
    with opened(chosen) as app:
        try:
            explained = app.consult(chosen.id)
        except NoSuch as error:
            sys.stderr.write(f"calsync: {error}\n")
            return 2
        if chosen.json:
            document = documents.explanation(explained, app.vendor_names)
            sys.stdout.write(documents.text(document) + "\n")
        else:
            out = console()
            for line in _lines(app, explained):
                out.print(line)
    return 0


def _lines(app: Calsync, explained: Explained) -> Iterator[Text]:
    if explained.reported:
        yield from _finding(app, explained.reported)
        yield from _suggestions(explained.suggestions)
        yield from _standing(explained.reported)
        yield from _second_witness(app, explained, explained.reported)
        yield Text("What it rests on", "bold")
        for fact in rests_on(explained):
            yield Text(f"  {fact.name}: {visible(fact.words)}")
    for witness in explained.witnesses:
        yield Text()
        yield from _witness(app, witness)
    yield from _history(explained.history)
    if explained.related:
        yield Text("\nRelated findings" if explained.reported else "\nFindings it is in", "bold")
    for one in explained.related:
        line = Text(f"  {one.finding.id} ")
        line.append(f"{one.severity.band} {one.life.state}", STYLES[one.severity.band])
        yield line.append(f"  {visible(sentence(one.finding))}")


def _finding(app: Calsync, one: Reported) -> Iterator[Text]:
    finding, life = one.finding, one.life
    head = Text(f"{finding.kind}  ", "bold")
    head.append(f"{one.severity.band.upper()} {one.severity.score}", STYLES[one.severity.band])
    yield head.append(f"  {life.state}  id {finding.id}")
    yield Text(visible(sentence(finding)))
    zone = app.zone_of(finding)
    yield Text(f"  When        {when(finding, zone, app.now)}")
    yield Text(f"  Who         {visible(who(finding.subject))} ({finding.subject.type})")
    verdict = Text("  Verdict     ")
    verdict.append(one.verdict, STYLES[one.verdict])
    yield verdict.append(f" ({one.doubt})" if one.doubt else "")
    for name, seen in (("First seen", life.first_seen), ("Confirmed", life.last_confirmed)):
        yield Text(f"  {name:<12}{iso(seen)}, {ago(app.now - seen)} ago")
    if life.owner or life.note:
        yield Text(f"  Owner       {visible(life.owner) or '-'}  Note: {visible(life.note) or '-'}")
    yield Text("Why this severity", "bold")
    for term, points in one.severity.terms:
        yield Text(f"  {points:+4d}  {term}")
    if finding.evidence:
        yield Text("Evidence", "bold")
    for name, value in finding.evidence:
        told = json.dumps(documents.told(name, value), ensure_ascii=False)
        yield Text(f"  {name}: {visible(told)}")


def _suggestions(found: tuple[Suggestion, ...]) -> Iterator[Text]:
    yield Text("What could be done, the least harmful first", "bold")
    for number, one in enumerate(found, 1):
        told = " People may be told of it." if one.notifies else ""
        yield Text(f"  {number}. {one.action}: {visible(one.effect)}{told}")


def _standing(one: Reported) -> Iterator[Text]:
    """Who keeps the time, and why."""
    if found := standing(one.finding):
        yield Text("Who keeps the time", "bold")
        yield Text(f"  {found.rule}. {found.why}")
        for words, named in (("Stays", found.stays), ("Gives way", found.gives_way)):
            if named:
                yield Text(f"  {words:<12}{visible(', '.join(named))}")
        yield Text(
            f"  {'Looked at':<12}{'; '.join(f'{name}: {is_}' for name, is_ in found.inputs)}"
        )


def _second_witness(app: Calsync, explained: Explained, one: Reported) -> Iterator[Text]:
    """What the vendors' own checks say of its events."""
    said = second_witness(explained.opinions, app.zone_of(one.finding))
    if said:
        yield Text("The second witness: what the vendors' own checks say", "bold")
    for line in said:
        words = f"  {line.account} “{line.title}”: {line.says}"
        if line.sees:
            words += f"; calsync sees {line.sees}: {line.manner}"
        yield Text(visible(f"{words} (asked {line.asked})" if line.asked else words))


def _witness(app: Calsync, witness: Witness) -> Iterator[Text]:
    if witness.stored is None:
        key = witness.member.key if witness.member else None
        yield Text(f"{key.account} {key.native_id}: no longer stored" if key else "", "bold")
        return
    yield from _event(app, witness.stored)
    for words, poll in (("Read by", witness.read_by), ("Newest", witness.newest)):
        if poll:
            yield Text(f"  {words:<12}{_poll(poll)}")
    if witness.answer is None:
        yield Text("  Answer      no longer kept", "dim")
        return
    yield Text("  The vendor's answer, without secrets and people:", "dim")
    shown = json.dumps(json.loads(witness.answer), ensure_ascii=False, indent=2)
    for line in shown.splitlines():
        yield Text(f"    {visible(line)}", "dim")


def _event(app: Calsync, stored: Stored) -> Iterator[Text]:
    event, key = stored.event, stored.event.key
    named = f"{key.native_id} {key.occurrence}".strip()
    yield Text(f"{key.account} {key.kind} {visible(named)}: {visible(event.title)}", "bold")
    zone = app.zone_at(stored.resources)
    yield Text(f"  When        {span(event.span.start, event.span.end, zone)}")
    people = f"{event.attendees}/{event.capacity}" if event.capacity else f"{event.attendees}"
    yield Text(f"  Status      {event.status}, {people} people, revision {stored.revision}")
    yield Text(f"  Occupies    {' '.join(stored.resources) or 'no resource'}")
    if event.url:
        yield Text(f"  Address     {visible(event.url)}")
    yield Text(f"  Id          {key.id}, changed {iso(stored.updated_at)}")


def _poll(poll: PollWord) -> str:
    ended = iso(poll.finished_at) if poll.finished_at else "cut short"
    word = "complete" if poll.complete else "incomplete"
    reason = f" ({visible(poll.reason)})" if poll.reason else ""
    return f"poll {poll.id} of {poll.account}, {ended}, {poll.coverage}, {word}{reason}"


def _history(history: tuple[Happening, ...]) -> Iterator[Text]:
    if history:
        yield Text("\nHistory", "bold")
    for one in history:
        by = f" by {visible(one.by)}" if one.by else ""
        note = f": {visible(one.note)}" if one.note else ""
        yield Text(f"  {iso(one.at)}  {one.what}{by}{note}")
