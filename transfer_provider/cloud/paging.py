"""Reading answers: lists that may be left out, times, and pages to their end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

# What reading an answer of another shape than documented raises.
UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)

PAGE = 100  # the most ids one call takes, and the most entries one answer holds, where nothing else is specified

T = TypeVar("T")


def listed(wrapper: Any, name: str) -> Sequence[Any]:
    """The entries of a list that is wrapped in an object, as Alibaba Cloud has it; none where either is left out."""
    return (getattr(wrapper, name, None) or ()) if wrapper else ()


def read_time(text: Any) -> datetime | None:
    """`YYYY-MM-DDThh:mmZ`, with or without seconds, as an aware datetime; None where it is left out."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def in_batches(ids: Sequence[str], size: int = PAGE) -> Iterator[Sequence[str]]:
    """The ids, `size` at a time."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def all_tokens(fetch: Callable[[str | None], tuple[Sequence[T], str | None]]) -> Iterator[T]:
    """Every entry of a listing whose answers name the next page by a token."""
    entries, token = fetch(None)
    yield from entries
    while token:
        entries, token = fetch(token)
        yield from entries


def all_numbers(fetch: Callable[[int], tuple[Sequence[T], int]]) -> Iterator[T]:
    """Every entry of a listing whose answers are pages with numbers, from 1, with the number of all entries."""
    fetched, number = 0, 1
    while True:
        entries, total = fetch(number)
        yield from entries
        fetched += len(entries)
        if not entries or fetched >= total:
            return
        number += 1
