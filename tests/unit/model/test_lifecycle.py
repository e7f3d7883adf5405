"""Which status may come after which, and when a transfer may still be changed or cancelled."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transfer_provider.model.lifecycle import (
    MAY_FOLLOW,
    OF_A_COPY,
    OF_A_TRANSFER,
    TERMINAL,
    UNFINISHED,
    Status,
    parse_time,
    refusal_to_cancel,
    refusal_to_change,
    stop_tracking,
)
from transfer_provider.model.transfer import TransferRequest

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
REQUEST = TransferRequest("i-bp1web00000000000001", "cn-hangzhou", "1000000000000002", reason="Orchid")


def test_the_four_terminal_statuses_are_final_and_nothing_else_is() -> None:
    assert set(TERMINAL) == {Status.COMPLETED, Status.REJECTED, Status.CANCELLED, Status.EXPIRED}
    assert set(UNFINISHED) == set(OF_A_TRANSFER) - set(TERMINAL)


def test_a_copy_ends_as_copied_or_failed_and_no_transfer_is_listed_with_its_statuses() -> None:
    assert {status for status in OF_A_COPY if status.terminal} == {Status.COPIED, Status.COPY_FAILED}
    assert not set(OF_A_COPY) & {*UNFINISHED, *TERMINAL}
    assert {after for status in OF_A_COPY for after in MAY_FOLLOW[status]} <= set(OF_A_COPY)


def test_every_status_can_become_terminal() -> None:
    for status in UNFINISHED:
        reached = {status}
        while grown := {after for before in reached for after in MAY_FOLLOW[before]} - reached:
            reached |= grown
        assert reached & set(TERMINAL)


@pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.APPROVED])
def test_a_transfer_can_be_changed_inside_its_window(status: Status) -> None:
    assert refusal_to_change(["reason"], status, LATER, NOW) is None


@pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.APPROVED])
def test_a_closed_window_refuses_a_change_and_names_the_way_out(status: Status) -> None:
    refusal = refusal_to_change(["reason", "region"], status, NOW, NOW)
    assert refusal is not None
    assert "Could not change reason, region" in refusal
    assert "2026-11-23 12:00:00 UTC" in refusal
    assert "support" in refusal
    assert "retain_on_delete" in refusal


def test_a_transfer_whose_window_is_not_known_is_left_to_the_cloud_to_judge() -> None:
    assert refusal_to_cancel(Status.UNDER_REVIEW, None, NOW) is None


def test_a_moving_instance_can_be_neither_changed_nor_cancelled() -> None:
    assert "Transferring" in (refusal_to_cancel(Status.TRANSFERRING, LATER, NOW) or "")
    assert "Transferring" in (refusal_to_change(["reason"], Status.TRANSFERRING, LATER, NOW) or "")


@pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.APPROVED, Status.CANCELLED])
def test_what_is_no_part_of_the_request_does_not_change_alone(status: Status) -> None:
    assert "Change the reason as well" in (refusal_to_change(["recipient_email"], status, LATER, NOW) or "")
    assert refusal_to_change(["recipient_email", "reason"], status, LATER, NOW) is None


def test_a_completed_transfer_keeps_its_identity() -> None:
    assert "belongs to the recipient" in (refusal_to_change(["reason"], Status.COMPLETED, LATER, NOW) or "")


@pytest.mark.parametrize("status", [Status.REJECTED, Status.CANCELLED, Status.EXPIRED])
def test_a_terminal_request_may_be_changed_at_any_time(status: Status) -> None:
    assert refusal_to_change(["reason"], status, NOW - timedelta(days=9), NOW) is None


@pytest.mark.parametrize("status", TERMINAL)
def test_removal_from_state_reports_that_no_call_is_made(status: Status) -> None:
    assert "no call" in stop_tracking(status)


def test_the_same_request_has_the_same_token_in_every_process() -> None:
    assert REQUEST.client_token() == "handover-7c0e66f55b886c02852c60862a6c276589fc854c47373450"


def test_a_request_submitted_again_after_its_rejection_has_another_token() -> None:
    assert REQUEST.client_token(["it-1"]) != REQUEST.client_token()
    assert REQUEST.client_token(["it-1", "it-2"]) == REQUEST.client_token(["it-2", "it-1"])


@given(st.text(min_size=1), st.text(min_size=1))
def test_requests_that_differ_never_share_a_token(reason: str, other: str) -> None:
    first = TransferRequest("i-000000", "cn-hangzhou", "1000000000000002", reason=reason).client_token()
    second = TransferRequest("i-000000", "cn-hangzhou", "1000000000000002", reason=other).client_token()
    assert (first == second) == (reason == other)
    assert len(first) <= 64
    assert first.isascii()


def test_times_are_read_as_utc() -> None:
    assert parse_time("2026-11-23T12:00:00Z") == NOW
    assert parse_time(None) is None
    assert parse_time("") is None
