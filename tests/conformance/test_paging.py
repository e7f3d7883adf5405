"""Listings page by page, in every way that an action offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.cases import CASES
from tests.conformance.client import OFFERED, Caller

Calling = Callable[[tuple[str, str]], Caller]

BY_TOKEN = [names for names, (_, action) in OFFERED.items() if "NextToken" in action.parameters]
BY_NUMBER = [names for names, (_, action) in OFFERED.items() if "PageNumber" in action.parameters]
BOTH = [names for names in BY_NUMBER if names in BY_TOKEN]
# What DescribeVSwitches lists by its case is one VPC's.
MORE = {("Vpc", "DescribeVSwitches"): {"RegionId": "cn-hangzhou", "VpcId": ""}}


class Listing:
    """An action's listing, page by page."""

    def __init__(self, caller: Calling, names: tuple[str, str]) -> None:
        self._call = caller(names)
        self._more = MORE.get(names, {})
        listing = CASES[names].listing
        assert listing, "an action that pages lists something"
        self._wrapper, self._entries = listing

    def page(self, **parameters: Any) -> dict[str, Any]:
        return self._call.answer(**self._more, **parameters)

    def entries(self, page: dict[str, Any]) -> list[Any]:
        return list(page[self._wrapper][self._entries])

    def by_number(self, size: int) -> list[list[Any]]:
        """The pages, up to the first that is empty."""
        pages: list[list[Any]] = []
        while not pages or pages[-1]:
            answer = self.page(PageNumber=len(pages) + 1, PageSize=size)
            pages.append(self.entries(answer))
        return pages[:-1]

    def by_token(self, size: int) -> list[list[Any]]:
        answer = self.page(MaxResults=size)
        pages = [self.entries(answer)]
        while answer["NextToken"]:
            answer = self.page(MaxResults=size, NextToken=answer["NextToken"])
            pages.append(self.entries(answer))
        return pages


def joined(pages: list[list[Any]]) -> list[Any]:
    return [entry for page in pages for entry in page]


@pytest.mark.parametrize("names", BY_NUMBER, ids=".".join)
def test_pages_by_number_of_any_size_list_the_same(caller: Calling, names: tuple[str, str]) -> None:
    listing = Listing(caller, names)
    (fives, fifties) = (listing.by_number(size) for size in (5, 50))
    assert [len(page) for page in fives[:-1]] == [5] * (len(fives) - 1)
    assert len(fives) > 2
    assert joined(fives) == joined(fifties)


@pytest.mark.parametrize("names", BY_TOKEN, ids=".".join)
def test_pages_by_token_of_any_size_list_the_same(caller: Calling, names: tuple[str, str]) -> None:
    listing = Listing(caller, names)
    tens, hundreds = (listing.by_token(size) for size in (10, 100))
    assert len(tens[0]) == 10
    assert len(tens) > len(hundreds) == 1
    assert joined(tens) == joined(hundreds)


@pytest.mark.parametrize("names", BOTH, ids=".".join)
def test_both_ways_list_the_same_and_every_page_reports_both(caller: Calling, names: tuple[str, str]) -> None:
    listing = Listing(caller, names)
    first, same = listing.page(), listing.page(MaxResults=10)
    assert {name: same[name] for name in same if name != "RequestId"} == {
        name: first[name] for name in first if name != "RequestId"
    }
    assert (first["PageNumber"], first["PageSize"]) == (1, 10)
    rest = listing.page(NextToken=first["NextToken"], MaxResults=100)
    assert listing.entries(first) + listing.entries(rest) == joined(listing.by_number(100))
    assert (rest["PageSize"], rest["NextToken"]) == (100, "")
