"""A handover's timeline as shapes, from above to below: pure geometry, for an SVG of a width of its own.

The longer it took from one moment to the next, the longer the line between them, within bounds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log1p

from transfer_provider.cli.report.facts import Certainty, Moment

WIDTH = 320
"""In units of the SVG, of which a letter is some 6 wide: narrow enough for a phone."""
AXIS = 12
TOP = 16
SHORTEST, LONGEST = 40, 88
HOUR = 3600


@dataclass(frozen=True)
class Point:
    """A moment at its place; `until` is the next one, where both have a time."""

    moment: Moment
    y: int
    span: tuple[datetime, datetime] | None = None
    """From the moment before it to it."""
    middle: int = 0
    """Half-way to the moment before it."""

    @property
    def ahead(self) -> bool:
        """Whether it is yet to come."""
        return self.moment.certainty is Certainty.AHEAD


@dataclass(frozen=True)
class Drawing:
    """A timeline's points, and the height of the whole."""

    points: Sequence[Point]
    height: int
    width: int = WIDTH
    axis: int = AXIS

    @property
    def last(self) -> int:
        """The end of the line of what has happened."""
        return max((point.y for point in self.points if not point.ahead), default=TOP)


def drawing(moments: Sequence[Moment]) -> Drawing:
    """The timeline of these moments, in their order."""
    points: list[Point] = []
    y = TOP
    before: datetime | None = None
    for moment in moments:
        if points:
            length = SHORTEST if before is None or moment.at is None else _length(before, moment.at)
            span = (before, moment.at) if before and moment.at and moment.at > before else None
            points.append(Point(moment, y + length, span, y + length // 2 + 4))
            y += length
        else:
            points.append(Point(moment, y))
        before = moment.at
    return Drawing(points, y + 24)


def _length(begin: datetime, end: datetime) -> int:
    """Of the line between two times: an hour more counts less the longer it took."""
    hours = max(0.0, (end - begin).total_seconds() / HOUR)
    return min(LONGEST, round(SHORTEST + 12 * log1p(hours)))
