"""InstanceReceipt's process against the sandbox: accept, track, join and leave groups, stop tracking."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests.wire.provider_process import UNKNOWN, Failed, ProviderProcess, running
from transfer_provider.cloud import instances, operations
from transfer_provider.cloud.client import Cloud
from transfer_provider.model.transfer import TransferRequest
from transfer_provider.receipt import InstanceReceiptProvider

REGION = "cn-hangzhou"
SOURCE, RECIPIENT = "1000000000000001", "1000000000000002"
WEB_01 = "i-bp1web00000000000001"
WEB, DB, OTHER_VPC = "sg-bp1orchid000000web", "sg-bp1orchid0000000db", "sg-bp1orchid0000other"
INPUTS: dict[str, Any] = {
    "instance_id": WEB_01,
    "region": REGION,
    "vswitch_id": "vsw-bp1orchid00000001",
    "security_group_ids": [WEB],
    "channel": "api",
}


@pytest.fixture
def process(sandbox: Sandbox, tmp_path: Path) -> Iterator[ProviderProcess]:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | sandbox.environment()
    config = {"recipientProfile": "sandbox-recipient"}
    with running(environment, config, tmp_path, InstanceReceiptProvider) as started:
        yield started


@pytest.fixture
def approved(sandbox: Sandbox) -> str:
    """The id of a transfer that waits for the recipient."""
    request = TransferRequest(WEB_01, REGION, RECIPIENT)
    transfer_id = operations.submit(Cloud("sandbox-source", REGION), request, "token").transfer_id
    sandbox.desk.approve(WEB_01)
    return transfer_id


def arrive(sandbox: Sandbox) -> None:
    sandbox.clock.advance(timedelta(minutes=1))


def groups_of(instance_id: str = WEB_01) -> set[str]:
    return set(instances.query(Cloud("sandbox-recipient", REGION), [instance_id])[instance_id].security_group_ids)


def calls(sandbox: Sandbox, action: str) -> int:
    return len(sandbox.log.entries(action))


def test_all_wrong_inputs_are_reported_at_once_each_on_its_property(process: ProviderProcess) -> None:
    wrong = INPUTS | {"vswitch_id": "sw-1", "security_group_ids": [], "instance_id": 1.0}
    assert set(process.check(wrong)[1]) == {"vswitch_id", "security_group_ids", "instance_id"}
    assert set(process.check(INPUTS | {"security_group_ids": [WEB] * 2})[1]) == {"security_group_ids"}
    six = [f"sg-bp1number{number}" for number in range(6)]
    assert set(process.check(INPUTS | {"security_group_ids": six})[1]) == {"security_group_ids"}


def test_groups_that_are_not_known_yet_are_not_judged(process: ProviderProcess) -> None:
    inputs, failures = process.check(INPUTS | {"security_group_ids": [WEB, UNKNOWN], "vswitch_id": "x"})
    assert set(failures) == {"vswitch_id"}
    inputs, failures = process.check(INPUTS | {"security_group_ids": [WEB, UNKNOWN]})
    assert (inputs["security_group_ids"], failures) == ([WEB, UNKNOWN], {})


def test_create_accepts_and_returns_at_once(process: ProviderProcess, approved: str, sandbox: Sandbox) -> None:
    id_, outputs = process.create(INPUTS)
    assert id_ == WEB_01
    assert outputs["status"] == "Transferring"
    assert outputs["accepted_transfer_id"] == approved
    assert outputs["recipient_account_id"] == RECIPIENT
    assert [transfer.status for transfer in sandbox.desk.transfers()] == ["Transferring"]


def test_the_instance_arrives_in_the_vswitch_and_groups(
    process: ProviderProcess, approved: str, sandbox: Sandbox
) -> None:
    id_, outputs = process.create(INPUTS | {"security_group_ids": [WEB, DB]})
    arrive(sandbox)
    id_, outputs = process.read(id_, outputs)
    assert (id_, outputs["status"]) == (WEB_01, "Completed")
    assert outputs["private_ip"].startswith("10.20.")
    assert groups_of() == {WEB, DB}


def test_creating_again_what_was_accepted_tracks_it(process: ProviderProcess, approved: str, sandbox: Sandbox) -> None:
    first = process.create(INPUTS)
    assert process.create(INPUTS) == first
    assert calls(sandbox, "AcceptInstanceTransfer") == 1


def test_creating_again_what_arrived_adopts_it_and_sets_its_groups(
    process: ProviderProcess, approved: str, sandbox: Sandbox
) -> None:
    process.create(INPUTS)
    arrive(sandbox)
    _, outputs = process.create(INPUTS | {"security_group_ids": [DB]})
    assert (outputs["status"], outputs["accepted_transfer_id"]) == ("Completed", approved)
    assert groups_of() == {DB}
    assert calls(sandbox, "AcceptInstanceTransfer") == 1


def test_an_instance_that_arrived_in_another_vswitch_is_refused(
    process: ProviderProcess, approved: str, sandbox: Sandbox
) -> None:
    process.create(INPUTS)
    arrive(sandbox)
    with pytest.raises(Failed, match=r"owns it already, in vsw-bp1orchid00000001\. Declare vswitch_id"):
        process.create(INPUTS | {"vswitch_id": "vsw-bp1orchid00000002"})


@pytest.mark.parametrize("kind", ["throttle", "error", "cut-before", "cut-after"])
def test_an_acceptance_whose_answer_is_lost_is_made_once(
    process: ProviderProcess, approved: str, sandbox: Sandbox, kind: str
) -> None:
    sandbox.faults.add(Fault(action="AcceptInstanceTransfer", kind=kind, times=2))
    _, outputs = process.create(INPUTS)
    assert outputs["status"] == "Transferring"
    arrive(sandbox)
    assert groups_of() == {WEB}


def test_an_acceptance_without_any_answer_that_took_effect_is_found(
    process: ProviderProcess, approved: str, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault(action="AcceptInstanceTransfer", kind="cut-after"))
    _, outputs = process.create(INPUTS)
    assert outputs["accepted_transfer_id"] == approved


def test_an_acceptance_that_did_not_take_effect_is_reported_and_can_be_repeated(
    process: ProviderProcess, approved: str, sandbox: Sandbox
) -> None:
    sandbox.faults.add(Fault(action="AcceptInstanceTransfer", kind="cut-before"))
    with pytest.raises(Failed, match="Could not accept the transfer"):
        process.create(INPUTS)
    sandbox.faults.clear()
    assert process.create(INPUTS)[1]["status"] == "Transferring"


def test_what_is_still_under_review_can_be_received_later(process: ProviderProcess, sandbox: Sandbox) -> None:
    operations.submit(Cloud("sandbox-source", REGION), TransferRequest(WEB_01, REGION, RECIPIENT), "token")
    with pytest.raises(Failed, match=r"is UnderReview\. It can be received once it is Approved"):
        process.create(INPUTS)


def test_what_nobody_offers_is_refused(process: ProviderProcess) -> None:
    with pytest.raises(Failed, match="no transfer of it to account 1000000000000002 is listed"):
        process.create(INPUTS)


def test_a_group_of_another_vpc_than_the_vswitch_is_refused_with_what_to_do(
    process: ProviderProcess, approved: str, sandbox: Sandbox
) -> None:
    with pytest.raises(Failed, match="in the vSwitch's VPC"):
        process.create(INPUTS | {"security_group_ids": [OTHER_VPC]})
    assert [transfer.status for transfer in sandbox.desk.transfers()] == ["Approved"]


@pytest.mark.parametrize(
    ("profile", "account", "region_thing", "message"),
    [
        ("sandbox-other", "1000000000000003", ("vsw-bp1birch000000001", "sg-bp1birch0000000web"), "Quota Center"),
        ("sandbox-unverified", "1000000000000004", ("vsw-bp1clover00000001", "sg-bp1clover000000web"), "real-name"),
    ],
)
def test_a_recipient_that_may_not_accept_it_gets_what_to_do(
    sandbox: Sandbox, tmp_path: Path, profile: str, account: str, region_thing: tuple[str, str], message: str
) -> None:
    operations.submit(Cloud("sandbox-source", REGION), TransferRequest(WEB_01, REGION, account), "token")
    sandbox.desk.approve(WEB_01)
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)} | sandbox.environment()
    vswitch, group = region_thing
    inputs = INPUTS | {"vswitch_id": vswitch, "security_group_ids": [group]}
    config = {"recipientProfile": profile}
    with (
        running(environment, config, tmp_path, InstanceReceiptProvider) as theirs,
        pytest.raises(Failed, match=message),
    ):
        theirs.create(inputs)


def test_only_groups_can_change_and_their_order_means_nothing(process: ProviderProcess) -> None:
    olds = INPUTS | {"security_group_ids": [WEB, DB], "status": "Completed"}
    assert process.diff(WEB_01, olds, olds | {"security_group_ids": [DB, WEB]}).changes == 1  # none
    changed = process.diff(WEB_01, olds, olds | {"security_group_ids": [DB]})
    assert (changed.changes, list(changed.replaces)) == (2, [])
    assert list(process.diff(WEB_01, olds, olds | {"instance_id": "i-bp1another1"}).replaces) == ["instance_id"]
    with pytest.raises(Failed, match="Could not change vswitch_id: i-bp1web00000000000001 was received into vsw-"):
        process.diff(WEB_01, olds, olds | {"vswitch_id": "vsw-bp1another"})


def test_an_update_joins_and_leaves_until_the_groups_match(
    process: ProviderProcess, approved: str, sandbox: Sandbox
) -> None:
    id_, outputs = process.create(INPUTS)
    arrive(sandbox)
    _, outputs = process.read(id_, outputs)
    for wanted in ([DB], [WEB, DB], [WEB]):
        outputs = process.update(id_, outputs, INPUTS | {"security_group_ids": wanted})
        assert groups_of() == set(wanted) == set(outputs["security_group_ids"])
        assert outputs["accepted_transfer_id"] == approved


@pytest.mark.parametrize("action", ["JoinSecurityGroup", "LeaveSecurityGroup"])
@pytest.mark.parametrize("kind", ["throttle", "cut-before", "cut-after"])
def test_an_update_whose_answers_are_lost_ends_in_the_right_groups(
    process: ProviderProcess, approved: str, sandbox: Sandbox, action: str, kind: str
) -> None:
    id_, outputs = process.create(INPUTS)
    arrive(sandbox)
    _, outputs = process.read(id_, outputs)
    sandbox.faults.add(Fault(action=action, kind=kind, times=2))
    process.update(id_, outputs, INPUTS | {"security_group_ids": [DB]})
    assert groups_of() == {DB}


def test_groups_changed_outside_show_as_the_inputs_they_are_now(
    process: ProviderProcess, approved: str, sandbox: Sandbox
) -> None:
    id_, outputs = process.create(INPUTS)
    arrive(sandbox)
    instances.join(Cloud("sandbox-recipient", REGION), WEB_01, DB)
    _, outputs = process.read(id_, outputs)
    assert set(outputs["security_group_ids"]) == {WEB, DB}
    assert process.diff(id_, outputs, INPUTS).changes == 2


def test_an_instance_that_is_not_listed_any_more_is_not_gone(process: ProviderProcess, sandbox: Sandbox) -> None:
    received = INPUTS | {"status": "Completed", "recipient_account_id": RECIPIENT}
    with pytest.raises(Failed, match=r"Could not find .* in the recipient's account 1000000000000002"):
        process.read(WEB_01, received)


def test_another_account_than_the_recipients_is_an_error_and_not_an_absence(process: ProviderProcess) -> None:
    received = INPUTS | {"status": "Completed", "recipient_account_id": "1000000000000003"}
    with pytest.raises(
        Failed,
        match="belongs to account 1000000000000002, and it was received by account 1000000000000003",
    ):
        process.read(WEB_01, received)


def test_a_query_that_fails_is_an_error_and_changes_nothing(process: ProviderProcess, sandbox: Sandbox) -> None:
    sandbox.faults.add(Fault(action="DescribeInstances", kind="cut-before"))
    with pytest.raises(Failed, match="no usable answer"):
        process.read(WEB_01, INPUTS | {"status": "Completed", "recipient_account_id": RECIPIENT})


def test_many_receipts_are_queried_by_one_call(process: ProviderProcess, approved: str, sandbox: Sandbox) -> None:
    id_, outputs = process.create(INPUTS)
    arrive(sandbox)
    sandbox.log.clear()
    for _ in range(5):
        process.read(id_, outputs)
    assert [entry.action for entry in sandbox.log.entries()] == ["DescribeInstances"]


def test_deleting_it_calls_nothing(process: ProviderProcess, sandbox: Sandbox) -> None:
    process.delete(WEB_01, INPUTS | {"status": "Completed"})
    assert not sandbox.log.entries()
