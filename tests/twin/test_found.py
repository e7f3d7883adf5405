"""What the sequences found, each as short as it gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.models.transfers import Status
from tests.twin.attempts import Attempt
from tests.twin.machine import Handovers


@contextmanager
def _stack() -> Iterator[Handovers]:
    """A stack with one handover under review; at the end everything has to settle."""
    stack = Handovers()
    try:
        stack.begin("both", 1, Attempt())
        yield stack
    except BaseException:
        stack.unbroken = False
        raise
    finally:
        stack.teardown()


def _statuses(stack: Handovers) -> list[Status]:
    return [each.status for each in stack.cloud.state.transfers()]


def test_a_run_killed_between_cancelling_and_submitting_is_gone_on_with_after_the_cancel_window() -> None:
    """The engine does not refresh what it deleted for a replacement, so the state still says UnderReview."""
    with _stack() as stack:
        stack.edit_reason(0, "Another", Attempt(killed_after=3))
        assert _statuses(stack) == [Status.CANCELLED]
        stack.time_passes(180, None)
        assert stack.run(Attempt()) is None
        assert _statuses(stack) == [Status.UNDER_REVIEW, Status.CANCELLED]


def test_a_transfer_that_requests_something_else_is_not_accepted_with_the_declared_receipt() -> None:
    """The declared request was cancelled by hand, and another submitted: nobody reviewed that here."""
    with _stack() as stack:
        stack.cancel_by_hand(0, None)
        stack.submit_by_hand(stack.files["web-01"].instance_id, "Another", None)
        stack.review(0, "approve", Attempt())
        assert _statuses(stack) == [Status.APPROVED, Status.CANCELLED]


def test_a_changed_reason_replaces_an_approved_transfer_and_its_receipt_waits() -> None:
    with _stack() as stack:
        stack.review(0, "approve", None)
        stack.edit_reason(0, "Another", None)
        assert stack.run(Attempt()) is None
        assert _statuses(stack) == [Status.UNDER_REVIEW, Status.CANCELLED]
