"""DestroyGuard's process against the sandbox: its deletion is refused while a group is in use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.gateway.faults import Fault
from sandbox.models.world import SecurityGroup
from sandbox.server.server import Sandbox
from tests.wire.provider_process import Failed, ProviderProcess, running
from transfer_provider.cloud import operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.handover.recipient.destroy_guard import DestroyGuardProvider
from transfer_provider.model.transfer import TransferRequest

REGION, RECIPIENT = "cn-hangzhou", "1000000000000002"
WEB_01 = "i-bp1web00000000000001"
WEB, DB = "sg-bp1made0000000web", "sg-bp1made00000000db"
INPUTS: dict[str, Any] = {"handovers": {"web-01": WEB_01}, "security_group_ids": [WEB], "regions": [REGION]}
ID = "destroy-guard"


@pytest.fixture
def process(sandbox: Sandbox, tmp_path: Path) -> Iterator[ProviderProcess]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | sandbox.environment()
    with running(environment, {"recipientProfile": "sandbox-recipient"}, tmp_path, DestroyGuardProvider) as started:
        yield started


@pytest.fixture(autouse=True)
def _groups(sandbox: Sandbox) -> None:
    for group_id in (WEB, DB):
        made = SecurityGroup(id=group_id, region=REGION, vpc_id="vpc-bp1orchid00000001", name=group_id)
        sandbox.state.group_store.add(RECIPIENT, made)


@pytest.fixture
def arrived(sandbox: Sandbox) -> None:
    """web-01 is the recipient's, in the group `web`."""
    recipient = Cloud("sandbox-recipient", REGION)
    transfer_id = operations.submit(
        Cloud("sandbox-source", REGION), TransferRequest(WEB_01, REGION, RECIPIENT), "t"
    ).transfer_id
    sandbox.desk.approve(WEB_01)
    operations.accept(recipient, transfer_id, vswitch_id="vsw-bp1orchid00000001", security_group_ids=[WEB])
    sandbox.clock.advance(sandbox.state.world.times.transferring)


def test_declaring_it_makes_no_call(process: ProviderProcess, sandbox: Sandbox) -> None:
    id_, outputs = process.create(INPUTS)
    assert (id_, outputs) == (ID, INPUTS)
    assert process.update(ID, INPUTS, INPUTS | {"security_group_ids": [WEB, DB]})["security_group_ids"] == [WEB, DB]
    assert process.diff(ID, INPUTS, INPUTS).changes == 1  # DIFF_NONE
    assert process.diff(ID, INPUTS, INPUTS | {"handovers": {}}).changes == 2  # DIFF_SOME
    assert not process.diff(ID, INPUTS, INPUTS | {"regions": []}).replaces
    assert sandbox.log.entries() == ()


@pytest.mark.usefixtures("arrived")
def test_a_group_in_use_is_reported_with_its_handover_and_what_to_do(process: ProviderProcess) -> None:
    with pytest.raises(Failed) as refused:
        process.delete(ID, INPUTS)
    message = str(refused.value)
    assert message.startswith("Could not destroy the stack: ")
    assert f"{WEB_01} (web-01) is in {WEB}." in message
    assert "pulumi destroy --exclude-protected" in message


@pytest.mark.usefixtures("arrived")
def test_an_instance_that_nobody_here_received_keeps_its_group_as_well(process: ProviderProcess) -> None:
    with pytest.raises(Failed, match=f"{WEB_01} \\(received by no handover of this stack\\) is in {WEB}"):
        process.delete(ID, INPUTS | {"handovers": {}})


@pytest.mark.usefixtures("arrived")
def test_an_instance_in_other_groups_does_not_stop_it(process: ProviderProcess) -> None:
    process.delete(ID, INPUTS | {"security_group_ids": [DB]})


def test_an_instance_that_is_gone_does_not_stop_it(process: ProviderProcess) -> None:
    process.delete(ID, INPUTS)


@pytest.mark.parametrize("kind", ["throttle", "error"])
def test_without_an_answer_it_is_not_taken_for_free(process: ProviderProcess, sandbox: Sandbox, kind: Any) -> None:
    sandbox.faults.add(Fault(kind=kind, action="DescribeInstances", times=100))
    with pytest.raises(Failed, match="Could not look up instances"):
        process.delete(ID, INPUTS)


@pytest.mark.usefixtures("arrived")
def test_without_permission_nothing_is_taken_for_not_in_use(sandbox: Sandbox, tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | sandbox.environment()
    denied = {"recipientProfile": "sandbox-recipient-denied"}
    with (
        running(environment, denied, tmp_path, DestroyGuardProvider) as process,
        pytest.raises(Failed, match=r"may call ecs:DescribeInstances .*Forbidden\.RAM"),
    ):
        process.delete(ID, INPUTS)
