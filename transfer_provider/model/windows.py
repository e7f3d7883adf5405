"""When an approved instance may be received: windows that come again every week, in a time zone. Pure.

A window opens on its days at a wall-clock time, and closes at the next such time of its end: on the same day, or on the
day after where the end is not later than the beginning; `from` and `to` that are the same are a whole day.

Where the clocks are changed, wall-clock times are taken as they occur:

* a time that is skipped stands for the moment the clocks are put forward; a window that lies wholly in the skipped time
  does not open that day;
* a time that occurs twice opens the window at its first, and closes it at its second occurrence.

Times go by the zones of the IANA time zone database, as the machine or the package tzdata has them.

The one exception is for one run: `ACCEPT_NOW` in its environment names handovers that it accepts outside of their
window. `handover accept NAME --now` sets it, and nothing else does; it is no setting, so no later run does the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

ACCEPT_NOW = "HANDOVER_ACCEPT_NOW"
"""The environment variable: names of handovers with commas between them."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Opening:
    """One time that a window is open: from `opens` on, until before `closes`; in UTC."""

    opens: datetime
    closes: datetime


@dataclass(frozen=True)
class ReceiveWindow:
    """A weekly window. `days` are those on which it opens, of `DAYS`, at least one; `time_zone` is a name of the IANA
    time zone database, such as Asia/Shanghai."""

    days: tuple[str, ...]
    begins: time
    ends: time
    time_zone: str

    def is_open(self, now: datetime) -> bool:
        """Whether it is open at this time, which is timezone-aware."""
        return self.next_opening(now) == now

    def next_opening(self, now: datetime) -> datetime:
        """When it opens next, in UTC; `now` itself where it is open."""
        return max(self.opening(now).opens, now.astimezone(UTC))

    def opening(self, now: datetime) -> Opening:
        """The opening that is going on at this time; else the next one."""
        return next(opening for opening in self._openings(now) if opening.closes > max(opening.opens, now))

    def shown(self, at: datetime) -> str:
        """A time as its people write it: `2026-11-28 22:00 Asia/Shanghai`."""
        return f"{at.astimezone(self._zone):%Y-%m-%d %H:%M} {self.time_zone}"

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def _openings(self, now: datetime) -> Iterator[Opening]:
        """Those of the days from the day before this time on, in their order. They may be empty, or touch."""
        yesterday = now.astimezone(self._zone).date() - timedelta(days=1)
        over_midnight = timedelta(days=1 if self.ends <= self.begins else 0)
        for day in (yesterday + timedelta(days=days) for days in count()):
            if DAYS[day.weekday()] in self.days:
                closes = _instant(day + over_midnight, self.ends, self._zone, last=True)
                yield Opening(_instant(day, self.begins, self._zone, last=False), closes)


def next_receipt(window: ReceiveWindow | None, now: datetime) -> datetime | None:
    """When an instance that is approved may be received by its window, in UTC; None: at once."""
    if window is None or window.is_open(now):
        return None
    return window.next_opening(now)


def accepted_now(environment: Mapping[str, str]) -> frozenset[str]:
    """The handovers that `ACCEPT_NOW` names."""
    return frozenset(name for part in environment.get(ACCEPT_NOW, "").split(",") if (name := part.strip()))


def in_how_long(ahead: timedelta) -> str:
    """A time ahead, in its largest unit: `in 3 days`."""
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if (whole := ahead // length) > 0:
            return f"in {whole} {unit}{'' if whole == 1 else 's'}"
    return "in less than a minute"


def _instant(day: date, at: time, zone: ZoneInfo, *, last: bool) -> datetime:
    """A wall-clock time in UTC: its first or last occurrence; where it is skipped, the moment of the change."""
    wall = datetime.combine(day, at)
    first, second = sorted(wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(zone).replace(tzinfo=None) == wall:
        return second if last else first
    # Skipped: between the two the clocks are put forward.
    before = first.astimezone(zone).utcoffset()
    while second - first > timedelta(seconds=1):
        middle = first + (second - first) // 2
        if middle.astimezone(zone).utcoffset() == before:
            first = middle
        else:
            second = middle
    return second.replace(microsecond=0)
