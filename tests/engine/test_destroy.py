"""`pulumi destroy` of what the recipient has, where nothing is protected."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import DB_01, WEB_02, Project
from tests.engine.test_recipient_side import GROUPS, RECREATE, declare_groups, succeeds
from transfer_provider.cloud.client import Cloud

ELSEWHERE = "sg-bp1orchid000000web"


def unprotect(stack: Project, *, protect: bool = False) -> None:
    stack.use("sandbox", side="both", recipientProfile="sandbox-recipient", protect=protect)


@pytest.fixture
def stack(project: Project) -> Project:
    """An unprotected stack with two handovers, and a group without rules beside one with them."""
    unprotect(project)
    project.declare("web-02", WEB_02, recreate=RECREATE | {"eip": {"bandwidth": 5}})
    project.declare("db-01", DB_01, recreate=RECREATE | {"eip": {"allocate": "now"}})
    bare = {"vpc_id": GROUPS["data"]["vpc_id"]}
    declare_groups(project, {"front": GROUPS["front"], "data": bare})
    return project


@pytest.fixture
def settled(stack: Project, cloud: Sandbox) -> Project:
    """The same after web-02 has arrived; db-01 is under review."""
    succeeds(stack.up())
    cloud.desk.approve(WEB_02)
    succeeds(stack.up())
    cloud.clock.advance(timedelta(minutes=1))
    succeeds(stack.up())
    return stack


def calls_since(cloud: Sandbox, number: int) -> set[str]:
    return {str(entry.action) for entry in cloud.log.entries()[number:] if not str(entry.action).startswith("Describe")}


def test_what_is_in_use_stops_a_destroy_before_anything_is_deleted_and_once_the_groups_are_free_all_is(
    settled: Project, cloud: Sandbox, recipient: Cloud
) -> None:
    front = accounts.group_ids(recipient)["front"]
    before: Any = accounts.addresses(recipient), accounts.rules(recipient, front), cloud.desk.transfers()
    calls = len(cloud.log.entries())
    refused = settled.destroy()
    assert not refused.ok
    assert f"{WEB_02} (web-02) is in {front}." in refused.text
    assert "pulumi destroy --exclude-protected" in refused.text
    assert "Traceback" not in refused.text
    assert calls_since(cloud, calls) <= {"GetCallerIdentity"}
    assert (accounts.addresses(recipient), accounts.rules(recipient, front), cloud.desk.transfers()) == before
    succeeds(settled.up("--expect-no-changes"))

    # Protected again, nothing of the recipient's is destroyed.
    settled.remove("db-01")
    unprotect(settled, protect=True)
    succeeds(settled.up())
    succeeds(settled.destroy("--exclude-protected"))
    assert front in accounts.group_ids(recipient).values()
    unprotect(settled)
    succeeds(settled.up())

    # The instance leaves the group, which is free then.
    accounts.change(recipient, "JoinSecurityGroup", InstanceId=WEB_02, SecurityGroupId=ELSEWHERE)
    accounts.change(recipient, "LeaveSecurityGroup", InstanceId=WEB_02, SecurityGroupId=front)
    succeeds(settled.destroy())
    assert front not in accounts.group_ids(recipient).values()
    assert '"urn"' not in settled.pulumi("stack", "export").text
    assert WEB_02 not in {address.instance_id for address in accounts.addresses(recipient)}


def test_a_file_that_is_removed_is_no_destroy(settled: Project, cloud: Sandbox, recipient: Cloud) -> None:
    settled.remove("web-02")
    succeeds(settled.up())
    assert WEB_02 not in {address.instance_id for address in accounts.addresses(recipient)}
    succeeds(settled.up("--expect-no-changes"))
    refused = settled.destroy()
    assert not refused.ok
    assert f"{WEB_02} (received by no handover of this stack) is in" in refused.text


def test_after_the_recipient_released_the_instance_a_destroy_is_completed_without_a_refresh(
    settled: Project, cloud: Sandbox, recipient: Cloud
) -> None:
    cloud.owner.release(WEB_02)
    addresses = accounts.addresses(recipient)
    stopped = settled.destroy()
    assert not stopped.ok
    assert "Could not" in stopped.text
    assert accounts.addresses(recipient) == addresses
    succeeds(settled.destroy("--refresh=false"))
    assert "front" not in accounts.group_ids(recipient)
    assert '"urn"' not in settled.pulumi("stack", "export").text
