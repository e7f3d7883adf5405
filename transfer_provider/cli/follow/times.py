"""Times for people and for scripts: how far off they are, and what they are. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE, HOUR, DAY = 60, 3600, 86400


def stamp(at: datetime) -> str:
    """`YYYY-MM-DDThh:mm:ssZ`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def relative(at: datetime, now: datetime) -> str:
    """`in 3 h`, `in 25 min`, `2 days ago`, `now`."""
    seconds = (at - now).total_seconds()
    far = _duration(abs(seconds))
    if far is None:
        return "now"
    return f"in {far}" if seconds > 0 else f"{far} ago"


def both(at: datetime, now: datetime) -> str:
    """`in 3 h (2026-01-31 09:00 UTC)`."""
    return f"{relative(at, now)} ({at.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"


def _duration(seconds: float) -> str | None:
    """In one unit, rounded down; None for less than a minute."""
    if seconds < MINUTE:
        return None
    if seconds < HOUR:
        return f"{int(seconds // MINUTE)} min"
    if seconds < 2 * DAY:
        return f"{int(seconds // HOUR)} h"
    return f"{int(seconds // DAY)} days"
