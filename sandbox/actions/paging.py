"""The two ways of Alibaba Cloud to list page by page: tokens, and the older page numbers."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from sandbox.actions.call import Call
from sandbox.models.errors import invalid

DEFAULT_SIZE = 10
LARGEST_SIZE = 100
LARGEST_DISK_PAGE = 500

T = TypeVar("T")


def by_token(
    call: Call, listing: Sequence[T], place: Callable[[T], int], largest: int = LARGEST_SIZE
) -> tuple[Sequence[T], str]:
    """MaxResults and NextToken: a page, and the token of the next one (empty: there is none).

    `place` rises along the listing and never changes for an entry. A token holds the place listed last, so what is
    added or moves away between two pages makes nothing appear twice or not at all.
    """
    return _after(call, listing, place, call.number("MaxResults", default=DEFAULT_SIZE, highest=largest))


def of_ecs(call: Call, listing: Sequence[T], place: Callable[[T], int]) -> tuple[Sequence[T], dict[str, Any]]:
    """A page as ECS lists it, and what the answer reports of it. NextToken or MaxResults win over the older numbers."""
    if call.text("NextToken") or call.text("MaxResults"):
        page, token = by_token(call, listing, place)
        return page, {"TotalCount": len(listing), "NextToken": token}
    return of_vpc(call, listing)


def of_disks(call: Call, listing: Sequence[T], place: Callable[[T], int]) -> tuple[Sequence[T], dict[str, Any]]:
    """As `of_ecs`, with pages of 10 to 500: a MaxResults beyond that is taken for the nearest, not refused."""
    if call.text("NextToken") or call.text("MaxResults"):
        size = call.number("MaxResults", default=DEFAULT_SIZE, lowest=0)
        page, token = _after(call, listing, place, min(max(size, DEFAULT_SIZE), LARGEST_DISK_PAGE))
        return page, {"TotalCount": len(listing), "NextToken": token}
    return of_vpc(call, listing)


def of_vpc(call: Call, listing: Sequence[T], largest: int = LARGEST_SIZE) -> tuple[Sequence[T], dict[str, Any]]:
    """A page as VPC lists it, which has page numbers only, and what the answer reports of it."""
    page, number, size = by_number(call, listing, largest)
    return page, {"TotalCount": len(listing), "PageNumber": number, "PageSize": size}


def by_number(call: Call, listing: Sequence[T], largest: int = LARGEST_SIZE) -> tuple[Sequence[T], int, int]:
    """PageNumber and PageSize: a page, its number, its size."""
    number = call.number("PageNumber", default=1)
    size = call.number("PageSize", default=DEFAULT_SIZE, highest=largest)
    return listing[(number - 1) * size : number * size], number, size


def _after(call: Call, listing: Sequence[T], place: Callable[[T], int], size: int) -> tuple[Sequence[T], str]:
    token = call.text("NextToken")
    if token is not None:
        last = _place(token)
        listing = [entry for entry in listing if place(entry) > last]
    page = listing[:size]
    return page, _token(place(page[-1])) if len(listing) > size else ""


def _token(place: int) -> str:
    return base64.urlsafe_b64encode(f"after {place}".encode()).decode()


def _place(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("after "))
    except ValueError:
        raise invalid("NextToken", "is not one of this listing") from None
