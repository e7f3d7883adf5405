"""From a failing list to the shortest part of it that still fails: delta debugging, deterministic, without I/O."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def shrunk(items: Sequence[T], fails: Callable[[Sequence[T]], bool], *, most_tries: int = 1000) -> list[T]:
    """A part of `items`, in their order, that fails and of which no item can be left out; the best found so far
    when `most_tries` are used up. `items` itself is taken to fail."""
    left, tries, size = list(items), 0, max(1, len(items) // 2)
    while size and left:
        start, removed = 0, False
        while start < len(left) and tries < most_tries:
            candidate = left[:start] + left[start + size :]
            tries += 1
            if fails(candidate):
                left, removed = candidate, True
            else:
                start += size
        if tries >= most_tries:
            break
        size = size if removed and size == 1 else size // 2
    return left


def simplified(
    items: Sequence[T],
    simpler: Callable[[T], Sequence[T]],
    fails: Callable[[Sequence[T]], bool],
    *,
    most_tries: int = 1000,
) -> list[T]:
    """The list with each item replaced by the first of its `simpler` forms with which it still fails."""
    left, tries = list(items), 0
    for place, item in enumerate(items):
        for form in simpler(item):
            if tries >= most_tries:
                return left
            tries += 1
            candidate = [*left[:place], form, *left[place + 1 :]]
            if fails(candidate):
                left = candidate
                break
    return left
