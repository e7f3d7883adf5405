"""The shortest part that still fails is found, in as many tries as are allowed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.campaign.shrink import shrunk, simplified


@pytest.mark.parametrize(
    "needed", [{3}, {0}, {9}, {2, 7}, {0, 9}, {1, 2, 3}, {0, 4, 8, 9}, set(range(10)), set()], ids=str
)
def test_what_a_failure_needs_is_all_that_is_left(needed: set[int]) -> None:
    assert shrunk(range(10), lambda part: needed <= set(part)) == sorted(needed)


def test_the_order_of_the_steps_stays() -> None:
    def fails(part: Sequence[str]) -> bool:
        return "".join(part).find("b") > "".join(part).find("d") >= 0

    assert shrunk("adcbe", fails) == ["d", "b"]


def test_no_more_tries_are_made_than_allowed_and_the_best_so_far_is_kept() -> None:
    tried: list[Sequence[int]] = []

    def fails(part: Sequence[int]) -> bool:
        tried.append(part)
        return 9 in part

    best = shrunk(range(10), fails, most_tries=2)
    assert len(tried) == 2
    assert best == [5, 6, 7, 8, 9] or (len(best) < 10 and 9 in best)


def test_shrinking_is_the_same_each_time() -> None:
    tried: list[list[tuple[int, ...]]] = [[], []]
    for attempt in tried:
        shrunk(range(8), lambda part, to=attempt: to.append(tuple(part)) is None and {2, 5} <= set(part))  # type: ignore[misc]
    assert tried[0] == tried[1]


def test_each_step_gets_as_simple_as_the_failure_allows() -> None:
    simpler = simplified([5, 3], lambda item: range(item), lambda items: sum(items) >= 4)
    assert simpler == [1, 3]
