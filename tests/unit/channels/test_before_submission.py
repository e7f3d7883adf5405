"""What is announced is looked up together, each entry once, and a failure is everybody's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from transfer_provider.channels import before_submission
from transfer_provider.channels.before_submission import _Batched
from transfer_provider.cloud.errors import TryAgain

IDS = [f"i-{number:03d}" for number in range(250)]


class Listing:
    """Lists every id but the first as itself."""

    def __init__(self) -> None:
        self.asked: list[Sequence[str]] = []

    def __call__(self, ids: Sequence[str]) -> Mapping[str, str]:
        self.asked.append(ids)
        return {id_: id_ for id_ in ids if id_ != IDS[0]}


def test_250_announced_entries_take_3_calls_in_whatever_order_they_are_used() -> None:
    listing = Listing()
    batched = _Batched(listing)
    batched.expect(IDS)
    assert {id_: batched.take(id_) for id_ in reversed(IDS)} == {id_: id_ for id_ in IDS[1:]} | {IDS[0]: None}
    assert [len(ids) for ids in listing.asked] == [100, 100, 50]


def test_what_was_not_announced_is_looked_up_alone() -> None:
    listing = Listing()
    assert _Batched(listing).take("i-001") == "i-001"
    assert listing.asked == [["i-001"]]


def test_an_entry_is_used_once_and_then_looked_up_anew() -> None:
    listing = Listing()
    batched = _Batched(listing)
    batched.expect(IDS[:2])
    batched.take("i-001")
    batched.expect(IDS[:2])
    batched.take("i-001")
    assert listing.asked == [["i-001", "i-000"], ["i-001"]]


def test_what_is_announced_again_after_it_was_used_is_not_looked_up_with_others() -> None:
    listing = Listing()
    batched = _Batched(listing)
    batched.expect(IDS[:1])
    batched.take(IDS[0])
    batched.expect(IDS[:3])
    batched.take(IDS[1])
    assert listing.asked == [[IDS[0]], [IDS[1], IDS[2]]]


def test_a_failed_look_up_has_failed_for_all_that_were_looked_up_and_is_not_repeated_for_each() -> None:
    asked = []

    def fail(ids: Sequence[str]) -> Mapping[str, str]:
        asked.append(ids)
        raise TryAgain("throttled")

    batched = _Batched(fail)
    batched.expect(IDS[:3])
    for id_ in IDS[:3]:
        with pytest.raises(TryAgain, match="throttled"):
            batched.take(id_)
    assert len(asked) == 1


def test_what_is_too_old_is_looked_up_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    listing = Listing()
    batched = _Batched(listing)
    batched.expect(IDS[:2])
    batched.take(IDS[0])
    monkeypatch.setattr(before_submission, "SECONDS", -1)
    batched.take(IDS[1])
    assert len(listing.asked) == 2
