"""A timeline as shapes."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from tests.unit.cli.report.samples import NOW, moments, under_way
from transfer_provider.cli.follow.timeline import Happening
from transfer_provider.cli.report.facts import Certainty, Moment
from transfer_provider.cli.report.formats.drawing import LONGEST, SHORTEST, drawing


def moment(hours: float | None) -> Moment:
    at = None if hours is None else NOW + timedelta(hours=hours)
    return Moment(Happening.SUBMITTED, at, Certainty.REPORTED)


def lengths(*hours: float | None) -> list[int]:
    points = drawing([moment(each) for each in hours]).points
    return [after.y - before.y for before, after in pairwise(points)]


def test_what_took_longer_is_longer_within_bounds() -> None:
    short, long, longest = lengths(0, 1, 10, 10_000)
    assert SHORTEST < short < long < longest == LONGEST


def test_without_a_time_it_is_as_short_as_can_be_and_says_no_span() -> None:
    assert lengths(0, None, 5) == [SHORTEST, SHORTEST]
    assert [point.span for point in drawing([moment(0), moment(None)]).points] == [None, None]


def test_times_out_of_order_draw_nothing_backwards() -> None:
    assert lengths(5, 1) == [SHORTEST]
    assert drawing([moment(5), moment(1)]).points[1].span is None


def test_what_is_ahead_comes_after_the_line_of_what_happened() -> None:
    drawn = drawing(under_way().moments)
    happened = [point.y for point in drawn.points if not point.ahead]
    assert drawn.last == happened[-1] < drawn.points[-1].y < drawn.height
    assert drawing(moments()).last == drawing(moments()).points[-1].y
