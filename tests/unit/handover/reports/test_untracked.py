"""Which transfers under way count as untracked, by the stack's recipients, its declarations and its state."""

from __future__ import annotations

from dataclasses import replace

from transfer_provider.handover.reports.untracked import described, untracked
from transfer_provider.handover.state import StackState
from transfer_provider.inputs.settings import Settings
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

RECIPIENT, OTHER = "1000000000000002", "1000000000000003"
SETTINGS = Settings(region="cn-hangzhou", sourceAccount="1000000000000001", recipients=(RECIPIENT,))
REQUEST = TransferRequest("i-bp1web00000000000001", "cn-hangzhou", RECIPIENT, reason="Orchid moves")
LISTED = Transfer(
    "it-1",
    REQUEST.instance_id,
    Status.APPROVED,
    RECIPIENT,
    reason="Orchid moves",
    submitted_at="2026-11-24T10:00:00Z",
    cancellable_until="2026-11-24T12:00:00Z",
)
EARLIER = replace(LISTED, transfer_id="it-0", status=Status.CANCELLED)


def holding(*transfers: Transfer) -> StackState:
    return StackState(submitted={transfer.instance_id: transfer for transfer in transfers})


def test_what_is_neither_declared_nor_in_the_state_is_untracked() -> None:
    assert untracked([LISTED], SETTINGS, StackState(), []) == [LISTED]


def test_what_the_state_holds_is_tracked_also_where_it_is_declared_no_more() -> None:
    assert untracked([LISTED], SETTINGS, holding(LISTED), []) == []


def test_what_this_run_adopts_is_tracked() -> None:
    assert untracked([LISTED], SETTINGS, StackState(), [REQUEST]) == []


def test_a_transfer_to_another_stacks_recipient_is_not_this_stacks_concern() -> None:
    assert untracked([replace(LISTED, recipient_account_id=OTHER)], SETTINGS, StackState(), []) == []


def test_a_transfer_beside_a_terminal_one_that_the_declaration_keeps_is_untracked() -> None:
    assert untracked([LISTED], SETTINGS, holding(EARLIER), [REQUEST]) == [LISTED]


def test_a_changed_request_adopts_what_is_under_way_of_its_instance() -> None:
    assert untracked([LISTED], SETTINGS, holding(replace(EARLIER, reason="Another")), [REQUEST]) == []


def test_the_report_has_all_that_adopting_and_cancelling_take() -> None:
    assert described(LISTED) == (
        "it-1 of i-bp1web00000000000001 to account 1000000000000002 with the reason 'Orchid moves', Approved, "
        "submitted at 2026-11-24T10:00:00Z; it can be cancelled until 2026-11-24T12:00:00Z"
    )
