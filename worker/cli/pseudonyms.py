"""Documents without people and secrets: each replaced by the same word wherever it turns up."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

# Keys whose values name or describe somebody or some place, whatever they hold.
PERSONAL = frozenset(
    {
        *("name", "title", "location", "email", "contact", "note", "owner", "by", "url"),
        *("mail_from", "mail_to", "smtp_user", "smtp_host", "user_id", "base_url", "public_url"),
        *("bindings", "subjects", "app_id", "company_id", "context_codes"),
    }
)
SHORTEST = 3  # characters: what is shorter would be replaced in the middle of everything
_EMAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
# In what a vendor answered: times, numbers and words of a few small letters tell of nobody.
_HARMLESS = re.compile(r"[a-z_]{0,24}|[0-9TZ:.+\- ]{0,40}|true|false")


class Pseudonyms:
    """Replaces people consistently; secrets are taken out without a word in their place."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = sorted({one for one in secrets if one}, key=len, reverse=True)
        self._known: dict[str, str] = {}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, document: Any, key: str = "") -> None:
        """Note everybody whom a document names, before any is written."""
        match document:
            case dict():
                for name, part in document.items():
                    self.learn(part, key if key in PERSONAL else str(name))
            case list() | tuple():
                for part in document:
                    self.learn(part, key)
            case str() if key in PERSONAL:
                self.name(document, "text")

    def name(self, value: str, kind: str) -> str:
        """The word that stands for a value, the same one each time."""
        if not value:
            return value
        if value not in self._known:
            self._known[value] = f"{kind}-{len(self._known) + 1}"
            self._pattern = None
        return self._known[value]

    def clean(self, document: Any, key: str = "") -> Any:
        """The document with everybody replaced, in keys and in sentences, too."""
        match document:
            case dict():
                return {
                    self._text(str(name)): self.clean(
                        part, key if key in (*PERSONAL, "answer") else str(name)
                    )
                    for name, part in document.items()
                }
            case list() | tuple():
                return [self.clean(part, key) for part in document]
            case str() if key in PERSONAL:
                return self.name(document, "text")
            case str() if key == "answer" and not _HARMLESS.fullmatch(document):
                return self.name(document, "text")
            case str():
                return self._text(document)
            case _:
                return document

    def _text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "(secret)")
        text = _EMAIL.sub(lambda found: self.name(found[0], "address"), text)
        return self._whole().sub(lambda found: self._known[found[0]], text)

    def _whole(self) -> re.Pattern[str]:
        if self._pattern is None:
            known = (one for one in self._known if len(one) >= SHORTEST)
            words = "|".join(re.escape(one) for one in sorted(known, key=len, reverse=True))
            self._pattern = re.compile(rf"(?<!\w)(?:{words})(?!\w)" if words else r"(?!)")
        return self._pattern
