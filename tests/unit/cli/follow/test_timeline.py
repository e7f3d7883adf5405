"""What happened to a handover and what is ahead, in the order of time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.cli.follow.test_standing import NOW, TRACKED, at
from transfer_provider.cli.follow.standing import Observation, standing
from transfer_provider.cli.follow.timeline import timeline
from transfer_provider.model.lifecycle import Status

APPROVED = replace(
    TRACKED,
    status=Status.APPROVED,
    submitted_at=at(-30),
    reviewed_at=at(-6),
    cancellable_until=at(-28),
    accept_before=at(18),
)


def events(observed: Observation) -> list[tuple[str, bool]]:
    return [(event.what, event.ahead) for event in timeline(observed, standing(observed, NOW), NOW)]


def test_what_happened_comes_before_what_is_ahead() -> None:
    assert events(APPROVED) == [
        ("submitted", False),
        ("cancel window closed", False),
        ("reviewed: approved", False),
        ("acceptance expires", True),
    ]


def test_a_window_that_is_open_is_ahead() -> None:
    assert events(replace(APPROVED, cancellable_until=at(1)))[2:] == [
        ("cancel window closes", True),
        ("acceptance expires", True),
    ]


def test_an_arrival_has_no_time_and_comes_after_what_has_one() -> None:
    arrived = replace(APPROVED, arrived=True, bound=True, completed_at=at(-1), recorded=Status.COMPLETED)
    assert [what for what, _ in events(arrived)][-3:] == [
        "completed",
        "arrived: the recipient's account lists the instance",
        "its new address is bound",
    ]


def test_a_copy_is_copied_and_never_arrives() -> None:
    copied = replace(TRACKED, channel="image", status=Status.COPIED, recorded=Status.COPIED, bound=True)
    assert [what for what, _ in events(copied)][-2:] == [
        "copied: the recipient's account lists its own instance",
        "its new address is bound",
    ]


@pytest.mark.parametrize(
    ("status", "what"),
    [(Status.REJECTED, "reviewed: rejected"), (Status.CANCELLED, "cancelled"), (Status.EXPIRED, "expired")],
)
def test_how_it_failed_is_among_it(status: Status, what: str) -> None:
    assert (what, False) in events(replace(APPROVED, status=status, recorded=status))


def test_of_what_was_not_submitted_there_is_nothing() -> None:
    assert events(replace(TRACKED, status=None, recorded=None)) == []
