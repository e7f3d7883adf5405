"""The console channel: nothing is submitted from here; people move the instance, and each run lists how far it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import yaml

from sandbox.gateway.faults import Fault
from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import DB_01, RECIPIENT, SOURCE, WEB_01, Project
from transfer_provider.cloud.client import Cloud

VPC, VSWITCH, CHOSEN = "vpc-bp1orchid00000001", "vsw-bp1orchid00000001", "sg-bp1orchid0000000db"
GROUPS = {
    "front": {
        "vpc_id": VPC,
        "rules": {"https": {"direction": "ingress", "protocol": "tcp", "ports": 443, "source": "0.0.0.0/0"}},
    }
}
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def stack(project: Project, cloud: Sandbox) -> Project:
    """Both sides, one handover by the console, in accounts that are not offered the transfer actions."""
    for action in ("TransferInstance", "DescribeInstanceTransfers", "AcceptInstanceTransfer", "CancelInstanceTransfer"):
        cloud.faults.add(Fault(action=action, kind="not-offered"))
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient", recipients=[RECIPIENT])
    declare(project)
    (project.folder / "stacks/sandbox/security-groups.yaml").write_text(yaml.safe_dump(GROUPS))
    return project


def declare(project: Project, **changes: Any) -> None:
    recreate = {"vswitch_id": VSWITCH, "security_groups": ["front"], "eip": {"bandwidth": 5}}
    project.declare("web-01", WEB_01, **{"channel": "console", "recreate": recreate} | changes)


def reported(project: Project) -> dict[str, Any]:
    """The handover as the stack's outputs tell it."""
    outputs: dict[str, Any] = project.outputs()["handovers"]["web-01"]
    return outputs


def moved(cloud: Sandbox) -> None:
    """Both people did their part in the console; the recipient chose another group than declared."""
    cloud.console.initiate(WEB_01, RECIPIENT)
    cloud.console.confirm(WEB_01, vswitch=VSWITCH, groups=[CHOSEN])


def test_a_whole_handover_is_followed_from_outside(
    stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
) -> None:
    begun = stack.up()
    assert begun.ok, begun.text
    assert "Recorded console-i-bp1web00000000000001" in begun.text
    front = accounts.group_ids(recipient)["front"]
    waiting = reported(stack)
    assert waiting["status"] == "AwaitingInitiation"
    for stated in (
        "发起过户",
        "确认接收过户",
        SOURCE,
        RECIPIENT,
        WEB_01,
        "24 hours",
        VSWITCH,
        front,
        "terms of transfer",
    ):
        assert stated in waiting["status_message"]
    assert stack.preview("--expect-no-changes").ok

    moved(cloud)
    going = stack.up()
    assert going.ok, going.text
    assert (reported(stack)["status"], "it is moving" in reported(stack)["status_message"]) == ("Transferring", True)

    cloud.clock.advance(HALF_AN_HOUR)
    arrived = stack.up()
    assert arrived.ok, arrived.text
    assert f"was received into {CHOSEN}: security groups set to {front}" in arrived.text
    settled = reported(stack)
    assert settled["status"] == "Completed"
    # Whatever was chosen in the console, the declared group holds.
    instance = accounts.instance(recipient, WEB_01)
    assert instance is not None
    assert instance.security_group_ids == (front,)
    assert instance.eip == settled["new_address"]
    assert accounts.instance(source, WEB_01) is None
    again = stack.preview("--expect-no-changes")
    assert again.ok, again.text
    assert not cloud.desk.transfers()

    # Another group than declared shows as drift and is put right.
    accounts.change(recipient, "JoinSecurityGroup", InstanceId=WEB_01, SecurityGroupId=CHOSEN)
    accounts.change(recipient, "LeaveSecurityGroup", InstanceId=WEB_01, SecurityGroupId=front)
    drift = stack.preview()
    assert drift.ok
    assert "security_group_ids" in drift.text
    assert CHOSEN in drift.text
    assert stack.up().ok
    instance = accounts.instance(recipient, WEB_01)
    assert instance is not None
    assert instance.security_group_ids == (front,)


def test_an_offer_that_ended_is_still_waited_for(stack: Project, cloud: Sandbox) -> None:
    assert stack.up().ok
    # Taken back in the console.
    cloud.console.initiate(WEB_01, RECIPIENT)
    cloud.console.cancel(WEB_01)
    assert stack.up().ok
    assert reported(stack)["status"] == "AwaitingInitiation"
    # Expired.
    cloud.console.initiate(WEB_01, RECIPIENT)
    cloud.clock.advance(timedelta(hours=25))
    assert "Expired" in [str(order.status) for order in cloud.console.orders()]
    assert stack.up().ok
    assert reported(stack)["status"] == "AwaitingInitiation"
    moved(cloud)
    cloud.clock.advance(HALF_AN_HOUR)
    assert stack.up().ok
    assert reported(stack)["status"] == "Completed"


def test_removing_the_file_removes_what_waits_from_state_and_states_that_nothing_was_cancelled(
    stack: Project, cloud: Sandbox
) -> None:
    stack.declare("db-01", DB_01, channel="console")
    assert stack.up().ok
    cloud.console.initiate(WEB_01, RECIPIENT)
    stack.remove("web-01")
    gone = stack.up()
    assert gone.ok, gone.text
    assert "removed from state: nothing was submitted from here" in gone.text
    assert "only the console can cancel it" in gone.text
    assert cloud.console.orders()[0].status == "PendingConfirmation"
    assert set(stack.transfers()) == {"db-01"}


def test_on_its_way_neither_its_request_nor_its_file_is_changed_but_by_a_setting(
    stack: Project, cloud: Sandbox
) -> None:
    stack.declare("db-01", DB_01, channel="console")
    assert stack.up().ok
    moved(cloud)
    assert stack.up().ok

    declare(stack, reason="Another project")
    refused = stack.up()
    assert not refused.ok
    assert "Could not change reason" in refused.text

    declare(stack)
    kept = (stack.folder / "stacks/sandbox/web-01.yaml").read_text()
    stack.remove("web-01")
    refused = stack.up()
    assert not refused.ok
    assert "only the console can cancel it" in refused.text
    assert "`forgetConsoleTransfers`" in refused.text
    assert stack.transfers()["web-01"]["status"] == "Transferring"

    (stack.folder / "stacks/sandbox/web-01.yaml").write_text(kept)
    stack.use(
        "sandbox",
        side="both",
        recipientProfile="sandbox-recipient",
        recipients=[RECIPIENT],
        forgetConsoleTransfers=True,
    )
    assert stack.up().ok
    stack.remove("web-01")
    gone = stack.up()
    assert gone.ok, gone.text
    assert set(stack.transfers()) == {"db-01"}


def test_an_instance_that_vanished_from_both_accounts_is_explained_and_never_taken_for_moved(
    stack: Project, cloud: Sandbox
) -> None:
    assert stack.up().ok
    cloud.console.lose(WEB_01)
    assert stack.up().ok
    assert reported(stack)["status"] == "Transferring"
    cloud.clock.advance(timedelta(hours=3))
    explained = stack.up()
    assert explained.ok, explained.text
    message = reported(stack)["status_message"]
    assert reported(stack)["status"] == "Transferring"
    for stated in ("Neither account lists the instance since", "Nothing is concluded", "Alibaba Cloud support"):
        assert stated in message


class TestTheChannel:
    def test_what_was_never_submitted_may_be_submitted_otherwise(self, stack: Project, cloud: Sandbox) -> None:
        assert stack.up().ok
        cloud.faults.clear()
        declare(stack, channel="api")
        changed = stack.up()
        assert changed.ok, changed.text
        assert stack.transfers()["web-01"]["status"] == "UnderReview"
        assert len(cloud.desk.transfers()) == 1

    def test_what_was_submitted_is_followed_where_it_was(self, stack: Project, cloud: Sandbox) -> None:
        cloud.faults.clear()
        declare(stack, channel="api")
        assert stack.up().ok
        declare(stack, channel="console")
        same = stack.preview("--expect-no-changes")
        assert same.ok, same.text
        cloud.desk.approve(WEB_01)
        assert stack.up().ok
        cloud.clock.advance(timedelta(minutes=1))
        assert stack.up().ok
        assert reported(stack)["status"] == "Completed"


def test_the_sources_half_states_that_only_the_recipient_can_report(stack: Project, cloud: Sandbox) -> None:
    stack.use("sandbox", side="source")
    assert stack.up().ok
    assert reported(stack)["status"] == "AwaitingInitiation"
    moved(cloud)
    cloud.clock.advance(HALF_AN_HOUR)
    assert stack.up().ok
    assert reported(stack)["status"] == "Transferring"
    assert "only the recipient's can show that it arrived" in reported(stack)["status_message"]


def test_the_recipients_half_takes_over_what_arrived(stack: Project, cloud: Sandbox, recipient: Cloud) -> None:
    stack.use("sandbox", side="recipient", recipientProfile="sandbox-recipient", sourceProfile="nobody")
    assert stack.up().ok
    moved(cloud)
    cloud.clock.advance(HALF_AN_HOUR)
    assert stack.up().ok
    instance = accounts.instance(recipient, WEB_01)
    assert instance is not None
    assert instance.security_group_ids == (accounts.group_ids(recipient)["front"],)


def test_a_program_of_its_own_works_by_the_console_too(stack: Project, cloud: Sandbox, recipient: Cloud) -> None:
    (stack.folder / "__main__.py").write_text(
        "from transfer_provider import Handover\n"
        f"Handover('web-01', instance_id='{WEB_01}', region='cn-hangzhou', recipient_account_id='{RECIPIENT}',"
        f" accept_terms=True, channel='console', vswitch_id='{VSWITCH}',"
        " security_group_ids=['sg-bp1orchid000000web'])\n"
    )
    assert stack.up().ok
    moved(cloud)
    cloud.clock.advance(HALF_AN_HOUR)
    assert stack.up().ok
    instance = accounts.instance(recipient, WEB_01)
    assert instance is not None
    assert instance.security_group_ids == ("sg-bp1orchid000000web",)
