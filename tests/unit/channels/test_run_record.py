"""What a run records of its transfers."""

import pytest

from transfer_provider.channels.run_record import RunRecord
from transfer_provider.cloud.errors import Refused
from transfer_provider.model.lifecycle import Status
from transfer_provider.model.transfer import Transfer, TransferRequest

TRANSFER = Transfer("it-1", "i-bp1web00000000000001", Status.UNDER_REVIEW, "1000000000000002")
REQUEST = TransferRequest(TRANSFER.instance_id, "cn-hangzhou", "1000000000000002", reason="Orchid")


def test_a_transfer_is_tracked_by_one_resource_only() -> None:
    run = RunRecord()
    assert not run.leave_to_another("it-1", "submitted")
    run.track_once(TRANSFER)
    assert run.leave_to_another("it-1", "submitted")
    with pytest.raises(Refused, match="another resource of this program tracks it-1 already"):
        run.track_once(TRANSFER)


def test_a_replacement_has_a_successor_and_a_removal_has_none() -> None:
    run = RunRecord()
    run.will_be_replaced_by("it-1", REQUEST)
    assert run.successor_of("it-1") == REQUEST
    assert run.successor_of("it-2") is None


def test_of_two_resources_that_a_killed_rename_left_the_first_to_go_leaves_the_transfer_and_the_last_does_not() -> None:
    run = RunRecord()
    for origin in ("submitted", "adopted", "adopted"):
        run.refreshed("it-1", origin)
    assert run.leave_to_another("it-1", "submitted")
    assert not run.leave_to_another("it-1", "adopted")


def test_a_resource_that_is_refreshed_twice_is_still_only_one() -> None:
    run = RunRecord()
    run.refreshed("it-1", "submitted")
    run.refreshed("it-1", "submitted")
    assert not run.leave_to_another("it-1", "submitted")
