"""The two ways of Alibaba Cloud to list page by page: tokens, and the older page numbers."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sandbox.actions.call import Call
from sandbox.models.errors import invalid

DEFAULT_SIZE = 10
LARGEST_SIZE = 100

T = TypeVar("T")


@dataclass(frozen=True)
class Sizes:
    """What MaxResults may be. `nearest`: one beyond the bounds is taken for the nearest within, not refused."""

    largest: int = LARGEST_SIZE
    default: int = DEFAULT_SIZE
    nearest: bool = False

    def requested(self, call: Call) -> int:
        """How many entries the page of this call holds."""
        if not self.nearest:
            return call.number("MaxResults", default=self.default, highest=self.largest)
        return min(max(call.number("MaxResults", default=self.default, lowest=0), self.default), self.largest)


INSTANCE_PAGES = Sizes(nearest=True)
DISK_PAGES = Sizes(largest=500, nearest=True)


def by_token(
    call: Call, listing: Sequence[T], place: Callable[[T], int], sizes: Sizes = Sizes()
) -> tuple[Sequence[T], str]:
    """MaxResults and NextToken: a page, and the token of the next one (empty: there is none).

    `place` rises along the listing and never changes for an entry. A token holds the place listed last, so what is
    added or moves away between two pages makes nothing appear twice or not at all.
    """
    size = sizes.requested(call)
    token = call.text("NextToken")
    if token is not None:
        last = _place(token)
        listing = [entry for entry in listing if place(entry) > last]
    page = listing[:size]
    return page, _token(place, page, more=len(listing) > size)


def of_ecs(
    call: Call, listing: Sequence[T], place: Callable[[T], int], sizes: Sizes = Sizes()
) -> tuple[Sequence[T], dict[str, Any]]:
    """A page as ECS lists it, and what the answer reports of it: both ways to go on from there.

    NextToken or MaxResults win over the older numbers.
    """
    if call.text("NextToken") or call.text("MaxResults"):
        page, token = by_token(call, listing, place, sizes)
        number, size = call.number("PageNumber", default=1), sizes.requested(call)
    else:
        page, number, size = by_number(call, listing)
        token = _token(place, page, more=number * size < len(listing))
    return page, {"TotalCount": len(listing), "PageNumber": number, "PageSize": size, "NextToken": token}


def of_vpc(call: Call, listing: Sequence[T], largest: int = LARGEST_SIZE) -> tuple[Sequence[T], dict[str, Any]]:
    """A page as VPC lists it, which has page numbers only, and what the answer reports of it."""
    page, number, size = by_number(call, listing, largest)
    return page, {"TotalCount": len(listing), "PageNumber": number, "PageSize": size}


def by_number(call: Call, listing: Sequence[T], largest: int = LARGEST_SIZE) -> tuple[Sequence[T], int, int]:
    """PageNumber and PageSize: a page, its number, its size."""
    number = call.number("PageNumber", default=1)
    size = call.number("PageSize", default=DEFAULT_SIZE, highest=largest)
    return listing[(number - 1) * size : number * size], number, size


def _token(place: Callable[[T], int], page: Sequence[T], *, more: bool) -> str:
    return base64.urlsafe_b64encode(f"after {place(page[-1])}".encode()).decode() if page and more else ""


def _place(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token).decode().removeprefix("after "))
    except ValueError:
        raise invalid("NextToken", "is not one of this listing") from None
