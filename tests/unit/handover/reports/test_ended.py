"""A transfer that ended without success is reported in every run, for as long as its declaration asks for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from transfer_provider.handover.reports.ended import ended
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

REQUEST = TransferRequest("i-bp1web00000000000001", "cn-hangzhou", "1000000000000002", reason="Orchid moves")
CANCELLED = Transfer("it-1", REQUEST.instance_id, Status.CANCELLED, "1000000000000002", reason="Orchid moves")


def test_a_cancelled_transfer_is_reported_with_what_to_do() -> None:
    (report,) = ended(CANCELLED, REQUEST)
    assert "it-1 of i-bp1web00000000000001 to account 1000000000000002 is Cancelled, so nothing is under way" in report
    assert "The same request can't be submitted again; change the reason" in report


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (Status.REJECTED, "The review refused the request: The contract is missing."),
        (Status.EXPIRED, "It expired: the recipient did not accept in time."),
    ],
)
def test_a_rejected_and_an_expired_transfer_say_how_to_submit_again(status: Status, message: str) -> None:
    (report,) = ended(replace(CANCELLED, status=status, message=message), REQUEST)
    assert message in report
    assert "put it back, which submits the same request again" in report


@pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.APPROVED, Status.TRANSFERRING, Status.COMPLETED])
def test_a_transfer_that_goes_on_or_succeeded_is_not_reported(status: Status) -> None:
    assert ended(replace(CANCELLED, status=status), REQUEST) == []


def test_a_changed_reason_ends_the_report() -> None:
    assert ended(CANCELLED, replace(REQUEST, reason="Orchid moves, second request")) == []


def test_what_was_not_submitted_is_not_reported() -> None:
    assert ended(None, REQUEST) == []


def test_a_rejection_in_the_clouds_words_can_not_give_a_terminal_or_a_ci_system_a_command() -> None:
    (report,) = ended(replace(CANCELLED, status=Status.REJECTED, message="\x1b[2J\n::error::all is well"), REQUEST)
    assert "\x1b" not in report
    assert "\n" not in report
    assert "::error::" not in report
