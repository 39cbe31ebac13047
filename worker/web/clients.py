"""Which calendar app asks, by the name that it gives itself: one of a few, and nothing else kept.

The finer list behind the page of feeds; the metrics count by families of these.
"""

from __future__ import annotations

from functools import lru_cache

OTHER = "another app"

# Searched in this order: many names contain those of others (browsers above all).
_SIGNS = (
    ("google-calendar", "Google Calendar"),
    ("googlecalendar", "Google Calendar"),
    ("thunderbird", "Thunderbird"),
    ("icsx5", "ICSx5"),
    ("davx5", "DAVx5"),
    ("nextcloud", "Nextcloud"),
    ("home assistant", "Home Assistant"),
    ("homeassistant", "Home Assistant"),
    ("evolution", "GNOME Calendar"),
    ("akonadi", "KDE Organizer"),
    ("korganizer", "KDE Organizer"),
    ("vdirsyncer", "vdirsyncer"),
    ("dataaccessd", "Apple Calendar"),
    ("calendaragent", "Apple Calendar"),
    ("remindd", "Apple Calendar"),
    ("ical/", "Apple Calendar"),
    ("ios/", "Apple Calendar"),
    ("outlook", "Outlook"),
    ("exchange", "Outlook"),
    ("microsoft office", "Outlook"),
    ("microsoft.exchange", "Outlook"),
    ("mozilla/", "a web browser"),
    ("curl/", "a program"),
    ("wget/", "a program"),
    ("python", "a program"),
)


def client_app(user_agent: str) -> str:
    """`Thunderbird`, say; what is not known is called another app."""
    return _known(user_agent[:200])


@lru_cache(maxsize=256)
def _known(name: str) -> str:
    lowered = name.lower()
    return next((app for sign, app in _SIGNS if sign in lowered), OTHER)
