"""Estimate how long systemd waits between two runs of a calendar event."""

from __future__ import annotations

import re

DAY = 86400.0
_WORDS = {
    "minutely": 60.0,
    "hourly": 3600.0,
    "daily": DAY,
    "weekly": 7 * DAY,
    "monthly": 31 * DAY,
    "quarterly": 92 * DAY,
    "semiannually": 184 * DAY,
    "yearly": 366 * DAY,
    "annually": 366 * DAY,
}
_DATE = re.compile(r"[0-9*/,.]+-(?P<month>[0-9*/,.]+)[-~](?P<day>[0-9*/,.]+)")
_WEEKDAY = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)", re.IGNORECASE)
_ANY = re.compile(r"\*(?:/1)?|1/1")


def longest_gap(calendar: str) -> float:
    """Return the most seconds between two runs. Source: systemd.time(7), calendar events.

    It is exact for words and single dates, and too long for lists and steps: an alert comes late
    then, and never by mistake.
    """
    if calendar.lower() in _WORDS:
        return _WORDS[calendar.lower()]
    date = _DATE.search(calendar)
    if date and not _ANY.fullmatch(date["month"]):
        return 366 * DAY
    if date and not _ANY.fullmatch(date["day"]):
        return 31 * DAY
    return 7 * DAY if _WEEKDAY.match(calendar) else DAY
