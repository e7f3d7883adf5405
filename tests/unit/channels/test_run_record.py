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
    assert not run.is_tracked("it-1")
    run.track_once(TRANSFER)
    assert run.is_tracked("it-1")
    with pytest.raises(Refused, match="another resource of this program tracks it-1 already"):
        run.track_once(TRANSFER)


def test_a_replacement_has_a_successor_and_a_removal_has_none() -> None:
    run = RunRecord()
    run.will_be_replaced_by("it-1", REQUEST)
    assert run.successor_of("it-1") == REQUEST
    assert run.successor_of("it-2") is None
