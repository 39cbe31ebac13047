"""`calsync plan`, `apply`, `approve`: what would be written, writing it, and letting it pass."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from worker.app import Calsync
from worker.cli.life import operator
from worker.cli.opening import opened
from worker.cli.terminal import console, span, table
from worker.domain.reconcile.plan import Action, Plan, Refusal
from worker.domain.reconcile.record import OutboxState
from worker.domain.written import length as read
from worker.engine.planning import Planned
from worker.engine.push import Pushed
from worker.engine.reconciler import Moved, NoSuchPlan
from worker.publish import documents, plans
from worker.store.database import Busy

LONGEST_LIST = 40  # actions of one refusal that are listed for people


def options(parser: ArgumentParser) -> None:
    """What each of the three takes."""
    name = parser.prog.rpartition(" ")[2]
    parser.add_argument("--json", action="store_true", help="one JSON document")
    if name == "plan":
        return
    parser.add_argument("hash", metavar="HASH", help="of the plan, as `calsync plan` prints it")
    if name == "approve":
        parser.add_argument(
            "--for",
            dest="seconds",
            type=length,
            default=86_400,
            metavar="TIME",
            help="how long it may pass (24h by default)",
        )


def length(text: str) -> int:
    """A length of time in seconds. Raises ArgumentTypeError."""
    try:
        return read(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no length of time such as 90m, 24h or 3d") from None


def main(chosen: Namespace) -> int:
    """Show, write or approve a plan."""
    with opened(chosen) as app:
        match chosen.command:
            case "plan":
                return _show(app, chosen)
            case "apply":
                return _apply(app, chosen)
            case _:
                return _approve(app, chosen)


def _show(app: Calsync, chosen: Namespace) -> int:
    planned = app.writing.plan()
    if chosen.json:
        sys.stdout.write(documents.text(plans.plan(planned.plan, planned.now)) + "\n")
    else:
        show(app, planned)
    return 0


def _apply(app: Calsync, chosen: Namespace) -> int:
    out = console()
    try:
        planned, pushed = app.writing.apply(chosen.hash, operator())
    except Moved as error:
        sys.stderr.write(f"calsync: {error}\n")
        return 1
    except Busy as error:
        sys.stderr.write(f"calsync: {error}\n")
        return 1
    if chosen.json:
        run = app.store.outbox.run(pushed.run) if pushed.run else None
        sys.stdout.write(documents.text(plans.runs([run] if run else [])) + "\n")
    else:
        tell(pushed, out)
        for refusal in planned.plan.refused:
            out.print(_refusal(refusal))
    return 0 if pushed.fine and not planned.plan.waiting else 1


def _approve(app: Calsync, chosen: Namespace) -> int:
    try:
        passed = app.writing.approve(chosen.hash, operator(), chosen.seconds)
    except NoSuchPlan as error:
        sys.stderr.write(f"calsync: {error}\n")
        return 2
    if chosen.json:
        return _show(app, chosen)
    out = console()
    if not passed:
        out.print(f"Nothing of plan {chosen.hash} waits for approval.")
        return 0
    names = ", ".join(dict.fromkeys(f"{one.brake} at {one.scope}" for one in passed))
    out.print(f"Approved: {names}.", markup=False)
    out.print(f"Write it with `calsync apply {chosen.hash}`, or leave it to the next cycle.")
    return 0


def show(app: Calsync, planned: Planned) -> None:
    """The plan for people: what, why, and what waits for them."""
    out = console()
    plan = planned.plan
    for account in sorted(planned.unread):
        out.print(f"{account} was written to and not read since: `calsync sync` comes first.")
    if not plan.all_actions:
        out.print(f"Nothing is to be written. Plan {plan.hash}.")
        return
    if plan.actions:
        out.print(_table(app, plan.actions))
    for refusal in plan.refused:
        out.print(_refusal(refusal))
        if not plan.actions:
            out.print(_table(app, refusal.actions[:LONGEST_LIST]))
    out.print(f"\nPlan {plan.hash}: {_counted(plan)}")
    if plan.actions:
        out.print(f"Write it with `calsync apply {plan.hash}`.")
    if plan.waiting:
        out.print(f"Let what is kept back pass with `calsync approve {plan.hash}`.")


def tell(pushed: Pushed, out: Console) -> None:
    """What did not simply succeed, alike ones in one line, and a summary."""
    alike = Counter(
        (one.action.target, str(one.action.verb), str(one.state), one.detail)
        for one in pushed.done
        if one.state is not OutboxState.CONFIRMED
    )
    for (account, verb, state, detail), count in alike.items():
        out.print(_outcome(account, verb, state, detail, count))
    count = sum(one.state is OutboxState.CONFIRMED for one in pushed.done)
    if pushed.run:
        out.print(f"Run {pushed.run}: {count} of {len(pushed.done)} writes carried out.")
    else:
        out.print("Nothing was to be written.")


def _outcome(account: str, verb: str, state: str, detail: str, count: int) -> Text:
    line = Text(f"{account:<16} {verb:<9} ")
    line.append(f"{count} {state.replace('_', ' ')}", "yellow")
    line.append(f": {detail}")
    return line


def _refusal(one: Refusal) -> Text:
    word = "waits" if one.deferred else "kept back"
    some = "1 write" if len(one.actions) == 1 else f"{len(one.actions)} writes"
    line = Text(f"{one.brake} {one.scope}: {some} {word}: ", "yellow")
    line.append(one.reason)
    return line


def _table(app: Calsync, actions: Iterable[Action]) -> object:
    rows = [
        (
            action.target,
            action.verb.value,
            span(action.span.start, action.span.end, app.zone_at([action.resource])),
            action.resource,
            action.why,
            "yes" if action.notifies else "",
        )
        for action in actions
    ]
    return table(("account", "does", "when", "whose time", "why", "tells people"), rows)


def _counted(plan: Plan) -> str:
    held = sum(len(one.actions) for one in plan.refused)
    return f"{len(plan.actions)} to write, {held} kept back"
