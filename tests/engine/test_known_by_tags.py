"""What a stack made is known by its tags: taken over after a kill or a lost state, by this stack only, and reported."""

from __future__ import annotations

import json
import signal
from datetime import timedelta
from typing import Any

import pytest
import yaml

from sandbox.gateway.faults import Fault
from sandbox.models.world import Eip, SecurityGroup
from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import RECIPIENT, WEB_01, WEB_02, Project
from transfer_provider.cloud.client import Action, Cloud

VPC, VSWITCH = "vpc-bp1orchid00000001", "vsw-bp1orchid00000001"
EVERYWHERE = "0.0.0.0/0"
GROUPS: dict[str, Any] = {
    "front": {
        "vpc_id": VPC,
        "rules": {"https": {"direction": "ingress", "protocol": "tcp", "ports": 443, "source": EVERYWHERE}},
    },
    "data": {
        "vpc_id": VPC,
        "description": "Databases",
        "inner_access_policy": "Drop",
        "rules": {"postgresql": {"direction": "ingress", "protocol": "tcp", "ports": 5432, "source": "front"}},
    },
}
NOW = {"bandwidth": 10, "allocate": "now"}
OWNER = {"instance-handover:project": "instance-handover", "instance-handover:stack": "sandbox"}


def succeeds(run: Any) -> str:
    assert run.ok, run.text
    return str(run.text)


def declare_groups(project: Project, groups: dict[str, Any] = GROUPS) -> None:
    folder = project.folder / "stacks" / project.stack
    folder.mkdir(exist_ok=True)
    (folder / "security-groups.yaml").write_text(yaml.safe_dump(groups))


def recreate(**more: Any) -> dict[str, Any]:
    return {"vswitch_id": VSWITCH, "security_groups": ["front", "data"], **more}


@pytest.fixture
def stack(project: Project) -> Project:
    """A stack of both sides with a handover into two groups, and an address reserved for it."""
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    project.declare("web-01", WEB_01, recreate=recreate(eip=NOW))
    declare_groups(project)
    return project


def arrive(project: Project, cloud: Sandbox) -> None:
    succeeds(project.up())
    cloud.desk.approve(WEB_01)
    succeeds(project.up())
    cloud.clock.advance(timedelta(minutes=1))


def killed_after(project: Project, cloud: Sandbox, action: str, trouble: Fault) -> None:
    """A run killed once the action took effect; `trouble` keeps the plugin from reporting it to the engine before."""
    cloud.faults.add(trouble)
    already = len(cloud.log.entries(action))
    project.broken_off(signal.SIGKILL, lambda: len(cloud.log.entries(action)) > already)
    project.end_strays()
    cloud.faults.clear()
    succeeds(project.pulumi("cancel", "--yes"))


def delay(action: str) -> Fault:
    return Fault(action=action, kind="delay", seconds=20)


def made_groups(cloud: Sandbox) -> list[SecurityGroup]:
    """The recipient's groups that a stack made."""
    return [group for group in cloud.state.group_store.of(RECIPIENT, "cn-hangzhou") if group.tags]


def made_addresses(cloud: Sandbox) -> list[Eip]:
    """The recipient's addresses that a stack made."""
    return [
        eip
        for eip in cloud.state.eip_store.of(RECIPIENT, "cn-hangzhou")
        if eip.tags or eip.description.startswith("Made by instance-handover")
    ]


def held_ids(project: Project) -> set[str]:
    """The ids of all that the state holds."""
    return {resource.get("id", "") for resource in project.resources()}


def test_a_group_that_a_killed_run_made_is_taken_over_and_put_right(stack: Project, cloud: Sandbox) -> None:
    killed_after(stack, cloud, "CreateSecurityGroup", delay("DescribeSecurityGroupAttribute"))
    left = made_groups(cloud)
    assert left
    assert not {group.id for group in left} & held_ids(stack)

    assert "= alicloud:ecs/securityGroup:SecurityGroup: (import)" in succeeds(stack.preview())
    succeeds(stack.up())
    succeeds(stack.up("--expect-no-changes"))
    assert sorted(group.name for group in made_groups(cloud)) == ["data", "front"]
    assert {group.id for group in left} <= {group.id for group in made_groups(cloud)}
    data = next(group for group in made_groups(cloud) if group.name == "data")
    assert (data.inner_access, data.description, len(data.rules)) == ("Drop", "Databases", 1)
    assert data.tags == OWNER | {"instance-handover:group": "data"}


def test_an_address_that_a_killed_run_allocated_is_taken_over_under_another_name(
    stack: Project, cloud: Sandbox
) -> None:
    killed_after(stack, cloud, "AllocateEipAddress", Fault(action="TagResources", kind="throttle"))
    (left,) = made_addresses(cloud)
    assert left.tags == {}, "the plugin sends an address's tags after it was allocated"
    stack.remove("web-01")
    stack.declare("shop", WEB_01, recreate=recreate(eip=NOW))

    assert "= alicloud:ecs/eipAddress:EipAddress: (import)" in succeeds(stack.preview())
    succeeds(stack.up())
    succeeds(stack.up("--expect-no-changes"))
    (address,) = made_addresses(cloud)
    assert (address.id, address.name) == (left.id, "shop")
    assert address.tags == OWNER | {"instance-handover:handover": "shop", "instance-handover:instance": WEB_01}


def test_an_address_left_behind_is_reported_by_every_run(stack: Project, cloud: Sandbox) -> None:
    killed_after(stack, cloud, "AllocateEipAddress", Fault(action="TagResources", kind="throttle"))
    (left,) = made_addresses(cloud)
    stack.declare("web-02", WEB_02, recreate=recreate())
    stack.remove("web-01")
    stack.use("sandbox", side="both", recipientProfile="sandbox-recipient", maxCancellations=5)
    for run in (stack.preview(), stack.up()):
        reported = succeeds(run)
        assert f"({left.id}), made for handover web-01 of {WEB_01}, is this stack's by its tags" in reported
        assert f"handover release-address {left.id} --stack sandbox" in reported
    assert f"handover release-address {left.id} --stack sandbox" in stack.handover("doctor", "--json").text

    refused = stack.handover("release-address", left.id)
    assert not refused.ok, "nobody was asked"
    assert made_addresses(cloud)
    stack.declare("web-01", WEB_01, recreate=recreate(eip=NOW))
    refused = stack.handover("release-address", left.id, "--yes")
    assert f"Error: Could not release {left.id}: a handover of {WEB_01} is declared" in refused.text
    stack.remove("web-01")
    assert f"Released {left.id}" in succeeds(stack.handover("release-address", left.id, "--yes"))
    assert not made_addresses(cloud)


def test_a_binding_that_a_killed_run_made_is_taken_over_and_a_lost_state_is_adopted_whole(
    stack: Project, cloud: Sandbox, recipient: Cloud
) -> None:
    arrive(stack, cloud)
    killed_after(stack, cloud, "AssociateEipAddress", delay("AssociateEipAddress"))
    (address,) = made_addresses(cloud)
    assert address.instance == WEB_01
    assert "= alicloud:ecs/eipAssociation:EipAssociation: (import)" in succeeds(stack.preview())
    calls = len(cloud.log.entries("AssociateEipAddress"))
    succeeds(stack.up())
    succeeds(stack.up("--expect-no-changes"))
    assert len(cloud.log.entries("AssociateEipAddress")) == calls
    assert [bound.id for bound in accounts.addresses(recipient) if bound.instance_id == WEB_01] == [address.id]

    # The state is lost.
    before = made_groups(cloud), made_addresses(cloud), accounts.instance(recipient, WEB_01)
    succeeds(stack.pulumi("stack", "rm", "--force", "--yes", "--preserve-config"))
    succeeds(stack.pulumi("stack", "init", stack.stack, stacked=False))
    cloud.log.clear()

    shown = succeeds(stack.preview())
    assert shown.count("(import)") == 4, shown
    succeeds(stack.up())
    succeeds(stack.up("--expect-no-changes"))
    assert (made_groups(cloud), made_addresses(cloud), accounts.instance(recipient, WEB_01)) == before
    for action in ("CreateSecurityGroup", "AllocateEipAddress", "AssociateEipAddress", "TransferInstance"):
        assert not [entry for entry in cloud.log.entries(action) if entry.error_code is None], action


def test_another_stack_with_the_same_handover_takes_nothing(stack: Project, cloud: Sandbox) -> None:
    succeeds(stack.up())
    (reserved,) = made_addresses(cloud)
    stack.use("other", side="recipient", recipientProfile="sandbox-recipient")
    stack.declare("web-01", WEB_01, recreate=recreate(eip=NOW))
    declare_groups(stack)
    shown = succeeds(stack.preview())
    assert "(import)" not in shown
    succeeds(stack.up())
    assert len(made_addresses(cloud)) == 2
    assert len(made_groups(cloud)) == 4
    assert reserved.id not in held_ids(stack)
    assert "nobody" not in succeeds(stack.preview("--expect-no-changes"))


def test_an_address_of_nobody_is_taken_over_on_request_only(stack: Project, cloud: Sandbox, recipient: Cloud) -> None:
    answer = recipient.ask(
        Action("AllocateEipAddress", False, "vpc", "2016-04-28"),
        {
            "RegionId": "cn-hangzhou",
            "Name": "web-01",
            "Bandwidth": "10",
            "InternetChargeType": "PayByTraffic",
        },
        doing="reserve an address by hand",
    )
    reserved = str(answer["AllocationId"])
    assert "+ alicloud:ecs/eipAddress:EipAddress: (create)" in succeeds(stack.preview())
    stack.declare("web-01", WEB_01, recreate=recreate(eip=NOW | {"adopt": reserved}))
    assert "= alicloud:ecs/eipAddress:EipAddress: (import)" in succeeds(stack.preview())
    succeeds(stack.up())
    succeeds(stack.up("--expect-no-changes"))
    assert [eip.id for eip in made_addresses(cloud)] == [reserved]


def test_a_rule_that_nobody_declared_is_reported_by_every_run(stack: Project, cloud: Sandbox, recipient: Cloud) -> None:
    assert "no file declares" not in succeeds(stack.up())
    front = accounts.group_ids(recipient)["front"]
    for port, source in (("3389/3389", EVERYWHERE), ("22/22", "198.51.100.7")):
        accounts.change(
            recipient,
            "AuthorizeSecurityGroup",
            SecurityGroupId=front,
            IpProtocol="tcp",
            PortRange=port,
            SourceCidrIp=source,
        )
    reported = succeeds(stack.preview("--expect-no-changes"))
    world = f"OPEN TO THE WORLD: security group front ({front}) has a rule that no file declares: ingress tcp port 3389"
    assert world in reported
    assert reported.index(world) < reported.index("ingress tcp port 22 from 198.51.100.7")
    assert reported.count("no file declares") == 2

    # What the stack itself created, and the file no longer declares, this very run removes.
    groups = json.loads(json.dumps(GROUPS))
    groups["front"]["rules"]["https"]["ports"] = 8443
    declare_groups(stack, groups)
    reported = succeeds(stack.up())
    assert f"ingress tcp port 443 from {EVERYWHERE}" not in reported
    assert world in reported
