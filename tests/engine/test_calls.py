"""How many calls a run costs, counted in the sandbox's request log."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import yaml

from sandbox.models.world import DEMO, World, load, many_instances
from sandbox.server.server import Sandbox
from tests.engine.project import SOURCE, Project

COUNT = 101  # the first of a second batch
VPC = "vpc-bp1orchid00000001"


@pytest.fixture
def world() -> World:
    """A world whose source account has 101 more instances to hand over."""
    return many_instances(load(DEMO), SOURCE, "cn-hangzhou", COUNT)


def test_the_calls_of_101_transfers_are_few(project: Project, cloud: Sandbox, world: World) -> None:
    for instance in world.account(SOURCE).instances:
        if instance.name.startswith("many-"):
            project.declare(instance.name, instance.id)
    # Submitted: a call each, and what is looked up before, 100 a call.
    assert project.up().ok
    assert len(cloud.log.entries("TransferInstance")) == COUNT
    assert len(cloud.log.entries()) <= 1.1 * COUNT + 5 * 2 + 10

    cloud.log.clear()
    assert project.refresh().ok
    assert 0 < len(cloud.log.entries()) <= 4

    # Part of them ends: what ended is found without a call for each.
    for transfer in cloud.desk.transfers()[:51]:
        cloud.desk.reject(transfer.id, reason="Arrears.")
    cloud.log.clear()
    assert project.refresh().ok
    assert 0 < len(cloud.log.entries()) <= 4
    assert sum(outputs["status"] == "Rejected" for outputs in project.transfers().values()) == 51

    for transfer in cloud.desk.transfers()[51:]:
        cloud.desk.reject(transfer.id, reason="Arrears.")
    assert project.refresh().ok
    cloud.log.clear()
    assert project.refresh().ok
    assert not cloud.log.entries()
    assert project.preview("--expect-no-changes").ok
    # The second looks for transfers that nothing tracks.
    assert [entry.action for entry in cloud.log.entries()] == ["GetCallerIdentity", "DescribeInstanceTransfers"]


def test_a_preview_of_101_settled_handovers_takes_8_calls(project: Project, cloud: Sandbox) -> None:
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    for number in range(1, 102):
        project.declare(
            f"many-{number}",
            f"i-bp1many{number:013d}",
            recreate={"vswitch_id": "vsw-bp1orchid00000001", "security_groups": ["sg-bp1orchid000000web"]},
        )
    assert project.up().ok
    for transfer in cloud.desk.transfers():
        cloud.desk.approve(transfer.id)
    cloud.log.clear()
    received = project.up()
    assert received.ok, received.text
    assert len(cloud.log.entries("AcceptInstanceTransfer")) == 101
    cloud.clock.advance(timedelta(minutes=1))
    assert project.up().ok

    cloud.log.clear()
    assert project.preview("--expect-no-changes").ok
    assert (
        sorted(str(entry.action) for entry in cloud.log.entries())
        # What the stack made and nobody owns is looked up by its tags, and among what is bound to nothing.
        == ["DescribeEipAddresses"] * 2
        # Transfers that nothing tracks.
        + ["DescribeInstanceTransfers"]
        + ["DescribeInstances"] * 2
        + ["DescribeSecurityGroups"]
        + ["GetCallerIdentity"] * 2
    )


def test_the_calls_of_100_handovers_into_12_groups_are_linear_in_distinct_objects(
    project: Project, cloud: Sandbox
) -> None:
    count, groups = 100, 12
    project.use("sandbox", side="both", recipientProfile="sandbox-recipient")
    rule = {"direction": "ingress", "protocol": "tcp", "ports": 443, "source": "0.0.0.0/0"}
    declared = {f"group-{number}": {"vpc_id": VPC, "rules": {"https": dict(rule)}} for number in range(groups)}
    for number in range(1, count + 1):
        shared = [f"group-{(number + more) % groups}" for more in range(3)]
        recreate = {"vswitch_id": "vsw-bp1orchid00000001", "security_groups": shared, "eip": {}}
        project.declare(f"many-{number}", f"i-bp1many{number:013d}", recreate=recreate)
    (project.folder / "stacks/sandbox/security-groups.yaml").write_text(yaml.safe_dump(declared))

    first = project.up()
    assert first.ok, first.text
    made = Counter(str(entry.action) for entry in cloud.log.entries())
    assert (made["TransferInstance"], made["CreateSecurityGroup"], made["AuthorizeSecurityGroup"]) == (count, 12, 12)
    # The plugin makes each group and each rule in a few calls; all the rest is the library's.
    of_plugin = 8 * groups
    assert made.total() <= 1.1 * count + 5 + 10 + of_plugin

    cloud.log.clear()
    assert project.preview("--expect-no-changes").ok
    # The plugin reads each group and each rule; the library each group's rules once, for rules that nobody declared.
    assert len(cloud.log.entries()) <= 3 + 6 + 5 * groups
