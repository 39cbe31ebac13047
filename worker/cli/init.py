"""`calsync init`: a first configuration, asked for or from options; nothing is overwritten."""

from __future__ import annotations

import getpass
import os
import secrets
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from worker.cli.ending import CannotServe
from worker.config import drafting
from worker.config.drafting import Draft, Question


def options(parser: ArgumentParser) -> None:
    """What the command takes."""
    parser.epilog = (
        "Without options it asks, at a terminal. With them it needs none: "
        "calsync init --vendor NAME --id office --set office.KEY=VALUE. "
        "Secrets are never options: put them into the files that are named at the end."
    )
    parser.add_argument(
        "--vendor",
        action="append",
        default=[],
        choices=drafting.vendors(),
        help="an account at this vendor; once for each account",
    )
    parser.add_argument(
        "--id",
        action="append",
        default=[],
        metavar="ID",
        help="how you call that account (a-z, 0-9, _); in the order of --vendor",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="ID.KEY=VALUE",
        help="a key of an account that is no secret",
    )


def main(chosen: Namespace) -> int:
    """Write it; 2 where the options do not fit together."""
    target: Path = chosen.config
    if os.path.lexists(target):
        raise CannotServe(f"{target} exists already, and is not overwritten")
    if chosen.vendor or chosen.id or chosen.set:
        drafts, wrong = _from_options(chosen)
        if wrong:
            sys.stderr.write(f"calsync init: {wrong}\n")
            return 2
    elif sys.stdin.isatty():
        drafts = _asked()
    else:
        sys.stderr.write("calsync init: there is no terminal to ask at; name --vendor and --id\n")
        return 2
    try:
        empty = _write(target, drafts)
    except OSError as error:
        raise CannotServe(f"{error.filename or target}: {error.strerror}") from None
    _tell(target, drafts, empty)
    return 0


def _from_options(chosen: Namespace) -> tuple[list[Draft], str]:
    """The accounts that options describe, or what is wrong with them."""
    if len(chosen.vendor) != len(chosen.id):
        return [], "each --vendor needs its --id"
    if len(set(chosen.id)) < len(chosen.id):
        return [], "two accounts cannot have the same --id"
    for id_ in chosen.id:
        if not drafting.is_id(id_):
            return [], f"--id {id_!r} must begin with a-z and hold a-z, 0-9 and _ only"
    drafts = {id_: Draft(id_, name) for id_, name in zip(chosen.id, chosen.vendor, strict=True)}
    for setting in chosen.set:
        name, _, value = setting.partition("=")
        id_, _, key = name.partition(".")
        plain = id_ in drafts and drafting.settable(drafts[id_].vendor)
        if not plain or key not in plain or not value.isprintable():
            known = (
                ", ".join(f"{id_}.{one}" for one in sorted(plain or ())) or "an --id and its key"
            )
            return [], f"--set {name[:60]!r} is nothing that can be set (but: {known})"
        drafts[id_] = replace(drafts[id_], plain={**drafts[id_].plain, key: value})
    return list(drafts.values()), ""


def _asked() -> list[Draft]:
    """The accounts that somebody describes at a terminal. Raises KeyboardInterrupt."""
    sys.stdout.write(
        "A first configuration: one question after another, Ctrl-C leaves everything as it is.\n"
    )
    drafts: list[Draft] = []
    while True:
        known = ", ".join(drafting.vendors())
        words = "Vendor" if not drafts else "Another vendor"
        name = _answer(f"\n{words} ({known}; empty: that is all): ")
        if not name:
            return drafts
        if name not in drafting.vendors():
            sys.stdout.write(f"There is no vendor {name!r}.\n")
            continue
        drafts.append(_account(name, {draft.id for draft in drafts}))


def _account(vendor: str, taken: set[str]) -> Draft:
    sys.stdout.write(f"{drafting.about(vendor)}\n")
    draft = Draft(_id(vendor, taken), vendor)
    while True:
        answered = replace(draft, plain=_plain(draft), secrets=_secret(draft))
        wrong = list(_serious(answered))
        for line in wrong:
            sys.stdout.write(f"{line}\n")
        if not wrong:
            return answered


def _id(vendor: str, taken: set[str]) -> str:
    while True:
        id_ = _answer(f"How you call this account [{vendor}]: ") or vendor
        if drafting.is_id(id_) and id_ not in taken:
            return id_
        sys.stdout.write("It must begin with a-z, hold a-z, 0-9 and _ only, and be a new one.\n")


def _plain(draft: Draft) -> dict[str, str]:
    asked = (one for one in _questions(draft) if not one.secret)
    answers = {one.key: _answer(f"  {_name(one)}: ") for one in asked}
    return {key: answer for key, answer in answers.items() if answer}


def _secret(draft: Draft) -> dict[str, str]:
    asked = (one for one in _questions(draft) if one.secret)
    answers = {
        one.key: getpass.getpass(f"  {_name(one)} (is not shown): ").strip() for one in asked
    }
    return {key: answer for key, answer in answers.items() if answer}


def _name(question: Question) -> str:
    later = "" if question.needed and not question.secret else " (may stay empty for now)"
    return f"{question.key}{later}"


def _serious(draft: Draft) -> Iterator[str]:
    """What must be answered anew: not what was left for later."""
    given = {*draft.plain, *draft.secrets}
    for line in drafting.complaints(draft):
        where = line.partition(":")[0].rpartition(".")[2]
        needed = {one.key for one in _questions(draft) if one.needed and not one.secret}
        if where in given or where in needed:
            yield line


def _questions(draft: Draft) -> tuple[Question, ...]:
    return drafting.questions(draft.vendor)


def _answer(question: str) -> str:
    try:
        return input(question).strip()
    except EOFError:
        # Who closes the terminal has not said that this is all.
        raise KeyboardInterrupt from None


def _write(target: Path, drafts: Iterable[Draft]) -> list[str]:
    """Write the secrets, then the configuration; the secret files that wait for their secret."""
    folder = target.parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / drafting.SECRETS).mkdir(mode=0o700, exist_ok=True)
    _new(folder / drafting.SECRETS / drafting.ADMIN, secrets.token_urlsafe(32))
    empty = []
    accounts = list(drafts)
    for draft in accounts:
        for question in _questions(draft):
            if not question.secret:
                continue
            secret = draft.secrets.get(question.key, "")
            name = drafting.secret_file(draft, question.key)
            if secret or question.needed:
                _new(folder / name, secret)
                if not (folder / name).stat().st_size:
                    empty.append(str(folder / name))
    _new(target, drafting.text(accounts), anew=True)
    return empty


def _new(path: Path, text: str, *, anew: bool = False) -> None:
    """Write a file for its owner only; one that is there already stays as it is."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        if anew:
            raise
        return
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{text}\n" if text and not anew else text)


def _tell(target: Path, drafts: Iterable[Draft], empty: Iterable[str]) -> None:
    sys.stdout.write(f"\nWritten: {target}, and {target.parent / drafting.SECRETS}/ beside it.\n")
    for path in empty:
        sys.stdout.write(f"Put the credential into {path} (one line).\n")
    for draft in drafts:
        for question in _questions(draft):
            if question.needed and not question.secret and question.key not in draft.plain:
                sys.stdout.write(f"Fill in accounts.{draft.id}.{question.key} in {target}.\n")
        if choice := _choice(draft):
            sys.stdout.write(
                f"accounts.{draft.id} needs a credential still: in {target}, take the # from "
                f"{' or '.join(choice)}, and put it into the file that is named there.\n"
            )
    where = "" if target == Path("config.toml") else f" -c {target}"
    sys.stdout.write(f"The report's login is in {target.parent / drafting.SECRETS}/admin.\n")
    sys.stdout.write(f"Next: calsync{where} check\n")


def _choice(draft: Draft) -> list[str]:
    """The keys of which one would do, where no credential was given and none alone is needed."""
    secret = [one for one in _questions(draft) if one.secret]
    if draft.secrets or any(one.needed for one in secret):
        return []
    return [f"{one.key}_file" for one in secret]
