"""The real alicloud plugin against the sandbox: create, refresh, update, drift and delete of all five resources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.models.security_group_rules import Rule
from sandbox.models.world import Eip, SecurityGroup
from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import RECIPIENT, Project
from transfer_provider.cloud.client import Cloud

INSTANCE = "i-bp1orchid00000000001"
DISK = "d-bp1orchid00000000001"

PROGRAM = '''"""All five resources of the recipient; what may change is in wishes.json."""
import json
from pathlib import Path

import pulumi
import pulumi_alicloud as alicloud

wishes = json.loads(Path("wishes.json").read_text())
recipient = alicloud.Provider(
    "recipient", profile="sandbox-recipient", region="cn-hangzhou", account_type="Domestic", skip_region_validation=True
)
opts = pulumi.ResourceOptions(provider=recipient)
group = alicloud.ecs.SecurityGroup("front", vpc_id="vpc-bp1orchid00000001", opts=opts, **wishes["group"])
rule = {"security_group_id": group.id, "policy": "accept", "nic_type": "intranet", "opts": opts}
alicloud.ecs.SecurityGroupRule(
    "https",
    type="ingress",
    ip_protocol="tcp",
    port_range="443/443",
    cidr_ip="0.0.0.0/0",
    **(rule | wishes["rule"]),
)
alicloud.ecs.SecurityGroupRule("icmp", type="ingress", ip_protocol="icmp", cidr_ip="10.0.0.0/8", **rule)
alicloud.ecs.SecurityGroupRule(
    "web-servers",
    type="egress",
    ip_protocol="udp",
    port_range="1/65535",
    source_security_group_id="sg-bp1orchid000000web",
    **rule,
)
alicloud.ecs.SecurityGroupRule(
    "offices",
    type="ingress",
    ip_protocol="tcp",
    port_range="22/22",
    prefix_list_id="pl-bp1orchid000000001",
    priority=10,
    **rule,
)
# Without a NIC type, as most programs write it.
alicloud.ecs.SecurityGroupRule(
    "all-of-ipv6",
    security_group_id=group.id,
    type="egress",
    ip_protocol="all",
    ipv6_cidr_ip="2001:db8:0:0::/32",
    opts=opts,
)
address = alicloud.ecs.EipAddress(
    "address", isp="BGP", internet_charge_type="PayByTraffic", payment_type="PayAsYouGo", opts=opts, **wishes["eip"]
)
alicloud.ecs.EipAssociation(
    "bound", allocation_id=address.id, instance_id="i-bp1orchid00000000001", instance_type="EcsInstance", opts=opts
)
alicloud.ecs.EcsSnapshot("backup", disk_id="d-bp1orchid00000000001", opts=opts, **wishes["snapshot"])
'''

WISHES: dict[str, Any] = {
    "group": {
        "security_group_name": "front",
        "description": "Web servers",
        "inner_access_policy": "Accept",
        "tags": {"project": "orchid"},
    },
    "rule": {"description": "HTTPS", "priority": 1},
    "eip": {"address_name": "front", "bandwidth": "5", "tags": {"project": "orchid"}},
    "snapshot": {"snapshot_name": "before", "description": "Before the handover", "tags": {"project": "orchid"}},
}
CHANGED: dict[str, Any] = {
    "group": {
        "security_group_name": "front-end",
        "description": "All web servers",
        "inner_access_policy": "Drop",
        "tags": {"project": "orchid", "stage": "live"},
    },
    "rule": {"description": "HTTPS from everywhere", "priority": 1},
    "eip": {"address_name": "front-end", "bandwidth": "20", "tags": {}},
    "snapshot": {"snapshot_name": "safe", "description": "Kept", "tags": {"stage": "live"}},
}


@pytest.fixture
def program(tmp_path: Path, cloud: Sandbox) -> Iterator[Project]:
    """The program in a project of its own; whatever the plugin calls, the sandbox knows the action."""
    file = tmp_path / "network.py"
    file.write_text(PROGRAM)
    made = Project.made(tmp_path / "project", cloud, program=file)
    wish(made, WISHES)
    yield made
    made.end_strays()
    assert [entry.action for entry in cloud.log.entries() if entry.error_code == "InvalidAction.NotFound"] == []
    assert {entry.error_code for entry in cloud.log.entries() if entry.http_status == 400} == set()


def wish(program: Project, wishes: dict[str, Any]) -> None:
    (program.folder / "wishes.json").write_text(json.dumps(wishes))


def succeeds(run: Any) -> str:
    assert run.ok, run.text
    return str(run.text)


def front(cloud: Sandbox) -> SecurityGroup:
    """The group that the program made: the account's newest."""
    return cloud.state.security_groups(RECIPIENT)[-1]


def https(cloud: Sandbox) -> Rule:
    (found,) = [rule for rule in cloud.state.rules(front(cloud).id) if rule.ports == "443/443"]
    return found


def address(cloud: Sandbox) -> Eip:
    (found,) = cloud.state.eips(RECIPIENT)
    return found


def test_all_five_resources_live_and_end_by_the_real_plugin(program: Project, cloud: Sandbox) -> None:
    before = [group.id for group in cloud.state.security_groups(RECIPIENT)]
    succeeds(program.up())
    group, eip = front(cloud), address(cloud)
    (snapshot,) = cloud.state.snapshots(RECIPIENT)
    assert (group.name, group.description, group.inner_access) == ("front", "Web servers", "Accept")
    assert len(group.rules) == 5
    assert (eip.name, eip.bandwidth, eip.instance) == ("front", 5, INSTANCE)
    assert (snapshot.name, snapshot.disk_id) == ("before", DISK)
    assert group.tags == snapshot.tags == {"project": "orchid"}

    succeeds(program.pulumi("refresh", "--yes", "--skip-preview", "--suppress-progress", "--expect-no-changes"))
    succeeds(program.up("--expect-no-changes"))

    wish(program, CHANGED)
    assert "~ 4 updated" in succeeds(program.up())
    changed = front(cloud)
    assert changed.id == group.id
    assert (changed.name, changed.description, changed.inner_access) == ("front-end", "All web servers", "Drop")
    assert changed.tags == {"project": "orchid", "stage": "live"}
    assert https(cloud).description == "HTTPS from everywhere"
    assert {rule.id for rule in changed.rules} == {rule.id for rule in group.rules}
    assert address(cloud) == eip.model_copy(update={"name": "front-end", "bandwidth": 20, "tags": {}})
    (kept,) = cloud.state.snapshots(RECIPIENT)
    assert (kept.id, kept.name, kept.description, kept.tags) == (snapshot.id, "safe", "Kept", {"stage": "live"})
    succeeds(program.up("--expect-no-changes"))

    succeeds(program.destroy())
    assert [group.id for group in cloud.state.security_groups(RECIPIENT)] == before
    assert not cloud.state.eips(RECIPIENT)
    assert not cloud.state.snapshots(RECIPIENT)


def test_a_rule_changed_beside_is_shown_and_put_back(program: Project, cloud: Sandbox, recipient: Cloud) -> None:
    succeeds(program.up())
    of = {"SecurityGroupId": front(cloud).id, "SecurityGroupRuleId": str(https(cloud).id)}
    accounts.change(recipient, "ModifySecurityGroupRule", **of, Description="Changed by hand")
    refreshed = succeeds(program.refresh("--diff"))
    assert "Changed by hand" in refreshed
    succeeds(program.up())
    assert https(cloud).description == "HTTPS"

    # Another priority is another rule: the one that was declared is gone.
    accounts.change(recipient, "ModifySecurityGroupRule", **of, Priority="50")
    shown = succeeds(program.preview("--refresh"))
    assert "+ alicloud:ecs/securityGroupRule:SecurityGroupRule: (create)" in shown
    succeeds(program.up())
    assert sorted(rule.priority for rule in cloud.state.rules(front(cloud).id) if rule.ports == "443/443") == [1, 50]
    succeeds(program.up("--expect-no-changes"))
