"""Lost answers, outages and throttling, as the provider's process meets them: one transfer each time."""

from __future__ import annotations

import pytest

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests.wire.provider_process import Failed, ProviderProcess, running
from tests.wire.test_provider_over_grpc import INPUTS, WEB_01, WEB_02, cloud, provider, provider_environment

__all__ = ["cloud", "provider"]


@pytest.mark.parametrize("times", [1, None])
def test_a_submission_whose_answers_are_lost_is_found_and_leaves_exactly_one_transfer(
    provider: ProviderProcess, cloud: Sandbox, times: int | None
) -> None:
    cloud.faults.add(Fault(action="TransferInstance", kind="cut-after", times=times))
    id_, outputs = provider.create(INPUTS)
    (transfer,) = cloud.desk.transfers()
    assert id_ == outputs["transfer_id"] == transfer.id
    assert outputs["origin"] == "submitted"


def test_an_outage_is_an_error_and_the_next_run_goes_on(provider: ProviderProcess, cloud: Sandbox) -> None:
    cloud.faults.add(Fault(action="TransferInstance", kind="error"))
    with pytest.raises(Failed, match="ServiceUnavailable") as failed:
        provider.create(INPUTS)
    assert "Nothing is lost: run the same command again." in str(failed.value)
    cloud.faults.clear()
    provider.create(INPUTS)
    assert len(cloud.desk.transfers()) == 1


def test_a_cancellation_whose_answer_is_lost_is_done_once(provider: ProviderProcess, cloud: Sandbox) -> None:
    id_, outputs = provider.create(INPUTS)
    provider.create(INPUTS | {"instance_id": WEB_02})
    cloud.faults.add(Fault(action="CancelInstanceTransfer", kind="cut-after", times=1))
    with running(provider_environment(cloud), {"sourceProfile": "sandbox-source"}, cloud.home.directory) as next_run:
        _, refreshed = next_run.read(id_, outputs)
        next_run.delete(id_, refreshed)
    assert {transfer.instance_id: transfer.status for transfer in cloud.desk.transfers()} == {
        WEB_01: "Cancelled",
        WEB_02: "UnderReview",
    }


def test_throttling_that_requests_too_long_a_wait_is_reported(provider: ProviderProcess, cloud: Sandbox) -> None:
    cloud.faults.add(Fault(action="TransferInstance", kind="throttle", retry_after_ms=600_000))
    with pytest.raises(Failed, match=r"Throttling\.User"):
        provider.create(INPUTS)
    assert len(cloud.log.entries(action="TransferInstance")) == 1
