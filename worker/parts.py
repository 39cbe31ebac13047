"""The parts of the app, made from a configuration."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial

import httpx
from pydantic import SecretStr

from worker.config import Config
from worker.domain.absence import AbsenceRules
from worker.domain.reconcile.brakes import Limits
from worker.domain.reconcile.copies import CopyPolicy, Deletions, Edits
from worker.domain.reconcile.holds import HoldPolicy
from worker.engine.cycle import Settings
from worker.engine.push_rules import PushRules
from worker.engine.rules import DetectionRules
from worker.notify.channel import Channel
from worker.notify.mail import Mail, MailServer
from worker.notify.webhook import Webhook
from worker.vendors.base import Clock, Seams, Vendor
from worker.vendors.pacing import SharedPacers
from worker.vendors.registry import VENDORS


def settings(config: Config) -> Settings:
    """What a cycle goes by."""
    return Settings(
        detection=DetectionRules(
            resources={resource.id: resource for resource in config.resources},
            bindings=config.bindings,
            travel=config.travel,
            zone=config.worker.timezone,
        ),
        past=config.worker.past,
        future=config.worker.future,
        stale_after=config.worker.stale_after,
        keep_answers=config.worker.keep_answers,
        absence=AbsenceRules(
            absence_polls=config.brakes.absence_polls,
            absence_for=config.brakes.absence_for,
            vanish_share=config.brakes.vanish_share,
            vanish_at_least=config.brakes.vanish_at_least,
        ),
    )


def channels(config: Config) -> list[Channel]:
    """The ways to the people whom the configuration names."""
    notify = config.notify
    found: list[Channel] = []
    if url := notify.webhook_url.get_secret_value():
        found.append(Webhook(url, _plain(notify.webhook_secret)))
    if notify.smtp_host:
        server = MailServer(
            notify.smtp_host,
            notify.smtp_port,
            notify.smtp_starttls,
            notify.smtp_user,
            _plain(notify.smtp_password),
        )
        found.append(Mail(server, notify.mail_from, notify.mail_to))
    return found


def _plain(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""


# Hears of every request to a vendor: account, and one of the words of `answers.ANSWERS`.
Asked = Callable[[str, str], None]


def unasked(_account: str, _word: str) -> None:
    """Nobody counts requests."""


def open_all(
    config: Config,
    clock: Clock,
    transport: httpx.BaseTransport | None,
    chance: random.Random,
    asked: Asked = unasked,
) -> Mapping[str, Vendor]:
    """Every account's adapter, by id; nothing is asked of a vendor yet."""
    seams = Seams(
        clock=clock,
        pacers=SharedPacers(clock),
        random=chance,
        request_timeout=float(config.worker.request_timeout),
        zone=config.worker.timezone,
        transport=transport,
        trust_env=config.worker.trust_env,
    )
    return {
        id_: VENDORS[settings.vendor].open(id_, settings, replace(seams, heard=partial(asked, id_)))
        for id_, settings in config.accounts.items()
    }


def push_rules(config: Config) -> PushRules:
    """What the writing side goes by."""
    return PushRules(
        holds=tuple(
            HoldPolicy(
                resource=rule.resource,
                sources=frozenset(rule.sources),
                targets=frozenset(rule.targets),
                statuses=frozenset(rule.statuses),
                withdraw_open_slots=rule.withdraw_open_slots,
            )
            for rule in config.holds
        ),
        copies=tuple(
            CopyPolicy(
                source=rule.source,
                target=rule.target,
                resource=rule.resource,
                create=rule.create,
                fields=rule.fields,
                edits=Edits(rule.edits),
                deletions=Deletions(rule.deletions),
            )
            for rule in config.copies
        ),
        resources={resource.id: resource for resource in config.resources},
        limits=Limits(**{one.name: getattr(config.brakes, one.name) for one in fields(Limits)}),
        future=config.worker.future,
        zone=config.worker.timezone,
    )
