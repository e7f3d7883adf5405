"""The RAM policies of docs/policies allow what the code really calls, no more and no less: by the request log."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import yaml

from sandbox.server.server import Sandbox
from tests.engine import accounts
from tests.engine.project import DB_01, RECIPIENT, ROOT, SOURCE, WEB_01, WEB_02, Project
from transfer_provider.cloud import instances
from transfer_provider.cloud.client import Cloud
from transfer_provider.model.ownership import Owner

VPC, VSWITCH = "vpc-bp1orchid00000001", "vsw-bp1orchid00000001"
RECREATE = {"vswitch_id": VSWITCH, "security_groups": ["front"], "eip": {"bandwidth": 5}}
# Called by everybody, on nobody's resources: it needs no permission.
OF_NOBODY = {"sts:GetCallerIdentity"}


def allowed(name: str) -> set[str]:
    """The actions that a policy file allows."""
    policy = json.loads((ROOT / "docs/policies" / f"{name}.json").read_text())
    assert policy["Version"] == "1"
    actions: list[str] = []
    for statement in policy["Statement"]:
        assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
        actions += statement["Action"]
    assert len(actions) == len(set(actions))
    return set(actions)


def called(cloud: Sandbox, profile: str) -> set[str]:
    """What a profile was observed to call, as RAM names it."""
    return {f"{entry.product}:{entry.action}".lower() for entry in cloud.log.entries() if entry.profile == profile}


def lowered(actions: set[str]) -> set[str]:
    return {action.lower() for action in actions}


def groups(description: str, port: int) -> dict[str, Any]:
    rule = {"direction": "ingress", "protocol": "tcp", "ports": port, "source": "0.0.0.0/0", "description": description}
    out = {
        "direction": "egress",
        "protocol": "tcp",
        "ports": port,
        "destination": "0.0.0.0/0",
        "description": description,
    }
    return {"front": {"vpc_id": VPC, "description": description, "rules": {"in": rule, "out": out}}}


@pytest.fixture
def whole_story(project: Project, cloud: Sandbox, recipient: Cloud) -> Sandbox:
    """The whole story: backup, submission, cancellation, receipt, changes, drift, and the end."""
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient", recipients=[RECIPIENT], protect=False)
    file = project.folder / "stacks/sandbox/security-groups.yaml"

    def up(description: str, port: int) -> None:
        file.write_text(yaml.safe_dump(groups(description, port)))
        done = project.up()
        assert done.ok, done.text

    project.declare("web-01", WEB_01, recreate=RECREATE, backup={"kind": "snapshots", "retention_days": 30})
    project.declare("web-02", WEB_02, recreate=RECREATE)
    project.declare("db-01", DB_01, recreate=RECREATE, channel="console")
    up("First", 443)
    project.declare("web-01", WEB_01, recreate=RECREATE, backup={"kind": "snapshots", "retention_days": 60})
    project.remove("web-02")
    up("Second", 443)
    cloud.desk.approve(WEB_01)
    cloud.console.initiate(DB_01, RECIPIENT)
    cloud.console.confirm(DB_01, vswitch=VSWITCH, groups=["sg-bp1orchid000000web"])
    up("Second", 443)
    cloud.clock.advance(timedelta(hours=1))
    # Its tags taken away by hand, which the next run puts back.
    by_hand = Cloud("sandbox-recipient-sts", "cn-hangzhou")
    front = accounts.group_ids(by_hand)["front"]
    untagged = {"ResourceType": "securitygroup", "ResourceId.1": front, "All": "true"}
    accounts.change(by_hand, "UntagResources", **untagged)
    up("Second", 8443)
    project.remove("web-01")
    backup = {"kind": "snapshots", "retention_days": 60}
    project.declare("shop", WEB_01, recreate=RECREATE | {"eip": {"bandwidth": 10}}, backup=backup)
    up("Second", 8443)
    # Out of the groups by hand, so that they can go: nobody's part of the code.
    for instance_id in (WEB_01, DB_01):
        accounts.change(by_hand, "JoinSecurityGroup", InstanceId=instance_id, SecurityGroupId="sg-bp1orchid000000web")
        accounts.change(by_hand, "LeaveSecurityGroup", InstanceId=instance_id, SecurityGroupId=front)
    for name in ("shop", "db-01"):
        project.remove(name)
    file.unlink()
    gone = project.destroy()
    assert gone.ok, gone.text
    return cloud


def test_each_half_calls_what_its_policy_allows_and_nothing_else(whole_story: Sandbox) -> None:
    for name, profile in (("source", "sandbox-source"), ("recipient", "sandbox-recipient")):
        assert called(whole_story, profile) - lowered(OF_NOBODY) == lowered(allowed(name)), name


COPY = {"vswitch_id": VSWITCH, "security_groups": ["sg-bp1orchid000000web"]}


@pytest.fixture
def story_of_copies(project: Project, cloud: Sandbox, recipient: Cloud) -> Sandbox:
    """The whole story of copies: one whose source is stopped for it, one given up, other groups, and the end."""
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient", recipients=[RECIPIENT], protect=False)

    def up(minutes: int = 6) -> None:
        done = project.up()
        assert done.ok, done.text
        cloud.clock.advance(timedelta(minutes=minutes))

    def declare(**more: Any) -> None:
        copy = {"stop_source": True, "private_ip": "keep", "own_image": True}
        project.declare("web-01", WEB_01, channel="image", recreate=COPY | more, copy=copy)

    declare()
    project.declare("web-02", WEB_02, channel="image", recreate=COPY, copy={"instance_type": "ecs.c7.large"})
    up()
    up(minutes=1)  # The one is stopped and its image made; the other's own image is being copied.
    declare()
    project.remove("web-02")
    project.declare("db-01", DB_01, channel="image", recreate=COPY)
    for _ in range(4):
        up()
    declare(security_groups=["sg-bp1orchid0000000db"])
    up()
    project.remove("db-01")
    project.remove("web-01")
    ended = project.destroy()
    assert ended.ok, ended.text
    # The recipient's instances are never released, and what they were made from stays with them.
    assert "stay: an instance was made from the image and may need it" in ended.text
    assert len(instances.tagged(recipient, Owner.of("instance-handover", "sandbox").tags)) == 2
    return cloud


def test_each_side_of_a_copy_calls_what_its_further_policy_allows(story_of_copies: Sandbox) -> None:
    for name, profile in (("source", "sandbox-source"), ("recipient", "sandbox-recipient")):
        beyond = called(story_of_copies, profile) - lowered(OF_NOBODY) - lowered(allowed(name))
        assert sorted(beyond) == sorted(lowered(allowed(f"{name}-image"))), name
        assert not allowed(name) & allowed(f"{name}-image")


def test_reading_needs_no_more_than_the_policy_for_readers(project: Project, cloud: Sandbox) -> None:
    # What a plan reads depends on what there is: groups with rules, addresses, snapshots, and an approved transfer.
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient", recipients=[RECIPIENT])
    recreate = RECREATE | {"eip": {"bandwidth": 5, "allocate": "now"}}
    folder = project.declare("web-01", WEB_01, recreate=recreate, backup={"kind": "snapshots"}).parent
    (folder / "security-groups.yaml").write_text(yaml.safe_dump(groups("First", 443)))
    assert project.up().ok
    cloud.desk.approve(WEB_01)
    project.declare("web-02", WEB_02, recreate=RECREATE)
    copy = {"instance_type": "ecs.c7.large", "private_ip": "keep"}
    project.declare("db-01", DB_01, channel="image", recreate=COPY, copy=copy)
    before = len(cloud.log.entries())
    for command in (["plan"], ["inspect", WEB_02, DB_01], ["capture", WEB_02]):
        done = project.handover(*command)
        assert done.code == (5 if command == ["plan"] else 0), done.text
    entries = cloud.log.entries()[before:]
    assert {entry.profile for entry in entries} == {"sandbox-source", "sandbox-recipient"}
    calls = {f"{entry.product}:{entry.action}".lower() for entry in entries}
    assert calls - lowered(OF_NOBODY) == lowered(allowed("readonly"))
    assert all(action.split(":")[1].startswith(("Describe", "List")) for action in allowed("readonly"))


def test_the_page_names_every_file(project: Project) -> None:
    page = (ROOT / "docs/permissions.md").read_text()
    files = {path.name for path in (ROOT / "docs/policies").glob("*.json")}
    assert files == {
        "source.json",
        "source-image.json",
        "recipient.json",
        "recipient-image.json",
        "readonly.json",
    }
    assert all(f"policies/{name}" in page for name in files)
    assert SOURCE not in page
