"""The recipient's side by `pulumi up`: groups, rules and addresses re-created, the instance received into them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import yaml

from sandbox.gateway.faults import Fault, Kind
from sandbox.models.world import World
from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import DB_01, ROOT, WEB_01, WEB_02, Project
from tests.known_secrets import known_secrets
from transfer_provider.cloud.client import Cloud

VPC, VSWITCH = "vpc-bp1orchid00000001", "vsw-bp1orchid00000001"
EVERYWHERE = "0.0.0.0/0"
GROUPS: dict[str, Any] = {
    "front": {
        "vpc_id": VPC,
        "description": "Web servers",
        "rules": {
            "https": {"direction": "ingress", "protocol": "tcp", "ports": 443, "source": EVERYWHERE},
            "ssh": {
                "direction": "ingress",
                "protocol": "tcp",
                "ports": 22,
                "source": "198.51.100.0/24",
                "priority": 10,
                "description": "from the office",
            },
        },
    },
    "data": {
        "vpc_id": VPC,
        "inner_access_policy": "Drop",
        "rules": {
            "postgresql": {"direction": "ingress", "protocol": "tcp", "ports": 5432, "source": "front"},
            "no-telnet": {
                "direction": "egress",
                "protocol": "tcp",
                "ports": 23,
                "destination": EVERYWHERE,
                "policy": "drop",
            },
        },
    },
}
RECREATE: dict[str, Any] = {"vswitch_id": VSWITCH, "security_groups": ["front"]}
INSTANCES = (WEB_01, WEB_02, DB_01)


def declare_groups(project: Project, groups: dict[str, Any] = GROUPS) -> None:
    (project.folder / "stacks" / project.stack / "security-groups.yaml").write_text(yaml.safe_dump(groups))


@pytest.fixture
def world(world: World) -> World:
    """One in which an instance moves for half a minute, so that a slow machine sees it moving."""
    return world.model_copy(update={"times": world.times.model_copy(update={"transferring": timedelta(seconds=30)})})


@pytest.fixture
def stack(project: Project) -> Project:
    """A stack of both sides with three handovers that share a group."""
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    declare_all(project)
    return project


def declare_all(project: Project) -> None:
    project.declare(
        "web-01",
        WEB_01,
        recreate=RECREATE | {"security_groups": ["front", "data"], "eip": {"bandwidth": 10, "allocate": "now"}},
    )
    project.declare("web-02", WEB_02, recreate=RECREATE | {"eip": {"name": "second"}})
    project.declare("db-01", DB_01, recreate=RECREATE | {"security_groups": ["data", "front"]})
    declare_groups(project)


def approve_all(cloud: Sandbox) -> None:
    for instance_id in INSTANCES:
        cloud.desk.approve(instance_id)


def succeeds(run: Any) -> str:
    assert run.ok, run.text
    return str(run.text)


def not_offered(cloud: Sandbox) -> list[str | None]:
    return [entry.action for entry in cloud.log.entries() if entry.error_code == "InvalidAction.NotFound"]


def declared_at(stack: Project) -> set[str]:
    """The files that the state names as where something was declared, but for the stack itself."""
    declared = [each for each in stack.resources() if each["type"] != "pulumi:pulumi:Stack"]
    frames = [frame for each in declared for frame in each.get("stackTrace", ())]
    return {frame.get("sourcePosition", "").partition("#")[0] for frame in frames}


def test_three_handovers_go_the_whole_way_and_stay_whatever_happens_beside(
    stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
) -> None:
    go_the_whole_way(stack, cloud, source, recipient)
    stay_whatever_happens_beside(stack, cloud, recipient)


def go_the_whole_way(stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud) -> None:
    old = accounts.instance(source, WEB_01)
    before = {address.ip for address in accounts.addresses(recipient)}
    succeeds(stack.up())
    assert {"front", "data"} <= accounts.group_ids(recipient).keys()
    assert [address.name for address in accounts.addresses(recipient) if address.ip not in before] == ["web-01"]
    assert "InstanceReceipt" not in stack.state_text()

    approve_all(cloud)
    shown = succeeds(stack.preview())
    assert shown.count("+ pulumi-python:dynamic/receipt:InstanceReceipt: (create)") == 3
    assert "EipAssociation" not in shown
    succeeds(stack.up())
    assert {transfer.status for transfer in cloud.desk.transfers()} == {"Transferring"}

    cloud.clock.advance(timedelta(minutes=1))
    shown = succeeds(stack.preview())
    assert shown.count("+ alicloud:ecs/eipAssociation:EipAssociation: (create)") == 2
    succeeds(stack.up())

    succeeds(stack.up("--expect-no-changes"))
    assert not_offered(cloud) == []
    groups = accounts.group_ids(recipient)
    received = {instance_id: accounts.instance(recipient, instance_id) for instance_id in INSTANCES}
    assert {held.instance_id: set(held.security_group_ids) for held in received.values() if held} == {
        WEB_01: {groups["front"], groups["data"]},
        WEB_02: {groups["front"]},
        DB_01: {groups["data"], groups["front"]},
    }
    assert [accounts.instance(source, instance_id) for instance_id in INSTANCES] == [None] * 3
    bound = {address.instance_id: address for address in accounts.addresses(recipient) if address.ip not in before}
    assert {instance_id: (address.name, address.status) for instance_id, address in bound.items()} == {
        WEB_01: ("web-01", "InUse"),
        WEB_02: ("second", "InUse"),
    }
    assert old is not None
    assert stack.outputs()["addresses"] == {old.eip: bound[WEB_01].ip}
    shown_of_it = stack.outputs()["handovers"]["web-01"]
    assert (shown_of_it["status"], shown_of_it["old_address"], shown_of_it["new_address"]) == (
        "Completed",
        old.eip,
        bound[WEB_01].ip,
    )
    assert set(shown_of_it["security_group_ids"]) == {groups["front"], groups["data"]}
    assert declared_at(stack) == {"project:///__main__.py"}


def stay_whatever_happens_beside(stack: Project, cloud: Sandbox, recipient: Cloud) -> None:
    groups = accounts.group_ids(recipient)
    addresses = accounts.addresses(recipient)
    assert not [secret for secret in known_secrets(cloud) if secret in stack.state_text()]

    # A query that failed never plans a deletion.
    kinds: tuple[Kind, ...] = ("throttle", "error", "cut-before")
    for kind in kinds:
        for action in ("DescribeInstances", "DescribeInstanceTransfers"):
            cloud.faults.add(Fault(action=action, kind=kind))
        for options in ((), ("--refresh=false",)):
            shown = stack.preview(*options)
            assert "delete" not in shown.text, shown.text
        cloud.faults.clear()

    # An instance that is not listed stops the run.
    holding = cloud.state._holdings.pop(WEB_01)
    for run in (stack.preview(), stack.up()):
        assert not run.ok
        assert f"Could not find {WEB_01} in the recipient's account" in run.text
        assert "(delete)" not in run.text
    cloud.state._holdings[WEB_01] = holding
    assert {address.id for address in accounts.addresses(recipient)} == {address.id for address in addresses}

    # Its groups, changed outside, are put back.
    accounts.change(recipient, "JoinSecurityGroup", InstanceId=WEB_02, SecurityGroupId=groups["data"])
    assert "~ pulumi-python:dynamic/receipt:InstanceReceipt: (update)" in succeeds(stack.preview())
    succeeds(stack.up())
    found = accounts.instance(recipient, WEB_02)
    assert found is not None
    assert set(found.security_group_ids) == {groups["front"]}

    # A renamed handover keeps its address.
    folder = stack.folder / "stacks" / stack.stack
    (folder / "web-02.yaml").rename(folder / "shop.yaml")
    succeeds(stack.up())
    assert accounts.addresses(recipient) == addresses
    assert len(cloud.desk.transfers()) == 3

    # A destroy touches nothing that is in use.
    kept = {name: accounts.rules(recipient, groups[name]) for name in ("front", "data")}
    refused = stack.destroy()
    assert not refused.ok
    assert "protect" in refused.text
    succeeds(stack.destroy("--exclude-protected"))
    assert accounts.addresses(recipient) == addresses
    assert accounts.group_ids(recipient) == groups
    assert {name: accounts.rules(recipient, groups[name]) for name in ("front", "data")} == kept


def test_rules_are_recreated_as_written_and_each_changes_by_itself(stack: Project, recipient: Cloud) -> None:
    succeeds(stack.up())
    groups = accounts.group_ids(recipient)
    assert [vars(rule) for rule in accounts.rules(recipient, groups["data"])] == [
        {
            "direction": "egress",
            "protocol": "tcp",
            "ports": "23/23",
            "other_end": EVERYWHERE,
            "policy": "drop",
            "priority": "1",
            "description": "",
        },
        {
            "direction": "ingress",
            "protocol": "tcp",
            "ports": "5432/5432",
            "other_end": "front",
            "policy": "accept",
            "priority": "1",
            "description": "",
        },
    ]
    assert {(rule.ports, rule.priority, rule.description) for rule in accounts.rules(recipient, groups["front"])} == {
        ("443/443", "1", ""),
        ("22/22", "10", "from the office"),
    }

    # One that was changed outside shows as drift and is put back.
    front = groups["front"]
    as_declared = accounts.rules(recipient, front)
    accounts.change(
        recipient,
        "RevokeSecurityGroup",
        SecurityGroupId=front,
        IpProtocol="tcp",
        PortRange="443/443",
        SourceCidrIp=EVERYWHERE,
        Policy="accept",
        Priority="1",
        NicType="intranet",
    )
    assert len(accounts.rules(recipient, front)) == len(as_declared) - 1
    assert "front/https" in succeeds(stack.preview())
    succeeds(stack.up())
    assert accounts.rules(recipient, front) == as_declared

    # One that is changed in the file shows as that one changing.
    changed = json.loads(json.dumps(GROUPS))
    changed["front"]["rules"]["ssh"]["description"] = "from the new office"
    changed["front"]["rules"]["https"]["priority"] = 20
    changed["data"]["rules"]["postgresql"]["ports"] = 5433
    # A new rule before them moves no other.
    new = changed["front"]["rules"]["https"] | {"ports": 80}
    changed["front"]["rules"] = {"a-new-one": new} | changed["front"]["rules"]
    declare_groups(stack, changed)
    shown = succeeds(stack.preview())
    signs = re.findall(r"^\s*(\S+?) ?alicloud:ecs/securityGroupRule:SecurityGroupRule: \(", shown, re.MULTILINE)
    assert sorted(signs) == sorted(["+", "~", "+-", "+-"]), shown
    for line in (
        '~ description: "from the office" => "from the new office"',
        "~ priority: 1 => 20",
        '~ portRange: "5432/5432" => "5433/5433"',
    ):
        assert line.replace(" ", "") in shown.replace(" ", ""), shown
    succeeds(stack.up())
    assert {(rule.ports, rule.priority, rule.description) for rule in accounts.rules(recipient, front)} == {
        ("80/80", "20", ""),
        ("443/443", "20", ""),
        ("22/22", "10", "from the new office"),
    }
    assert [rule.ports for rule in accounts.rules(recipient, groups["data"])] == ["23/23", "5433/5433"]


def test_without_protection_what_nobody_uses_is_removed(stack: Project, recipient: Cloud) -> None:
    groups, addresses = accounts.group_ids(recipient), accounts.addresses(recipient)
    stack.use("sandbox", side="both", recipientProfile="sandbox-recipient", protect="false")
    succeeds(stack.up())
    succeeds(stack.destroy())
    assert (accounts.group_ids(recipient), accounts.addresses(recipient)) == (groups, addresses)


def test_faults_at_every_step_leave_nothing_doubled(stack: Project, cloud: Sandbox, recipient: Cloud) -> None:
    had = len(accounts.group_ids(recipient)), len(accounts.addresses(recipient))
    kinds: tuple[Kind, ...] = ("throttle", "cut-before", "cut-after")
    for action in (
        "TransferInstance",
        "CreateSecurityGroup",
        "AuthorizeSecurityGroup",
        "AuthorizeSecurityGroupEgress",
        "AllocateEipAddress",
        "AcceptInstanceTransfer",
        "AssociateEipAddress",
        "DescribeInstances",
        "DescribeInstanceTransfers",
        "DescribeSecurityGroupAttribute",
        "DescribeEipAddresses",
    ):
        for kind in kinds:
            cloud.faults.add(Fault(action=action, kind=kind, times=2))
    until_done(stack)
    approve_all(cloud)
    until_done(stack)
    cloud.clock.advance(timedelta(minutes=1))
    until_done(stack)
    succeeds(stack.up("--expect-no-changes"))
    assert (len(accounts.group_ids(recipient)), len(accounts.addresses(recipient))) == (had[0] + 2, had[1] + 2)
    groups = accounts.group_ids(recipient)
    assert [len(accounts.rules(recipient, groups[name])) for name in ("front", "data")] == [2, 2]
    assert len(cloud.desk.transfers()) == 3


def until_done(project: Project) -> None:
    """What a user does when a run failed for want of an answer: run it again."""
    for _ in range(5):
        run = project.up()
        assert "Traceback" not in run.text
        if run.ok:
            return
    raise AssertionError(run.text)


def test_keys_in_the_environment_do_not_win_over_the_recipients_profile(
    stack: Project, cloud: Sandbox, source: Cloud, recipient: Cloud
) -> None:
    profiles = json.loads(cloud.home.credentials.read_text())["profiles"]
    keys = next(profile for profile in profiles if profile["name"] == "sandbox-source")
    stack.environment |= {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": keys["access_key_id"],
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": keys["access_key_secret"],
    }
    succeeds(stack.up())
    assert "front" in accounts.group_ids(recipient)
    assert "front" not in accounts.group_ids(source)


def test_each_organisation_runs_its_half_with_its_own_credentials_only(
    tmp_path: Any, cloud: Sandbox, recipient: Cloud
) -> None:
    halves = {}
    for side in ("source", "recipient"):
        half = Project.made(tmp_path / side, cloud, program=ROOT / "__main__.py", stack=f"orchid-{side}")
        config = json.loads(cloud.home.credentials.read_text())
        config["profiles"] = [profile for profile in config["profiles"] if profile["name"] == f"sandbox-{side}"]
        own = half.folder / "credentials.json"
        own.write_text(json.dumps(config | {"current": f"sandbox-{side}"}))
        half.environment["ALICLOUD_SHARED_CREDENTIALS_FILE"] = str(own)
        half.use("orchid", **{f"{side}Profile": f"sandbox-{side}"}, side=side)
        declare_all(half)
        half.use(f"orchid-{side}", **{f"{side}Profile": f"sandbox-{side}"}, side=side, handovers="orchid")
        halves[side] = half
    ours, theirs = halves["source"], halves["recipient"]
    for half in (ours, theirs):
        if half is theirs:
            text = (theirs.folder / "stacks/Pulumi.orchid-recipient.yaml").read_text()
            (theirs.folder / "stacks/Pulumi.orchid-recipient.yaml").write_text(
                "\n".join(line for line in text.splitlines() if "sourceProfile" not in line) + "\n"
            )
    succeeds(theirs.up())
    succeeds(ours.up())
    approve_all(cloud)
    succeeds(theirs.up())
    cloud.clock.advance(timedelta(minutes=1))
    succeeds(theirs.up())
    succeeds(ours.up())
    for half in (ours, theirs):
        succeeds(half.up("--expect-no-changes"))
        assert {handover["status"] for handover in half.outputs()["handovers"].values()} == {"Completed"}
        half.end_strays()
    assert {address.instance_id for address in accounts.addresses(recipient)} >= {WEB_01, WEB_02}
    assert "SecurityGroup" not in ours.state_text()
    assert "InstanceTransfer" not in theirs.state_text()
