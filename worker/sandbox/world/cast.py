"""The names of the world: invented people, in pools that the vendors do not share."""

from __future__ import annotations

from random import Random

from worker.sandbox.world.model import Guest

_FIRST = (
    *("Ada", "Bilal", "Chloé", "Daniel", "Elif", "Farah", "Georg", "Hanna", "Ivo", "Jasmin"),
    *("Kofi", "Lena", "Mateo", "Nadia", "Oskar", "Priya", "Quentin", "Rosa", "Samir", "Tilda"),
    *("Ulrike", "Viktor", "Wanda", "Xenia", "Yusuf", "Zoe", "Anton", "Beatriz", "Cem", "Dorothea"),
)
_LAST = (
    *("Abel", "Bergström", "Costa", "Demir", "Engel", "Fischer", "García", "Haddad", "Ito"),
    *("Jansen", "Kowalska", "Lopes", "Meyer", "Novák", "O'Brien", "Petrov", "Quist", "Rossi"),
    *("Schäfer", "Tanaka", "Ueda", "Vogel", "Weiß", "Yıldız", "Zimmermann"),
)
_ASCII = str.maketrans("éöíáäßıó", "eoiaasio")

VISITS = ("Physiotherapy", "First consultation", "Follow-up", "Sports massage")
LESSONS = ("Private Pilates", "Posture check", "Yoga one to one", "Mobility session")
SESSIONS = ("Career coaching", "Resilience coaching", "Team coaching", "Intake call")
COURSES = ("Back care", "Gentle stretching", "Core strength")

SUPERVISION = "Supervision"
GROUP_COACHING = "Group coaching"
OPEN_CLASS = "Open Pilates class"
PRESENTER, REHEARSED, UNREHEARSED = "Ilka Brandt", "Jonas Falk", "Maren Holt"

WELL_KNOWN = Guest("Noor", "Aziz", "noor.aziz@example.org")
REGULAR = Guest("Pia", "Lindner", "pia.lindner@example.org")
TWICE_ENTERED = Guest("Theo", "Marchetti", "theo.marchetti@example.org")
PUNCTUAL = Guest("Selma", "Oduya", "selma.oduya@example.org")
NAMESAKES = (
    Guest("Anna", "Becker", "anna.becker@example.org"),
    Guest("Anna", "Becker", "a.becker.berlin@example.com"),
)


def full_names(random: Random, count: int) -> list[tuple[str, str]]:
    """Distinct pairs of first and last name."""
    pairs = [(first, last) for first in _FIRST for last in _LAST]
    return random.sample(pairs, count)


def address(first: str, last: str) -> str:
    """An e-mail address at a host that exists for examples only."""
    text = f"{first}.{last}".translate(_ASCII).lower()
    return "".join(one for one in text if one.isascii() and (one.isalnum() or one == ".")) + (
        "@example.com"
    )
